//! Reminds operators of requests about data whose deadline is near, and forgets those that were answered two years ago.

use async_trait::async_trait;

use super::Work;
use super::room::Room;
use crate::app::App;
use crate::domain::time::Timestamp;
use crate::error::{Attempt as _, Fault};
use crate::policy::subject_requests::{FORGOTTEN_MAX, KEPT_MS};
use crate::store::leases::Lease;
use crate::store::subject_requests;
use crate::usecases::answer_subject_request::remind;

/// What reminding every operator costs at most, queries and calls.
const COST: (usize, usize) = (60, 80);

pub(super) struct RemindRequests;

#[async_trait]
impl Work for RemindRequests {
    async fn run(&self, app: &App, _lease: &Lease, now: Timestamp, room: &Room) -> Result<usize, Fault> {
        let forgotten =
            subject_requests::forget_old(app.ports.sql.as_ref(), now.plus_ms(-KEPT_MS), FORGOTTEN_MAX).await;
        let forgotten = forgotten.attempt("forget requests about data")?;
        if !room.has(COST.0, COST.1) {
            return Ok(forgotten);
        }
        Ok(forgotten + remind(app, now).await?)
    }
}
