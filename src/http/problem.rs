//! Renders every error as RFC 9457 `application/problem+json`, or for a browser as a page with a way out; logs
//! each fault, once.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use axum::response::IntoResponse;
use serde_json::{Map, Value, json};

use super::caller::prefers_html;
use super::pages::figures::{grouped, size};
use super::problem_types::{ProblemType, TYPES, row};
use super::{Host, RequestId, pages};
use crate::app::App;
use crate::domain::format::Format;
use crate::domain::quota::Resource;
use crate::domain::time::human_duration;
use crate::error::{Error, Fault, Problem};
use crate::ports::log::LogLine;

/// Seconds to wait when a dependency is down: long enough for a database to restart.
const UNAVAILABLE_RETRY_S: i64 = 5;

/// Seconds to wait for an image that is being checked: the job that judges it comes every minute.
const HELD_RETRY_S: i64 = 60;

/// One occurrence, ready to be written.
#[derive(Clone, Debug)]
pub struct Occurrence {
    /// Its kind.
    pub kind: ProblemType,
    /// What happened this time.
    pub detail: String,
    /// Extension members (RFC 9457 §3.2).
    pub members: Map<String, Value>,
    /// Seconds for the Retry-After field.
    pub retry_after_s: Option<i64>,
    /// The Allow field.
    pub allow: Option<String>,
    /// The RateLimit-Policy field.
    pub rate_policy: Option<String>,
}

impl Occurrence {
    fn new(slug: &str, detail: impl Into<String>) -> Self {
        let kind = TYPES.iter().find(|kind| kind.slug == slug).copied();
        // A slug without a row would be our mistake; a test walks every problem to make sure.
        let kind = kind.unwrap_or(row("internal", 500, "Something of ours went wrong", "", ""));
        Self { kind, detail: detail.into(), members: Map::new(), retry_after_s: None, allow: None, rate_policy: None }
    }

    fn of_kind(slug: &str) -> Self {
        let bare = Self::new(slug, "");
        Self { detail: bare.kind.explanation.to_owned(), ..bare }
    }

    fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.members.insert(name.to_owned(), value.into());
        self
    }

    fn retry_after(mut self, seconds: i64) -> Self {
        self.retry_after_s = Some(seconds);
        self.with("action", json!({ "type": "wait", "label": "Try again later", "retry_after": seconds }))
    }

    /// The occurrence of an error.
    #[must_use]
    pub fn of(error: &Error) -> Self {
        match error {
            Error::Problem(problem) => Self::of_problem(problem),
            Error::Fault(fault) if fault.cause.is_passing() => {
                Self::of_kind("unavailable").retry_after(UNAVAILABLE_RETRY_S)
            }
            Error::Fault(_) => Self::of_kind("internal"),
        }
    }

    fn of_problem(problem: &Problem) -> Self {
        match problem {
            Problem::MalformedRequest { detail } => Self::new("malformed-request", detail),
            Problem::InvalidField { field, detail } => {
                Self::new("invalid-field", format!("{field}: {detail}")).with("field", *field)
            }
            Problem::LengthRequired => Self::of_kind("length-required"),
            Problem::PayloadTooLarge { limit_bytes } => {
                let detail = match limit_bytes % 1_000_000 {
                    0 => format!("The limit is {} MB.", limit_bytes / 1_000_000),
                    _ => format!("The limit is {limit_bytes} bytes."),
                };
                Self::new("payload-too-large", detail).with("limit_bytes", *limit_bytes)
            }
            Problem::UnsupportedFormat { detected } => Self::of_unsupported(detected.as_deref()),
            Problem::ImageTooLarge { detail } => Self::new("image-too-large", sentence(detail)),
            Problem::UndecodableImage { detail } => Self::new("image-damaged", sentence(detail)),
            Problem::ContentProhibited { image_id, reason } => {
                let named = image_id
                    .as_ref()
                    .map(|id| format!(" Why, and how to appeal, is at /{id}/statement."))
                    .unwrap_or_default();
                let detail = format!("An automatic check judged it: {reason}. It was not published.{named}");
                Self::new("content-prohibited", detail)
                    .with("image_id", image_id.as_ref().map(ToString::to_string))
                    .with("automated", true)
                    .with("statement", image_id.as_ref().map(|id| format!("/{id}/statement")))
            }
            Problem::IdempotencyKeyInvalid => Self::of_kind("idempotency-key-invalid"),
            Problem::IdempotencyKeyReused => Self::of_kind("idempotency-key-reused"),
            Problem::IdempotencyKeyInFlight { retry_after_s } => {
                Self::of_kind("idempotency-key-in-flight").retry_after(*retry_after_s)
            }
            Problem::RateLimited { limit, uploads_max, policy, retry_after_s } => {
                let wait = human_duration(retry_after_s.saturating_add(59) / 60 * 60_000);
                let detail = format!("{uploads_max} uploads per {limit} are used up. Try again in {wait}.");
                let told = Self::new("rate-limited", detail).with("limit", *limit).retry_after(*retry_after_s);
                Self { rate_policy: Some(policy.clone()), ..told }
            }
            Problem::QuotaExceeded { resource, max, retry_after_s } => Self::of_quota(*resource, *max, *retry_after_s),
            Problem::TooManyVariants { retry_after_s } => {
                Self::of_kind("too-many-variants").retry_after(*retry_after_s)
            }
            Problem::TransformImpossible { detail } => Self::new("transform-impossible", sentence(detail)),
            Problem::TransformNotAllowed => Self::of_kind("transform-not-allowed"),
            Problem::SignatureWrong => Self::of_kind("signature-wrong"),
            Problem::UrlExpired => Self::of_kind("url-expired"),
            Problem::HotlinkRefused => Self::of_kind("hotlink-refused"),
            Problem::WithheldInCountry { country, reason } => Self::new(
                "withheld-in-country",
                sentence(&format!("it is not shown in {country}, nor where nobody knows the country: {reason}")),
            ),
            Problem::ImportRefused { detail } => Self::new("import-refused", sentence(detail)),
            Problem::ImportFailed { detail } => Self::new("import-failed", sentence(detail)),
            Problem::NotFound => Self::of_kind("not-found"),
            Problem::ImageHeld => Self::of_kind("image-held").retry_after(HELD_RETRY_S),
            Problem::ImageGone => Self::of_kind("image-gone"),
            Problem::DeleteTokenMissing => Self::of_kind("delete-token-missing"),
            Problem::DeleteTokenWrong => Self::of_kind("delete-token-wrong"),
            Problem::NotOwner => Self::of_kind("not-your-image"),
            Problem::FormStale => Self::of_kind("form-stale"),
            Problem::TeamRoleMissing => Self::of_kind("team-role"),
            Problem::TeamOwnerStays => Self::of_kind("team-owner-stays"),
            Problem::TeamLimitReached { limit, count_max } => Self::of_team_limit(limit, *count_max),
            Problem::InvitationNotYours => Self::of_kind("invitation-not-yours"),
            Problem::SignInNeeded => Self::of_kind("sign-in-needed"),
            Problem::FactorNeeded => Self::of_kind("factor-needed"),
            Problem::CredentialsWrong => Self::of_kind("credentials-wrong"),
            Problem::TooManyAttempts { retry_after_s } => {
                Self::of_kind("too-many-attempts").retry_after(*retry_after_s)
            }
            Problem::ChallengeNeeded { url, retry_after_s } => {
                let label = "Show that you are a person";
                let action = json!({ "type": "verify", "label": label, "url": url, "retry_after": retry_after_s });
                Self::of_kind("challenge-needed").retry_after(*retry_after_s).with("action", action)
            }
            Problem::LinkExpired => Self::of_kind("link-expired"),
            Problem::EmailTaken => Self::of_kind("email-taken"),
            Problem::ApiKeyInvalid => Self::of_kind("api-key-invalid"),
            Problem::ApiKeyMistyped { mistake } => Self::new("api-key-mistyped", sentence(&mistake.to_string())),
            Problem::ScopeMissing { scope } => {
                let detail = format!("The key would need the scope {}.", scope.as_str());
                Self::new("scope-missing", detail).with("scope", scope.as_str())
            }
            Problem::KeyConfined => Self::of_kind("key-confined"),
            Problem::TooManyCollections { collections_max } => {
                let detail =
                    format!("An account has at most {collections_max} collections. Delete one; its pictures stay.");
                Self::new("too-many-collections", detail).with("collections_max", *collections_max)
            }
            Problem::TooManyApiKeys { keys_max } => {
                let detail = format!("An account has at most {keys_max} keys. Revoke one that is not used any more.");
                Self::new("too-many-api-keys", detail).with("keys_max", *keys_max)
            }
            Problem::AccountLeaving { kept_until } => {
                let until = kept_until.human();
                let detail = format!("Its owner asked for that. Until {until}, the link in our letter keeps it.");
                Self::new("account-leaving", detail).with("kept_until", kept_until.rfc3339())
            }
            Problem::VerifiedAccountNeeded => Self::of_kind("verified-account-needed"),
            Problem::TicketInvalid { detail } => Self::new("ticket-invalid", sentence(detail)),
            Problem::TicketUsedUp => Self::of_kind("ticket-used-up"),
            Problem::TicketRefuses { field, detail } => {
                Self::new("ticket-refuses", format!("{field}: {detail}")).with("field", *field)
            }
            Problem::TooManyTickets { tickets_max } => {
                let detail = format!("An account has at most {tickets_max} tickets that can be used. Revoke some.");
                Self::new("too-many-tickets", detail).with("tickets_max", *tickets_max)
            }
            Problem::RequestSignatureWrong { refusal } => {
                let detail = sentence(&refusal.to_string());
                Self::new("request-signature-wrong", detail).with("reason", refusal.reason())
            }
            Problem::RequestSignatureExpired { detail, now_s } => {
                Self::new("request-signature-expired", sentence(detail)).with("now", *now_s)
            }
            Problem::NonceReplayed => Self::of_kind("nonce-replayed"),
            Problem::ContentDigestMissing => Self::of_kind("content-digest-missing"),
            Problem::ContentDigestMismatch => Self::of_kind("content-digest-mismatch"),
            Problem::ProofWrong => Self::of_kind("proof-wrong"),
            Problem::CrossSiteForm => Self::of_kind("cross-site-form"),
            Problem::MethodNotAllowed { allow } => {
                let occurrence = Self::of_kind("method-not-allowed");
                Self { allow: Some(allow.clone()), ..occurrence }
            }
            Problem::AccountSuspended => Self::of_kind("account-suspended"),
            Problem::AppealImpossible { detail } => Self::new("appeal-impossible", sentence(detail)),
            Problem::FirstDecider => Self::of_kind("appeal-of-own-decision"),
            Problem::WrongHost => Self::of_kind("wrong-host"),
            Problem::Restoring { retry_after_s } => Self::of_kind("restoring").retry_after(*retry_after_s),
            Problem::Busy { retry_after_s } => Self::of_kind("busy").retry_after(i64::from(*retry_after_s)),
        }
    }

    fn of_quota(resource: Resource, max: u64, retry_after_s: Option<i64>) -> Self {
        let detail = match resource {
            Resource::Images => {
                format!("The account may store {} images, and has them. Delete some first.", grouped(max))
            }
            Resource::Bytes => {
                format!("The account may store {}, and this is more. Delete something first.", size(max))
            }
            Resource::Uploads => {
                format!("{} uploads in a month are used up. The next month begins with midnight UTC.", grouped(max))
            }
        };
        let told = Self::new("quota-exceeded", detail).with("quota", resource.as_str()).with("max", max);
        match retry_after_s {
            Some(seconds) => told.retry_after(seconds),
            None => told,
        }
    }

    fn of_unsupported(detected: Option<&str>) -> Self {
        let names: Vec<&str> = Format::ALL.iter().map(|format| format.name()).collect();
        let what = detected.map_or("That is not an image we know.".to_owned(), |name| {
            format!("That is {}, which is not taken.", name.to_uppercase())
        });
        let accepted: Vec<&str> = Format::ALL.iter().map(|format| format.media_type()).collect();
        Self::new("unsupported-format", format!("{what} Taken are {}.", names.join(", ")))
            .with("accepted", accepted)
            .with("detected", detected)
    }

    fn of_team_limit(limit: &str, count_max: i64) -> Self {
        let detail = match limit {
            "teams_owned" => format!("An account may own {count_max} teams."),
            "teams_joined" => format!("An account may be in {count_max} teams."),
            "members" => format!("A team may have {count_max} members, open invitations included."),
            _ => format!("A team may have {count_max} open invitations."),
        };
        Self::new("team-limit", detail).with("limit", limit).with("count_max", count_max)
    }

    /// The status of an answer that tells of it.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.kind.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// The document's members (RFC 9457 §3.1), with `code` and `request_id`.
    #[must_use]
    pub fn document(&self, app_base: &str, request_id: &str) -> Value {
        let mut document = json!({
            "type": format!("{app_base}/problems/{}", self.kind.slug),
            "title": self.kind.title,
            "status": self.kind.status,
            "detail": self.detail,
            "code": self.kind.slug,
            "request_id": request_id,
        });
        if let Value::Object(members) = &mut document {
            members.extend(self.members.clone());
        }
        document
    }
}

/// The slug of the problem that an answer tells of, in its extensions.
#[derive(Clone, Copy)]
pub struct Told(pub &'static str);

/// What a handler failed with, on its way to [`render`].
#[derive(Clone)]
struct Failed(Error);

impl IntoResponse for Error {
    fn into_response(self) -> axum::response::Response {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        response.extensions_mut().insert(Failed(self));
        response
    }
}

/// Turns a failed handler's answer into a problem document or page; leaves others alone.
#[must_use]
pub fn render(
    app: &App,
    host: Option<Host>,
    request_id: &RequestId,
    request: &HeaderMap,
    response: Response<Body>,
) -> Response<Body> {
    let Some(error) = failure_of(&response) else { return response };
    let occurrence = note(app, request_id, &error);
    let (media_type, body) = if prefers_html(request) {
        ("text/html; charset=utf-8", pages::problems::page(app, host, &occurrence, request_id))
    } else {
        let document = occurrence.document(&app.settings.app_base(), &request_id.0);
        ("application/problem+json", document.to_string())
    };
    let mut answer = Response::new(Body::from(body));
    *answer.status_mut() = occurrence.status();
    answer.extensions_mut().insert(Told(occurrence.kind.slug));
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::VARY, HeaderValue::from_static("Accept"));
    if let Some(seconds) = occurrence.retry_after_s {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    if let Some(allow) = occurrence.allow.as_deref().and_then(|allow| HeaderValue::from_str(allow).ok()) {
        headers.insert(header::ALLOW, allow);
    }
    if occurrence.kind.status == 401 {
        // RFC 9110 §11.6.1: a 401 says how to do better.
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    if let Some(policy) = occurrence.rate_policy.as_deref().and_then(|policy| HeaderValue::from_str(policy).ok()) {
        headers.insert("ratelimit-policy", policy);
    }
    answer
}

/// The occurrence of an error that will be told to the caller; a fault is logged here, and only here.
#[must_use]
pub fn note(app: &App, request_id: &RequestId, error: &Error) -> Occurrence {
    if let Error::Fault(fault) = error {
        log(app, request_id, fault);
    }
    Occurrence::of(error)
}

fn failure_of(response: &Response<Body>) -> Option<Error> {
    if let Some(Failed(error)) = response.extensions().get() {
        return Some(error.clone());
    }
    let text = |name| response.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    match response.status() {
        // The router answers a wrong method by itself, with the Allow field.
        StatusCode::METHOD_NOT_ALLOWED => Some(Problem::MethodNotAllowed { allow: text(header::ALLOW).into() }.into()),
        // Its extractors refuse what they cannot read in plain text, which no handler of ours does.
        StatusCode::BAD_REQUEST if text(header::CONTENT_TYPE).starts_with("text/plain") => {
            let detail = "the path or the query of the address is not readable".to_owned();
            Some(Problem::MalformedRequest { detail }.into())
        }
        _ => None,
    }
}

/// Writes a fault of a request to the log.
pub fn log(app: &App, request_id: &RequestId, fault: &Fault) {
    app.ports.log.write(&LogLine {
        kind: "fault",
        attempted: fault.attempted.clone(),
        outcome: fault.cause.to_string(),
        request_id: Some(request_id.0.clone()),
    });
}

fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str().trim_end_matches('.'))
}
