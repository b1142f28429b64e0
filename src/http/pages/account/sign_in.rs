//! `/sign-in` and `/sign-out`.

use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::body::Body;
use axum::http::{HeaderMap, Response, StatusCode, Uri};

use super::{Mistake, mistake, origin, parameter, with_own_referrer, with_retry};
use crate::app::App;
use crate::domain::email::EmailAddress;
use crate::error::Error;
use crate::http::identity::{Identity, forget_session, keep_session, own_page, see_other};
use crate::http::own_form::OwnForm;
use crate::http::pages::html;
use crate::http::upload_request::read_short_form;
use crate::ports::incoming::Incoming;
use crate::usecases::open_session::{OpenSession, end};
use crate::usecases::sign_in::{SignIn, sign_in};

/// Where somebody who signed in is led, if nowhere else.
const HOME: &str = "/gallery";

#[derive(Template)]
#[template(path = "account/sign_in.html")]
struct SignInPage {
    email: String,
    /// Where to go afterwards.
    next: String,
    /// Whether somebody who is signed in is asked once more.
    again: bool,
    mistake: Mistake,
}

/// `GET /sign-in?next=…`.
///
/// # Errors
/// If the page cannot be written.
pub async fn ask(Extension(identity): Extension<Identity>, uri: Uri) -> Result<Response<Body>, Error> {
    let next = parameter(&uri, "next").unwrap_or_default();
    let again = parameter(&uri, "again").is_some();
    if identity.session().is_some() && !again {
        return Ok(see_other(own_page(&next).unwrap_or(HOME)));
    }
    let page = SignInPage { email: String::new(), next, again, mistake: Mistake::default() };
    html(StatusCode::OK, &page).map(with_own_referrer)
}

/// `POST /sign-in`.
///
/// # Errors
/// What the form cannot tell itself.
pub async fn act(
    Extension(app): Extension<Arc<App>>,
    Extension(identity): Extension<Identity>,
    Extension(body): Extension<Incoming>,
    headers: HeaderMap,
) -> Result<Response<Body>, Error> {
    let form = read_short_form(&app, &headers, &body).await?;
    let text = |name| form.field(name).unwrap_or_default().to_owned();
    let attempt =
        SignIn { email: EmailAddress::parse(&text("email")), password: text("password"), origin: origin(&headers) };
    match sign_in(&app, attempt).await {
        Ok(session) => {
            // Whatever was open in this browser is not open any more.
            if let Identity::SignedIn(before) = &identity {
                drop(end(&app, &before.account_id, &before.id).await);
            }
            Ok(opened(&app, &session, &text("next")))
        }
        Err(error) => {
            let (status, mistake, retry_after_s) = mistake(error)?;
            let page = SignInPage { email: text("email"), next: text("next"), again: false, mistake };
            Ok(with_retry(with_own_referrer(html(status, &page)?), retry_after_s))
        }
    }
}

/// Leads whoever has just signed in to where they wanted to go, by way of the second factor if that is still to come.
pub(super) fn opened(app: &App, session: &OpenSession, next: &str) -> Response<Body> {
    let query: String = url::form_urlencoded::Serializer::new(String::new()).append_pair("next", next).finish();
    let mut response = match session.awaits_factor {
        true => see_other(&format!("/sign-in/factor?{query}")),
        false => see_other(own_page(next).unwrap_or(HOME)),
    };
    keep_session(&mut response, session, app.now());
    response
}

/// `POST /sign-out`.
///
/// # Errors
/// `form-stale`, or a fault if the sign-in could not be ended.
pub async fn sign_out(OwnForm { app, session, .. }: OwnForm) -> Result<Response<Body>, Error> {
    end(&app, &session.account_id, &session.id).await?;
    let mut response = see_other("/");
    forget_session(&mut response);
    Ok(response)
}
