//! Tells who is affected that the policy changes.

use async_trait::async_trait;

use super::Work;
use super::room::Room;
use crate::app::App;
use crate::domain::time::Timestamp;
use crate::error::Fault;
use crate::store::leases::Lease;
use crate::usecases::announce_policy::announce_some;

/// What telling costs at most, queries and calls.
const COST: (usize, usize) = (100, 120);

pub(super) struct AnnouncePolicy;

#[async_trait]
impl Work for AnnouncePolicy {
    async fn run(&self, app: &App, _lease: &Lease, _now: Timestamp, room: &Room) -> Result<usize, Fault> {
        if room.has(COST.0, COST.1) { announce_some(app).await } else { Ok(0) }
    }
}
