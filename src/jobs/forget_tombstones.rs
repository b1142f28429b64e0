//! Forgets that an address was once in use.

use async_trait::async_trait;

use super::Work;
use super::room::Room;
use crate::app::App;
use crate::domain::time::Timestamp;
use crate::error::{Attempt as _, Fault};
use crate::policy::retention::TOMBSTONE_MS;
use crate::store::leases::Lease;
use crate::store::removals;

/// Rows deleted together: a transaction of about a hundred milliseconds on D1, in which it answers nobody else.
const TOMBSTONES_MAX: i64 = 1_000;
/// How often that is done in one run, if there is room.
const TIMES_MAX: usize = 20;
/// What it costs, queries and calls.
const COST: (usize, usize) = (5, 1);

pub(super) struct ForgetTombstones;

#[async_trait]
impl Work for ForgetTombstones {
    async fn run(&self, app: &App, lease: &Lease, now: Timestamp, room: &Room) -> Result<usize, Fault> {
        let (sql, until) = (app.ports.sql.as_ref(), now.plus_ms(-TOMBSTONE_MS));
        let mut done = 0;
        for _ in 0..TIMES_MAX {
            if !room.has(COST.0, COST.1) {
                break;
            }
            let some = removals::forget_gone(sql, lease, now, until, TOMBSTONES_MAX).await;
            let some = i64::try_from(some.attempt("forget tombstones")?).unwrap_or(TOMBSTONES_MAX);
            done += some;
            if some < TOMBSTONES_MAX {
                break;
            }
        }
        Ok(usize::try_from(done).unwrap_or_default())
    }
}
