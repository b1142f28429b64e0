//! `/report/{id}`: how far a report is, for whoever holds its token; and what they may still do about it.

use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::body::Body;
use axum::extract::Path;
use axum::http::{HeaderMap, Response, StatusCode, Uri};

use super::fields::{FormField, field_of};
use super::{text_of, title};
use crate::app::App;
use crate::domain::ids::NoticeId;
use crate::domain::notice::{CounterNotice, CounterOutcome};
use crate::error::{Error, Problem};
use crate::http::identity::{Identity, see_other};
use crate::http::pages::account::{Mistake, mistake, parameter};
use crate::http::pages::figures::{Due, Moment};
use crate::http::pages::html;
use crate::http::upload_request::read_short_form;
use crate::ports::incoming::Incoming;
use crate::usecases::notices::track::{Tracked, complete, note_suit, track, withdraw};

/// What was decided.
struct Decision {
    at: Moment,
    outcome: &'static str,
    ground: &'static str,
    reason: String,
}

/// What an uploader has answered.
struct Answer {
    image: String,
    received: Moment,
    restored_after: Moment,
    suit: Option<Moment>,
    settled: Option<&'static str>,
}

impl From<&CounterNotice> for Answer {
    fn from(counter: &CounterNotice) -> Self {
        Self {
            image: counter.image_id.to_string(),
            received: counter.received_at.into(),
            restored_after: counter.restore_not_before.into(),
            suit: counter.suit_at.map(Moment::from),
            settled: counter.outcome.map(CounterOutcome::label),
        }
    }
}

#[derive(Template)]
#[template(path = "report/tracking.html")]
struct TrackingPage {
    form_token: Option<String>,
    id: String,
    token: String,
    title: &'static str,
    ground: &'static str,
    received: Moment,
    urls: Vec<String>,
    /// By when it is decided.
    due: Option<Due>,
    missing: Vec<FormField>,
    decision: Option<Decision>,
    answers: Vec<Answer>,
    may_name_suit: bool,
    mistake: Mistake,
}

/// `GET /report/{id}?token=…`.
///
/// # Errors
/// `not-found`, or a fault.
pub async fn show(
    Extension(app): Extension<Arc<App>>,
    Extension(identity): Extension<Identity>,
    Path(id): Path<String>,
    uri: Uri,
) -> Result<Response<Body>, Error> {
    let id = NoticeId::parse(&id).ok_or(Problem::NotFound)?;
    let token = parameter(&uri, "token").unwrap_or_default();
    let tracked = track(&app, &id, &token).await?;
    page(&app, &identity, tracked, &token, (StatusCode::OK, Mistake::default()))
}

/// `POST /report/{id}` with `token` and `step`: `complete` with what is missing, `withdraw`, or `suit`.
///
/// # Errors
/// `not-found`, `cross-site-form`, or a fault.
pub async fn act(
    Extension(app): Extension<Arc<App>>,
    Extension(identity): Extension<Identity>,
    Extension(body): Extension<Incoming>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response<Body>, Error> {
    let id = NoticeId::parse(&id).ok_or(Problem::NotFound)?;
    let form = read_short_form(&app, &headers, &body).await?;
    identity.check_form(&form)?;
    let token = form.field("token").unwrap_or_default();
    let done = match form.field("step") {
        Some("complete") => complete(&app, &id, token, text_of(&form)).await,
        Some("withdraw") => withdraw(&app, &id, token).await,
        Some("suit") => note_suit(&app, &id, token).await,
        _ => Err(Problem::NotFound.into()),
    };
    match done {
        Ok(()) => Ok(see_other(&format!("/report/{id}?token={token}"))),
        Err(error) => {
            let (status, mistake, _) = mistake(error)?;
            let tracked = track(&app, &id, token).await?;
            page(&app, &identity, tracked, token, (status, mistake))
        }
    }
}

fn page(
    app: &App,
    identity: &Identity,
    tracked: Tracked,
    token: &str,
    (status, mistake): (StatusCode, Mistake),
) -> Result<Response<Body>, Error> {
    let Tracked { notice, text, counters } = tracked;
    let now = app.now();
    let is_open = notice.decided.is_none();
    let due = notice.due_at.filter(|_| is_open);
    let page = TrackingPage {
        form_token: identity.form_token(),
        id: notice.id.to_string(),
        token: token.to_owned(),
        title: title(notice.kind),
        ground: notice.ground.label(),
        received: notice.received_at.into(),
        urls: text.urls.clone(),
        due: due.map(|at| Due::of(at, now)),
        missing: match is_open {
            true => notice.missing.iter().map(|field| field_of(notice.kind, *field, &text, &mistake)).collect(),
            false => Vec::new(),
        },
        decision: notice.decided.as_ref().map(|decided| Decision {
            at: decided.at.into(),
            outcome: decided.outcome.label(),
            ground: decided.ground.label(),
            reason: decided.reason.clone(),
        }),
        may_name_suit: counters.iter().any(|counter| counter.settled_at.is_none() && counter.suit_at.is_none()),
        answers: counters.iter().map(Answer::from).collect(),
        mistake,
    };
    html(status, &page)
}
