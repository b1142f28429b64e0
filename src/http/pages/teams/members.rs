//! What changes who is in a team, whose it is, and whether there is one. What cannot be taken back is asked first, on a page of
//! its own, that works without a script; the form comes back with `sure`.

use axum::body::Body;
use axum::extract::Path;
use axum::http::{Response, StatusCode};

use super::confirm::Question;
use super::{NAMELESS, read_id, told};
use crate::app::App;
use crate::domain::ids::AccountId;
use crate::domain::time::human_duration;
use crate::error::Error;
use crate::http::api::team_invitations::read_role;
use crate::http::identity::see_other;
use crate::http::own_form::{FreshForm, OwnForm};
use crate::http::pages::account::Mistake;
use crate::policy::teams::CLOSED_IMAGES_MAX;
use crate::usecases::close_team::close_team;
use crate::usecases::leave_team::{change_role, leave_team, remove_member};
use crate::usecases::list_teams::{find_member, find_own_team, find_team};
use crate::usecases::open_session::SessionUse;
use crate::usecases::transfer_team::transfer_team;

/// `POST /teams/{id}/members/role` with `account` and `role`.
///
/// # Errors
/// `form-stale`, `not-found`, `team-role`, `team-owner-stays`, or a fault.
pub async fn set_role(
    Path(id): Path<String>,
    OwnForm { app, session, form, .. }: OwnForm,
) -> Result<Response<Body>, Error> {
    let (team, member) = (read_id(Some(&id))?, read_id(form.field("account"))?);
    let role = read_role(form.field("role").unwrap_or_default())?;
    change_role(&app, &session.account_id, &team, &member, role).await?;
    Ok(see_other(&format!("/teams/{team}?done=role")))
}

/// `POST /teams/{id}/members/remove` with `account`: asks first, and with `sure` does it.
///
/// # Errors
/// `form-stale`, `not-found`, `team-role`, `team-owner-stays`, or a fault.
pub async fn remove(
    Path(id): Path<String>,
    OwnForm { app, session, form, .. }: OwnForm,
) -> Result<Response<Body>, Error> {
    let (team, member) = (read_id(Some(&id))?, read_id(form.field("account"))?);
    if form.field("sure").is_some() {
        remove_member(&app, &session.account_id, &team, &member).await?;
        return Ok(see_other(&format!("/teams/{team}?done=removed")));
    }
    let (team_name, name) = names(&app, &session.account_id, &team, &member).await?;
    let question = Question {
        form_token: session.form_token().to_owned(),
        title: format!("Take {name} out of {team_name}?"),
        words: vec![
            "They see and change what the team has no more, and are told by letter.".to_owned(),
            "What they have uploaded for the team stays with it. You can invite them again.".to_owned(),
        ],
        action: format!("/teams/{team}/members/remove"),
        account: Some(member.to_string()),
        name: None,
        act: "Take them out",
        keep: "Keep them",
        team: team.to_string(),
    };
    question.ask(StatusCode::OK)
}

/// `POST /teams/{id}/leave`: asks first, and with `sure` does it.
///
/// # Errors
/// `form-stale`, `not-found`, `team-owner-stays`, or a fault.
pub async fn leave(
    Path(id): Path<String>,
    OwnForm { app, session, form, .. }: OwnForm,
) -> Result<Response<Body>, Error> {
    let team = read_id(Some(&id))?;
    if form.field("sure").is_some() {
        leave_team(&app, &session.account_id, &team).await?;
        return Ok(see_other("/teams?done=left"));
    }
    let found = find_team(&app, &session.account_id, &team).await?;
    let question = Question {
        form_token: session.form_token().to_owned(),
        title: format!("Leave {}?", found.name),
        words: vec![
            "You see and change what the team has no more, until its owner invites you again.".to_owned(),
            "What you have uploaded for the team stays with it.".to_owned(),
        ],
        action: format!("/teams/{team}/leave"),
        account: None,
        name: None,
        act: "Leave it",
        keep: "Stay",
        team: team.to_string(),
    };
    question.ask(StatusCode::OK)
}

/// `POST /teams/{id}/transfer` with `account`: asks first, and with `sure` does it.
///
/// # Errors
/// `form-stale`, `not-found`, `team-role`, `team-owner-stays`, or a fault.
pub async fn transfer(
    Path(id): Path<String>,
    FreshForm(OwnForm { app, session, form, .. }): FreshForm,
) -> Result<Response<Body>, Error> {
    let (team, heir) = (read_id(Some(&id))?, read_id(form.field("account"))?);
    if form.field("sure").is_some() {
        transfer_team(&app, &session.account_id, &team, &heir).await?;
        return Ok(see_other(&format!("/teams/{team}?done=passed_on")));
    }
    let (team_name, name) = names(&app, &session.account_id, &team, &heir).await?;
    let question = Question {
        form_token: session.form_token().to_owned(),
        title: format!("Pass {team_name} on to {name}?"),
        words: vec![
            "They decide about the team then, and can take you out of it or close it. You become an editor.".to_owned(),
            "What the team may store, and how long its pictures are kept, depends on its owner’s account. Both of you are told by letter.".to_owned(),
            "You cannot take this back; they can pass the team on to you again.".to_owned(),
        ],
        action: format!("/teams/{team}/transfer"),
        account: Some(heir.to_string()),
        name: None,
        act: "Pass it on",
        keep: "Keep it",
        team: team.to_string(),
    };
    question.ask(StatusCode::OK)
}

/// `POST /teams/{id}/close`: asks for the team's `name`, and with it does it.
///
/// # Errors
/// `form-stale`, `not-found`, `team-role`, or a fault.
pub async fn close(
    Path(id): Path<String>,
    FreshForm(OwnForm { app, session, form, .. }): FreshForm,
) -> Result<Response<Body>, Error> {
    let team = read_id(Some(&id))?;
    let Some(name) = form.field("name") else {
        return ask_to_close(&app, &session, &team, StatusCode::OK, Mistake::default()).await;
    };
    match close_team(&app, &session.account_id, &team, name).await {
        Ok(()) => Ok(see_other("/teams?done=closed")),
        Err(error) => {
            let (status, mistake, _) = told(error)?;
            ask_to_close(&app, &session, &team, status, mistake).await
        }
    }
}

async fn ask_to_close(
    app: &App,
    session: &SessionUse,
    team: &AccountId,
    status: StatusCode,
    mistake: Mistake,
) -> Result<Response<Body>, Error> {
    let found = find_own_team(app, &session.account_id, team).await?;
    let recovery_ms = app.settings.retention.recovery_ms();
    let bytes = match recovery_ms {
        0 => "Then their bytes are erased.".to_owned(),
        _ => format!(
            "Their bytes wait {} where nothing can serve them, in case of a mistake, and are then erased.",
            human_duration(recovery_ms)
        ),
    };
    let question = Question {
        form_token: session.form_token().to_owned(),
        title: format!("Close {}?", found.name),
        words: vec![
            "From now on nobody is in it. Its collections, invitations and copies are gone at once, for everybody."
                .to_owned(),
            format!("Its pictures leave public view within minutes, about {CLOSED_IMAGES_MAX} in each. {bytes}"),
            "This cannot be taken back here. If the team is to go on without you, pass it on instead.".to_owned(),
        ],
        action: format!("/teams/{team}/close"),
        account: None,
        name: Some((found.name, mistake)),
        act: "Close the team",
        keep: "Keep it",
        team: team.to_string(),
    };
    question.ask(status)
}

/// What a team and somebody in it are called.
async fn names(app: &App, actor: &AccountId, team: &AccountId, member: &AccountId) -> Result<(String, String), Error> {
    let found = find_own_team(app, actor, team).await?;
    let member = find_member(app, actor, team, member).await?;
    Ok((found.name, member.name.unwrap_or_else(|| NAMELESS.to_owned())))
}
