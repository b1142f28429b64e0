//! Removes drafts: uploads that began and never became live.

use async_trait::async_trait;

use super::Work;
use super::finish_removals::finish_some;
use super::room::Room;
use crate::app::App;
use crate::domain::time::Timestamp;
use crate::error::{Attempt as _, Fault};
use crate::policy::retention::DRAFT_MS;
use crate::store::leases::Lease;
use crate::store::removals;

/// Drafts swept in one run, if there is room; crashes are rare.
const DRAFTS_MAX: i64 = 500;

pub(super) struct SweepPending;

#[async_trait]
impl Work for SweepPending {
    async fn run(&self, app: &App, lease: &Lease, now: Timestamp, room: &Room) -> Result<usize, Fault> {
        let (sql, begun_until) = (app.ports.sql.as_ref(), now.plus_ms(-DRAFT_MS));
        removals::abandon_drafts(sql, lease, now, begun_until, DRAFTS_MAX).await.attempt("abandon drafts")?;
        finish_some(app, room, now, now, DRAFTS_MAX).await
    }
}
