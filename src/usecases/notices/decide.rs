//! What an operator decides about a notice: one decision for all its images. It is written down first, with the line in the log,
//! the letter to the notifier, and of a removal for copyright the holds that keep the bytes for an answer; then it is carried out.

use super::carry_out::carry_out;
use super::{find, letter_to_notifier, text_of, tracking_link};
use crate::app::App;
use crate::domain::decision::{Reviewer, Seen};
use crate::domain::ground::Ground;
use crate::domain::hold::HoldKind;
use crate::domain::ids::{AccountId, NoticeId};
use crate::domain::letter::Letter;
use crate::domain::notice::{Decided, Notice, NoticeKind, NoticeOutcome};
use crate::domain::review::{About, Act, Choice};
use crate::error::{Attempt as _, Error, Fault, Problem};
use crate::policy::grounds::rule_of;
use crate::policy::notices::{ANSWERED_WITHIN_MS, CARRIED_OUT_AT_ONCE, COPIES_MAX, KEPT_MS, TRUSTED_URLS_MAX};
use crate::policy::review::{LOOK_MS, REASON_CHARS_MAX};
use crate::ports::sql::SqlFailure;
use crate::store::review_log::{self, NewLine};
use crate::store::{holds, notice_images, notices, removals};
use crate::usecases::remove::log_fault;
use crate::usecases::review::{self, Review};
use crate::usecases::{typed, write_letter};

/// Every state in which there may be bytes to keep.
pub(super) const ANYWHERE: &[&str] = &["live", "held", "releasing", "removing", "recovery"];

/// Images of a notice, with copies.
pub(super) const IMAGES_MAX: i64 = TRUSTED_URLS_MAX as i64 + COPIES_MAX;

/// What an operator decides.
#[derive(Clone, Debug)]
pub struct Verdict<'a> {
    /// What.
    pub outcome: NoticeOutcome,
    /// On which ground.
    pub ground: Ground,
    /// Why; the notifier and the uploader read it.
    pub reason: &'a str,
    /// The operator's account.
    pub operator: &'a AccountId,
}

/// Decides about a notice, once. Answers whether it is carried out already: otherwise a job does within minutes.
///
/// # Errors
/// `NotFound`, `InvalidField`; a fault if something of ours failed. If it is written down already, the rest follows by itself.
pub async fn decide(app: &App, id: &NoticeId, verdict: Verdict<'_>) -> Result<bool, Error> {
    let attempted = format!("decide about notice {id}");
    let notice = find(app, id).await?.ok_or(Problem::NotFound)?;
    let reason = typed::line("reason", verdict.reason, 1, REASON_CHARS_MAX)?;
    check_ground(&verdict)?;
    let now = app.now();
    if notice.decided.is_some() {
        return Ok(true);
    }
    let seen = seen_by(app, id, verdict.operator).await?;
    let decided = Decided {
        at: now,
        outcome: verdict.outcome,
        ground: verdict.ground,
        reason,
        operator: verdict.operator.to_string(),
        has_seen_images: seen == Seen::Image,
    };
    let line = NewLine {
        operator: verdict.operator.as_str(),
        act: Act::Decided,
        about: About::Notice,
        subject: id.as_str(),
        seen: Some(seen.as_str()),
        ground: Some(verdict.ground.as_str()),
        reason: &decided.reason,
    };
    let mut statements = vec![
        notices::refuse_decided(id),
        notices::decide(id, &decided, now.plus_ms(KEPT_MS)),
        review_log::append(&line, now),
    ];
    if is_answerable(&notice, verdict.outcome) {
        let images = notice_images::of_notice(app.ports.sql.as_ref(), id, IMAGES_MAX).await.attempt(&attempted)?;
        let until = now.plus_ms(ANSWERED_WITHIN_MS);
        let (kind, why) = (HoldKind::CounterNotice, "its uploader may answer a claim of copyright");
        for image in &images {
            statements.push(holds::place(&image.image_id, ANYWHERE, kind, why, until, now));
            statements.push(removals::keep_until(&image.image_id, until));
        }
    }
    let letter = match text_of(app, &notice).await? {
        Some((key, text)) => {
            let link = tracking_link(app, id, &text.token)?;
            let outcome = verdict.outcome.label().to_owned();
            let letter = Letter::NoticeDecided { outcome, reason: decided.reason.clone(), link };
            letter_to_notifier(app, id, (&key, &text), letter).await?
        }
        None => None,
    };
    let (letter, statement) = letter.map(|written| (written.id, written.statement)).unzip();
    statements.extend(statement);
    let written = match app.ports.sql.batch(statements).await {
        // Somebody was quicker: nothing was written, and theirs is carried out.
        Err(SqlFailure::Refused(_)) => Ok(Vec::new()),
        written => written,
    };
    written.attempt(&attempted)?;
    if let Some(letter) = letter {
        write_letter::post(app, &letter).await;
    }
    // It is decided whatever comes of this: the job goes on.
    let carried_out = carry_out(app, id, CARRIED_OUT_AT_ONCE, now).await.inspect_err(|fault| log_fault(app, fault));
    Ok(carried_out.is_ok_and(|is_done| is_done))
}

/// Takes every image of a notice that is in public view out of it until it is decided.
///
/// # Errors
/// `NotFound`, `InvalidField`; a fault if something of ours failed: it can be done again.
pub async fn hold(app: &App, id: &NoticeId, operator: &AccountId, reason: &str) -> Result<usize, Error> {
    let attempted = format!("hold the images of notice {id}");
    let (sql, now) = (app.ports.sql.as_ref(), app.now());
    let notice = find(app, id).await?.filter(|notice| notice.decided.is_none()).ok_or(Problem::NotFound)?;
    let reason = typed::line("reason", reason, 1, REASON_CHARS_MAX)?;
    let reviewer = Reviewer { operator: operator.to_string(), seen: seen_by(app, id, operator).await? };
    let line = NewLine {
        operator: operator.as_str(),
        act: Act::Held,
        about: About::Notice,
        subject: id.as_str(),
        seen: Some(reviewer.seen.as_str()),
        ground: Some(Ground::Undecided.as_str()),
        reason: &reason,
    };
    let statements = vec![notice_images::note_all_held(id, now), review_log::append(&line, now)];
    sql.batch(statements).await.attempt(&attempted)?;
    let mut held = 0;
    for image in notice_images::of_notice(sql, id, IMAGES_MAX).await.attempt(&attempted)? {
        if image.held_at.is_some() {
            let review = Review {
                reviewer: reviewer.clone(),
                ground: Ground::Undecided,
                reason: reason.clone(),
                notice: Some(notice.id.clone()),
            };
            review::hold(app, &image.image_id, review).await?;
            held += 1;
        }
    }
    Ok(held)
}

/// What an operator has looked at: the log says it, so that nobody has to be believed.
///
/// # Errors
/// If the database fails.
pub async fn seen_by(app: &App, id: &NoticeId, operator: &AccountId) -> Result<Seen, Fault> {
    let since = app.now().plus_ms(-LOOK_MS);
    let looked = notice_images::has_looked(app.ports.sql.as_ref(), id, operator, since).await;
    Ok(if looked.attempt(&format!("find who has looked at {id}"))? { Seen::Image } else { Seen::Facts })
}

/// Whether uploaders may answer a decision with a counter-notice.
#[must_use]
pub fn is_answerable(notice: &Notice, outcome: NoticeOutcome) -> bool {
    notice.kind == NoticeKind::Copyright && outcome == NoticeOutcome::Prohibited
}

/// Images leave on a ground that something speaks against them, and stay on one that nothing does.
fn check_ground(verdict: &Verdict<'_>) -> Result<(), Problem> {
    let choice = match verdict.outcome {
        NoticeOutcome::Prohibited => Choice::Prohibit,
        NoticeOutcome::Restricted => Choice::Restrict,
        NoticeOutcome::NoAction | NoticeOutcome::Withdrawn => Choice::Release,
    };
    let detail = "one that leads to this decision: nothing wrong, if the pictures stay".to_owned();
    if rule_of(verdict.ground).leads_to(choice) {
        Ok(())
    } else {
        Err(Problem::InvalidField { field: "ground", detail })
    }
}
