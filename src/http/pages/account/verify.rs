//! `/verify` and `/settings/email/confirm`: what links in letters lead to. Looking at them does nothing: mail scanners
//! look, too.

use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::body::Body;
use axum::http::{HeaderMap, Response, StatusCode, Uri};

use super::{Mistake, mistake, parameter, with_retry};
use crate::app::App;
use crate::domain::link::LinkPurpose;
use crate::domain::session::Token;
use crate::error::Error;
use crate::http::identity::{Identity, see_other};
use crate::http::pages::html;
use crate::http::upload_request::read_short_form;
use crate::ports::incoming::Incoming;
use crate::usecases::prove_email::{Follower, confirm_change, find_link, verify};

#[derive(Template)]
#[template(path = "account/verify.html")]
struct VerifyPage {
    title: &'static str,
    action: &'static str,
    token: String,
    /// What the form carries if somebody is signed in to the link's account; otherwise the password is asked for.
    form_token: Option<String>,
    mistake: Mistake,
}

/// What is proved.
#[derive(Clone, Copy)]
struct Proof {
    purpose: LinkPurpose,
    title: &'static str,
    action: &'static str,
}

const FIRST: Proof = Proof { purpose: LinkPurpose::VerifyEmail, title: "Is this address yours?", action: "/verify" };
const CHANGED: Proof = Proof {
    purpose: LinkPurpose::ChangeEmail,
    title: "Use this address from now on?",
    action: "/settings/email/confirm",
};

/// `GET /verify?token=…`.
///
/// # Errors
/// `link-expired`.
pub async fn ask(app: Extension<Arc<App>>, identity: Extension<Identity>, uri: Uri) -> Result<Response<Body>, Error> {
    show(&app, &identity, FIRST, &uri).await
}

/// `POST /verify`.
///
/// # Errors
/// `link-expired`, `form-stale`.
pub async fn act(
    app: Extension<Arc<App>>,
    identity: Extension<Identity>,
    body: Extension<Incoming>,
    headers: HeaderMap,
) -> Result<Response<Body>, Error> {
    prove(&app, &identity, FIRST, &body, &headers).await
}

/// `GET /settings/email/confirm?token=…`.
///
/// # Errors
/// `link-expired`.
pub async fn ask_change(
    app: Extension<Arc<App>>,
    identity: Extension<Identity>,
    uri: Uri,
) -> Result<Response<Body>, Error> {
    show(&app, &identity, CHANGED, &uri).await
}

/// `POST /settings/email/confirm`.
///
/// # Errors
/// `link-expired`, `form-stale`.
pub async fn act_change(
    app: Extension<Arc<App>>,
    identity: Extension<Identity>,
    body: Extension<Incoming>,
    headers: HeaderMap,
) -> Result<Response<Body>, Error> {
    prove(&app, &identity, CHANGED, &body, &headers).await
}

async fn show(app: &App, identity: &Identity, proof: Proof, uri: &Uri) -> Result<Response<Body>, Error> {
    let token = parameter(uri, "token").unwrap_or_default();
    page(app, identity, proof, token, StatusCode::OK, Mistake::default()).await
}

async fn page(
    app: &App,
    identity: &Identity,
    proof: Proof,
    token: String,
    status: StatusCode,
    mistake: Mistake,
) -> Result<Response<Body>, Error> {
    let link = find_link(app, Token::parse(&token).as_ref(), proof.purpose).await?;
    let session = identity.session().filter(|session| session.account_id == link.account_id);
    let form_token = session.map(|session| session.form_token().to_owned());
    html(status, &VerifyPage { title: proof.title, action: proof.action, token, form_token, mistake })
}

async fn prove(
    app: &Arc<App>,
    identity: &Identity,
    proof: Proof,
    body: &Incoming,
    headers: &HeaderMap,
) -> Result<Response<Body>, Error> {
    let form = read_short_form(app, headers, body).await?;
    let text = form.field("token").unwrap_or_default();
    let token = Token::parse(text);
    let who = match (form.field("password"), identity.session()) {
        (None, Some(session)) => {
            identity.check_form(&form)?;
            Follower::SignedIn(&session.account_id)
        }
        (password, _) => Follower::Password(password.unwrap_or_default()),
    };
    let proved = match proof.purpose {
        LinkPurpose::ChangeEmail => confirm_change(app, token.as_ref(), who).await,
        _ => verify(app, token.as_ref(), who).await,
    };
    match proved {
        Ok(_) => Ok(see_other("/settings?done=address")),
        Err(error) => {
            let (status, mistake, retry_after_s) = mistake(error)?;
            Ok(with_retry(page(app, identity, proof, text.to_owned(), status, mistake).await?, retry_after_s))
        }
    }
}
