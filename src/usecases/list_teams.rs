//! Teams and who is in them, as their members see them. To everybody else there are none.

use futures::future::try_join_all;

use super::personal_keys;
use crate::app::App;
use crate::domain::account::Account;
use crate::domain::ids::AccountId;
use crate::domain::team::Role;
use crate::domain::time::Timestamp;
use crate::error::{Attempt as _, Error, Fault, Problem};
use crate::policy::teams::{JOINED_MAX, MEMBERS_MAX};
use crate::store::team_members::{self, TeamMember};

pub use crate::store::team_members::Membership;

/// Somebody in a team, as the others see them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownMember {
    /// Who.
    pub account_id: AccountId,
    /// What they want to be called; none if their account is gone, or its key: nobody can read it then.
    pub name: Option<String>,
    /// What they are.
    pub role: Role,
    /// Since when they are in the team.
    pub joined_at: Timestamp,
}

/// The teams in which `actor` is, the longest first.
///
/// # Errors
/// If the database fails.
pub async fn list_teams(app: &App, actor: &AccountId) -> Result<Vec<Membership>, Fault> {
    let listed = team_members::of_account(app.ports.sql.as_ref(), actor, JOINED_MAX).await;
    listed.attempt(&format!("list the teams of {actor}"))
}

/// The team as `actor` sees it.
///
/// # Errors
/// `NotFound` if they are not in it, or there is none; a fault if the database fails.
pub async fn find_team(app: &App, actor: &AccountId, team: &AccountId) -> Result<Membership, Error> {
    let found = team_members::find(app.ports.sql.as_ref(), team, actor).await.attempt(&format!("find the team {team}"));
    found?.ok_or_else(|| Problem::NotFound.into())
}

/// The team, if it is `actor`'s own.
///
/// # Errors
/// As [`find_team`], and `TeamRoleMissing` if it is somebody else's.
pub async fn find_own_team(app: &App, actor: &AccountId, team: &AccountId) -> Result<Membership, Error> {
    let found = find_team(app, actor, team).await?;
    if found.role == Role::Owner { Ok(found) } else { Err(Problem::TeamRoleMissing.into()) }
}

/// Who is in the team, whoever has been there longest first.
///
/// # Errors
/// As [`find_team`], and a fault if somebody's name does not open.
pub async fn list_members(app: &App, actor: &AccountId, team: &AccountId) -> Result<Vec<ShownMember>, Error> {
    find_team(app, actor, team).await?;
    let members = team_members::of_team(app.ports.sql.as_ref(), team, MEMBERS_MAX).await;
    let members = members.attempt(&format!("list the members of {team}"))?;
    // All at once: each name is under a key of its own.
    Ok(try_join_all(members.into_iter().map(|member| show(app, member))).await?)
}

/// One of those in the team.
///
/// # Errors
/// As [`list_members`], and `NotFound` if they are not in it.
pub async fn find_member(
    app: &App,
    actor: &AccountId,
    team: &AccountId,
    member: &AccountId,
) -> Result<ShownMember, Error> {
    find_team(app, actor, team).await?;
    let members = team_members::of_team(app.ports.sql.as_ref(), team, MEMBERS_MAX).await;
    let members = members.attempt(&format!("list the members of {team}"))?;
    let found = members.into_iter().find(|found| found.account_id == *member);
    Ok(show(app, found.ok_or(Problem::NotFound)?).await?)
}

async fn show(app: &App, member: TeamMember) -> Result<ShownMember, Fault> {
    let key = personal_keys::find(app, &member.account_id).await?;
    let place = Account::name_place(&member.account_id);
    let name = match (key, member.name) {
        (Some(key), Some(sealed)) => Some(personal_keys::open(&key, &place, &sealed)?),
        _ => None,
    };
    Ok(ShownMember { account_id: member.account_id, name, role: member.role, joined_at: member.joined_at })
}
