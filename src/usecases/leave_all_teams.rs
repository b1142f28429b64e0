//! What becomes of an account's teams when the account is erased. What it owns passes to the editor who has been there longest,
//! of those who may own another team. Viewers are never made owners: they were let in to look. A team without such an editor is
//! closed. What the account has uploaded for a team stays with the team.

use super::close_team::close;
use super::list_teams::list_teams;
use super::transfer_team::{Told, pass_on};
use crate::app::App;
use crate::domain::ids::AccountId;
use crate::domain::team::Role;
use crate::error::{Attempt as _, Fault};
use crate::policy::teams::MEMBERS_MAX;
use crate::store::team_invitations;
use crate::store::team_members::{self, Membership};

/// Takes an account out of every team. What failed half-way is finished by doing it again; afterwards
/// `team_members::forget_of_account` has nothing to refuse.
///
/// # Errors
/// If something of ours failed.
pub async fn leave_all_of_account(app: &App, account: &AccountId) -> Result<(), Fault> {
    for team in list_teams(app, account).await? {
        if team.role == Role::Owner && !pass_on_or_close(app, &team, account).await? {
            continue;
        }
        let statements =
            vec![team_members::leave(&team.id, account), team_invitations::forget_of_leaver(&team.id, account)];
        app.ports.sql.batch(statements).await.attempt(&format!("take {account} out of {}", team.id))?;
    }
    Ok(())
}

/// Answers whether the team goes on under another owner.
async fn pass_on_or_close(app: &App, team: &Membership, owner: &AccountId) -> Result<bool, Fault> {
    let members = team_members::of_team(app.ports.sql.as_ref(), &team.id, MEMBERS_MAX).await;
    let members = members.attempt(&format!("list the members of {}", team.id))?;
    let heirs = members.iter().filter(|member| member.role == Role::Editor && member.verified_at.is_some());
    for heir in heirs {
        if pass_on(app, team, owner, &heir.account_id, Told::Heir).await? {
            return Ok(true);
        }
    }
    close(app, owner, &team.id).await?;
    Ok(false)
}
