//! `/settings/profile`, `/settings/email`, `/settings/password` and `/verify/again`: corrections (promise IMP-51).

use axum::body::Body;
use axum::http::{HeaderMap, Response, StatusCode};

use super::settings::{self, Again};
use super::sign_up::{read_country, read_email, read_name};
use super::{mistake, with_retry};
use crate::app::App;
use crate::error::Error;
use crate::http::identity::see_other;
use crate::http::own_form::OwnForm;
use crate::http::upload_request::ShortForm;
use crate::usecases::open_session::SessionUse;
use crate::usecases::{change_password, profile, prove_email};

/// `POST /settings/profile`.
///
/// # Errors
/// `form-stale`, or a fault.
pub async fn correct(OwnForm { app, session, headers, form, .. }: OwnForm) -> Result<Response<Body>, Error> {
    let (name, country) = (text(&form, "name"), text(&form, "country"));
    let corrected = async {
        let (name, country) = (read_name(&name)?, read_country(&country)?);
        profile::correct(&app, &session.account_id, &name, country).await
    };
    let done = corrected.await;
    let again = Again { form: "profile", name: Some(name), country: Some(country), ..Again::default() };
    answer(&app, &session, &headers, done, "/settings?done=profile", again).await
}

/// `POST /settings/email`: asks for another address.
///
/// # Errors
/// `form-stale`, or a fault.
pub async fn change_email(OwnForm { app, session, headers, form, .. }: OwnForm) -> Result<Response<Body>, Error> {
    let email = text(&form, "email");
    let requested = async {
        let new = read_email(&email)?;
        prove_email::request_change(&app, &session.account_id, &text(&form, "old_password"), &new).await
    };
    let done = requested.await;
    let again = Again { form: "email", email: Some(email.clone()), ..Again::default() };
    answer(&app, &session, &headers, done, "/settings?done=letter", again).await
}

/// `POST /settings/password`.
///
/// # Errors
/// `form-stale`, or a fault.
pub async fn change_password(OwnForm { app, session, headers, form, .. }: OwnForm) -> Result<Response<Body>, Error> {
    let (old, new) = (text(&form, "old_password"), form.field("password").unwrap_or_default());
    let done = change_password::change(&app, &session.account_id, &session.id, &old, new).await;
    let again = Again { form: "password", ..Again::default() };
    answer(&app, &session, &headers, done, "/settings?done=password", again).await
}

/// `POST /verify/again`: sends the first letter again.
///
/// # Errors
/// `form-stale`, `too-many-attempts`, or a fault.
pub async fn send_again(OwnForm { app, session, .. }: OwnForm) -> Result<Response<Body>, Error> {
    prove_email::send_again(&app, &session.account_id).await?;
    Ok(see_other("/settings?done=letter"))
}

fn text(form: &ShortForm, name: &str) -> String {
    form.field(name).unwrap_or_default().to_owned()
}

async fn answer(
    app: &App,
    session: &SessionUse,
    headers: &HeaderMap,
    done: Result<(), Error>,
    next: &str,
    again: Again,
) -> Result<Response<Body>, Error> {
    let Err(error) = done else { return Ok(see_other(next)) };
    let (status, mistake, retry_after_s) = mistake(error)?;
    // Whoever is signed in and mistypes the password is not asked to sign in.
    let status = if status == StatusCode::UNAUTHORIZED { StatusCode::FORBIDDEN } else { status };
    let page = settings::page(app, session, headers, status, "", Again { mistake, ..again }).await?;
    Ok(with_retry(page, retry_after_s))
}
