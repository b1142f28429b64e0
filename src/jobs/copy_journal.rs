//! Copies the journal of what must not come undone to where the database's own history does not reach.

use async_trait::async_trait;

use super::Work;
use super::room::Room;
use crate::app::App;
use crate::domain::time::Timestamp;
use crate::error::Fault;
use crate::store::leases::Lease;
use crate::usecases::journal::copy_journal;

pub(super) struct CopyJournal;

#[async_trait]
impl Work for CopyJournal {
    async fn run(&self, app: &App, _lease: &Lease, now: Timestamp, _room: &Room) -> Result<usize, Fault> {
        copy_journal(app, now).await
    }
}
