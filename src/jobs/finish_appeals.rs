//! Carries out what was decided about appeals and was not, and reminds operators of those that are to be decided.

use async_trait::async_trait;

use super::Work;
use super::room::Room;
use crate::app::App;
use crate::domain::time::Timestamp;
use crate::error::Fault;
use crate::store::leases::Lease;
use crate::usecases::decide_appeal::{finish_some, remind};

/// What carrying decisions out and reminding every operator cost at most, queries and calls.
const COST: (usize, usize) = (160, 200);

pub(super) struct FinishAppeals;

#[async_trait]
impl Work for FinishAppeals {
    async fn run(&self, app: &App, _lease: &Lease, now: Timestamp, room: &Room) -> Result<usize, Fault> {
        if !room.has(COST.0, COST.1) {
            return Ok(0);
        }
        // Neither keeps the other waiting: an image that cannot be brought back is no reason not to be reminded of another.
        let outcomes = [finish_some(app).await, remind(app, now).await];
        outcomes.into_iter().sum()
    }
}
