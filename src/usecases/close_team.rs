//! Closes a team, for good. From then on nobody is in it, and its collections, invitations and copies are gone. Its images leave
//! public view as deleted ones do, by a job in bounded steps (`jobs/close_teams.rs`), and their bytes wait out the recovery window.

use super::list_teams::find_own_team;
use crate::app::App;
use crate::domain::ids::AccountId;
use crate::error::{Attempt as _, Error, Fault, Problem};
use crate::store::{collections, exports, team_invitations, team_members, teams};

/// Closes `actor`'s team, if `confirmation` is its name.
///
/// # Errors
/// `NotFound`, `TeamRoleMissing`, `InvalidField`; a fault if the database fails.
pub async fn close_team(app: &App, actor: &AccountId, team: &AccountId, confirmation: &str) -> Result<(), Error> {
    let found = find_own_team(app, actor, team).await?;
    if confirmation.trim() != found.name {
        let detail = "the team's name, letter for letter".to_owned();
        return Err(Problem::InvalidField { field: "name", detail }.into());
    }
    if close(app, actor, team).await? {
        return Ok(());
    }
    // It was passed on meanwhile.
    find_own_team(app, actor, team).await?;
    Err(Problem::NotFound.into())
}

/// Closes the team if it is `owner`'s; answers whether it is closed.
pub(super) async fn close(app: &App, owner: &AccountId, team: &AccountId) -> Result<bool, Fault> {
    let now = app.now();
    let statements = vec![
        teams::close(team, owner, now),
        team_members::forget_of_closed(team),
        exports::end_of_former_owners(team, now),
        team_invitations::forget_of_closed(team),
        collections::forget_of_closed(team),
        teams::is_closed(team),
    ];
    let closed = app.ports.sql.batch(statements).await.attempt(&format!("close the team {team}"))?;
    Ok(closed.last().is_some_and(|rows| !rows.is_empty()))
}
