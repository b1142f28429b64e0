//! Forgets requests to the API when their time is over, and how many there were.

use async_trait::async_trait;

use super::Work;
use super::room::Room;
use crate::app::App;
use crate::domain::time::Timestamp;
use crate::error::{Attempt as _, Fault};
use crate::policy::request_log::{COUNTS_MS, FORGOTTEN_MAX, REQUESTS_MS};
use crate::store::leases::Lease;
use crate::store::requests;

pub(super) struct ForgetRequests;

#[async_trait]
impl Work for ForgetRequests {
    async fn run(&self, app: &App, _lease: &Lease, now: Timestamp, _room: &Room) -> Result<usize, Fault> {
        let (until, days_until) = (now.plus_ms(-REQUESTS_MS), now.plus_ms(-COUNTS_MS));
        let forgotten = requests::forget_old(app.ports.sql.as_ref(), until, days_until, FORGOTTEN_MAX).await;
        forgotten.attempt("forget requests")
    }
}
