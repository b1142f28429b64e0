//! Tells whoever is restricted why, and ends suspensions that rest on strikes which do not count any more.

use async_trait::async_trait;

use super::Work;
use super::room::Room;
use crate::app::App;
use crate::domain::time::Timestamp;
use crate::error::Fault;
use crate::store::leases::Lease;
use crate::usecases::send_statements::{end_lapsed_suspensions, send_some};

/// What telling costs at most, queries and calls.
const COST: (usize, usize) = (120, 140);

pub(super) struct SendStatements;

#[async_trait]
impl Work for SendStatements {
    async fn run(&self, app: &App, _lease: &Lease, now: Timestamp, room: &Room) -> Result<usize, Fault> {
        let ended = end_lapsed_suspensions(app, now).await?;
        if !room.has(COST.0, COST.1) {
            return Ok(ended);
        }
        Ok(ended + send_some(app, now).await?)
    }
}
