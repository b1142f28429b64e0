//! Somebody is in a team no more: by themselves, or because its owner says so. What they have uploaded for the team stays
//! with it; what they have sent and nobody has answered goes with them.

use super::list_teams::{find_own_team, find_team};
use super::team_letters::{Reader, reader};
use super::write_letter;
use crate::app::App;
use crate::domain::ids::AccountId;
use crate::domain::letter::Letter;
use crate::domain::team::{GivenRole, Role};
use crate::error::{Attempt as _, Error, Problem};
use crate::store::{team_invitations, team_letters, team_members};

/// Takes `actor` out of a team. Its owner passes it on first, or closes it.
///
/// # Errors
/// `NotFound`, `TeamOwnerStays`; a fault if the database fails.
pub async fn leave_team(app: &App, actor: &AccountId, team: &AccountId) -> Result<(), Error> {
    find_team(app, actor, team).await?;
    let statements = vec![team_members::leave(team, actor), team_invitations::forget_of_leaver(team, actor)];
    app.ports.sql.batch(statements).await.attempt(&format!("take {actor} out of {team}"))?;
    match role(app, team, actor).await? {
        None => Ok(()),
        Some(_) => Err(Problem::TeamOwnerStays.into()),
    }
}

/// Takes another member out of `actor`'s team, and tells them by letter.
///
/// # Errors
/// `NotFound`, also if they are not in it; `TeamRoleMissing`, `TeamOwnerStays`; a fault if something of ours failed.
pub async fn remove_member(app: &App, actor: &AccountId, team: &AccountId, member: &AccountId) -> Result<(), Error> {
    let found = find_own_team(app, actor, team).await?;
    refuse_owner(role(app, team, member).await?)?;
    let letter = match reader(app, member).await? {
        // Nobody is left to read it.
        None => None,
        Some(Reader { key, address, .. }) => {
            let letter = Letter::TeamMemberRemoved { team_name: found.name, removed_at: app.now() };
            Some(write_letter::seal(app, member, &key, &address, letter)?)
        }
    };
    let mut statements: Vec<_> =
        letter.iter().map(|letter| team_letters::write_if_removable(letter, team, actor, member)).collect();
    statements.extend([team_members::remove(team, actor, member), team_invitations::forget_of_leaver(team, member)]);
    app.ports.sql.batch(statements).await.attempt(&format!("take {member} out of {team}"))?;
    if let Some(role) = role(app, team, member).await? {
        // The team was passed on meanwhile, to them or to somebody else.
        find_own_team(app, actor, team).await?;
        return refuse_owner(Some(role)).and(Err(Problem::NotFound.into()));
    }
    if let Some(letter) = letter {
        write_letter::post(app, &letter.id).await;
    }
    Ok(())
}

/// Makes another member of `actor`'s team an editor or a viewer.
///
/// # Errors
/// As [`remove_member`].
pub async fn change_role(
    app: &App,
    actor: &AccountId,
    team: &AccountId,
    member: &AccountId,
    wanted: GivenRole,
) -> Result<(), Error> {
    find_own_team(app, actor, team).await?;
    refuse_owner(role(app, team, member).await?)?;
    let changed = app.ports.sql.batch(vec![team_members::set_role(team, actor, member, wanted)]).await;
    changed.attempt(&format!("make {member} another in {team}"))?;
    match role(app, team, member).await? {
        Some(role) if role == wanted.role() => Ok(()),
        role => {
            find_own_team(app, actor, team).await?;
            refuse_owner(role).and(Err(Problem::NotFound.into()))
        }
    }
}

/// What `account` is in the team.
pub(super) async fn role(app: &App, team: &AccountId, account: &AccountId) -> Result<Option<Role>, Error> {
    let found = team_members::role(app.ports.sql.as_ref(), team, account).await;
    Ok(found.attempt(&format!("find what {account} is in {team}"))?)
}

fn refuse_owner(role: Option<Role>) -> Result<(), Error> {
    match role {
        None => Err(Problem::NotFound.into()),
        Some(Role::Owner) => Err(Problem::TeamOwnerStays.into()),
        Some(Role::Editor | Role::Viewer) => Ok(()),
    }
}
