//! Reminds operators of what must be reported to an authority (promise IMP-24).

use async_trait::async_trait;

use super::Work;
use super::room::Room;
use crate::app::App;
use crate::domain::time::Timestamp;
use crate::error::Fault;
use crate::store::leases::Lease;
use crate::usecases::authority::remind;

/// What reminding every operator costs at most, queries and calls.
const COST: (usize, usize) = (60, 80);

pub(super) struct RemindReports;

#[async_trait]
impl Work for RemindReports {
    async fn run(&self, app: &App, _lease: &Lease, now: Timestamp, room: &Room) -> Result<usize, Fault> {
        if room.has(COST.0, COST.1) { remind(app, now).await } else { Ok(0) }
    }
}
