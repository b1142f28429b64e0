//! Gives a team another name.

use super::list_teams::find_own_team;
use crate::app::App;
use crate::domain::ids::AccountId;
use crate::domain::team::TeamName;
use crate::error::{Attempt as _, Error};
use crate::store::team_members::Membership;
use crate::store::teams;

/// Renames `actor`'s team.
///
/// # Errors
/// `NotFound`, `TeamRoleMissing`; a fault if the database fails.
pub async fn rename_team(app: &App, actor: &AccountId, team: &AccountId, name: &TeamName) -> Result<Membership, Error> {
    let renamed = app.ports.sql.batch(vec![teams::rename(team, actor, name.as_str())]).await;
    renamed.attempt(&format!("rename the team {team}"))?;
    // Who may not has changed nothing, and is told so here.
    find_own_team(app, actor, team).await
}
