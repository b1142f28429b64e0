//! Forgets the journal where it is older than any database that may be set back to.

use async_trait::async_trait;

use super::Work;
use super::room::Room;
use crate::app::App;
use crate::domain::time::Timestamp;
use crate::error::Fault;
use crate::store::leases::Lease;
use crate::usecases::journal::forget_journal;

pub(super) struct ForgetJournal;

#[async_trait]
impl Work for ForgetJournal {
    async fn run(&self, app: &App, _lease: &Lease, now: Timestamp, _room: &Room) -> Result<usize, Fault> {
        forget_journal(app, now).await
    }
}
