//! Forgets lines of the review log whose time is over; the log itself says that it was done.

use async_trait::async_trait;

use super::Work;
use super::room::Room;
use crate::app::App;
use crate::domain::time::Timestamp;
use crate::error::{Attempt as _, Fault};
use crate::policy::review::{FORGOTTEN_MAX, LOG_MS};
use crate::store::leases::Lease;
use crate::store::review_log::forget_old;

pub(super) struct ForgetReviewLog;

#[async_trait]
impl Work for ForgetReviewLog {
    async fn run(&self, app: &App, _lease: &Lease, now: Timestamp, _room: &Room) -> Result<usize, Fault> {
        let until = now.plus_ms(-LOG_MS);
        forget_old(app.ports.sql.as_ref(), until, FORGOTTEN_MAX, now).await.attempt("forget lines of the review log")
    }
}
