//! Makes a team: an account without a person, and its first member.

use super::list_teams::find_own_team;
use super::prove_email::account;
use crate::app::App;
use crate::domain::ids::{AccountId, ID_BYTES};
use crate::domain::team::TeamName;
use crate::error::{Attempt as _, Error, Problem};
use crate::policy::teams::{JOINED_MAX, OWNED_MAX};
use crate::store::team_members::{self, Membership};
use crate::store::teams::{self, Team};

/// Makes a team of `actor`'s.
///
/// # Errors
/// `VerifiedAccountNeeded` or `TeamLimitReached`; a fault if something of ours failed. After a fault there may be a team all the
/// same: it is in the list, and can be closed.
pub async fn create_team(app: &App, actor: &AccountId, name: &TeamName) -> Result<Membership, Error> {
    let attempted = format!("make a team of {actor}");
    let mut random = [0; ID_BYTES];
    app.ports.rng.fill(&mut random).attempt(&attempted)?;
    let team = Team { id: AccountId::from_random(random), name: name.as_str().to_owned(), created_at: app.now() };
    let statements = vec![
        teams::insert(&team, actor, OWNED_MAX, JOINED_MAX),
        team_members::insert_owner(&team.id, actor),
        teams::find(&team.id),
    ];
    let made = app.ports.sql.batch(statements).await.attempt(&attempted)?;
    if made.last().is_none_or(Vec::is_empty) {
        return Err(refusal(app, actor).await?.into());
    }
    find_own_team(app, actor, &team.id).await
}

/// Why an account gets no team.
async fn refusal(app: &App, actor: &AccountId) -> Result<Problem, Error> {
    if account(app, actor).await?.verified_at.is_none() {
        return Ok(Problem::VerifiedAccountNeeded);
    }
    let counts = team_members::counts(app.ports.sql.as_ref(), actor).await;
    let counts = counts.attempt(&format!("count the teams of {actor}"))?;
    Ok(match counts.owned >= OWNED_MAX {
        true => Problem::TeamLimitReached { limit: "teams_owned", count_max: OWNED_MAX },
        false => Problem::TeamLimitReached { limit: "teams_joined", count_max: JOINED_MAX },
    })
}
