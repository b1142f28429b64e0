//! After the database was set back to an earlier day, replays what it has forgotten.

use async_trait::async_trait;

use super::Work;
use super::room::Room;
use crate::app::App;
use crate::domain::time::Timestamp;
use crate::error::Fault;
use crate::store::leases::Lease;
use crate::usecases::journal::replay;

pub(super) struct ReplayJournal;

#[async_trait]
impl Work for ReplayJournal {
    async fn run(&self, app: &App, _lease: &Lease, now: Timestamp, _room: &Room) -> Result<usize, Fault> {
        replay(app, now).await
    }
}
