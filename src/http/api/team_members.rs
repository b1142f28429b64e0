//! `/v1/teams/{id}/members`: who is in a team. What they see of each other is a name, a role, and since when.

use std::sync::Arc;

use axum::Extension;
use axum::body::Body;
use axum::extract::Path;
use axum::http::{HeaderMap, Response, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::json as answer;
use super::teams::{actor, read_id, require_fresh};
use crate::app::App;
use crate::domain::team::{GivenRole, Role};
use crate::error::{Error, Problem};
use crate::http::identity::Identity;
use crate::http::json_body::read_json;
use crate::ports::incoming::Incoming;
use crate::usecases::leave_team::{change_role, leave_team, remove_member};
use crate::usecases::list_teams::{ShownMember, list_members};
use crate::usecases::transfer_team::transfer_team;

/// What is asked for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RoleBody {
    role: String,
}

#[derive(Debug, Serialize)]
struct MemberObject {
    id: String,
    object: &'static str,
    /// Null: nobody can read it any more.
    name: Option<String>,
    role: Role,
    joined_at: String,
}

/// `GET /v1/teams/{id}/members`.
///
/// # Errors
/// See docs/problems.md.
pub async fn list(
    Extension(app): Extension<Arc<App>>,
    Extension(identity): Extension<Identity>,
    Path(id): Path<String>,
) -> Result<Response<Body>, Error> {
    let members = list_members(&app, &actor(&identity)?, &read_id(&id)?).await?;
    let data: Vec<MemberObject> = members.into_iter().map(MemberObject::of).collect();
    answer(StatusCode::OK, &json!({ "object": "list", "data": data }))
}

/// `PATCH /v1/teams/{id}/members/{account}`: another role. `owner` passes the team on.
///
/// # Errors
/// See docs/problems.md.
pub async fn patch(
    Extension(app): Extension<Arc<App>>,
    Extension(identity): Extension<Identity>,
    Extension(body): Extension<Incoming>,
    Path((id, account)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response<Body>, Error> {
    let wish: RoleBody = read_json(&headers, &body).await?;
    let (actor, team, member) = (actor(&identity)?, read_id(&id)?, read_id(&account)?);
    let role = Role::parse(&wish.role)
        .ok_or_else(|| Problem::InvalidField { field: "role", detail: "owner, editor or viewer".into() })?;
    match GivenRole::parse(&wish.role) {
        Some(given) => change_role(&app, &actor, &team, &member, given).await?,
        None => {
            require_fresh(&app, &identity)?;
            transfer_team(&app, &actor, &team, &member).await?;
        }
    }
    answer(StatusCode::OK, &json!({ "id": member, "object": "team_member", "role": role }))
}

/// `DELETE /v1/teams/{id}/members/{account}`: takes somebody out, or oneself.
///
/// # Errors
/// See docs/problems.md.
pub async fn delete(
    Extension(app): Extension<Arc<App>>,
    Extension(identity): Extension<Identity>,
    Path((id, account)): Path<(String, String)>,
) -> Result<Response<Body>, Error> {
    let (actor, team, member) = (actor(&identity)?, read_id(&id)?, read_id(&account)?);
    match actor == member {
        true => leave_team(&app, &actor, &team).await?,
        false => remove_member(&app, &actor, &team, &member).await?,
    }
    answer(StatusCode::OK, &json!({ "id": member, "object": "team_member", "removed": true }))
}

impl MemberObject {
    fn of(member: ShownMember) -> Self {
        Self {
            id: member.account_id.to_string(),
            object: "team_member",
            name: member.name,
            role: member.role,
            joined_at: member.joined_at.rfc3339(),
        }
    }
}
