//! Finishes removals that a request or a job began and did not finish.

use async_trait::async_trait;

use super::Work;
use super::room::Room;
use crate::app::App;
use crate::domain::time::{MINUTE_MS, Timestamp};
use crate::error::{Attempt as _, Fault};
use crate::store::leases::Lease;
use crate::store::removals;
use crate::usecases::finish_many::{TOGETHER_MAX, finish_many};

/// Removals finished in one run, if there is room (see `reap_expired`).
pub(super) const IMAGES_MAX: i64 = 1_600;
/// What one removal costs at the most, queries and calls: its bytes are held, its versions are erased, copies near visitors are
/// purged, and all of it is done alone after it failed together.
const QUERIES_EACH: usize = 3;
const CALLS_EACH: usize = 14;
/// A removal younger than this is most likely being finished by whoever began it.
const LEFT_ALONE_MS: i64 = MINUTE_MS;

pub(super) struct FinishRemovals;

#[async_trait]
impl Work for FinishRemovals {
    async fn run(&self, app: &App, _lease: &Lease, now: Timestamp, room: &Room) -> Result<usize, Fault> {
        finish_some(app, room, now, now.plus_ms(-LEFT_ALONE_MS), IMAGES_MAX).await
    }
}

/// Finishes at most `limit` removals begun at or before `begun_until`, as long as there is room. One that fails does not keep the
/// others waiting, in this run or in the next; the first fault is answered at the end.
pub(super) async fn finish_some(
    app: &App,
    room: &Room,
    now: Timestamp,
    begun_until: Timestamp,
    limit: i64,
) -> Result<usize, Fault> {
    let sql = app.ports.sql.as_ref();
    let unfinished = removals::unfinished(sql, begun_until, limit).await.attempt("find unfinished removals")?;
    let (mut done, mut first_fault, mut failed) = (0, None, Vec::new());
    for some in unfinished.chunks(TOGETHER_MAX) {
        if !room.has(TOGETHER_MAX * QUERIES_EACH, TOGETHER_MAX * CALLS_EACH) {
            break;
        }
        let finished = finish_many(app, some, now).await;
        done += some.len() - finished.failed.len();
        // Where nothing can be done, nothing more is tried.
        let is_down = finished.failed.len() == some.len();
        failed.extend(finished.failed);
        first_fault = first_fault.or(finished.first_fault);
        if is_down {
            break;
        }
    }
    if !failed.is_empty() {
        // Without it they are only tried in a worse order.
        drop(removals::postpone(sql, &failed, now).await);
    }
    first_fault.map_or(Ok(done), Err)
}
