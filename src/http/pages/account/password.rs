//! `/reset`: a new password for whoever reads the account's letters.

use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::body::Body;
use axum::http::{HeaderMap, Response, StatusCode, Uri};

use super::sign_in::opened;
use super::sign_up::{SentPage, read_email};
use super::{Mistake, mistake, origin, parameter, with_own_referrer, with_retry};
use crate::app::App;
use crate::domain::link::LinkPurpose;
use crate::domain::session::Token;
use crate::domain::time::human_duration;
use crate::error::Error;
use crate::http::caller;
use crate::http::pages::html;
use crate::http::upload_request::read_short_form;
use crate::policy::sessions::RESET_LINK_MS;
use crate::ports::incoming::Incoming;
use crate::usecases::change_password::{request_reset, reset};
use crate::usecases::prove_email::find_link;

#[derive(Template)]
#[template(path = "account/reset.html")]
struct ResetPage {
    email: String,
    mistake: Mistake,
}

#[derive(Template)]
#[template(path = "account/new_password.html")]
struct NewPasswordPage {
    token: String,
    mistake: Mistake,
}

/// `GET /reset`.
///
/// # Errors
/// If the page cannot be written.
pub async fn ask() -> Result<Response<Body>, Error> {
    html(StatusCode::OK, &ResetPage { email: String::new(), mistake: Mistake::default() }).map(with_own_referrer)
}

/// `POST /reset`: writes a letter, if there is somebody to write to. The answer is the same.
///
/// # Errors
/// What the form cannot tell itself.
pub async fn act(
    Extension(app): Extension<Arc<App>>,
    Extension(body): Extension<Incoming>,
    headers: HeaderMap,
) -> Result<Response<Body>, Error> {
    let form = read_short_form(&app, &headers, &body).await?;
    let text = form.field("email").unwrap_or_default().trim().to_owned();
    let done = match read_email(&text) {
        Ok(email) => request_reset(&app, &email, caller::address(&headers)).await,
        Err(problem) => Err(problem.into()),
    };
    match done {
        Ok(()) => html(
            StatusCode::OK,
            &SentPage {
                title: "Look into your mailbox",
                words: format!("If there is an account for {text}, a letter with a link is on its way."),
                holds: human_duration(RESET_LINK_MS),
            },
        ),
        Err(error) => {
            let (status, mistake, retry_after_s) = mistake(error)?;
            Ok(with_retry(with_own_referrer(html(status, &ResetPage { email: text, mistake })?), retry_after_s))
        }
    }
}

/// `GET /reset/password?token=…`.
///
/// # Errors
/// `link-expired`.
pub async fn ask_new(Extension(app): Extension<Arc<App>>, uri: Uri) -> Result<Response<Body>, Error> {
    let token = parameter(&uri, "token").unwrap_or_default();
    find_link(&app, Token::parse(&token).as_ref(), LinkPurpose::ResetPassword).await?;
    html(StatusCode::OK, &NewPasswordPage { token, mistake: Mistake::default() })
}

/// `POST /reset/password`.
///
/// # Errors
/// `link-expired`.
pub async fn act_new(
    Extension(app): Extension<Arc<App>>,
    Extension(body): Extension<Incoming>,
    headers: HeaderMap,
) -> Result<Response<Body>, Error> {
    let form = read_short_form(&app, &headers, &body).await?;
    let token = form.field("token").unwrap_or_default();
    let password = form.field("password").unwrap_or_default();
    match reset(&app, Token::parse(token).as_ref(), password, &origin(&headers)).await {
        Ok(session) => Ok(opened(&app, &session, "/settings?done=password")),
        Err(error) => {
            let (status, mistake, retry_after_s) = mistake(error)?;
            let page = NewPasswordPage { token: token.to_owned(), mistake };
            Ok(with_retry(html(status, &page)?, retry_after_s))
        }
    }
}
