//! Tells operators what is unusual of everybody together (promise SHO-05).

use async_trait::async_trait;

use super::Work;
use super::room::Room;
use crate::app::App;
use crate::domain::time::Timestamp;
use crate::error::Fault;
use crate::store::leases::Lease;
use crate::usecases::anomalies::tell;

/// What telling every operator costs at most, queries and calls.
const COST: (usize, usize) = (60, 80);

pub(super) struct WatchAnomalies;

#[async_trait]
impl Work for WatchAnomalies {
    async fn run(&self, app: &App, _lease: &Lease, now: Timestamp, room: &Room) -> Result<usize, Fault> {
        if room.has(COST.0, COST.1) { tell(app, now).await } else { Ok(0) }
    }
}
