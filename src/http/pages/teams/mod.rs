//! `/teams`: the teams of whoever is signed in.

pub mod confirm;
pub mod invitation;
pub mod members;
pub mod team;

use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::body::Body;
use axum::http::{Response, StatusCode, Uri};

use super::account::{Mistake, mistake, parameter, with_own_referrer};
use super::figures::Moment;
use super::html;
use crate::app::App;
use crate::domain::ids::AccountId;
use crate::domain::team::Role;
use crate::error::{Error, Problem};
use crate::http::api::teams::read_name;
use crate::http::identity::see_other;
use crate::http::own_form::OwnForm;
use crate::http::problem::Occurrence;
use crate::usecases::create_team::create_team;
use crate::usecases::list_teams::list_teams;
use crate::usecases::open_session::SessionUse;

/// What to call somebody whose name nobody can read any more.
const NAMELESS: &str = "Somebody whose name is gone";

struct TeamRow {
    id: String,
    name: String,
    role: &'static str,
    since: Moment,
}

#[derive(Template)]
#[template(path = "teams/list.html")]
struct TeamsPage {
    form_token: String,
    /// What has just been done.
    done: &'static str,
    is_verified: bool,
    teams: Vec<TeamRow>,
    mistake: Mistake,
    filled: String,
}

/// `GET /teams`.
///
/// # Errors
/// If something of ours failed.
pub async fn show(
    Extension(app): Extension<Arc<App>>,
    Extension(session): Extension<Arc<SessionUse>>,
    uri: Uri,
) -> Result<Response<Body>, Error> {
    let done = match parameter(&uri, "done").as_deref() {
        Some("left") => "You have left the team.",
        Some("closed") => "The team is closed. Its pictures leave public view within minutes.",
        Some("declined") => "The invitation is declined.",
        _ => "",
    };
    page(&app, &session, StatusCode::OK, done, Mistake::default(), String::new()).await
}

/// `POST /teams` with `name`: makes one.
///
/// # Errors
/// `form-stale`, or a fault.
pub async fn create(OwnForm { app, session, form, .. }: OwnForm) -> Result<Response<Body>, Error> {
    let filled = form.field("name").unwrap_or_default();
    let made = async { create_team(&app, &session.account_id, &read_name(filled)?).await };
    match made.await {
        Ok(team) => Ok(see_other(&format!("/teams/{}", team.id))),
        Err(error) => {
            let (status, mistake, _) = told(error)?;
            page(&app, &session, status, "", mistake, filled.to_owned()).await
        }
    }
}

async fn page(
    app: &App,
    session: &SessionUse,
    status: StatusCode,
    done: &'static str,
    mistake: Mistake,
    filled: String,
) -> Result<Response<Body>, Error> {
    let teams = list_teams(app, &session.account_id).await?;
    let row = |team: crate::usecases::list_teams::Membership| TeamRow {
        id: team.id.to_string(),
        name: team.name,
        role: role_words(team.role),
        since: team.joined_at.into(),
    };
    let page = TeamsPage {
        form_token: session.form_token().to_owned(),
        done,
        is_verified: session.is_verified,
        teams: teams.into_iter().map(row).collect(),
        mistake,
        filled,
    };
    html(status, &page).map(with_own_referrer)
}

/// What somebody is, after "you are".
fn role_words(role: Role) -> &'static str {
    match role {
        Role::Owner => "its owner",
        Role::Editor => "an editor",
        Role::Viewer => "a viewer",
    }
}

/// What a form shows again: what its sender can mend there, or has to know there.
fn told(error: Error) -> Result<(StatusCode, Mistake, Option<i64>), Error> {
    match &error {
        Error::Problem(Problem::TeamLimitReached { .. } | Problem::VerifiedAccountNeeded) => {
            let occurrence = Occurrence::of(&error);
            Ok((occurrence.status(), Mistake { field: "", words: occurrence.detail.clone() }, None))
        }
        _ => mistake(error),
    }
}

/// The account that a part of an address, or a field, names.
pub(super) fn read_id(text: Option<&str>) -> Result<AccountId, Problem> {
    text.and_then(AccountId::parse).ok_or(Problem::NotFound)
}
