//! An account as the owner of images, by its name.

use serde::Deserialize;

use crate::app::App;
use crate::domain::ids::AccountId;
use crate::domain::owner::Member;
use crate::error::{Attempt as _, Fault};
use crate::ports::sql::read_row;
use crate::store::{accounts, team_members};

#[derive(Deserialize)]
struct OwnerRow {
    account_id: AccountId,
}

/// What a person's `account` may do with images; none if it is gone.
///
/// # Errors
/// If the database fails.
pub async fn find_member(app: &App, account: &AccountId) -> Result<Option<Member>, Fault> {
    let found =
        accounts::find(app.ports.sql.as_ref(), account).await.attempt(&format!("find the account {account}"))?;
    Ok(found.map(|found| Member { account_id: found.id, tier: found.tier, is_verified: found.verified_at.is_some() }))
}

/// The same of a person's account or a team's, which may what its owner may.
///
/// # Errors
/// If the database fails.
pub async fn find_owner(app: &App, account: &AccountId) -> Result<Option<Member>, Fault> {
    if let Some(person) = find_member(app, account).await? {
        return Ok(Some(person));
    }
    let attempted = format!("find the owner of the team {account}");
    let rows = app.ports.sql.batch(vec![team_members::owner(account)]).await.attempt(&attempted)?;
    let owner: Option<OwnerRow> = rows.into_iter().flatten().next().map(read_row).transpose().attempt(&attempted)?;
    let Some(owner) = owner else { return Ok(None) };
    let owner = find_member(app, &owner.account_id).await?;
    Ok(owner.map(|owner| Member { account_id: account.clone(), ..owner }))
}
