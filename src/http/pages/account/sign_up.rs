//! `/sign-up`: makes an account. Everything optional is a box of its own, and no box is ticked.

use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::body::Body;
use axum::http::{HeaderMap, Response, StatusCode};

use super::{Mistake, gpc, mistake, with_own_referrer, with_retry};
use crate::app::App;
use crate::domain::consent::Purpose;
use crate::domain::country::Country;
use crate::domain::email::{EmailAddress, NAME_CHARS_MAX, PersonName};
use crate::domain::time::human_duration;
use crate::error::{Error, Problem};
use crate::http::caller;
use crate::http::pages::html;
use crate::http::upload_request::{ShortForm, read_short_form};
use crate::policy::consents::{ConsentText, TEXTS};
use crate::policy::sessions::VERIFY_LINK_MS;
use crate::ports::incoming::Incoming;
use crate::usecases::sign_up::{SignUp, sign_up};

/// What was filled in, to be shown again: all but the password.
#[derive(Clone, Debug, Default)]
struct Filled {
    email: String,
    name: String,
    country: String,
    age: bool,
    consents: Vec<String>,
}

#[derive(Template)]
#[template(path = "account/sign_up.html")]
struct SignUpPage {
    filled: Filled,
    mistake: Mistake,
    countries: Vec<Country>,
    texts: &'static [ConsentText],
    gpc: bool,
}

impl SignUpPage {
    fn is_ticked(&self, purpose: &Purpose) -> bool {
        self.filled.consents.iter().any(|ticked| ticked == purpose.as_str())
    }

    fn is_opted_out(&self, purpose: &Purpose) -> bool {
        self.gpc && purpose.is_opted_out_by_gpc()
    }
}

#[derive(Template)]
#[template(path = "account/sent.html")]
pub(super) struct SentPage {
    pub(super) title: &'static str,
    pub(super) words: String,
    pub(super) holds: String,
}

/// `GET /sign-up`.
///
/// # Errors
/// If the page cannot be written.
pub async fn ask(headers: HeaderMap) -> Result<Response<Body>, Error> {
    let country = caller::country(&headers);
    let filled =
        Filled { country: country.map_or(String::new(), |country| country.code.to_owned()), ..Filled::default() };
    page(StatusCode::OK, filled, Mistake::default(), gpc(&headers)).map(with_own_referrer)
}

/// `POST /sign-up`.
///
/// # Errors
/// What the form cannot tell itself.
pub async fn act(
    Extension(app): Extension<Arc<App>>,
    Extension(body): Extension<Incoming>,
    headers: HeaderMap,
) -> Result<Response<Body>, Error> {
    let form = read_short_form(&app, &headers, &body).await?;
    let filled = filled(&form);
    let done = match read(&form, &filled, &headers) {
        Ok(wish) => sign_up(&app, wish).await,
        Err(problem) => Err(problem.into()),
    };
    match done {
        Ok(()) => html(
            StatusCode::OK,
            &SentPage {
                title: "Look into your mailbox",
                words: format!(
                    "We have written to {}. Follow the link in the letter, and the account is yours.",
                    filled.email
                ),
                holds: human_duration(VERIFY_LINK_MS),
            },
        ),
        Err(error) => {
            let (status, mistake, retry_after_s) = mistake(error)?;
            Ok(with_retry(page(status, filled, mistake, gpc(&headers))?, retry_after_s))
        }
    }
}

fn page(status: StatusCode, filled: Filled, mistake: Mistake, gpc: bool) -> Result<Response<Body>, Error> {
    html(status, &SignUpPage { filled, mistake, countries: Country::all(), texts: &TEXTS, gpc })
}

fn filled(form: &ShortForm) -> Filled {
    let text = |name| form.field(name).unwrap_or_default().trim().to_owned();
    let consents = form.all("consent").map(str::to_owned).collect();
    Filled {
        email: text("email"),
        name: text("name"),
        country: text("country"),
        age: form.field("age").is_some(),
        consents,
    }
}

fn read(form: &ShortForm, filled: &Filled, headers: &HeaderMap) -> Result<SignUp, Problem> {
    Ok(SignUp {
        email: read_email(&filled.email)?,
        name: read_name(&filled.name)?,
        password: form.field("password").unwrap_or_default().to_owned(),
        country: read_country(&filled.country)?,
        declares_age: filled.age,
        consents: filled.consents.iter().filter_map(|word| Purpose::parse(word)).collect(),
        gpc: gpc(headers),
        address: caller::address(headers),
    })
}

/// The address that a form's field holds.
///
/// # Errors
/// `InvalidField`.
pub(super) fn read_email(text: &str) -> Result<EmailAddress, Problem> {
    let detail = || "an address like ada@example.org, to which we can write".to_owned();
    EmailAddress::parse(text).ok_or_else(|| Problem::InvalidField { field: "email", detail: detail() })
}

/// The name that a form's field holds.
///
/// # Errors
/// `InvalidField`.
pub(super) fn read_name(text: &str) -> Result<PersonName, Problem> {
    let detail = || format!("1 to {NAME_CHARS_MAX} characters; any name will do");
    PersonName::parse(text).ok_or_else(|| Problem::InvalidField { field: "name", detail: detail() })
}

/// The country that a form's field holds; it may be empty.
///
/// # Errors
/// `InvalidField`.
pub(super) fn read_country(code: &str) -> Result<Option<Country>, Problem> {
    if code.is_empty() {
        return Ok(None);
    }
    let detail = || "one of the list, or none".to_owned();
    Country::parse(code).map(Some).ok_or_else(|| Problem::InvalidField { field: "country", detail: detail() })
}
