//! Forgets notices whose time is over: their keys first, so that no copy of the database says any more who sent them.

use crate::app::App;
use crate::domain::ids::{AccountId, NoticeId};
use crate::domain::time::Timestamp;
use crate::error::{Attempt as _, Fault};
use crate::policy::notices::FORGOTTEN_MAX;
use crate::ports::blobs::{BlobKey, Bucket};
use crate::store::{key_holders, notices};

/// Forgets notices, and what was answered to them; answers how many.
///
/// # Errors
/// If a port fails; what is left is forgotten by the next run.
pub async fn forget(app: &App, now: Timestamp) -> Result<usize, Fault> {
    let attempted = "forget notices";
    let sql = app.ports.sql.as_ref();
    let due = notices::to_forget(sql, now, FORGOTTEN_MAX).await.attempt(attempted)?;
    if due.is_empty() {
        return Ok(0);
    }
    let answers = notices::answers(sql, &due).await.attempt(attempted)?;
    let holders: Vec<AccountId> = due.iter().chain(&answers).map(|id: &NoticeId| AccountId::of_notice(id)).collect();
    // There are never more answers than images of the notices, and one deleting call takes a thousand keys.
    for some in holders.chunks(crate::ports::blobs::DELETE_KEYS_MAX) {
        let keys: Vec<BlobKey> = some.iter().map(BlobKey::personal_key).collect();
        app.ports.blobs.delete(Bucket::Recovery, &keys).await.attempt(attempted)?;
    }
    let mut statements = notices::forget(&due, &holders).to_vec();
    statements.push(key_holders::forget(&holders));
    sql.batch(statements).await.attempt(attempted)?;
    Ok(due.len())
}
