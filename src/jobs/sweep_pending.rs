//! Removes drafts: uploads that began and never became live.

use async_trait::async_trait;

use super::Work;
use super::finish_removals::finish_some;
use crate::app::App;
use crate::domain::time::Timestamp;
use crate::error::{Attempt as _, Fault};
use crate::policy::retention::DRAFT_MS;
use crate::store::leases::Lease;
use crate::store::removals;

/// Drafts swept in one run; crashes are rare, so an hour's worth fits many times. Each takes five queries, and the
/// invocation has others to make, too (see `reconcile_blobs`).
const DRAFTS_MAX: i64 = 85;

pub(super) struct SweepPending;

#[async_trait]
impl Work for SweepPending {
    async fn run(&self, app: &App, lease: &Lease, now: Timestamp) -> Result<usize, Fault> {
        let (sql, begun_until) = (app.ports.sql.as_ref(), now.plus_ms(-DRAFT_MS));
        removals::abandon_drafts(sql, lease, now, begun_until, DRAFTS_MAX).await.attempt("abandon drafts")?;
        finish_some(app, now, now, DRAFTS_MAX).await
    }
}
