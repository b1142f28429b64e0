//! The page of an account's second factors: what there is, adding and removing, recovery codes shown once. Everything
//! but passkeys works without a script. The account is an argument: who is signed in is for the route to know.

use askama::Template;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use serde_json::Value;

use super::figures::Moment;
use super::qr_code::{self, Drawing};
use crate::app::App;
use crate::domain::ids::AccountId;
use crate::domain::recovery_code::RecoveryCode;
use crate::domain::totp::TotpSecret;
use crate::error::{Error, Problem};
use crate::http::caller::refuse_cross_site;
use crate::http::problem::Occurrence;
use crate::http::upload_request::read_short_form;
use crate::policy::factors::PASSKEY_NAME_CHARS_MAX;
use crate::ports::incoming::Incoming;
use crate::usecases::remove_factor::{RemovedFactor, remove_factor};
use crate::usecases::second_factor::{Factors, ShownPasskey, factors_of};
use crate::usecases::{enrol_passkey, enrol_totp, recovery_codes};

/// What apps show beside the codes.
const ISSUER: &str = "Tintype";

#[derive(Template)]
#[template(path = "factors.html")]
struct FactorsPage {
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

/// The page as it is.
///
/// # Errors
/// A fault if a port fails.
pub async fn show(app: &App, account: &AccountId) -> Result<Response<Body>, Error> {
    page(app, account, Vec::new(), None, None).await
}

/// Begins an authenticator app and shows its secret.
///
/// # Errors
/// `cross-site-form`, or a fault.
pub async fn begin_totp(
    app: &App,
    account: &AccountId,
    email: &str,
    headers: &HeaderMap,
) -> Result<Response<Body>, Error> {
    refuse_cross_site(app, headers)?;
    match enrol_totp::begin(app, account).await {
        Ok(secret) => page(app, account, Vec::new(), Some(AddedApp::of(&secret, email)), None).await,
        Err(error) => refused(app, account, None, error).await,
    }
}

/// Confirms the app by the form field `code`.
///
/// # Errors
/// The problem with the form, or a fault.
pub async fn confirm_totp(
    app: &App,
    account: &AccountId,
    email: &str,
    headers: &HeaderMap,
    body: &Incoming,
) -> Result<Response<Body>, Error> {
    let form = read_short_form(app, headers, body).await?;
    match enrol_totp::confirm(app, account, form.field("code").unwrap_or_default()).await {
        Ok(()) => added(app, account).await,
        Err(error) => {
            let adding = enrol_totp::unconfirmed(app, account).await?;
            refused(app, account, adding.map(|secret| AddedApp::of(&secret, email)), error).await
        }
    }
}

/// What `<passkey-button>` asks the browser to make a passkey, as JSON.
///
/// # Errors
/// `cross-site-form`, or a fault.
pub async fn passkey_options(
    app: &App,
    account: &AccountId,
    email: &str,
    headers: &HeaderMap,
) -> Result<Response<Body>, Error> {
    refuse_cross_site(app, headers)?;
    Ok(json(&enrol_passkey::begin(app, account, email).await?))
}

/// Adds the passkey of the form field `answer`, under the name in `name`.
///
/// # Errors
/// The problem with the form, or a fault.
pub async fn add_passkey(
    app: &App,
    account: &AccountId,
    headers: &HeaderMap,
    body: &Incoming,
) -> Result<Response<Body>, Error> {
    let form = read_short_form(app, headers, body).await?;
    let [answer, name] = ["answer", "name"].map(|name| form.field(name).unwrap_or_default());
    match enrol_passkey::finish(app, account, answer, name).await {
        Ok(()) => added(app, account).await,
        Err(error) => refused(app, account, None, error).await,
    }
}

/// Removes what the form field `factor` names: `totp`, or the handle of a passkey.
///
/// # Errors
/// The problem with the form, or a fault.
pub async fn remove(
    app: &App,
    account: &AccountId,
    headers: &HeaderMap,
    body: &Incoming,
) -> Result<Response<Body>, Error> {
    let form = read_short_form(app, headers, body).await?;
    let factor = match form.field("factor") {
        Some("totp") => RemovedFactor::Totp,
        Some(handle) => RemovedFactor::Passkey(handle.to_owned()),
        None => return Err(Problem::InvalidField { field: "factor", detail: "say which".into() }.into()),
    };
    remove_factor(app, account, &factor).await?;
    show(app, account).await
}

/// Makes new recovery codes and shows them.
///
/// # Errors
/// `cross-site-form`, or a fault.
pub async fn renew_codes(app: &App, account: &AccountId, headers: &HeaderMap) -> Result<Response<Body>, Error> {
    refuse_cross_site(app, headers)?;
    match recovery_codes::renew(app, account).await {
        Ok(codes) => page(app, account, codes, None, None).await,
        Err(error) => refused(app, account, None, error).await,
    }
}

/// An answer to a script, such as the question to an authenticator.
#[must_use]
pub fn json(value: &Value) -> Response<Body> {
    let mut response = Response::new(Body::from(value.to_string()));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// The page after a factor was added; with codes, if it is the first.
async fn added(app: &App, account: &AccountId) -> Result<Response<Body>, Error> {
    let codes = recovery_codes::make_first(app, account).await?.unwrap_or_default();
    page(app, account, codes, None, None).await
}

/// The page with what was wrong. A fault is not for the page.
async fn refused(
    app: &App,
    account: &AccountId,
    adding: Option<AddedApp>,
    error: Error,
) -> Result<Response<Body>, Error> {
    if let Error::Fault(_) = error {
        return Err(error);
    }
    page(app, account, Vec::new(), adding, Some(&Occurrence::of(&error))).await
}

async fn page(
    app: &App,
    account: &AccountId,
    codes: Vec<RecoveryCode>,
    adding: Option<AddedApp>,
    wrong: Option<&Occurrence>,
) -> Result<Response<Body>, Error> {
    let Factors { totp, passkeys, codes_left } = factors_of(app, account).await?;
    let page = FactorsPage {
        totp: totp.map(|(since, last_used_day)| Used { since: since.into(), last_used_day }),
        passkeys: passkeys.into_iter().map(PasskeyRow::from).collect(),
        codes_left,
        codes: codes.iter().map(RecoveryCode::reveal).collect(),
        adding,
        name_chars_max: PASSKEY_NAME_CHARS_MAX,
        error: wrong.map(|occurrence| format!("{}. {}", occurrence.kind.title, occurrence.detail)),
    };
    super::html(wrong.map_or(StatusCode::OK, Occurrence::status), &page)
}
