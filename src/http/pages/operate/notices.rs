//! `/operate/notices`: what people have reported, the most urgent first; and one report on a page, to be decided with all its
//! pictures at once.

use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::body::Body;
use axum::extract::Path;
use axum::http::{Response, StatusCode, Uri};

use crate::app::App;
use crate::domain::decision::Seen;
use crate::domain::ground::Ground;
use crate::domain::ids::{ImageId, NoticeId};
use crate::domain::image::State;
use crate::domain::notice::{CounterOutcome, Notice, NoticeField, NoticeOutcome, NoticeText};
use crate::domain::time::Timestamp;
use crate::error::{Error, Problem};
use crate::http::identity::see_other;
use crate::http::own_form::OwnForm;
use crate::http::pages::account::{Mistake, mistake, parameter, with_own_referrer};
use crate::http::pages::choices::{self, Choice};
use crate::http::pages::figures::{Due, Moment};
use crate::http::pages::html;
use crate::policy::review::REASON_CHARS_MAX;
use crate::usecases::notices::decide::{self, Verdict};
use crate::usecases::notices::queue::{Opened, open, queue};
use crate::usecases::notices::trust::{self, trusted};
use crate::usecases::open_session::SessionUse;

/// A report as the queue shows it.
struct NoticeRow {
    id: String,
    kind: &'static str,
    ground: &'static str,
    due: Option<Moment>,
    /// How long is left, or by how much it is late.
    left: String,
    is_overdue: bool,
    is_trusted: bool,
    severity: i64,
}

impl NoticeRow {
    fn of(notice: &Notice, now: Timestamp) -> Self {
        let Due { left, is_overdue, .. } = Due::of(notice.due_at.unwrap_or(notice.received_at), now);
        Self {
            id: notice.id.to_string(),
            kind: notice.kind.label(),
            ground: notice.ground.label(),
            due: notice.due_at.map(Moment::from),
            left,
            is_overdue: is_overdue && notice.due_at.is_some(),
            is_trusted: notice.is_trusted,
            severity: notice.severity,
        }
    }
}

#[derive(Template)]
#[template(path = "operate/notices.html")]
struct NoticesPage {
    here: &'static str,
    form_token: String,
    rows: Vec<NoticeRow>,
    /// Where the next page is, if there is one.
    next: Option<String>,
    trusted: Vec<String>,
    mistake: Mistake,
}

/// An image of a report, as its page shows it.
struct ImageRow {
    id: String,
    found: &'static str,
    distance: Option<i64>,
    state: &'static str,
    is_held: bool,
    is_done: bool,
}

/// What an uploader has answered.
struct CounterRow {
    image: String,
    restored_after: Moment,
    restored_before: Moment,
    suit: Option<Moment>,
    settled: Option<&'static str>,
}

/// What was decided.
struct DecisionRow {
    at: Moment,
    outcome: &'static str,
    ground: &'static str,
    reason: String,
}

#[derive(Template)]
#[template(path = "operate/notice.html")]
struct NoticePage {
    here: &'static str,
    form_token: String,
    row: NoticeRow,
    received: Moment,
    missing: Vec<&'static str>,
    is_searching: bool,
    /// Whether the operator has looked at one of its pictures.
    has_looked: bool,
    /// None: nobody can read any more who sent it.
    text: Option<NoticeText>,
    images: Vec<ImageRow>,
    counters: Vec<CounterRow>,
    decision: Option<DecisionRow>,
    outcomes: Vec<Choice>,
    grounds: Vec<Choice>,
    reason: String,
    reason_chars_max: usize,
    mistake: Mistake,
}

/// `GET /operate/notices`, with `due` and `after` for the pages after the first.
///
/// # Errors
/// If something of ours failed.
pub async fn list(
    Extension(app): Extension<Arc<App>>,
    Extension(session): Extension<Arc<SessionUse>>,
    uri: Uri,
) -> Result<Response<Body>, Error> {
    list_page(&app, &session, &uri, (StatusCode::OK, Mistake::default())).await
}

async fn list_page(
    app: &App,
    session: &SessionUse,
    uri: &Uri,
    (status, mistake): (StatusCode, Mistake),
) -> Result<Response<Body>, Error> {
    let due = parameter(uri, "due").and_then(|due| due.parse().ok()).map(Timestamp);
    let after = parameter(uri, "after").as_deref().and_then(NoticeId::parse);
    let found = queue(app, due.zip(after)).await?;
    let now = app.now();
    let page = NoticesPage {
        here: "notices",
        form_token: session.form_token().to_owned(),
        rows: found.notices.iter().map(|notice| NoticeRow::of(notice, now)).collect(),
        next: found.next.map(|(due, after)| format!("/operate/notices?due={}&after={after}", due.0)),
        trusted: trusted(app).await?.iter().map(ToString::to_string).collect(),
        mistake,
    };
    html(status, &page).map(with_own_referrer)
}

/// `GET /operate/notices/{id}`. That somebody looked is written down.
///
/// # Errors
/// `not-found`, or a fault.
pub async fn show(
    Extension(app): Extension<Arc<App>>,
    Extension(session): Extension<Arc<SessionUse>>,
    Path(id): Path<String>,
) -> Result<Response<Body>, Error> {
    let id = NoticeId::parse(&id).ok_or(Problem::NotFound)?;
    page(&app, &session, &id, Filled::default(), (StatusCode::OK, Mistake::default())).await
}

/// What the form says, to be shown again.
#[derive(Default)]
struct Filled<'a> {
    outcome: &'a str,
    ground: &'a str,
    reason: &'a str,
}

/// `POST /operate/notices/{id}` with `outcome`, `ground` and `reason`.
///
/// # Errors
/// `not-found`, `form-stale`, or a fault.
pub async fn decide(
    Path(id): Path<String>,
    OwnForm { app, session, form, .. }: OwnForm,
) -> Result<Response<Body>, Error> {
    let id = NoticeId::parse(&id).ok_or(Problem::NotFound)?;
    let field = |name| form.field(name).unwrap_or_default();
    let filled = Filled { outcome: field("outcome"), ground: field("ground"), reason: field("reason") };
    let done = async {
        let invalid = |field| Problem::InvalidField { field, detail: "one that the form offers".into() };
        let verdict = Verdict {
            outcome: NoticeOutcome::parse(filled.outcome).ok_or_else(|| invalid("outcome"))?,
            ground: Ground::parse(filled.ground).ok_or_else(|| invalid("ground"))?,
            reason: filled.reason,
            operator: &session.account_id,
        };
        decide::decide(&app, &id, verdict).await
    };
    match done.await {
        Ok(_) => Ok(see_other(&format!("/operate/notices/{id}"))),
        Err(error) => {
            let (status, mistake, _) = mistake(error)?;
            page(&app, &session, &id, filled, (status, mistake)).await
        }
    }
}

/// `POST /operate/notices/{id}/hold` with `reason`: takes its pictures out of view until it is decided.
///
/// # Errors
/// `not-found`, `form-stale`, or a fault.
pub async fn hold(
    Path(id): Path<String>,
    OwnForm { app, session, form, .. }: OwnForm,
) -> Result<Response<Body>, Error> {
    let id = NoticeId::parse(&id).ok_or(Problem::NotFound)?;
    let reason = form.field("reason").unwrap_or_default();
    match decide::hold(&app, &id, &session.account_id, reason).await {
        Ok(_) => Ok(see_other(&format!("/operate/notices/{id}"))),
        Err(error) => {
            let (status, mistake, _) = mistake(error)?;
            page(&app, &session, &id, Filled { reason, ..Filled::default() }, (status, mistake)).await
        }
    }
}

/// `POST /operate/reporters` with `account` and `trust` (`yes` or `no`).
///
/// # Errors
/// `form-stale`, or a fault.
pub async fn trust(uri: Uri, OwnForm { app, session, form, .. }: OwnForm) -> Result<Response<Body>, Error> {
    let account = form.field("account").unwrap_or_default();
    let is_trusted = form.field("trust") != Some("no");
    match trust::trust(&app, account, is_trusted, session.account_id.as_str()).await {
        Ok(()) => Ok(see_other("/operate/notices")),
        Err(error) => {
            let (status, mistake, _) = mistake(error)?;
            list_page(&app, &session, &uri, (status, mistake)).await
        }
    }
}

async fn page(
    app: &App,
    session: &SessionUse,
    id: &NoticeId,
    filled: Filled<'_>,
    (status, mistake): (StatusCode, Mistake),
) -> Result<Response<Body>, Error> {
    let Opened { notice, text, images, states, counters } = open(app, id, session.account_id.as_str()).await?;
    let state_of = |id: &ImageId| {
        states.iter().find(|known| known.id == *id).map_or("no such picture", |known| state(known.state))
    };
    let page = NoticePage {
        here: "notices",
        form_token: session.form_token().to_owned(),
        row: NoticeRow::of(&notice, app.now()),
        received: notice.received_at.into(),
        missing: notice.missing.iter().map(|field| NoticeField::label(*field)).collect(),
        is_searching: notice.is_searching,
        has_looked: decide::seen_by(app, id, &session.account_id).await? == Seen::Image,
        text,
        images: images
            .iter()
            .map(|image| ImageRow {
                id: image.image_id.to_string(),
                found: image.found.label(),
                distance: image.distance.filter(|distance| *distance > 0),
                state: state_of(&image.image_id),
                is_held: image.held_at.is_some(),
                is_done: image.done_at.is_some(),
            })
            .collect(),
        counters: counters
            .iter()
            .map(|counter| CounterRow {
                image: counter.image_id.to_string(),
                restored_after: counter.restore_not_before.into(),
                restored_before: counter.restore_not_after.into(),
                suit: counter.suit_at.map(Moment::from),
                settled: counter.outcome.map(CounterOutcome::label),
            })
            .collect(),
        decision: notice.decided.as_ref().map(|decided| DecisionRow {
            at: decided.at.into(),
            outcome: decided.outcome.label(),
            ground: decided.ground.label(),
            reason: decided.reason.clone(),
        }),
        outcomes: choices::asked(NoticeOutcome::ALL.iter().map(|o| (o.as_str(), o.label())), filled.outcome),
        grounds: choices::of(
            Ground::ALL.iter().filter(|ground| **ground != Ground::Undecided).map(|g| (g.as_str(), g.label())),
            if filled.ground.is_empty() { notice.ground.as_str() } else { filled.ground },
        ),
        reason: filled.reason.to_owned(),
        reason_chars_max: REASON_CHARS_MAX,
        mistake,
    };
    html(status, &page).map(with_own_referrer)
}

fn state(state: State) -> &'static str {
    match state {
        State::Live => "in public view",
        State::Held | State::Releasing => "held",
        State::Removing | State::Recovery => "out of view",
        State::Gone => "erased",
        State::Pending => "arriving",
    }
}
