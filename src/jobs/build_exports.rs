//! Makes copies of accounts' data: one large file in a run, or several short ones.

use async_trait::async_trait;

use super::Work;
use super::room::Room;
use crate::app::App;
use crate::domain::time::Timestamp;
use crate::error::Fault;
use crate::policy::exports::{FILES_MAX, RUN_BYTES_ENOUGH};
use crate::store::leases::Lease;
use crate::usecases::export::build_next;

/// What one file costs at most, queries and calls: an image is read in one call, or four if it is large.
const COST: (usize, usize) = (60, 1_400);

pub(super) struct BuildExports;

#[async_trait]
impl Work for BuildExports {
    async fn run(&self, app: &App, _lease: &Lease, now: Timestamp, room: &Room) -> Result<usize, Fault> {
        let (mut files, mut bytes) = (0, 0);
        while files < FILES_MAX && bytes < RUN_BYTES_ENOUGH && room.has(COST.0, COST.1) {
            let Some(made) = build_next(app, now).await? else { break };
            (files, bytes) = (files + 1, bytes + made);
        }
        Ok(files)
    }
}
