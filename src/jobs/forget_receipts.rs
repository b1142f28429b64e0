//! Forgets receipts of what was erased.

use async_trait::async_trait;

use super::Work;
use super::room::Room;
use crate::app::App;
use crate::domain::time::Timestamp;
use crate::error::{Attempt as _, Fault};
use crate::policy::erasure::{RECEIPT_MS, RECEIPTS_MAX};
use crate::store::erasures;
use crate::store::leases::Lease;

pub(super) struct ForgetReceipts;

#[async_trait]
impl Work for ForgetReceipts {
    async fn run(&self, app: &App, _lease: &Lease, now: Timestamp, _room: &Room) -> Result<usize, Fault> {
        let forgotten = erasures::forget_old(app.ports.sql.as_ref(), now.plus_ms(-RECEIPT_MS), RECEIPTS_MAX).await;
        forgotten.attempt("forget receipts")
    }
}
