//! `/operate/requests`: what was asked about data by mail or through an agent, and by when it is answered (promise IMP-56).

use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::body::Body;
use axum::http::{Response, StatusCode};

use crate::app::App;
use crate::domain::ids::SubjectRequestId;
use crate::domain::subject_request::{
    NOTE_CHARS_MAX, REFERENCE_CHARS_MAX, RequestChannel, RequestKind, RequestLaw, RequestOutcome, SubjectRequest,
};
use crate::domain::time::Timestamp;
use crate::error::{Error, Problem};
use crate::http::identity::see_other;
use crate::http::own_form::OwnForm;
use crate::http::pages::account::{Mistake, mistake, with_own_referrer};
use crate::http::pages::choices::{self, Choice};
use crate::http::pages::figures::{Due, Moment};
use crate::http::pages::html;
use crate::http::upload_request::ShortForm;
use crate::usecases::answer_subject_request::{self, NewRequest, Step, list};
use crate::usecases::open_session::SessionUse;

/// A request as the list shows it.
struct RequestRow {
    id: String,
    what: &'static str,
    how: &'static str,
    reference: String,
    received: Moment,
    due: Moment,
    /// How long is left, or by how much it is late.
    left: String,
    is_overdue: bool,
    is_verified: bool,
    is_extended: bool,
    closed: Option<Moment>,
    outcome: &'static str,
    note: String,
}

impl RequestRow {
    fn of(request: SubjectRequest, now: Timestamp) -> Self {
        let Due { at: due, left, is_overdue } = Due::of(request.due_at, now);
        Self {
            id: request.id.to_string(),
            what: request.kind.label(),
            how: request.channel.label(),
            reference: request.reference,
            received: request.received_at.into(),
            due,
            left,
            is_overdue,
            is_verified: request.verified_at.is_some(),
            is_extended: request.extended_at.is_some(),
            closed: request.closed_at.map(Moment::from),
            outcome: request.outcome.map_or("", RequestOutcome::label),
            note: request.note.unwrap_or_default(),
        }
    }
}

/// What the form says, to be shown again.
struct Filled {
    kinds: Vec<Choice>,
    channels: Vec<Choice>,
    laws: Vec<Choice>,
    reference: String,
    received: String,
}

#[derive(Template)]
#[template(path = "operate/requests.html")]
struct RequestsPage {
    here: &'static str,
    form_token: String,
    open: Vec<RequestRow>,
    closed: Vec<RequestRow>,
    outcomes: Vec<Choice>,
    filled: Filled,
    today: String,
    reference_chars_max: usize,
    note_chars_max: usize,
    mistake: Mistake,
}

/// `GET /operate/requests`.
///
/// # Errors
/// If something of ours failed.
pub async fn show(
    Extension(app): Extension<Arc<App>>,
    Extension(session): Extension<Arc<SessionUse>>,
) -> Result<Response<Body>, Error> {
    page(&app, &session, StatusCode::OK, None, Mistake::default()).await
}

/// `POST /operate/requests` with `kind`, `channel`, `law`, `reference` and `received`: the day it came.
///
/// # Errors
/// `form-stale`, or a fault.
pub async fn record(OwnForm { app, session, form, .. }: OwnForm) -> Result<Response<Body>, Error> {
    let recorded = async { answer_subject_request::record(&app, read(&form)?).await };
    match recorded.await {
        Ok(_) => Ok(see_other("/operate/requests")),
        Err(error) => {
            let (status, mistake, _) = mistake(error)?;
            page(&app, &session, status, Some(&form), mistake).await
        }
    }
}

fn read(form: &ShortForm) -> Result<NewRequest, Problem> {
    let invalid = |field| Problem::InvalidField { field, detail: "one that the form offers".into() };
    let received = form.field("received").and_then(Timestamp::from_day);
    let no_day = || Problem::InvalidField { field: "received", detail: "a day, as 2026-11-28".into() };
    Ok(NewRequest {
        kind: form.field("kind").and_then(RequestKind::parse).ok_or_else(|| invalid("kind"))?,
        channel: form.field("channel").and_then(RequestChannel::parse).ok_or_else(|| invalid("channel"))?,
        law: form.field("law").and_then(RequestLaw::parse).ok_or_else(|| invalid("law"))?,
        reference: form.field("reference").unwrap_or_default().to_owned(),
        received_at: received.ok_or_else(no_day)?,
    })
}

/// `POST /operate/requests/step` with `request`, `step` (`verify`, `extend` or `close`), and of a closed one `outcome` and `note`.
///
/// # Errors
/// `form-stale`, `not-found`, or a fault.
pub async fn step(OwnForm { app, session, form, .. }: OwnForm) -> Result<Response<Body>, Error> {
    let id = form.field("request").and_then(SubjectRequestId::parse).ok_or(Problem::NotFound)?;
    let done = async {
        let invalid = |field| Problem::InvalidField { field, detail: "one that the form offers".into() };
        let step = match form.field("step") {
            Some("verify") => Step::Verify,
            Some("extend") => Step::Extend,
            Some("close") => Step::Close {
                outcome: form.field("outcome").and_then(RequestOutcome::parse).ok_or_else(|| invalid("outcome"))?,
                note: form.field("note").unwrap_or_default().to_owned(),
            },
            _ => return Err(Error::from(invalid("step"))),
        };
        answer_subject_request::step(&app, &id, step).await
    };
    match done.await {
        Ok(()) => Ok(see_other("/operate/requests")),
        Err(error) => {
            let (status, mistake, _) = mistake(error)?;
            page(&app, &session, status, None, mistake).await
        }
    }
}

async fn page(
    app: &App,
    session: &SessionUse,
    status: StatusCode,
    form: Option<&ShortForm>,
    mistake: Mistake,
) -> Result<Response<Body>, Error> {
    let now = app.now();
    let (open, closed) = list(app).await?;
    let filled = |name: &str| form.and_then(|form| form.field(name)).unwrap_or_default().to_owned();
    let today = now.day();
    let received = filled("received");
    let page = RequestsPage {
        here: "requests",
        form_token: session.form_token().to_owned(),
        open: open.into_iter().map(|request| RequestRow::of(request, now)).collect(),
        closed: closed.into_iter().map(|request| RequestRow::of(request, now)).collect(),
        outcomes: choices::of(RequestOutcome::ALL.iter().map(|o| (o.as_str(), o.label())), ""),
        filled: Filled {
            kinds: choices::of(RequestKind::ALL.iter().map(|k| (k.as_str(), k.label())), &filled("kind")),
            channels: choices::of(RequestChannel::ALL.iter().map(|c| (c.as_str(), c.label())), &filled("channel")),
            laws: choices::of(RequestLaw::ALL.iter().map(|l| (l.as_str(), l.label())), &filled("law")),
            reference: filled("reference"),
            received: if received.is_empty() { today.clone() } else { received },
        },
        today,
        reference_chars_max: REFERENCE_CHARS_MAX,
        note_chars_max: NOTE_CHARS_MAX,
        mistake,
    };
    html(status, &page).map(with_own_referrer)
}
