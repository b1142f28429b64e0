//! Searches public view for images that look like those of which somebody says that they show them intimately.

use async_trait::async_trait;

use super::Work;
use super::room::Room;
use crate::app::App;
use crate::domain::time::Timestamp;
use crate::error::Fault;
use crate::policy::notices::SEARCHES_MAX;
use crate::store::leases::Lease;
use crate::usecases::notices::find_copies::find_copies;

/// What a run costs at most, queries and calls: of each page five, and what is found.
const COST: (usize, usize) = (SEARCHES_MAX * 6, SEARCHES_MAX * 6);

pub(super) struct FindCopies;

#[async_trait]
impl Work for FindCopies {
    async fn run(&self, app: &App, _lease: &Lease, now: Timestamp, room: &Room) -> Result<usize, Fault> {
        if !room.has(COST.0, COST.1) {
            return Ok(0);
        }
        find_copies(app, now).await
    }
}
