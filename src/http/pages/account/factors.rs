//! The page of an account's second factors: what there is, adding and removing, recovery codes shown once. Everything
//! but passkeys works without a script.

use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use serde_json::Value;

use super::qr_code::{self, Drawing};
use super::with_own_referrer;
use crate::app::App;
use crate::domain::recovery_code::RecoveryCode;
use crate::domain::totp::TotpSecret;
use crate::error::{Error, Problem};
use crate::http::own_form::{FreshForm, OwnForm};
use crate::http::pages::figures::Moment;
use crate::http::pages::html;
use crate::http::problem::Occurrence;
use crate::policy::factors::PASSKEY_NAME_CHARS_MAX;
use crate::usecases::open_session::SessionUse;
use crate::usecases::remove_factor::{RemovedFactor, remove_factor};
use crate::usecases::second_factor::{Factors, ShownPasskey, factors_of};
use crate::usecases::{enrol_passkey, enrol_totp, profile, recovery_codes};

/// What apps show beside the codes.
const ISSUER: &str = "Tintype";

#[derive(Template)]
#[template(path = "account/factors.html")]
struct FactorsPage {
    form_token: String,
    totp: Option<Used>,
    passkeys: Vec<PasskeyRow>,
    codes_left: u32,
    /// Codes that were just made; they are shown on no other page.
    codes: Vec<String>,
    /// The app that is being added.
    adding: Option<AddedApp>,
    name_chars_max: usize,
    /// What is wrong with what was entered.
    error: Option<String>,
}

struct Used {
    since: Moment,
    last_used_day: Option<String>,
}

struct PasskeyRow {
    handle: String,
    name: String,
    used: Used,
    is_backed_up: bool,
    flagged: Option<Moment>,
}

struct AddedApp {
    qr_code: Option<Drawing>,
    uri: String,
    /// In groups of four, to be typed.
    secret: String,
}

impl From<ShownPasskey> for PasskeyRow {
    fn from(passkey: ShownPasskey) -> Self {
        Self {
            handle: passkey.handle,
            name: passkey.name,
            used: Used { since: passkey.created_at.into(), last_used_day: passkey.last_used_day },
            is_backed_up: passkey.is_backed_up,
            flagged: passkey.flagged_at.map(Moment::from),
        }
    }
}

impl AddedApp {
    fn of(secret: &TotpSecret, email: &str) -> Self {
        let (uri, letters) = (secret.uri(ISSUER, email), secret.base32());
        let groups: Vec<&str> = (0..letters.len()).step_by(4).filter_map(|at| letters.get(at..at + 4)).collect();
        Self { qr_code: qr_code::draw(&uri), secret: groups.join(" "), uri }
    }
}

/// `GET /settings/factors`: the page as it is.
///
/// # Errors
/// A fault if a port fails.
pub async fn show(
    Extension(app): Extension<Arc<App>>,
    Extension(session): Extension<Arc<SessionUse>>,
) -> Result<Response<Body>, Error> {
    page(&app, &session, Vec::new(), None, None).await
}

/// `POST /settings/factors/totp`: begins an authenticator app and shows its secret.
///
/// # Errors
/// `form-stale`, or a fault.
pub async fn begin_totp(FreshForm(OwnForm { app, session, .. }): FreshForm) -> Result<Response<Body>, Error> {
    match enrol_totp::begin(&app, &session.account_id).await {
        Ok(secret) => {
            let adding = AddedApp::of(&secret, &email(&app, &session).await?);
            page(&app, &session, Vec::new(), Some(adding), None).await
        }
        Err(error) => refused(&app, &session, None, error).await,
    }
}

/// `POST /settings/factors/totp/confirm` with `code`.
///
/// # Errors
/// `form-stale`, or a fault.
pub async fn confirm_totp(FreshForm(OwnForm { app, session, form, .. }): FreshForm) -> Result<Response<Body>, Error> {
    match enrol_totp::confirm(&app, &session.account_id, form.field("code").unwrap_or_default()).await {
        Ok(()) => added(&app, &session).await,
        Err(error) => {
            let email = email(&app, &session).await?;
            let adding = enrol_totp::unconfirmed(&app, &session.account_id).await?;
            refused(&app, &session, adding.map(|secret| AddedApp::of(&secret, &email)), error).await
        }
    }
}

/// `POST /settings/factors/passkeys/options`: what `<passkey-button>` asks the browser to make a passkey, as JSON.
///
/// # Errors
/// `form-stale`, or a fault.
pub async fn passkey_options(FreshForm(OwnForm { app, session, .. }): FreshForm) -> Result<Response<Body>, Error> {
    let email = email(&app, &session).await?;
    Ok(json(&enrol_passkey::begin(&app, &session.account_id, &email).await?))
}

/// `POST /settings/factors/passkeys`: adds the passkey of the form field `answer`, under the name in `name`.
///
/// # Errors
/// `form-stale`, or a fault.
pub async fn add_passkey(FreshForm(OwnForm { app, session, form, .. }): FreshForm) -> Result<Response<Body>, Error> {
    let [answer, name] = ["answer", "name"].map(|name| form.field(name).unwrap_or_default());
    match enrol_passkey::finish(&app, &session.account_id, answer, name).await {
        Ok(()) => added(&app, &session).await,
        Err(error) => refused(&app, &session, None, error).await,
    }
}

/// `POST /settings/factors/remove`: removes what the form field `factor` names: `totp`, or the handle of a passkey.
///
/// # Errors
/// `form-stale`, `invalid-field`, `not-found`, or a fault.
pub async fn remove(FreshForm(OwnForm { app, session, form, .. }): FreshForm) -> Result<Response<Body>, Error> {
    let factor = match form.field("factor") {
        Some("totp") => RemovedFactor::Totp,
        Some(handle) => RemovedFactor::Passkey(handle.to_owned()),
        None => return Err(Problem::InvalidField { field: "factor", detail: "say which".into() }.into()),
    };
    remove_factor(&app, &session.account_id, &factor).await?;
    page(&app, &session, Vec::new(), None, None).await
}

/// `POST /settings/factors/codes`: makes new recovery codes and shows them.
///
/// # Errors
/// `form-stale`, or a fault.
pub async fn renew_codes(FreshForm(OwnForm { app, session, .. }): FreshForm) -> Result<Response<Body>, Error> {
    match recovery_codes::renew(&app, &session.account_id).await {
        Ok(codes) => page(&app, &session, codes, None, None).await,
        Err(error) => refused(&app, &session, None, error).await,
    }
}

/// What an app shows beside its codes, so that its owner can tell accounts apart.
async fn email(app: &App, session: &SessionUse) -> Result<String, Error> {
    Ok(profile::open(app, &session.account_id).await?.email)
}

/// An answer to a script, such as the question to an authenticator.
#[must_use]
pub fn json(value: &Value) -> Response<Body> {
    let mut response = Response::new(Body::from(value.to_string()));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// The page after a factor was added; with codes, if it is the first.
async fn added(app: &App, session: &SessionUse) -> Result<Response<Body>, Error> {
    let codes = recovery_codes::make_first(app, &session.account_id).await?.unwrap_or_default();
    page(app, session, codes, None, None).await
}

/// The page with what was wrong. A fault is not for the page.
async fn refused(
    app: &App,
    session: &SessionUse,
    adding: Option<AddedApp>,
    error: Error,
) -> Result<Response<Body>, Error> {
    if let Error::Fault(_) = error {
        return Err(error);
    }
    page(app, session, Vec::new(), adding, Some(&Occurrence::of(&error))).await
}

async fn page(
    app: &App,
    session: &SessionUse,
    codes: Vec<RecoveryCode>,
    adding: Option<AddedApp>,
    wrong: Option<&Occurrence>,
) -> Result<Response<Body>, Error> {
    let Factors { totp, passkeys, codes_left } = factors_of(app, &session.account_id).await?;
    let page = FactorsPage {
        form_token: session.form_token().to_owned(),
        totp: totp.map(|(since, last_used_day)| Used { since: since.into(), last_used_day }),
        passkeys: passkeys.into_iter().map(PasskeyRow::from).collect(),
        codes_left,
        codes: codes.iter().map(RecoveryCode::reveal).collect(),
        adding,
        name_chars_max: PASSKEY_NAME_CHARS_MAX,
        error: wrong.map(|occurrence| format!("{}. {}", occurrence.kind.title, occurrence.detail)),
    };
    html(wrong.map_or(StatusCode::OK, Occurrence::status), &page).map(with_own_referrer)
}
