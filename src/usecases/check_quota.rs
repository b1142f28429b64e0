//! Whether an account has room for another image. Asked before any work is done for it; what counts is what the database
//! says in the transaction of its intent.

use crate::app::App;
use crate::domain::ids::AccountId;
use crate::domain::owner::Member;
use crate::domain::quota::{Resource, Storage};
use crate::domain::time::Timestamp;
use crate::error::{Attempt as _, Error, Fault, Problem};
use crate::policy::quotas;
use crate::store::account_storage;

/// Refuses an upload for which there is no room, however small it is.
///
/// # Errors
/// `QuotaExceeded`; a fault if the database fails.
pub async fn check_quota(app: &App, member: &Member, now: Timestamp) -> Result<(), Error> {
    let storage = storage_of(app, &member.account_id).await?;
    match quotas::of(member.tier).used_up(&storage, &now.month()) {
        None => Ok(()),
        Some(resource) => Err(exceeded(member, resource, now).into()),
    }
}

/// How much an account stores.
///
/// # Errors
/// If the database fails.
pub async fn storage_of(app: &App, account: &AccountId) -> Result<Storage, Fault> {
    account_storage::find(app.ports.sql.as_ref(), account).await.attempt(&format!("find what {account} stores"))
}

/// What `member` is told who has enough of something.
#[must_use]
pub fn exceeded(member: &Member, resource: Resource, now: Timestamp) -> Problem {
    let max = quotas::of(member.tier).max_of(resource).unwrap_or_default();
    let seconds = now.next_month_start().ms_since(now).div_euclid(1_000) + 1;
    Problem::QuotaExceeded { resource, max, retry_after_s: (resource == Resource::Uploads).then_some(seconds) }
}
