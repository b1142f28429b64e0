//! Somebody with an account, by the account's name.

use crate::app::App;
use crate::domain::ids::AccountId;
use crate::domain::owner::Member;
use crate::error::{Attempt as _, Fault};
use crate::store::accounts;

/// What `account` may do with images; none if it is gone.
///
/// # Errors
/// If the database fails.
pub async fn find_member(app: &App, account: &AccountId) -> Result<Option<Member>, Fault> {
    let found =
        accounts::find(app.ports.sql.as_ref(), account).await.attempt(&format!("find the account {account}"))?;
    Ok(found.map(|found| Member { account_id: found.id, tier: found.tier, is_verified: found.verified_at.is_some() }))
}
