//! Counts what was decided in the months that have ended, and forgets what was told of those that are long ago.

use async_trait::async_trait;

use super::Work;
use super::room::Room;
use crate::app::App;
use crate::domain::time::Timestamp;
use crate::error::{Attempt as _, Fault};
use crate::policy::transparency::{FORGOTTEN_MAX, TOLD_MS};
use crate::store::leases::Lease;
use crate::store::transparency;
use crate::usecases::transparency::count_months;

pub(super) struct CountTransparency;

#[async_trait]
impl Work for CountTransparency {
    async fn run(&self, app: &App, lease: &Lease, now: Timestamp, _room: &Room) -> Result<usize, Fault> {
        let forgotten = transparency::forget_old(app.ports.sql.as_ref(), now.plus_ms(-TOLD_MS), FORGOTTEN_MAX).await;
        Ok(forgotten.attempt("forget what was told of decisions")? + count_months(app, lease, now).await?)
    }
}
