//! Decides appeals: a person, another than the one who decided before where there is another. What is decided is written first and
//! carried out then; a job goes on where a crash stopped.

use super::appeal::image_of;
use super::remove::log_fault;
use super::team_letters::{Reader, reader};
use super::write_letter;
use crate::app::App;
use crate::domain::decision::{Reviewer, Seen};
use crate::domain::ground::Ground;
use crate::domain::hold::HoldKind;
use crate::domain::ids::{AccountId, AppealId, ImageId};
use crate::domain::image::State;
use crate::domain::letter::Letter;
use crate::domain::review::{About, Act, Waiting};
use crate::domain::statement::{Appeal, AppealOutcome, Restriction, Statement};
use crate::domain::time::Timestamp;
use crate::error::{Attempt as _, Cause, Error, Fault, Problem};
use crate::policy::review::{COUNTED_MAX, REASON_CHARS_MAX};
use crate::policy::statements::{FINISHED_MAX, LISTED_MAX, PAGE, REMINDED_BEFORE_MS, REMINDED_EVERY_MS};
use crate::ports::sql::Statement as Sql;
use crate::store::decisions::{self, Past};
use crate::store::letters::SealedLetter;
use crate::store::review_log::{self, NewLine};
use crate::store::{appeals, holds, images, known_bad, statements};
use crate::usecases::enlist::recognisable;
use crate::usecases::mail_link::page;
use crate::usecases::operate::case::has_looked;
use crate::usecases::review::{Review, Reviewed, release};
use crate::usecases::tell_operators::tell_operators;
use crate::usecases::typed;

/// An appeal with what it is about.
#[derive(Clone, Debug)]
pub struct Case {
    /// The appeal.
    pub appeal: Appeal,
    /// The statement that it is against.
    pub statement: Statement,
    /// Everything that was decided about the image, the latest first.
    pub decisions: Vec<Past>,
}

/// A page of the queue.
#[derive(Clone, Debug)]
pub struct Queue {
    /// What is to be decided, the most urgent first.
    pub waiting: Vec<Appeal>,
    /// Where the next page begins; none: this is the last.
    pub next: Option<(Timestamp, AppealId)>,
    /// What was decided, the latest first; on the first page only.
    pub decided: Vec<Appeal>,
}

/// The appeals that are to be decided, after one of them.
///
/// # Errors
/// If the database fails.
pub async fn list(app: &App, after: Option<(Timestamp, AppealId)>) -> Result<Queue, Fault> {
    let sql = app.ports.sql.as_ref();
    let decided = match after {
        None => appeals::decided(sql, PAGE).await.attempt("list appeals")?,
        Some(_) => Vec::new(),
    };
    let (at, id) = after.map_or((Timestamp(0), String::new()), |(at, id)| (at, id.to_string()));
    let mut waiting = appeals::waiting(sql, (at, &id), PAGE + 1).await.attempt("list appeals")?;
    let is_more = i64::try_from(waiting.len()).is_ok_and(|count| count > PAGE);
    waiting.truncate(usize::try_from(PAGE).unwrap_or(usize::MAX));
    let next = waiting.last().filter(|_| is_more).map(|last| (last.due_at, last.id.clone()));
    Ok(Queue { waiting, next, decided })
}

/// An appeal, for the operator who opens it, which is written down.
///
/// # Errors
/// `NotFound`; a fault if the database fails.
pub async fn open(app: &App, operator: &AccountId, id: &AppealId) -> Result<Case, Error> {
    let case = find(app, id).await?;
    let line = NewLine {
        operator: operator.as_str(),
        act: Act::Opened,
        about: About::Appeal,
        subject: id.as_str(),
        seen: Some("text"),
        ground: None,
        reason: "",
    };
    let log = review_log::append(&line, app.now());
    app.ports.sql.batch(vec![log]).await.attempt(&format!("note that the appeal {id} was opened"))?;
    Ok(case)
}

async fn find(app: &App, id: &AppealId) -> Result<Case, Error> {
    let (sql, attempted) = (app.ports.sql.as_ref(), format!("find the appeal {id}"));
    let appeal = appeals::find(sql, id).await.attempt(&attempted)?.ok_or(Problem::NotFound)?;
    let statement = statements::find(sql, &appeal.subject, appeal.number).await.attempt(&attempted)?;
    let statement = statement.ok_or(Problem::NotFound)?;
    let decisions = match image_of(&statement) {
        Some(image) => decisions::history(sql, &image, LISTED_MAX).await.attempt(&attempted)?,
        None => Vec::new(),
    };
    Ok(Case { appeal, statement, decisions })
}

/// Whether an operator has made the decision that is appealed against, or confirmed it.
#[must_use]
pub fn is_first_decider(case: &Case, operator: &str) -> bool {
    let of_statement = case.statement.operator.as_deref() == Some(operator);
    let since = |decided: &&Past| decided.decided_at >= case.statement.imposed_at;
    of_statement || case.decisions.iter().filter(since).any(|decided| decided.operator.as_deref() == Some(operator))
}

/// Whether an operator may decide: not what they have decided themselves, unless there is nobody else.
///
/// # Errors
/// If the database fails.
pub async fn may_decide(app: &App, case: &Case, operator: &str) -> Result<bool, Fault> {
    if !is_first_decider(case, operator) {
        return Ok(true);
    }
    let others = appeals::other_operators(app.ports.sql.as_ref(), operator).await;
    Ok(others.attempt("count operators")? == 0)
}

/// How many appeals are to be decided, as far as they are counted, and when the first is due.
///
/// # Errors
/// If the database fails.
pub async fn count_waiting(app: &App) -> Result<Waiting, Fault> {
    appeals::count_waiting(app.ports.sql.as_ref(), COUNTED_MAX).await.attempt("count appeals")
}

/// What an operator has looked at: the log says it, so that nobody has to be believed.
///
/// # Errors
/// If the database fails.
pub async fn seen_by(app: &App, case: &Case, operator: &AccountId) -> Result<Seen, Fault> {
    let Some(image) = image_of(&case.statement) else { return Ok(Seen::Facts) };
    Ok(if has_looked(app, operator, &image).await? { Seen::Image } else { Seen::Facts })
}

/// What an operator decides.
#[derive(Clone, Copy, Debug)]
pub struct Verdict<'a> {
    /// Who.
    pub operator: &'a AccountId,
    /// Whether the restriction stands.
    pub outcome: AppealOutcome,
    /// Why, in words for whoever appealed.
    pub reason: &'a str,
}

/// Decides an appeal. Done twice with the same words, it is done once.
///
/// # Errors
/// `NotFound`, `InvalidField`, `FirstDecider`, `AppealImpossible`; a fault if the database fails. What was decided and could not be
/// carried out at once, a job carries out.
pub async fn decide(app: &App, id: &AppealId, verdict: Verdict<'_>) -> Result<(), Error> {
    let reason = typed::line("reason", verdict.reason, 1, REASON_CHARS_MAX)?;
    let case = find(app, id).await?;
    if is_decided(&case.appeal, &verdict)? {
        return Ok(());
    }
    if !may_decide(app, &case, verdict.operator.as_str()).await? {
        return Err(Problem::FirstDecider.into());
    }
    let (sql, now, attempted) = (app.ports.sql.as_ref(), app.now(), format!("decide the appeal {id}"));
    let seen = seen_by(app, &case, verdict.operator).await?;
    let line = NewLine {
        operator: verdict.operator.as_str(),
        act: Act::Decided,
        about: About::Appeal,
        subject: id.as_str(),
        seen: Some(seen.as_str()),
        ground: case.statement.ground.map(Ground::as_str),
        reason: &format!("{}: {reason}", verdict.outcome.as_str()),
    };
    // What follows is the same whether it is done now or by the job.
    let batch = vec![
        appeals::decide(id, (verdict.outcome, &reason), verdict.operator, now, None),
        review_log::append(&line, now),
    ];
    if let Err(failure) = sql.batch(batch).await {
        // Somebody was quicker, or the platform repeated the write: the row tells.
        let found = find(app, id).await?;
        if !is_decided(&found.appeal, &verdict)? {
            return Err(Fault { attempted, cause: failure.into() }.into());
        }
    }
    let decided = find(app, id).await?;
    if let Err(fault) = carry_out(app, &decided, seen).await {
        log_fault(app, &fault);
    }
    Ok(())
}

/// Whether it is decided so already.
fn is_decided(appeal: &Appeal, verdict: &Verdict<'_>) -> Result<bool, Problem> {
    let is_same = appeal.outcome == Some(verdict.outcome)
        && appeal.decided_by.as_deref() == Some(verdict.operator.as_str())
        && appeal.reason.as_deref() == Some(verdict.reason.trim());
    match appeal.decided_at {
        None => Ok(false),
        Some(_) if is_same => Ok(true),
        Some(_) => Err(Problem::AppealImpossible { detail: "somebody has decided about it".into() }),
    }
}

/// Carries out what was decided and was not; answers how many appeals.
///
/// # Errors
/// The first fault; the others are carried out all the same.
pub async fn finish_some(app: &App) -> Result<usize, Fault> {
    let unfinished = appeals::unfinished(app.ports.sql.as_ref(), FINISHED_MAX).await.attempt("find decided appeals")?;
    let (mut done, mut first_fault) = (0, None);
    for appeal in unfinished {
        let finished = match find(app, &appeal.id).await {
            Ok(case) => carry_out(app, &case, Seen::Facts).await,
            Err(Error::Fault(fault)) => Err(fault),
            Err(Error::Problem(_)) => Ok(()),
        };
        match finished {
            Ok(()) => done += 1,
            Err(fault) => {
                first_fault.get_or_insert(fault);
            }
        }
    }
    first_fault.map_or(Ok(done), Err)
}

/// Brings back what is to come back, lets go what was kept, and tells whoever appealed. Each step can be done again.
async fn carry_out(app: &App, case: &Case, seen: Seen) -> Result<(), Fault> {
    let Case { appeal, statement, .. } = case;
    let attempted = format!("carry out what was decided about the appeal {}", appeal.id);
    let image = image_of(statement);
    let is_reversed = appeal.outcome == Some(AppealOutcome::Reversed);
    let (is_back, ends) = match &image {
        Some(image) if is_reversed => bring_back(app, case, image, seen).await?,
        _ => (None, is_reversed),
    };
    let now = app.now();
    let letter = letter_to_appellant(app, case, is_back).await?;
    let mut batch: Vec<Sql> = letter.iter().map(|letter| appeals::write_letter(&appeal.id, letter)).collect();
    batch.push(appeals::finish(&appeal.id, is_back, now));
    if ends {
        batch.push(statements::end(&statement.subject, statement.number, now));
    }
    if let Some(image) = &image {
        batch.push(holds::release(image, HoldKind::Appeal, now));
        batch.push(appeals::shorten_recovery(image.as_str(), app.settings.retention.recovery_ms(), now));
    }
    app.ports.sql.batch(batch).await.attempt(&attempted)?;
    if let Some(letter) = letter {
        write_letter::post(app, &letter.id).await;
    }
    Ok(())
}

/// Whether the image is where it was, and whether the restriction has ended. It has not if the image is on a list of somebody else's
/// by now, or kept for an authority: no person's decision outranks that.
async fn bring_back(app: &App, case: &Case, image: &ImageId, seen: Seen) -> Result<(Option<bool>, bool), Fault> {
    let Case { appeal, statement, .. } = case;
    if statement.ended_at.is_some() {
        return Ok((Some(is_public(app, image).await?), false));
    }
    let review = Review {
        reviewer: Reviewer { operator: appeal.decided_by.clone().unwrap_or_default(), seen },
        ground: Ground::NothingFound,
        reason: appeal.reason.clone().unwrap_or_default(),
        notice: None,
    };
    // First, or what an operator has put on the list because of the same decision could not come back.
    let hashes = recognisable(app, image).await?;
    let unlisted = app.ports.sql.batch(vec![known_bad::unlist(&hashes, image)]).await;
    unlisted.attempt(&format!("take {image} off the list"))?;
    match release(app, image, review).await? {
        Reviewed::Listed | Reviewed::Sealed => Ok((Some(false), false)),
        _ => Ok((Some(is_public(app, image).await?), true)),
    }
}

async fn is_public(app: &App, image: &ImageId) -> Result<bool, Fault> {
    let attempted = format!("see whether {image} is back");
    let found = images::states(app.ports.sql.as_ref(), std::slice::from_ref(image)).await.attempt(&attempted)?;
    match found.first().map(|found| found.state) {
        Some(State::Live | State::Releasing) => Ok(true),
        // Its bytes are still on their way out of view; then they can come back.
        Some(State::Removing) => {
            Err(Fault { attempted, cause: Cause::Invariant("its bytes are still being moved".into()) })
        }
        _ => Ok(false),
    }
}

async fn letter_to_appellant(app: &App, case: &Case, is_back: Option<bool>) -> Result<Option<SealedLetter>, Fault> {
    let Some(account) = &case.appeal.account_id else { return Ok(None) };
    let Some(Reader { key, address, .. }) = reader(app, account).await? else { return Ok(None) };
    let path = match case.statement.kind {
        Restriction::Suspension => "/settings/statement".to_owned(),
        _ => format!("/{}/statement", case.statement.subject),
    };
    let letter = Letter::AppealDecided {
        outcome: outcome_words(case.appeal.outcome, is_back).to_owned(),
        reason: case.appeal.reason.clone().unwrap_or_default(),
        link: page(app, &path)?,
    };
    write_letter::seal(app, account, &key, &address, letter).map(Some)
}

/// What came of an appeal, for whoever appealed.
#[must_use]
pub fn outcome_words(outcome: Option<AppealOutcome>, is_back: Option<bool>) -> &'static str {
    match (outcome, is_back) {
        (Some(AppealOutcome::Reversed), Some(true)) => {
            "The decision was wrong and is taken back. The picture is at its old address again."
        }
        (Some(AppealOutcome::Reversed), Some(false)) => {
            "The decision was wrong and is taken back. The picture cannot be brought back: its bytes are not there any more, or it is on a list of what is never shown."
        }
        (Some(AppealOutcome::Reversed), None) => "The decision was wrong and is taken back.",
        (Some(AppealOutcome::Upheld), _) => "The decision stands.",
        (Some(AppealOutcome::Withdrawn), _) => "The appeal is withdrawn.",
        (None, _) => "It is not decided yet.",
    }
}

/// Reminds operators of appeals whose time is near or past; answers of how many.
///
/// # Errors
/// If something of ours failed; it is then tried again with the next run.
pub async fn remind(app: &App, now: Timestamp) -> Result<usize, Fault> {
    let (due_by, before) = (now.plus_ms(REMINDED_BEFORE_MS), now.plus_ms(-REMINDED_EVERY_MS));
    let due = appeals::to_remind(app.ports.sql.as_ref(), due_by, before, LISTED_MAX).await;
    let due = due.attempt("find appeals to remind of")?;
    if due.is_empty() {
        return Ok(0);
    }
    let line = |appeal: &Appeal| {
        let when = if appeal.due_at <= now { "overdue since" } else { "due by" };
        format!("The appeal {}, {when} {}", appeal.id, appeal.due_at.human())
    };
    let ids: Vec<AppealId> = due.iter().map(|appeal| appeal.id.clone()).collect();
    let letter = Letter::AppealsDue { appeals: due.iter().map(line).collect(), link: page(app, "/operate/appeals")? };
    tell_operators(app, &letter, vec![appeals::note_reminded(&ids, now)]).await?;
    Ok(due.len())
}
