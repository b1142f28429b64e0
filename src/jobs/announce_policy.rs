//! Tells who is affected that the policy changes.

use async_trait::async_trait;

use super::Work;
use crate::app::App;
use crate::domain::time::Timestamp;
use crate::error::Fault;
use crate::store::leases::Lease;
use crate::usecases::announce_policy::announce_some;

pub(super) struct AnnouncePolicy;

#[async_trait]
impl Work for AnnouncePolicy {
    async fn run(&self, app: &App, _lease: &Lease, _now: Timestamp) -> Result<usize, Fault> {
        announce_some(app).await
    }
}
