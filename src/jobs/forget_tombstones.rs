//! Forgets that an address was once in use.

use async_trait::async_trait;

use super::Work;
use crate::app::App;
use crate::domain::time::Timestamp;
use crate::error::{Attempt as _, Fault};
use crate::policy::retention::TOMBSTONE_MS;
use crate::store::leases::Lease;
use crate::store::removals;

/// Rows deleted in one run: a statement of a few hundred milliseconds on D1.
const TOMBSTONES_MAX: i64 = 10_000;

pub(super) struct ForgetTombstones;

#[async_trait]
impl Work for ForgetTombstones {
    async fn run(&self, app: &App, lease: &Lease, now: Timestamp) -> Result<usize, Fault> {
        let (sql, until) = (app.ports.sql.as_ref(), now.plus_ms(-TOMBSTONE_MS));
        removals::forget_gone(sql, lease, now, until, TOMBSTONES_MAX).await.attempt("forget tombstones")
    }
}
