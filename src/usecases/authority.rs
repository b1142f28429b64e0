//! What operators owe authorities: reports of what the law has reported, and what an authority orders to be preserved (promise
//! IMP-24). Only hashes and facts are shown, never an image; whoever looks or acts leaves a line in the log, before they see.

use serde::Serialize;

use super::mail_link::page;
use super::seal::settle;
use super::tell_operators::tell_operators;
use super::{personal_keys, profile, typed};
use crate::app::App;
use crate::domain::authority::{AuthorityReport, ImageFactsRow, Order};
use crate::domain::ids::{AccountId, ID_BYTES, ImageId, OrderId};
use crate::domain::letter::Letter;
use crate::domain::review::{About, Act, Waiting};
use crate::domain::time::Timestamp;
use crate::error::{Attempt as _, Error, Fault, Problem};
use crate::policy::authority::{
    LISTED_MAX, LOG_LINES_MAX, ORDER_MS_MAX, REMINDED_BEFORE_MS, REMINDED_EVERY_MS, REPORTED_WITHIN_MS, TEXT_CHARS_MAX,
};
use crate::policy::review::COUNTED_MAX;
use crate::ports::sql::Statement;
use crate::store::review_log::{self, NewLine};
use crate::store::{orders, reports};

pub use crate::store::review_log::Line as LogLine;

/// What the queue is called in the log.
const QUEUE: &str = "reports";

/// Reports that are due, and where the list goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Queue {
    /// The oldest first.
    pub due: Vec<AuthorityReport>,
    /// The last of this page, if there are more.
    pub next: Option<String>,
    /// Those that were made or dismissed, the latest first; on the first page only.
    pub settled: Vec<AuthorityReport>,
}

/// Whose an image is, unsealed for the record of a report and nowhere else.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct AccountFacts {
    /// The account.
    pub id: AccountId,
    /// Its name, address and country, as its person has said; none if its key is gone.
    pub name: Option<String>,
    /// See above.
    pub email: Option<String>,
    /// See above.
    pub country: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When the address was proved.
    pub verified_at: Option<Timestamp>,
}

/// Everything that a report needs.
pub struct Record {
    /// What is known of the image.
    pub image: ImageFactsRow,
    /// What is to be reported of it, if anything is.
    pub report: Option<AuthorityReport>,
    /// What authorities have ordered.
    pub orders: Vec<Order>,
    /// Whose it is; none: nobody's, or theirs whose account is erased.
    pub account: Option<AccountFacts>,
    /// Who looked and acted, the latest first.
    pub log: Vec<LogLine>,
}

/// By when a report is made.
#[must_use]
pub fn due_at(report: &AuthorityReport) -> Timestamp {
    report.created_at.plus_ms(REPORTED_WITHIN_MS)
}

/// How many reports are to be made, as far as they are counted, and when the first is due.
///
/// # Errors
/// If the database fails.
pub async fn count_due(app: &App) -> Result<Waiting, Fault> {
    let counted = reports::count_due(app.ports.sql.as_ref(), COUNTED_MAX).await.attempt("count reports")?;
    let first_due = counted.first_due.map(|created_at| created_at.plus_ms(REPORTED_WITHIN_MS));
    Ok(Waiting { first_due, ..counted })
}

/// The reports that are due, after the one that the page before ended with.
///
/// # Errors
/// If the database fails; then nothing is shown.
pub async fn queue(app: &App, operator: &AccountId, after: Option<&str>) -> Result<Queue, Fault> {
    let sql = app.ports.sql.as_ref();
    let opened = line(operator, Act::Opened, About::Report, QUEUE, "");
    sql.batch(vec![review_log::append(&opened, app.now())]).await.attempt("log a look at reports")?;
    let place = after.and_then(read_place).unwrap_or((Timestamp(0), String::new()));
    let due = reports::due(sql, (place.0, &place.1), LISTED_MAX + 1).await.attempt("list reports")?;
    let mut due = due;
    let has_more = i64::try_from(due.len()).is_ok_and(|count| count > LISTED_MAX);
    if has_more {
        due.pop();
    }
    let next = due.last().filter(|_| has_more).map(|last| format!("{}-{}", last.created_at.0, last.image_id));
    let settled = match after {
        None => reports::settled(sql, LISTED_MAX).await.attempt("list reports")?,
        Some(_) => Vec::new(),
    };
    Ok(Queue { due, next, settled })
}

fn read_place(text: &str) -> Option<(Timestamp, String)> {
    let (at, id) = text.split_once('-')?;
    Some((Timestamp(at.parse().ok()?), ImageId::parse(id)?.to_string()))
}

/// Everything that is known of an image and its report. That it was asked for is logged before it is answered.
///
/// # Errors
/// `NotFound`; a fault if something of ours failed.
pub async fn open(app: &App, operator: &AccountId, id: &ImageId, why: &str) -> Result<Record, Error> {
    let (sql, attempted) = (app.ports.sql.as_ref(), format!("open the record of {id}"));
    let image = reports::facts(sql, id).await.attempt(&attempted)?.ok_or(Problem::NotFound)?;
    let opened = NewLine { seen: Some("facts"), ..line(operator, Act::Opened, About::Report, id.as_str(), why) };
    sql.batch(vec![review_log::append(&opened, app.now())]).await.attempt(&attempted)?;
    Ok(Record {
        report: reports::find(sql, id).await.attempt(&attempted)?,
        orders: orders::of_image(sql, id, LISTED_MAX).await.attempt(&attempted)?,
        account: match &image.account_id {
            Some(account) => account_facts(app, account).await?,
            None => None,
        },
        log: review_log::of_subject(sql, id.as_str(), LOG_LINES_MAX).await.attempt(&attempted)?,
        image,
    })
}

async fn account_facts(app: &App, id: &AccountId) -> Result<Option<AccountFacts>, Error> {
    let account = match super::prove_email::account(app, id).await {
        Ok(account) => account,
        // A team, or an account that is erased.
        Err(Error::Problem(Problem::NotFound)) => return Ok(None),
        Err(error) => return Err(error),
    };
    let bare = AccountFacts {
        id: account.id,
        name: None,
        email: None,
        country: None,
        created_at: account.created_at,
        verified_at: account.verified_at,
    };
    if personal_keys::find(app, id).await?.is_none() {
        return Ok(Some(bare));
    }
    let profile = profile::open(app, id).await?;
    let country = profile.country.map(|country| country.code.to_owned());
    Ok(Some(AccountFacts { name: Some(profile.name), email: Some(profile.email), country, ..bare }))
}

/// Writes down that a report was made, and what the authority calls it; what was reported is then kept for a year from now.
///
/// # Errors
/// `InvalidField`, `NotFound` if none is due; a fault if the database fails.
pub async fn file(app: &App, operator: &AccountId, id: &ImageId, reference: &str) -> Result<(), Error> {
    let reference = typed::line("reference", reference, 1, TEXT_CHARS_MAX)?;
    let now = app.now();
    settle_report(app, operator, id, Act::Filed, &reference, reports::file(id, &reference, now)).await
}

/// Writes down that a report need not be made, and why; unless an order stands, the hold is released.
///
/// # Errors
/// As [`file`].
pub async fn dismiss(app: &App, operator: &AccountId, id: &ImageId, reason: &str) -> Result<(), Error> {
    let reason = typed::line("reason", reason, 1, TEXT_CHARS_MAX)?;
    settle_report(app, operator, id, Act::Decided, &reason, reports::dismiss(id, &reason)).await
}

async fn settle_report(
    app: &App,
    operator: &AccountId,
    id: &ImageId,
    act: Act,
    reason: &str,
    statement: Statement,
) -> Result<(), Error> {
    let (sql, now, attempted) = (app.ports.sql.as_ref(), app.now(), format!("settle the report of {id}"));
    let found = reports::find(sql, id).await.attempt(&attempted)?;
    if found.is_none_or(|report| report.state != crate::domain::authority::ReportState::Due) {
        return Err(Problem::NotFound.into());
    }
    let mut statements = vec![statement];
    statements.extend(settle(app, id, "reported", now));
    statements.push(review_log::append(&line(operator, act, About::Report, id.as_str(), reason), now));
    sql.batch(statements).await.attempt(&attempted).map(drop).map_err(Error::from)
}

/// Writes an order down; until then, and as long as anything else has it kept, the image is not erased, exported or brought back.
///
/// # Errors
/// `InvalidField`, `NotFound` if its bytes are erased; a fault if something of ours failed.
pub async fn order(
    app: &App,
    operator: &AccountId,
    id: &ImageId,
    reference: &str,
    until: Timestamp,
) -> Result<OrderId, Error> {
    let (sql, now, attempted) = (app.ports.sql.as_ref(), app.now(), format!("preserve {id} by an order"));
    let reference = typed::line("reference", reference, 1, TEXT_CHARS_MAX)?;
    if until <= now || until.ms_since(now) > ORDER_MS_MAX {
        let detail = "a day from today on, within two years".to_owned();
        return Err(Problem::InvalidField { field: "until", detail }.into());
    }
    let image = reports::facts(sql, id).await.attempt(&attempted)?;
    image.filter(|image| image.state != "gone").ok_or(Problem::NotFound)?;
    let mut random = [0; ID_BYTES];
    app.ports.rng.fill(&mut random).attempt(&attempted)?;
    let order = Order {
        id: OrderId::from_random(random),
        image_id: id.clone(),
        reference,
        placed_at: now,
        until,
        lifted_at: None,
    };
    let mut statements = vec![orders::place(&order)];
    statements.extend(settle(app, id, "ordered by an authority", now));
    let preserved = line(operator, Act::Preserved, About::Image, id.as_str(), &order.reference);
    statements.push(review_log::append(&preserved, now));
    sql.batch(statements).await.attempt(&attempted)?;
    Ok(order.id)
}

/// Lifts an order, and says why; unless something else has the image kept, the hold is released.
///
/// # Errors
/// `InvalidField`; a fault if the database fails.
pub async fn lift(app: &App, operator: &AccountId, id: &ImageId, order: &OrderId, reason: &str) -> Result<(), Error> {
    let reason = typed::line("reason", reason, 1, TEXT_CHARS_MAX)?;
    let now = app.now();
    let mut statements = vec![orders::lift(order, id, now)];
    statements.extend(settle(app, id, "", now));
    statements.push(review_log::append(&line(operator, Act::Freed, About::Image, id.as_str(), &reason), now));
    let lifted = app.ports.sql.batch(statements).await;
    lifted.attempt(&format!("lift an order about {id}")).map(drop).map_err(Error::from)
}

/// Reminds operators of reports that are due; answers of how many.
///
/// # Errors
/// If something of ours failed; it is then tried again with the next run.
pub async fn remind(app: &App, now: Timestamp) -> Result<usize, Fault> {
    let since = now.plus_ms(REMINDED_BEFORE_MS - REPORTED_WITHIN_MS);
    let before = now.plus_ms(-REMINDED_EVERY_MS);
    let due = reports::to_remind(app.ports.sql.as_ref(), since, before, LISTED_MAX).await;
    let due = due.attempt("find reports to remind of")?;
    let Some(first) = due.first() else { return Ok(0) };
    let letter = Letter::ReportsDue { count: due.len(), due_at: due_at(first), link: page(app, "/operate/authority")? };
    let ids: Vec<ImageId> = due.iter().map(|report| report.image_id.clone()).collect();
    tell_operators(app, &letter, vec![reports::note_reminded(&ids, now)]).await?;
    Ok(due.len())
}

fn line<'a>(operator: &'a AccountId, act: Act, about: About, subject: &'a str, reason: &'a str) -> NewLine<'a> {
    NewLine { operator: operator.as_str(), act, about, subject, seen: None, ground: None, reason }
}
