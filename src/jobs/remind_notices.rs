//! Reminds operators of notices that are due, and forgets those that were decided a year ago.

use async_trait::async_trait;

use super::Work;
use super::room::Room;
use crate::app::App;
use crate::domain::time::Timestamp;
use crate::error::Fault;
use crate::store::leases::Lease;
use crate::usecases::notices::{forget, remind};

/// What reminding every operator costs at most, queries and calls.
const COST: (usize, usize) = (60, 80);

pub(super) struct RemindNotices;

#[async_trait]
impl Work for RemindNotices {
    async fn run(&self, app: &App, _lease: &Lease, now: Timestamp, room: &Room) -> Result<usize, Fault> {
        let forgotten = forget::forget(app, now).await?;
        if !room.has(COST.0, COST.1) {
            return Ok(forgotten);
        }
        Ok(forgotten + remind::remind(app, now).await?)
    }
}
