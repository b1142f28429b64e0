//! `/challenge`: where whoever is slowed shows to be a person, if the deployment has a way to show it. It is the only page that
//! loads anything from elsewhere, and it has no other field: no password is ever typed beside a script of somebody else.

use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, Uri, header};

use super::account::{parameter, with_own_referrer};
use crate::app::App;
use crate::domain::turnstile::{FIELD, ORIGIN};
use crate::error::{Cause, Error, Fault, Problem};
use crate::http::caller;
use crate::http::identity::{own_page, see_other};
use crate::http::security_headers::app_policy;
use crate::http::upload_request::read_short_form;
use crate::ports::incoming::Incoming;
use crate::usecases::anomalies::show_person;

#[derive(Template)]
#[template(path = "challenge.html")]
struct ChallengePage<'a> {
    site_key: &'a str,
    /// Where to go afterwards.
    next: String,
    /// Whether what was shown is worth nothing.
    is_wrong: bool,
}

/// `GET /challenge?next=…`.
///
/// # Errors
/// `not-found` if the deployment has no challenge.
pub async fn ask(Extension(app): Extension<Arc<App>>, uri: Uri) -> Result<Response<Body>, Error> {
    page(&app, parameter(&uri, "next").unwrap_or_default(), None)
}

/// `POST /challenge`.
///
/// # Errors
/// `not-found`, `busy`; a fault if nobody knows whether it was solved.
pub async fn act(
    Extension(app): Extension<Arc<App>>,
    Extension(body): Extension<Incoming>,
    headers: HeaderMap,
) -> Result<Response<Body>, Error> {
    if app.settings.turnstile.is_none() {
        return Err(Problem::NotFound.into());
    }
    let form = read_short_form(&app, &headers, &body).await?;
    let next = form.field("next").unwrap_or_default();
    match show_person(&app, form.field(FIELD).unwrap_or_default(), caller::address(&headers)).await {
        Ok(()) => Ok(see_other(own_page(next).unwrap_or("/"))),
        Err(Error::Problem(Problem::ChallengeNeeded { .. })) => {
            page(&app, next.to_owned(), Some(StatusCode::FORBIDDEN))
        }
        Err(error) => Err(error),
    }
}

fn page(app: &App, next: String, refused: Option<StatusCode>) -> Result<Response<Body>, Error> {
    let Some(turnstile) = &app.settings.turnstile else { return Err(Problem::NotFound.into()) };
    let page = ChallengePage { site_key: &turnstile.site_key, next, is_wrong: refused.is_some() };
    let mut response = with_own_referrer(super::html(refused.unwrap_or(StatusCode::OK), &page)?);
    let policy =
        app_policy(app).replace("script-src 'self'", &format!("script-src 'self' {ORIGIN}; frame-src {ORIGIN}"));
    let policy = HeaderValue::from_str(&policy).map_err(|_| Fault {
        attempted: "allow the challenge on its page".into(),
        cause: Cause::Invariant("an origin is not a field's value".into()),
    })?;
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    Ok(response)
}
