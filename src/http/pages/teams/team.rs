//! `/teams/{id}`: one team. Whoever is in it sees who else is; its owner has the forms, too.

use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::body::Body;
use axum::extract::Path;
use axum::http::{Response, StatusCode, Uri};

use super::{NAMELESS, read_id, role_words, told};
use crate::app::App;
use crate::domain::ids::{AccountId, InvitationId};
use crate::domain::team::Role;
use crate::error::{Error, Problem};
use crate::http::api::team_invitations::{read_email, read_role};
use crate::http::api::teams::read_name;
use crate::http::identity::see_other;
use crate::http::own_form::OwnForm;
use crate::http::pages::account::{Mistake, parameter, with_own_referrer, with_retry};
use crate::http::pages::figures::Moment;
use crate::http::pages::html;
use crate::policy::teams::{INVITATION_MS, MEMBERS_MAX};
use crate::usecases::invite_to_team::{ShownInvitation, invite as invite_to_team, list_invitations, withdraw};
use crate::usecases::list_teams::{ShownMember, find_team, list_members};
use crate::usecases::open_session::SessionUse;
use crate::usecases::rename_team::rename_team;

struct MemberRow {
    id: String,
    name: String,
    role: Role,
    since: Moment,
    is_you: bool,
}

struct InvitationRow {
    id: String,
    email: String,
    role: &'static str,
    until: Moment,
}

#[derive(Template)]
#[template(path = "teams/team.html")]
struct TeamPage {
    form_token: String,
    /// What has just been done.
    done: &'static str,
    id: String,
    name: String,
    role: Role,
    role_words: &'static str,
    members: Vec<MemberRow>,
    members_max: i64,
    invitations: Vec<InvitationRow>,
    /// How long an invitation can be accepted, in words.
    life: String,
    invite: Mistake,
    rename: Mistake,
    /// What was filled in.
    email: String,
    new_name: String,
}

/// What the page shows about a form that had a mistake.
#[derive(Default)]
struct Again {
    invite: Mistake,
    rename: Mistake,
    email: String,
    new_name: Option<String>,
}

/// `GET /teams/{id}`.
///
/// # Errors
/// `not-found`, or a fault.
pub async fn show(
    Extension(app): Extension<Arc<App>>,
    Extension(session): Extension<Arc<SessionUse>>,
    Path(id): Path<String>,
    uri: Uri,
) -> Result<Response<Body>, Error> {
    let done = match parameter(&uri, "done").as_deref() {
        Some("joined") => "You are in the team now.",
        Some("renamed") => "The team has its new name.",
        Some("invited") => "The invitation is on its way.",
        Some("withdrawn") => "The invitation is withdrawn.",
        Some("role") => "The role is changed.",
        Some("removed") => "They are in the team no more.",
        Some("passed_on") => "The team has a new owner. You are an editor now.",
        _ => "",
    };
    page(&app, &session, &read_id(Some(&id))?, StatusCode::OK, done, Again::default()).await
}

/// `POST /teams/{id}/name` with `name`.
///
/// # Errors
/// `form-stale`, `not-found`, `team-role`, or a fault.
pub async fn rename(
    Path(id): Path<String>,
    OwnForm { app, session, form, .. }: OwnForm,
) -> Result<Response<Body>, Error> {
    let (team, filled) = (read_id(Some(&id))?, form.field("name").unwrap_or_default());
    let renamed = async { rename_team(&app, &session.account_id, &team, &read_name(filled)?).await };
    match renamed.await {
        Ok(_) => Ok(see_other(&format!("/teams/{team}?done=renamed"))),
        Err(error) => {
            let (status, rename, _) = told(error)?;
            let again = Again { rename, new_name: Some(filled.to_owned()), ..Again::default() };
            page(&app, &session, &team, status, "", again).await
        }
    }
}

/// `POST /teams/{id}/invitations` with `email` and `role`.
///
/// # Errors
/// `form-stale`, `not-found`, `team-role`, or a fault.
pub async fn invite(
    Path(id): Path<String>,
    OwnForm { app, session, form, .. }: OwnForm,
) -> Result<Response<Body>, Error> {
    let (team, filled) = (read_id(Some(&id))?, form.field("email").unwrap_or_default());
    let invited = async {
        let (email, role) = (read_email(filled)?, read_role(form.field("role").unwrap_or_default())?);
        invite_to_team(&app, &session.account_id, &team, &email, role).await
    };
    match invited.await {
        Ok(_) => Ok(see_other(&format!("/teams/{team}?done=invited"))),
        Err(error) => {
            let (status, invite, retry_after_s) = told(error)?;
            let again = Again { invite, email: filled.to_owned(), ..Again::default() };
            Ok(with_retry(page(&app, &session, &team, status, "", again).await?, retry_after_s))
        }
    }
}

/// `POST /teams/{id}/invitations/withdraw` with `invitation`.
///
/// # Errors
/// `form-stale`, `not-found`, `team-role`, or a fault.
pub async fn withdraw_invitation(
    Path(id): Path<String>,
    OwnForm { app, session, form, .. }: OwnForm,
) -> Result<Response<Body>, Error> {
    let team = read_id(Some(&id))?;
    let invitation = form.field("invitation").and_then(InvitationId::parse).ok_or(Problem::NotFound)?;
    withdraw(&app, &session.account_id, &team, &invitation).await?;
    Ok(see_other(&format!("/teams/{team}?done=withdrawn")))
}

async fn page(
    app: &App,
    session: &SessionUse,
    id: &AccountId,
    status: StatusCode,
    done: &'static str,
    again: Again,
) -> Result<Response<Body>, Error> {
    let actor = &session.account_id;
    let team = find_team(app, actor, id).await?;
    let members = list_members(app, actor, id).await?;
    let invitations = match team.role {
        Role::Owner => list_invitations(app, actor, id).await?,
        Role::Editor | Role::Viewer => Vec::new(),
    };
    let page = TeamPage {
        form_token: session.form_token().to_owned(),
        done,
        id: id.to_string(),
        role: team.role,
        role_words: role_words(team.role),
        members: members.into_iter().map(|member| member_row(member, actor)).collect(),
        members_max: MEMBERS_MAX,
        invitations: invitations.into_iter().map(InvitationRow::from).collect(),
        life: crate::domain::time::human_duration(INVITATION_MS),
        invite: again.invite,
        rename: again.rename,
        email: again.email,
        new_name: again.new_name.unwrap_or_else(|| team.name.clone()),
        name: team.name,
    };
    html(status, &page).map(with_own_referrer)
}

fn member_row(member: ShownMember, actor: &AccountId) -> MemberRow {
    MemberRow {
        is_you: member.account_id == *actor,
        id: member.account_id.to_string(),
        name: member.name.unwrap_or_else(|| NAMELESS.to_owned()),
        role: member.role,
        since: member.joined_at.into(),
    }
}

impl From<ShownInvitation> for InvitationRow {
    fn from(invitation: ShownInvitation) -> Self {
        Self {
            id: invitation.id.to_string(),
            email: invitation.email.unwrap_or_else(|| "An address that nobody can read any more".to_owned()),
            role: role_words(invitation.role),
            until: invitation.expires_at.into(),
        }
    }
}
