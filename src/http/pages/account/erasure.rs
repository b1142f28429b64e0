//! `/settings/delete`: has an account erased, or keeps it after all; and `/erasures/{id}`, where it says what was erased.

use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::body::Body;
use axum::extract::Path;
use axum::http::{HeaderMap, Response, StatusCode, Uri};

use super::{Mistake, mistake, parameter, with_own_referrer, with_retry};
use crate::app::App;
use crate::domain::ids::ErasureId;
use crate::domain::link::LinkPurpose;
use crate::domain::session::Token;
use crate::domain::team::Role;
use crate::domain::time::human_duration;
use crate::error::{Error, Problem};
use crate::http::identity::forget_session;
use crate::http::own_form::{FreshForm, OwnForm};
use crate::http::pages::figures::{Moment, grouped, size};
use crate::http::pages::html;
use crate::http::problem::Occurrence;
use crate::http::upload_request::{ShortForm, read_short_form};
use crate::policy::erasure::{RECEIPT_MS, REMOVED_MAX, UNDO_MS, kept_until};
use crate::ports::incoming::Incoming;
use crate::usecases::check_quota::storage_of;
use crate::usecases::erase_account::{Erasure, find_receipt};
use crate::usecases::list_teams::list_teams;
use crate::usecases::open_session::SessionUse;
use crate::usecases::profile;
use crate::usecases::prove_email::find_link;
use crate::usecases::request_erasure::{Confirmation, request_erasure};
use crate::usecases::second_factor::{SecondFactor, which};
use crate::usecases::undo_erasure::undo_erasure;

/// What `images` says where pictures stay in public view until the account is erased.
const KEEP: &str = "keep";
/// Digits of a code that an authenticator app shows (RFC 6238, as every app has it); recovery codes are longer.
const APP_DIGITS: usize = 6;

#[derive(Template)]
#[template(path = "account/delete.html")]
struct DeletePage {
    form_token: String,
    email: String,
    until: Moment,
    life: String,
    images: String,
    /// What becomes of the teams that are theirs.
    teams: Vec<String>,
    has_app: bool,
    pays: bool,
    keeps_images: bool,
    mistake: Mistake,
}

#[derive(Template)]
#[template(path = "account/deleting.html")]
struct DeletingPage {
    until: Moment,
    hides_images: bool,
    images_an_hour: String,
}

#[derive(Template)]
#[template(path = "account/keep.html")]
struct KeepPage {
    /// None: it is done.
    token: Option<String>,
}

#[derive(Template)]
#[template(path = "account/receipt.html")]
struct ReceiptPage {
    requested: Moment,
    due: Moment,
    /// None: it was not erased yet.
    erased: Option<Moment>,
    life: String,
    counts: Vec<(&'static str, String)>,
}

/// `GET /settings/delete`.
///
/// # Errors
/// If something of ours failed.
pub async fn ask(
    Extension(app): Extension<Arc<App>>,
    Extension(session): Extension<Arc<SessionUse>>,
) -> Result<Response<Body>, Error> {
    page(&app, &session, StatusCode::OK, false, Mistake::default()).await
}

/// `POST /settings/delete` with `password`, or `code`: of an authenticator app, or a recovery code; and `images`, which is
/// `hide` or `keep`.
///
/// # Errors
/// `form-stale`, or a fault.
pub async fn act(FreshForm(OwnForm { app, session, form, .. }): FreshForm) -> Result<Response<Body>, Error> {
    let keeps_images = form.field("images") == Some(KEEP);
    let requested = async {
        let confirmation = read_confirmation(&form)?;
        request_erasure(&app, &session.account_id, &confirmation, !keeps_images).await
    };
    match requested.await {
        Ok(until) => {
            let images_an_hour = grouped(u64::try_from(REMOVED_MAX * 30).unwrap_or_default());
            let page = DeletingPage { until: until.into(), hides_images: !keeps_images, images_an_hour };
            let mut response = html(StatusCode::OK, &page)?;
            forget_session(&mut response);
            Ok(response)
        }
        Err(error) => {
            let (status, mistake, retry_after_s) = told(error)?;
            let page = self::page(&app, &session, status, keeps_images, mistake).await?;
            Ok(with_retry(page, retry_after_s))
        }
    }
}

fn read_confirmation(form: &ShortForm) -> Result<Confirmation, Problem> {
    let filled = |name: &str| form.field(name).filter(|text| !text.trim().is_empty()).map(str::to_owned);
    let is_of_app = |code: &str| code.chars().filter(char::is_ascii_digit).count() == APP_DIGITS;
    match (filled("password"), filled("code")) {
        (Some(password), _) => Ok(Confirmation::Password(password)),
        (None, Some(code)) if is_of_app(&code) => Ok(Confirmation::Factor(SecondFactor::Totp(code))),
        (None, Some(code)) => Ok(Confirmation::Factor(SecondFactor::Recovery(code))),
        (None, None) => {
            let detail = "your password, so that nobody else does this".to_owned();
            Err(Problem::InvalidField { field: "password", detail })
        }
    }
}

/// What the form shows again. Whoever is signed in and mistypes the password is not asked to sign in.
fn told(error: Error) -> Result<(StatusCode, Mistake, Option<i64>), Error> {
    match &error {
        Error::Problem(Problem::CredentialsWrong) => {
            let words = "That is not your password.".to_owned();
            Ok((StatusCode::FORBIDDEN, Mistake { field: "password", words }, None))
        }
        Error::Problem(Problem::ProofWrong) => {
            let words = format!("{}.", Occurrence::of(&error).kind.title);
            Ok((StatusCode::FORBIDDEN, Mistake { field: "code", words }, None))
        }
        _ => mistake(error),
    }
}

async fn page(
    app: &App,
    session: &SessionUse,
    status: StatusCode,
    keeps_images: bool,
    mistake: Mistake,
) -> Result<Response<Body>, Error> {
    let account = &session.account_id;
    let owned = list_teams(app, account).await?.into_iter().filter(|team| team.role == Role::Owner);
    let profile = profile::open(app, account).await?;
    let page = DeletePage {
        form_token: session.form_token().to_owned(),
        email: profile.email,
        pays: profile.account.billing_customer.is_some(),
        until: app.now().plus_ms(UNDO_MS).into(),
        life: human_duration(UNDO_MS),
        images: pictures(storage_of(app, account).await?.images),
        teams: owned.map(|team| team.name).collect(),
        has_app: which(app, account).await?.totp,
        keeps_images,
        mistake,
    };
    html(status, &page).map(with_own_referrer)
}

fn pictures(count: u64) -> String {
    match count {
        0 => String::new(),
        1 => "your picture".to_owned(),
        count => format!("your {} pictures", grouped(count)),
    }
}

/// `GET /settings/delete/undo?token=…`. Looking keeps nothing.
///
/// # Errors
/// `link-expired`.
pub async fn ask_undo(Extension(app): Extension<Arc<App>>, uri: Uri) -> Result<Response<Body>, Error> {
    let token = parameter(&uri, "token").unwrap_or_default();
    find_link(&app, Token::parse(&token).as_ref(), LinkPurpose::UndoErasure).await?;
    html(StatusCode::OK, &KeepPage { token: Some(token) })
}

/// `POST /settings/delete/undo` with `token`.
///
/// # Errors
/// `link-expired`, or a fault.
pub async fn act_undo(
    Extension(app): Extension<Arc<App>>,
    Extension(body): Extension<Incoming>,
    headers: HeaderMap,
) -> Result<Response<Body>, Error> {
    let form = read_short_form(&app, &headers, &body).await?;
    undo_erasure(&app, form.field("token").and_then(Token::parse).as_ref()).await?;
    html(StatusCode::OK, &KeepPage { token: None })
}

/// `GET /erasures/{id}`: the receipt of an erasure, for whoever has its address. It says nothing about whose it was.
///
/// # Errors
/// `not-found`, or a fault.
pub async fn receipt(Extension(app): Extension<Arc<App>>, Path(id): Path<String>) -> Result<Response<Body>, Error> {
    let id = ErasureId::parse(&id).ok_or(Problem::NotFound)?;
    let found = find_receipt(&app, &id).await?;
    let page = ReceiptPage {
        requested: found.requested_at.into(),
        due: kept_until(found.erase_at).into(),
        erased: found.finished_at.map(Moment::from),
        life: human_duration(RECEIPT_MS),
        counts: counts(&found),
    };
    html(StatusCode::OK, &page)
}

fn counts(erasure: &Erasure) -> Vec<(&'static str, String)> {
    const WORDS: [(&str, &str); 10] = [
        ("images", "Pictures"),
        ("image_bytes", "What they took up"),
        ("collections", "Collections"),
        ("sessions", "Sign-ins"),
        ("consents", "Entries about what you allowed"),
        ("api_keys", "API keys"),
        ("tickets", "Upload tickets"),
        ("passkeys", "Passkeys"),
        ("letters", "Letters of ours"),
        ("billing_customers", "Customers of the payment processor"),
    ];
    let told = |(name, words): (&str, &'static str)| {
        let count = erasure.counts.get(name).copied()?;
        Some((words, if name == "image_bytes" { size(count) } else { grouped(count) }))
    };
    WORDS.into_iter().filter_map(told).collect()
}
