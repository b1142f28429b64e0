//! Destroys keys of personal data that belong to nobody, neither to an account nor to a notice or an appeal: a key is made before
//! its row, and somebody else may be quicker with the address, or the attempt die between.

use async_trait::async_trait;

use super::Work;
use super::room::Room;
use crate::app::App;
use crate::domain::ids::AccountId;
use crate::domain::time::Timestamp;
use crate::error::{Attempt as _, Fault};
use crate::policy::retention::ORPHAN_MS;
use crate::ports::blobs::{BlobKey, Bucket, DELETE_KEYS_MAX, PERSONAL_KEYS_PREFIX};
use crate::store::leases::Lease;
use crate::store::{accounts, job_cursors, key_holders};
use crate::usecases::journal::{restoration, unknown_kept_until};

/// Keys compared in one run: one listing call, and at most one deleting call.
const KEYS_MAX: u32 = DELETE_KEYS_MAX as u32;
const SCAN: &str = "blobs:personal-keys";

pub(super) struct ReconcileKeys;

#[async_trait]
impl Work for ReconcileKeys {
    async fn run(&self, app: &App, lease: &Lease, now: Timestamp, _room: &Room) -> Result<usize, Fault> {
        let (sql, blobs) = (app.ports.sql.as_ref(), app.ports.blobs.as_ref());
        if unknown_kept_until(restoration(app).await?.as_ref(), now).is_some() {
            // The database was set back lately: whoever signed up since may be in the one that it is set to next.
            return Ok(0);
        }
        let from = job_cursors::find(sql, SCAN).await.attempt("find a scan's cursor")?;
        let page = blobs.list(Bucket::Recovery, PERSONAL_KEYS_PREFIX, from.as_deref(), KEYS_MAX).await;
        let page = page.attempt("list keys of personal data")?;
        // A young one may still be on its way to its row.
        let is_settled = |stored_at: Timestamp| now.ms_since(stored_at) >= ORPHAN_MS;
        let settled: Vec<BlobKey> =
            page.blobs.into_iter().filter(|blob| is_settled(blob.stored_at)).map(|blob| blob.key).collect();
        let ids: Vec<AccountId> = settled.iter().filter_map(BlobKey::account_id).collect();
        let mut known = accounts::known(sql, &ids).await.attempt("find the accounts of keys")?;
        known.extend(key_holders::known(sql, &ids).await.attempt("find who else has keys")?);
        let is_orphan = |key: &BlobKey| key.account_id().is_some_and(|id| !known.contains(&id));
        let orphans: Vec<BlobKey> = settled.into_iter().filter(is_orphan).collect();
        if !orphans.is_empty() {
            blobs.delete(Bucket::Recovery, &orphans).await.attempt("destroy keys of nobody")?;
        }
        job_cursors::set(sql, lease, SCAN, page.next, now).await.attempt("move a scan's cursor")?;
        Ok(orphans.len())
    }
}
