//! Erases what has waited in recovery for its window. Bytes first, row last: a row is never forgotten
//! while its bytes may exist.

use async_trait::async_trait;

use super::Work;
use crate::app::App;
use crate::domain::time::Timestamp;
use crate::error::{Attempt as _, Fault};
use crate::ports::blobs::{BlobKey, Bucket, DELETE_KEYS_MAX};
use crate::store::leases::Lease;
use crate::store::removals;

/// Images erased in one run: one call of the storage takes this many names.
const IMAGES_MAX: i64 = DELETE_KEYS_MAX as i64;

pub(super) struct ReapRecovery;

#[async_trait]
impl Work for ReapRecovery {
    async fn run(&self, app: &App, lease: &Lease, now: Timestamp) -> Result<usize, Fault> {
        erase_some(app, lease, now).await
    }
}

/// Erases what is due, as many as one call of the storage takes; answers how many.
pub(super) async fn erase_some(app: &App, lease: &Lease, now: Timestamp) -> Result<usize, Fault> {
    let sql = app.ports.sql.as_ref();
    let due = removals::erasable(sql, now, IMAGES_MAX).await.attempt("find what to erase")?;
    if due.is_empty() {
        return Ok(0);
    }
    let keys: Vec<BlobKey> = due.iter().map(BlobKey::image).collect();
    app.ports.blobs.delete(Bucket::Recovery, &keys).await.attempt("erase recovered bytes")?;
    // A write that the platform repeated late can have put them back into public view: gone means gone.
    app.ports.blobs.delete(Bucket::Images, &keys).await.attempt("erase public bytes")?;
    removals::erase(sql, lease, &due, now).await.attempt("record the erasure")?;
    Ok(due.len())
}
