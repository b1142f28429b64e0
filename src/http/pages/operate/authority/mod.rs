//! `/operate/authority`: what is to be reported to an authority, the record that a report needs, and what authorities have ordered
//! to be preserved (promise IMP-24). Hashes and facts, never the image.

mod record;

use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::body::Body;
use axum::extract::Path;
use axum::http::{HeaderValue, Response, StatusCode, Uri, header};

use crate::app::App;
use crate::domain::authority::{AuthorityReport, Order, ReportState};
use crate::domain::ids::{ImageId, OrderId};
use crate::domain::review::Act;
use crate::domain::time::{DAY_MS, Timestamp};
use crate::error::{Error, Problem};
use crate::http::api;
use crate::http::identity::see_other;
use crate::http::own_form::OwnForm;
use crate::http::pages::account::{Mistake, mistake, parameter, with_own_referrer};
use crate::http::pages::figures::{Due, Moment};
use crate::http::pages::html;
use crate::policy::authority::TEXT_CHARS_MAX;
use crate::usecases::authority::{self, due_at};
use crate::usecases::open_session::SessionUse;

/// A report as lists show it.
struct ReportRow {
    id: String,
    what: String,
    found: Moment,
    due: Moment,
    /// How long is left, or by how much it is late.
    left: String,
    is_overdue: bool,
    is_due: bool,
    state: &'static str,
    reference: String,
    reason: String,
}

impl ReportRow {
    fn of(report: AuthorityReport, now: Timestamp) -> Self {
        let Due { at: due, left, is_overdue } = Due::of(due_at(&report), now);
        Self {
            id: report.image_id.to_string(),
            what: format!("{} ({})", report.category, report.list),
            found: report.created_at.into(),
            due,
            left,
            is_overdue,
            is_due: report.state == ReportState::Due,
            state: report.state.label(),
            reference: report.reference.unwrap_or_default(),
            reason: report.reason.unwrap_or_default(),
        }
    }
}

#[derive(Template)]
#[template(path = "operate/authority.html")]
struct ListPage {
    /// The entry of the navigation that this page is.
    here: &'static str,
    form_token: String,
    due: Vec<ReportRow>,
    settled: Vec<ReportRow>,
    /// Where the list goes on.
    next: Option<String>,
}

/// An order as the record shows it.
struct OrderRow {
    id: String,
    reference: String,
    placed: Moment,
    until: Moment,
    stands: bool,
}

/// A line of the log.
struct LogRow {
    at: Moment,
    words: &'static str,
    operator: String,
    reason: String,
}

#[derive(Template)]
#[template(path = "operate/authority_record.html")]
struct RecordPage {
    here: &'static str,
    form_token: String,
    id: String,
    /// Facts by name, in order.
    facts: Vec<(&'static str, String)>,
    report: Option<ReportRow>,
    orders: Vec<OrderRow>,
    held_until: Option<Moment>,
    /// Whether anything is left to be preserved.
    is_there: bool,
    log: Vec<LogRow>,
    tomorrow: String,
    chars_max: usize,
    mistake: Mistake,
}

/// `GET /operate/authority?after=…`.
///
/// # Errors
/// If something of ours failed.
pub async fn list(
    Extension(app): Extension<Arc<App>>,
    Extension(session): Extension<Arc<SessionUse>>,
    uri: Uri,
) -> Result<Response<Body>, Error> {
    let after = parameter(&uri, "after");
    let queue = authority::queue(&app, &session.account_id, after.as_deref()).await?;
    let rows = |reports: Vec<AuthorityReport>| reports.into_iter().map(|r| ReportRow::of(r, app.now())).collect();
    let page = ListPage {
        here: "authority",
        form_token: session.form_token().to_owned(),
        due: rows(queue.due),
        settled: rows(queue.settled),
        next: queue.next,
    };
    html(StatusCode::OK, &page).map(with_own_referrer)
}

/// `GET /operate/authority/{id}`.
///
/// # Errors
/// `not-found`, or a fault.
pub async fn show(
    Extension(app): Extension<Arc<App>>,
    Extension(session): Extension<Arc<SessionUse>>,
    Path(id): Path<String>,
) -> Result<Response<Body>, Error> {
    let id = ImageId::parse(&id).ok_or(Problem::NotFound)?;
    page(&app, &session, &id, StatusCode::OK, Mistake::default()).await
}

/// `GET /operate/authority/{id}/record.json`, as a file.
///
/// # Errors
/// `not-found`, or a fault.
pub async fn record(
    Extension(app): Extension<Arc<App>>,
    Extension(session): Extension<Arc<SessionUse>>,
    Path(id): Path<String>,
) -> Result<Response<Body>, Error> {
    let id = ImageId::parse(&id).ok_or(Problem::NotFound)?;
    let record = authority::open(&app, &session.account_id, &id, "as a file").await?;
    let mut response = api::json(StatusCode::OK, &record::object(&record, app.now()))?;
    if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"record-{id}.json\"")) {
        response.headers_mut().insert(header::CONTENT_DISPOSITION, value);
    }
    Ok(response)
}

/// `POST /operate/authority/{id}/file` with `reference`: what the authority calls it.
///
/// # Errors
/// `form-stale`, `not-found`, or a fault.
pub async fn file(Path(id): Path<String>, form: OwnForm) -> Result<Response<Body>, Error> {
    let id = ImageId::parse(&id).ok_or(Problem::NotFound)?;
    let reference = form.form.field("reference").unwrap_or_default();
    let done = authority::file(&form.app, &form.session.account_id, &id, reference).await;
    answer(&form, &id, done).await
}

/// `POST /operate/authority/{id}/dismiss` with `reason`.
///
/// # Errors
/// As [`file`].
pub async fn dismiss(Path(id): Path<String>, form: OwnForm) -> Result<Response<Body>, Error> {
    let id = ImageId::parse(&id).ok_or(Problem::NotFound)?;
    let reason = form.form.field("reason").unwrap_or_default();
    let done = authority::dismiss(&form.app, &form.session.account_id, &id, reason).await;
    answer(&form, &id, done).await
}

/// `POST /operate/authority/{id}/orders` with `order`: what the authority calls it, and `until`: a day.
///
/// # Errors
/// As [`file`].
pub async fn order(Path(id): Path<String>, form: OwnForm) -> Result<Response<Body>, Error> {
    let id = ImageId::parse(&id).ok_or(Problem::NotFound)?;
    let reference = form.form.field("order").unwrap_or_default();
    // That day included, wherever whoever ordered it is west of Greenwich.
    let until = form.form.field("until").and_then(Timestamp::from_day).map(|day| day.plus_ms(2 * DAY_MS));
    let done = match until {
        Some(until) => authority::order(&form.app, &form.session.account_id, &id, reference, until).await.map(drop),
        None => Err(Problem::InvalidField { field: "until", detail: "a day, as 2026-11-28".into() }.into()),
    };
    answer(&form, &id, done).await
}

/// `POST /operate/authority/{id}/orders/lift` with `order` and `why`.
///
/// # Errors
/// As [`file`].
pub async fn lift(Path(id): Path<String>, form: OwnForm) -> Result<Response<Body>, Error> {
    let id = ImageId::parse(&id).ok_or(Problem::NotFound)?;
    let order = form.form.field("order").and_then(OrderId::parse).ok_or(Problem::NotFound)?;
    let why = form.form.field("why").unwrap_or_default();
    let done = authority::lift(&form.app, &form.session.account_id, &id, &order, why).await;
    answer(&form, &id, done).await
}

async fn answer(form: &OwnForm, id: &ImageId, done: Result<(), Error>) -> Result<Response<Body>, Error> {
    match done {
        Ok(()) => Ok(see_other(&format!("/operate/authority/{id}"))),
        Err(error) => {
            let (status, mistake, _) = mistake(error)?;
            page(&form.app, &form.session, id, status, mistake).await
        }
    }
}

async fn page(
    app: &App,
    session: &SessionUse,
    id: &ImageId,
    status: StatusCode,
    mistake: Mistake,
) -> Result<Response<Body>, Error> {
    let now = app.now();
    let record = authority::open(app, &session.account_id, id, "").await?;
    let facts = record::facts(&record);
    let page = RecordPage {
        here: "authority",
        form_token: session.form_token().to_owned(),
        id: id.to_string(),
        facts,
        held_until: record.image.held_until.filter(|until| *until > now).map(Moment::from),
        is_there: record.image.state != "gone",
        report: record.report.map(|report| ReportRow::of(report, now)),
        orders: record.orders.into_iter().map(|order| order_row(order, now)).collect(),
        log: record.log.into_iter().map(log_row).collect(),
        tomorrow: now.plus_ms(DAY_MS).day(),
        chars_max: TEXT_CHARS_MAX,
        mistake,
    };
    html(status, &page).map(with_own_referrer)
}

fn order_row(order: Order, now: Timestamp) -> OrderRow {
    OrderRow {
        stands: order.lifted_at.is_none() && order.until > now,
        id: order.id.to_string(),
        reference: order.reference,
        placed: order.placed_at.into(),
        until: order.until.into(),
    }
}

fn log_row(line: authority::LogLine) -> LogRow {
    let words = Act::parse(&line.act).map_or("", Act::label);
    LogRow { at: line.at.into(), words, operator: line.operator, reason: line.reason }
}
