//! Finishes removals that a request or a job began and did not finish.

use async_trait::async_trait;

use super::Work;
use crate::app::App;
use crate::domain::time::{MINUTE_MS, Timestamp};
use crate::error::{Attempt as _, Fault};
use crate::store::leases::Lease;
use crate::store::removals;
use crate::usecases::remove::finish_unless_held;

/// Removals finished in one run (see `reap_expired`).
const IMAGES_MAX: i64 = 200;
/// A removal younger than this is most likely being finished by whoever began it.
const LEFT_ALONE_MS: i64 = MINUTE_MS;

pub(super) struct FinishRemovals;

#[async_trait]
impl Work for FinishRemovals {
    async fn run(&self, app: &App, _lease: &Lease, now: Timestamp) -> Result<usize, Fault> {
        finish_some(app, now, now.plus_ms(-LEFT_ALONE_MS), IMAGES_MAX).await
    }
}

/// Finishes at most `limit` removals begun at or before `begun_until`. One that fails does not keep the
/// others waiting, in this run or in the next; the first fault is answered at the end.
pub(super) async fn finish_some(app: &App, now: Timestamp, begun_until: Timestamp, limit: i64) -> Result<usize, Fault> {
    let sql = app.ports.sql.as_ref();
    let unfinished = removals::unfinished(sql, begun_until, limit).await.attempt("find unfinished removals")?;
    let count = unfinished.len();
    let (mut first_fault, mut failed) = (None, Vec::new());
    for removal in unfinished {
        if let Err(fault) = finish_unless_held(app, &removal.id, removal.removal_reason, removal.holds, now).await {
            first_fault.get_or_insert(fault);
            failed.push(removal.id);
        }
    }
    if !failed.is_empty() {
        // Without it they are only tried in a worse order.
        drop(removals::postpone(sql, &failed, now).await);
    }
    first_fault.map_or(Ok(count), Err)
}
