//! `/sign-in/factor` and `/sign-in/passkey`: what is shown beside a password, or instead of one.

use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::body::Body;
use axum::http::{HeaderMap, Response, StatusCode, Uri};

use super::factors::json;
use super::sign_in::opened;
use super::{Mistake, origin, parameter, with_own_referrer, with_retry};
use crate::app::App;
use crate::error::{Error, Problem};
use crate::http::caller;
use crate::http::identity::{Identity, see_other};
use crate::http::pages::html;
use crate::http::problem::Occurrence;
use crate::http::upload_request::read_short_form;
use crate::ports::incoming::Incoming;
use crate::usecases::open_session::SessionUse;
use crate::usecases::second_factor::{SecondFactor, which};
use crate::usecases::sign_in::{show_factor, sign_in_with_passkey};
use crate::usecases::use_passkey;

#[derive(Template)]
#[template(path = "account/sign_in_factor.html")]
struct FactorPage {
    form_token: String,
    next: String,
    has_app: bool,
    has_passkey: bool,
    mistake: Mistake,
}

/// `GET /sign-in/factor?next=…`.
///
/// # Errors
/// If something of ours failed.
pub async fn ask(
    Extension(app): Extension<Arc<App>>,
    Extension(identity): Extension<Identity>,
    uri: Uri,
) -> Result<Response<Body>, Error> {
    let next = parameter(&uri, "next").unwrap_or_default();
    let Some(waiting) = identity.waiting() else { return Ok(see_other("/sign-in")) };
    page(&app, waiting, next, StatusCode::OK, Mistake::default()).await
}

/// `POST /sign-in/factor` with `code`, `recovery_code` or `answer`.
///
/// # Errors
/// `sign-in-needed`, `form-stale`, or a fault.
pub async fn act(
    Extension(app): Extension<Arc<App>>,
    Extension(identity): Extension<Identity>,
    Extension(body): Extension<Incoming>,
    headers: HeaderMap,
) -> Result<Response<Body>, Error> {
    let waiting = identity.waiting().ok_or(Problem::SignInNeeded)?;
    let form = read_short_form(&app, &headers, &body).await?;
    identity.check_form(&form)?;
    let filled = |name: &str| form.field(name).filter(|text| !text.trim().is_empty()).map(str::to_owned);
    let shown = match (filled("answer"), filled("recovery_code")) {
        (Some(answer), _) => SecondFactor::Passkey(answer),
        (None, Some(code)) => SecondFactor::Recovery(code),
        (None, None) => SecondFactor::Totp(filled("code").unwrap_or_default()),
    };
    let next = form.field("next").unwrap_or_default().to_owned();
    match show_factor(&app, waiting, &shown, &origin(&headers)).await {
        Ok(session) => Ok(opened(&app, &session, &next)),
        Err(error) => {
            let (status, mistake, retry_after_s) = refusal(error)?;
            Ok(with_retry(page(&app, waiting, next, status, mistake).await?, retry_after_s))
        }
    }
}

/// `POST /sign-in/factor/options`: what the browser asks the authenticator of whoever has given the password, as JSON.
///
/// # Errors
/// `sign-in-needed`, `form-stale`, `proof-wrong` if the account has no passkey; or a fault.
pub async fn factor_options(
    Extension(app): Extension<Arc<App>>,
    Extension(identity): Extension<Identity>,
    Extension(body): Extension<Incoming>,
    headers: HeaderMap,
) -> Result<Response<Body>, Error> {
    let waiting = identity.waiting().ok_or(Problem::SignInNeeded)?;
    identity.check_form(&read_short_form(&app, &headers, &body).await?)?;
    let options = use_passkey::begin_second_factor(&app, &waiting.account_id).await?;
    Ok(json(&options.ok_or(Problem::ProofWrong)?))
}

/// `POST /sign-in/passkey/options`: what the browser of somebody asks who signs in with a passkey alone, as JSON.
///
/// # Errors
/// `cross-site-form`, `busy`, or a fault.
pub async fn passkey_options(Extension(app): Extension<Arc<App>>, headers: HeaderMap) -> Result<Response<Body>, Error> {
    caller::refuse_cross_site(&app, &headers)?;
    Ok(json(&use_passkey::begin_sign_in(&app, caller::address(&headers)).await?))
}

/// `POST /sign-in/passkey` with `answer`.
///
/// # Errors
/// `cross-site-form`, `proof-wrong`, `too-many-attempts`, or a fault.
pub async fn act_passkey(
    Extension(app): Extension<Arc<App>>,
    Extension(body): Extension<Incoming>,
    headers: HeaderMap,
) -> Result<Response<Body>, Error> {
    let form = read_short_form(&app, &headers, &body).await?;
    let answer = form.field("answer").unwrap_or_default().to_owned();
    let next = form.field("next").unwrap_or_default().to_owned();
    let session = sign_in_with_passkey(&app, &answer, &origin(&headers)).await?;
    Ok(opened(&app, &session, &next))
}

fn refusal(error: Error) -> Result<(StatusCode, Mistake, Option<i64>), Error> {
    if let Error::Problem(Problem::ProofWrong | Problem::TooManyAttempts { .. }) = &error {
        let occurrence = Occurrence::of(&error);
        let words = format!("{}. {}", occurrence.kind.title, occurrence.detail);
        return Ok((occurrence.status(), Mistake { field: "", words }, occurrence.retry_after_s));
    }
    Err(error)
}

async fn page(
    app: &App,
    waiting: &SessionUse,
    next: String,
    status: StatusCode,
    mistake: Mistake,
) -> Result<Response<Body>, Error> {
    let which = which(app, &waiting.account_id).await?;
    let form_token = waiting.form_token().to_owned();
    let page = FactorPage { form_token, next, has_app: which.totp, has_passkey: which.passkey, mistake };
    html(status, &page).map(with_own_referrer)
}
