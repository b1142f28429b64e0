//! `/v1/teams`: teams of the account that asks, and what their owners decide about them.

use std::sync::Arc;

use axum::Extension;
use axum::body::Body;
use axum::extract::Path;
use axum::http::{HeaderMap, Response, StatusCode, Uri};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::json as answer;
use crate::app::App;
use crate::domain::ids::AccountId;
use crate::domain::team::{Role, TEAM_NAME_CHARS_MAX, TeamName};
use crate::error::{Error, Problem};
use crate::http::identity::Identity;
use crate::http::json_body::read_json;
use crate::http::own_form::is_fresh;
use crate::http::pages::account::parameter;
use crate::ports::incoming::Incoming;
use crate::usecases::close_team::close_team;
use crate::usecases::create_team::create_team;
use crate::usecases::list_teams::{Membership, find_team, list_teams};
use crate::usecases::rename_team::rename_team;

/// What is asked for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TeamBody {
    name: String,
}

#[derive(Debug, Serialize)]
struct TeamObject {
    id: String,
    object: &'static str,
    name: String,
    /// What the account that asks is in it.
    role: Role,
    created_at: String,
    /// Since when it is.
    joined_at: String,
}

/// `GET /v1/teams`.
///
/// # Errors
/// See docs/problems.md.
pub async fn list(
    Extension(app): Extension<Arc<App>>,
    Extension(identity): Extension<Identity>,
) -> Result<Response<Body>, Error> {
    let teams = list_teams(&app, &actor(&identity)?).await?;
    let data: Vec<TeamObject> = teams.into_iter().map(TeamObject::of).collect();
    answer(StatusCode::OK, &json!({ "object": "list", "data": data }))
}

/// `POST /v1/teams`.
///
/// # Errors
/// See docs/problems.md.
pub async fn create(
    Extension(app): Extension<Arc<App>>,
    Extension(identity): Extension<Identity>,
    Extension(body): Extension<Incoming>,
    headers: HeaderMap,
) -> Result<Response<Body>, Error> {
    let wish: TeamBody = read_json(&headers, &body).await?;
    let made = create_team(&app, &actor(&identity)?, &read_name(&wish.name)?).await?;
    answer(StatusCode::CREATED, &TeamObject::of(made))
}

/// `GET /v1/teams/{id}`.
///
/// # Errors
/// See docs/problems.md.
pub async fn get(
    Extension(app): Extension<Arc<App>>,
    Extension(identity): Extension<Identity>,
    Path(id): Path<String>,
) -> Result<Response<Body>, Error> {
    answer(StatusCode::OK, &TeamObject::of(find_team(&app, &actor(&identity)?, &read_id(&id)?).await?))
}

/// `PATCH /v1/teams/{id}`: another name.
///
/// # Errors
/// See docs/problems.md.
pub async fn patch(
    Extension(app): Extension<Arc<App>>,
    Extension(identity): Extension<Identity>,
    Extension(body): Extension<Incoming>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response<Body>, Error> {
    let wish: TeamBody = read_json(&headers, &body).await?;
    let renamed = rename_team(&app, &actor(&identity)?, &read_id(&id)?, &read_name(&wish.name)?).await?;
    answer(StatusCode::OK, &TeamObject::of(renamed))
}

/// `DELETE /v1/teams/{id}?name=…`: closes it, for good; its name says that it is meant.
///
/// # Errors
/// See docs/problems.md.
pub async fn delete(
    Extension(app): Extension<Arc<App>>,
    Extension(identity): Extension<Identity>,
    Path(id): Path<String>,
    uri: Uri,
) -> Result<Response<Body>, Error> {
    require_fresh(&app, &identity)?;
    let team = read_id(&id)?;
    close_team(&app, &actor(&identity)?, &team, &parameter(&uri, "name").unwrap_or_default()).await?;
    answer(StatusCode::OK, &json!({ "id": team, "object": "team", "closed": true }))
}

/// Who asks. To a program that is confined to a collection there is nothing else.
pub(super) fn actor(identity: &Identity) -> Result<AccountId, Problem> {
    match identity {
        Identity::Program(program) if program.collection.is_some() => Err(Problem::NotFound),
        _ => identity.account().cloned().ok_or(Problem::SignInNeeded),
    }
}

/// Of a browser, the sign-in must be a short while ago, as for the form that does the same.
pub(super) fn require_fresh(app: &App, identity: &Identity) -> Result<(), Problem> {
    match identity.session() {
        Some(session) if !is_fresh(app, session) => Err(Problem::SignInNeeded),
        _ => Ok(()),
    }
}

/// The account that a part of the address names: a team, or somebody in one.
pub(super) fn read_id(text: &str) -> Result<AccountId, Problem> {
    AccountId::parse(text).ok_or(Problem::NotFound)
}

/// The name of a team that somebody wrote.
///
/// # Errors
/// `invalid-field`.
pub fn read_name(text: &str) -> Result<TeamName, Problem> {
    let detail = || format!("1 to {TEAM_NAME_CHARS_MAX} characters in one line");
    TeamName::parse(text).ok_or_else(|| Problem::InvalidField { field: "name", detail: detail() })
}

impl TeamObject {
    fn of(team: Membership) -> Self {
        Self {
            id: team.id.to_string(),
            object: "team",
            name: team.name,
            role: team.role,
            created_at: team.created_at.rfc3339(),
            joined_at: team.joined_at.rfc3339(),
        }
    }
}
