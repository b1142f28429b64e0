//! `/v1/teams/{id}/invitations`: who is invited, for the team's owner. What opens an invitation is in its letter only.

use std::sync::Arc;

use axum::Extension;
use axum::body::Body;
use axum::extract::Path;
use axum::http::{HeaderMap, Response, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::json as answer;
use super::teams::{actor, read_id};
use crate::app::App;
use crate::domain::email::EmailAddress;
use crate::domain::ids::InvitationId;
use crate::domain::team::{GivenRole, Role};
use crate::error::{Error, Problem};
use crate::http::identity::Identity;
use crate::http::json_body::read_json;
use crate::ports::incoming::Incoming;
use crate::usecases::invite_to_team::{ShownInvitation, invite, list_invitations, withdraw};

/// What is asked for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct InvitationBody {
    email: String,
    role: String,
}

#[derive(Debug, Serialize)]
struct InvitationObject {
    id: String,
    object: &'static str,
    /// Null: nobody can read it any more.
    email: Option<String>,
    role: Role,
    created_at: String,
    expires_at: String,
}

/// `GET /v1/teams/{id}/invitations`.
///
/// # Errors
/// See docs/problems.md.
pub async fn list(
    Extension(app): Extension<Arc<App>>,
    Extension(identity): Extension<Identity>,
    Path(id): Path<String>,
) -> Result<Response<Body>, Error> {
    let invitations = list_invitations(&app, &actor(&identity)?, &read_id(&id)?).await?;
    let data: Vec<InvitationObject> = invitations.into_iter().map(InvitationObject::of).collect();
    answer(StatusCode::OK, &json!({ "object": "list", "data": data }))
}

/// `POST /v1/teams/{id}/invitations`.
///
/// # Errors
/// See docs/problems.md.
pub async fn create(
    Extension(app): Extension<Arc<App>>,
    Extension(identity): Extension<Identity>,
    Extension(body): Extension<Incoming>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response<Body>, Error> {
    let wish: InvitationBody = read_json(&headers, &body).await?;
    let (actor, team) = (actor(&identity)?, read_id(&id)?);
    let (email, role) = (read_email(&wish.email)?, read_role(&wish.role)?);
    let made = invite(&app, &actor, &team, &email, role).await?;
    answer(StatusCode::CREATED, &InvitationObject::of(made))
}

/// `DELETE /v1/teams/{id}/invitations/{invitation}`.
///
/// # Errors
/// See docs/problems.md.
pub async fn delete(
    Extension(app): Extension<Arc<App>>,
    Extension(identity): Extension<Identity>,
    Path((id, invitation)): Path<(String, String)>,
) -> Result<Response<Body>, Error> {
    let invitation = InvitationId::parse(&invitation).ok_or(Problem::NotFound)?;
    withdraw(&app, &actor(&identity)?, &read_id(&id)?, &invitation).await?;
    answer(StatusCode::OK, &json!({ "id": invitation, "object": "team_invitation", "withdrawn": true }))
}

/// The address to which somebody wants an invitation sent.
///
/// # Errors
/// `invalid-field`.
pub fn read_email(text: &str) -> Result<EmailAddress, Problem> {
    let detail = || "an email address, such as ada@example.org".to_owned();
    EmailAddress::parse(text).ok_or_else(|| Problem::InvalidField { field: "email", detail: detail() })
}

/// The role that somebody wants to give.
///
/// # Errors
/// `invalid-field`.
pub fn read_role(word: &str) -> Result<GivenRole, Problem> {
    GivenRole::parse(word).ok_or_else(|| Problem::InvalidField { field: "role", detail: "editor or viewer".into() })
}

impl InvitationObject {
    fn of(invitation: ShownInvitation) -> Self {
        Self {
            id: invitation.id.to_string(),
            object: "team_invitation",
            email: invitation.email,
            role: invitation.role,
            created_at: invitation.created_at.rfc3339(),
            expires_at: invitation.expires_at.rfc3339(),
        }
    }
}
