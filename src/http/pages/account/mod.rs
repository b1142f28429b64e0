//! Pages of people with an account: becoming one, signing in, and what is theirs.

pub mod consents;
pub mod erasure;
pub mod factors;
pub mod key_requests;
pub mod keys;
pub mod password;
pub mod policy;
pub mod profile;
pub mod qr_code;
pub mod restriction;
pub mod sessions;
pub mod settings;
pub mod sign_in;
pub mod sign_in_factor;
pub mod sign_up;
pub mod tickets;
pub mod undo;
pub mod unsubscribe;
pub mod verify;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, header};

use crate::error::{Error, Problem};
use crate::http::caller;
use crate::http::problem::Occurrence;
use crate::usecases::open_session::Origin;

/// A mistake in a form, told beside the field that it is about; one about no field stands above the form.
#[derive(Clone, Debug, Default)]
pub struct Mistake {
    /// The field's name; empty: the form as a whole.
    pub field: &'static str,
    /// What would be right.
    pub words: String,
}

impl Mistake {
    /// What to tell about `field`, if that is where the mistake is.
    #[must_use]
    pub fn of(&self, field: &str) -> Option<&str> {
        (self.field == field && !self.words.is_empty()).then_some(self.words.as_str())
    }
}

/// What a form shows again instead of a page of its own: what its sender can mend right there. Others are passed on.
///
/// # Errors
/// The error, if it is not one of those.
pub fn mistake(error: Error) -> Result<(StatusCode, Mistake, Option<i64>), Error> {
    let Error::Problem(problem) = &error else { return Err(error) };
    let field = match problem {
        Problem::InvalidField { field, .. } => field,
        Problem::CredentialsWrong | Problem::TooManyAttempts { .. } => "",
        _ => return Err(error),
    };
    let occurrence = Occurrence::of(&error);
    let words = match problem {
        Problem::InvalidField { detail, .. } => sentence(detail),
        Problem::CredentialsWrong => format!("{}.", occurrence.kind.title),
        _ => format!("{}. {}", occurrence.kind.title, super::problems::remedy(&occurrence.kind)),
    };
    Ok((occurrence.status(), Mistake { field, words }, occurrence.retry_after_s))
}

fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first: String = letters.next().map(|letter| letter.to_uppercase().collect()).unwrap_or_default();
    format!("{first}{}.", letters.as_str().trim_end_matches('.'))
}

/// A page whose form posts to us from a browser that may not tell where forms come from: with this, its `Origin` field
/// names us instead of nobody (see `refuse_cross_site`). The address of such a page must hold no secret.
pub fn with_own_referrer(mut page: Response<Body>) -> Response<Body> {
    page.headers_mut().insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    page
}

/// A form shown again, as the answer to one that had a mistake.
#[must_use]
pub fn with_retry(mut page: Response<Body>, retry_after_s: Option<i64>) -> Response<Body> {
    if page.status() == StatusCode::UNAUTHORIZED {
        // As every 401 (RFC 9110 §11.6.1); browsers leave a scheme they do not know to the page.
        page.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Form"));
    }
    if let Some(seconds) = retry_after_s {
        page.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    page
}

/// Where a sign-in comes from.
#[must_use]
pub fn origin(headers: &HeaderMap) -> Origin {
    let user_agent = caller::text(headers, "user-agent").map(str::to_owned);
    Origin { address: caller::address(headers), user_agent }
}

pub use crate::http::whose::parameter;

/// Whether the browser sends a Global Privacy Control signal (promise IMP-53).
#[must_use]
pub fn gpc(headers: &HeaderMap) -> bool {
    caller::text(headers, "sec-gpc").is_some_and(|value| value.trim() == "1")
}
