//! Erases copies of accounts' data that have ended. Objects first, rows last.

use async_trait::async_trait;

use super::Work;
use super::room::Room;
use crate::app::App;
use crate::domain::time::Timestamp;
use crate::error::{Attempt as _, Fault};
use crate::policy::exports::FORGOTTEN_MAX;
use crate::store::exports;
use crate::store::leases::Lease;
use crate::usecases::export::erase;

pub(super) struct ForgetExports;

#[async_trait]
impl Work for ForgetExports {
    async fn run(&self, app: &App, _lease: &Lease, now: Timestamp, _room: &Room) -> Result<usize, Fault> {
        let expired = exports::expired(app.ports.sql.as_ref(), now, FORGOTTEN_MAX).await;
        let mut erased = 0;
        for id in expired.attempt("find exports to erase")? {
            erased += usize::from(erase(app, &id).await?);
        }
        Ok(erased)
    }
}
