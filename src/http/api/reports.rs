//! `/v1/reports`: reports of images, of anybody; an account whose reports can be relied on names more images in one.

use std::sync::Arc;

use axum::Extension;
use axum::body::Body;
use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, Uri, header};
use serde::{Deserialize, Serialize};

use super::json as answer;
use crate::app::App;
use crate::domain::ground::Ground;
use crate::domain::ids::NoticeId;
use crate::domain::notice::{NoticeField, NoticeKind, NoticeText};
use crate::domain::time::Timestamp;
use crate::error::{Error, Problem};
use crate::http::caller;
use crate::http::identity::Identity;
use crate::http::json_body::read_text;
use crate::http::pages::report::trusted;
use crate::http::whose::parameter;
use crate::ports::incoming::Incoming;
use crate::usecases::notices::submit::{NoticeWish, Notifier, submit};
use crate::usecases::notices::track::{Tracked, track};

/// Longest body: two hundred addresses, and every text as long as it may be.
const BODY_BYTES_MAX: u64 = 64 * 1024;

/// What is reported.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ReportBody {
    kind: NoticeKind,
    ground: Option<Ground>,
    urls: Vec<String>,
    #[serde(default)]
    reasons: String,
    #[serde(default)]
    work: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    email: String,
    #[serde(default)]
    address: String,
    #[serde(default)]
    phone: String,
    #[serde(default)]
    good_faith: bool,
    #[serde(default)]
    accuracy: bool,
    #[serde(default)]
    signature: String,
}

/// A report as its sender sees it.
#[derive(Debug, Serialize)]
struct ReportObject {
    id: String,
    object: &'static str,
    /// `incomplete`, `open` or `decided`.
    status: &'static str,
    kind: NoticeKind,
    missing: Vec<NoticeField>,
    received_at: String,
    due_at: Option<String>,
    decision: Option<DecisionObject>,
}

/// What was decided.
#[derive(Debug, Serialize)]
struct DecisionObject {
    outcome: &'static str,
    ground: &'static str,
    reason: String,
    decided_at: String,
    /// Whether a machine took part in it.
    automated: bool,
}

/// A report that has just come, with what is told once.
#[derive(Debug, Serialize)]
struct NewReportObject {
    #[serde(flatten)]
    object: ReportObject,
    token: String,
    page_url: String,
}

/// `POST /v1/reports`: 201 with the report and the token that opens it, whether there are such images or not.
///
/// # Errors
/// `invalid-field`, `malformed-request`, `too-many-attempts`; see docs/problems.md.
pub async fn post(
    Extension(app): Extension<Arc<App>>,
    Extension(identity): Extension<Identity>,
    Extension(body): Extension<Incoming>,
    headers: HeaderMap,
) -> Result<Response<Body>, Error> {
    caller::refuse_cross_site(&app, &headers)?;
    let text = read_text(&headers, &body, BODY_BYTES_MAX).await?;
    let sent: ReportBody =
        serde_json::from_str(&text).map_err(|error| Problem::MalformedRequest { detail: error.to_string() })?;
    // A browser's sign-in counts only on pages of ours, which use the form.
    let trusted = match identity.program() {
        Some(_) => trusted(&app, &identity).await?,
        None => None,
    };
    let kind = sent.kind;
    let notifier = Notifier { trusted: trusted.as_ref(), address: caller::address(&headers) };
    let receipt = submit(&app, sent.into_wish(), notifier).await?;
    let page_url = format!("{}/report/{}?token={}", app.settings.app_base(), receipt.id, receipt.token.reveal());
    let object = ReportObject {
        id: receipt.id.to_string(),
        object: "report",
        status: if receipt.due_at.is_some() { "open" } else { "incomplete" },
        kind,
        missing: receipt.missing,
        received_at: receipt.received_at.rfc3339(),
        due_at: receipt.due_at.map(Timestamp::rfc3339),
        decision: None,
    };
    let made = NewReportObject { object, token: receipt.token.reveal().to_owned(), page_url: page_url.clone() };
    let mut made = answer(StatusCode::CREATED, &made)?;
    if let Ok(location) = HeaderValue::from_str(&page_url) {
        made.headers_mut().insert(header::LOCATION, location);
    }
    Ok(made)
}

/// `GET /v1/reports/{id}?token=…`.
///
/// # Errors
/// `not-found`; see docs/problems.md.
pub async fn get(
    Extension(app): Extension<Arc<App>>,
    Path(id): Path<String>,
    uri: Uri,
) -> Result<Response<Body>, Error> {
    let id = NoticeId::parse(&id).ok_or(Problem::NotFound)?;
    let Tracked { notice, .. } = track(&app, &id, &parameter(&uri, "token").unwrap_or_default()).await?;
    let status = match (&notice.decided, notice.valid_at) {
        (Some(_), _) => "decided",
        (None, Some(_)) => "open",
        (None, None) => "incomplete",
    };
    let decision = notice.decided.map(|decided| DecisionObject {
        outcome: decided.outcome.as_str(),
        ground: decided.ground.as_str(),
        reason: decided.reason,
        decided_at: decided.at.rfc3339(),
        automated: false,
    });
    let object = ReportObject {
        id: notice.id.to_string(),
        object: "report",
        status,
        kind: notice.kind,
        missing: notice.missing,
        received_at: notice.received_at.rfc3339(),
        due_at: notice.due_at.map(Timestamp::rfc3339),
        decision,
    };
    answer(StatusCode::OK, &object)
}

impl ReportBody {
    fn into_wish(self) -> NoticeWish {
        let trimmed = |text: String| text.trim().to_owned();
        let text = NoticeText {
            urls: self.urls,
            reasons: trimmed(self.reasons),
            work: trimmed(self.work),
            name: trimmed(self.name),
            email: trimmed(self.email),
            address: trimmed(self.address),
            phone: trimmed(self.phone),
            good_faith: self.good_faith,
            accuracy: self.accuracy,
            signature: trimmed(self.signature),
            token: String::new(),
        };
        NoticeWish { kind: self.kind, ground: self.ground, text }
    }
}
