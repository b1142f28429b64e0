//! Requests about data that come by mail or through an agent: operators write them down, and what came of them, and are reminded
//! while there is time (promise IMP-56). Who asked is in their mail and not here.

use crate::app::App;
use crate::domain::ids::{ID_BYTES, SubjectRequestId};
use crate::domain::letter::Letter;
use crate::domain::subject_request::{
    NOTE_CHARS_MAX, REFERENCE_CHARS_MAX, RequestChannel, RequestKind, RequestLaw, RequestOutcome, SubjectRequest,
};
use crate::domain::time::{DAY_MS, Timestamp};
use crate::error::{Attempt as _, Error, Fault, Problem};
use crate::policy::subject_requests::{
    LISTED_MAX, REMINDED_BEFORE_MS, REMINDED_EVERY_MS, answered_within_ms, extended_by_ms,
};
use crate::store::subject_requests;
use crate::usecases::mail_link::page;
use crate::usecases::tell_operators::tell_operators;
use crate::usecases::typed;

/// What an operator writes down.
#[derive(Clone, Debug)]
pub struct NewRequest {
    /// What is asked for.
    pub kind: RequestKind,
    /// How it came.
    pub channel: RequestChannel,
    /// Whose deadline counts.
    pub law: RequestLaw,
    /// Where it is found in the operators' own mail.
    pub reference: String,
    /// When it came: the deadline runs from then, not from when it is written down.
    pub received_at: Timestamp,
}

/// Writes down a request that has come.
///
/// # Errors
/// `InvalidField`; a fault if something of ours failed.
pub async fn record(app: &App, new: NewRequest) -> Result<SubjectRequestId, Error> {
    let attempted = "write down a request about data";
    let reference = typed::line("reference", &new.reference, 1, REFERENCE_CHARS_MAX)?;
    if new.received_at > app.now() || app.now().ms_since(new.received_at) > 365 * DAY_MS {
        let detail = "a day within the last year".to_owned();
        return Err(Problem::InvalidField { field: "received", detail }.into());
    }
    let mut random = [0; ID_BYTES];
    app.ports.rng.fill(&mut random).attempt(attempted)?;
    let request = SubjectRequest {
        id: SubjectRequestId::from_random(random),
        kind: new.kind,
        channel: new.channel,
        law: new.law,
        reference,
        received_at: new.received_at,
        due_at: new.received_at.plus_ms(answered_within_ms(new.law)),
        verified_at: None,
        extended_at: None,
        closed_at: None,
        outcome: None,
        note: None,
    };
    subject_requests::insert(app.ports.sql.as_ref(), &request).await.attempt(attempted)?;
    Ok(request.id)
}

/// Those that are to be answered, the most urgent first, and those that were, the latest first.
///
/// # Errors
/// If the database fails.
pub async fn list(app: &App) -> Result<(Vec<SubjectRequest>, Vec<SubjectRequest>), Fault> {
    let sql = app.ports.sql.as_ref();
    let open = subject_requests::open(sql, LISTED_MAX).await.attempt("list requests about data")?;
    let closed = subject_requests::closed(sql, LISTED_MAX).await.attempt("list requests about data")?;
    Ok((open, closed))
}

/// What an operator does about a request.
#[derive(Clone, Debug)]
pub enum Step {
    /// Found out that whoever asked may.
    Verify,
    /// Takes more time, and has told them so.
    Extend,
    /// Has answered.
    Close {
        /// What came of it.
        outcome: RequestOutcome,
        /// Why, or how.
        note: String,
    },
}

/// Writes down what was done about a request. What was done before stays as it was.
///
/// # Errors
/// `NotFound`, `InvalidField`; a fault if the database fails.
pub async fn step(app: &App, id: &SubjectRequestId, step: Step) -> Result<(), Error> {
    let (sql, now, attempted) = (app.ports.sql.as_ref(), app.now(), format!("note what was done about request {id}"));
    let found = subject_requests::find(sql, id).await.attempt(&attempted)?.ok_or(Problem::NotFound)?;
    let statement = match step {
        Step::Verify => subject_requests::verify(id, now),
        Step::Extend => subject_requests::extend(id, extended_by_ms(found.law), now),
        Step::Close { outcome, note } => {
            // Who is refused has a right to know why (GDPR Art. 12(4)), and so has who looks at it later.
            let shortest = usize::from(outcome == RequestOutcome::Refused);
            subject_requests::close(id, outcome, &typed::line("note", &note, shortest, NOTE_CHARS_MAX)?, now)
        }
    };
    sql.batch(vec![statement]).await.attempt(&attempted).map(drop).map_err(Error::from)
}

/// Reminds operators of requests whose deadline is near or past; answers of how many.
///
/// # Errors
/// If something of ours failed; it is then tried again with the next run.
pub async fn remind(app: &App, now: Timestamp) -> Result<usize, Fault> {
    let (due_by, before) = (now.plus_ms(REMINDED_BEFORE_MS), now.plus_ms(-REMINDED_EVERY_MS));
    let due = subject_requests::to_remind(app.ports.sql.as_ref(), due_by, before, LISTED_MAX).await;
    let due = due.attempt("find requests to remind of")?;
    if due.is_empty() {
        return Ok(0);
    }
    let ids: Vec<SubjectRequestId> = due.iter().map(|request| request.id.clone()).collect();
    let letter = Letter::SubjectRequestsDue {
        requests: due.iter().map(|request| line(request, now)).collect(),
        link: page(app, "/operate/requests")?,
    };
    tell_operators(app, &letter, vec![subject_requests::note_reminded(&ids, now)]).await?;
    Ok(due.len())
}

fn line(request: &SubjectRequest, now: Timestamp) -> String {
    let when = if request.due_at <= now { "overdue since" } else { "due by" };
    format!("{} ({}), {when} {}", request.kind.label(), request.reference, request.due_at.human())
}
