//! `/teams/invitation`: what the letter of an invitation leads to. Looking at it does nothing: mail scanners look, too.

use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::body::Body;
use axum::http::{HeaderMap, Response, StatusCode, Uri};

use crate::app::App;
use crate::domain::session::Token;
use crate::domain::team::Role;
use crate::error::Error;
use crate::http::identity::{Identity, see_other};
use crate::http::own_form::OwnForm;
use crate::http::pages::account::parameter;
use crate::http::pages::figures::Moment;
use crate::http::pages::html;
use crate::http::upload_request::read_short_form;
use crate::ports::incoming::Incoming;
use crate::usecases::answer_invitation::{Fit, accept as accept_invitation, decline as decline_invitation, look};

#[derive(Template)]
#[template(path = "teams/invitation.html")]
struct InvitationPage {
    /// Of whoever is signed in.
    form_token: Option<String>,
    token: String,
    team: String,
    inviter: String,
    role: Role,
    until: Moment,
    fit: Fit,
    /// Where signing in leads back to.
    sign_in: String,
}

#[derive(Template)]
#[template(path = "teams/declined.html")]
struct DeclinedPage;

/// `GET /teams/invitation?token=…`.
///
/// # Errors
/// `link-expired`, or a fault.
pub async fn show(
    Extension(app): Extension<Arc<App>>,
    Extension(identity): Extension<Identity>,
    uri: Uri,
) -> Result<Response<Body>, Error> {
    let token = parameter(&uri, "token").unwrap_or_default();
    let invitation = look(&app, Token::parse(&token).as_ref(), identity.account()).await?;
    let next: String = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("next", &format!("/teams/invitation?token={token}"))
        .finish();
    let page = InvitationPage {
        form_token: identity.form_token(),
        token,
        team: invitation.team_name,
        inviter: invitation.inviter.unwrap_or_else(|| super::NAMELESS.to_owned()),
        role: invitation.role,
        until: invitation.expires_at.into(),
        fit: invitation.fit,
        sign_in: format!("/sign-in?{next}"),
    };
    html(StatusCode::OK, &page)
}

/// `POST /teams/invitation` with `token`: accepts it.
///
/// # Errors
/// `form-stale`, `link-expired`, `invitation-not-yours`, `verified-account-needed`, `team-limit`, or a fault.
pub async fn accept(OwnForm { app, session, form, .. }: OwnForm) -> Result<Response<Body>, Error> {
    let token = form.field("token").and_then(Token::parse);
    let team = accept_invitation(&app, &session.account_id, token.as_ref()).await?;
    Ok(see_other(&format!("/teams/{team}?done=joined")))
}

/// `POST /teams/invitation/decline` with `token`. Whoever has the letter may, with an account or without.
///
/// # Errors
/// `cross-site-form`, `link-expired`, or a fault.
pub async fn decline(
    Extension(app): Extension<Arc<App>>,
    Extension(body): Extension<Incoming>,
    headers: HeaderMap,
) -> Result<Response<Body>, Error> {
    let form = read_short_form(&app, &headers, &body).await?;
    decline_invitation(&app, form.field("token").and_then(Token::parse).as_ref()).await?;
    html(StatusCode::OK, &DeclinedPage)
}
