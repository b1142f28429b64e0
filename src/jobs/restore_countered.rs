//! Brings images back whose uploaders have answered a claim of copyright, between the tenth and the fourteenth business day.

use async_trait::async_trait;

use super::Work;
use super::room::Room;
use crate::app::App;
use crate::domain::time::Timestamp;
use crate::error::Fault;
use crate::policy::notices::RESTORED_MAX;
use crate::store::leases::Lease;
use crate::usecases::notices::restore_countered::restore_countered;

/// What bringing one back costs at most, queries and calls: it is examined and published anew.
const COST: (usize, usize) = (40, 40);

pub(super) struct RestoreCountered;

#[async_trait]
impl Work for RestoreCountered {
    async fn run(&self, app: &App, _lease: &Lease, now: Timestamp, room: &Room) -> Result<usize, Fault> {
        let most = usize::try_from(RESTORED_MAX).unwrap_or_default();
        if !room.has(COST.0 * most, COST.1 * most) {
            return Ok(0);
        }
        restore_countered(app, now).await
    }
}
