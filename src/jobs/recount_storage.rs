//! Counts again what accounts store, and mends what was counted wrong. The database counts in the transaction that changes
//! it, so there should be nothing to mend: what this job does is a finding.

use async_trait::async_trait;

use super::Work;
use super::room::Room;
use crate::app::App;
use crate::domain::ids::AccountId;
use crate::domain::time::Timestamp;
use crate::error::{Attempt as _, Fault};
use crate::policy::quotas::{RECOUNTED_AT_ONCE, RECOUNTS_MAX};
use crate::store::leases::Lease;
use crate::store::{account_storage, job_cursors};

const SCAN: &str = "account_storage";

pub(super) struct RecountStorage;

#[async_trait]
impl Work for RecountStorage {
    async fn run(&self, app: &App, lease: &Lease, now: Timestamp, _room: &Room) -> Result<usize, Fault> {
        let sql = app.ports.sql.as_ref();
        let mut after = job_cursors::find(sql, SCAN).await.attempt("find a scan's cursor")?.unwrap_or_default();
        let mut mended = 0;
        for _ in 0..RECOUNTS_MAX {
            let accounts = account_storage::next(sql, &after, RECOUNTED_AT_ONCE).await.attempt("walk the accounts")?;
            mended += account_storage::recount(sql, &accounts).await.attempt("recount what accounts store")?.len();
            after = accounts.last().map(AccountId::to_string).unwrap_or_default();
            if after.is_empty() {
                break;
            }
        }
        // An empty place is the start: the next night begins again where all were seen.
        let place = (!after.is_empty()).then_some(after);
        job_cursors::set(sql, lease, SCAN, place, now).await.attempt("move a scan's cursor")?;
        Ok(mended)
    }
}
