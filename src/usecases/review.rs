//! What a person decides about an image, after an automatic check or somebody's report. Every decision is stored with
//! who made it, what was seen and why, in the same batch as its effect (promise IMP-22).

use crate::app::App;
use crate::domain::decision::{DecidedBy, Decision, Reviewer};
use crate::domain::ground::Ground;
use crate::domain::ids::{ImageId, NoticeId};
use crate::domain::image::{HeldImage, HeldReason, Image, RemovalReason, State};
use crate::domain::review::{Cause, Outcome};
use crate::domain::time::Timestamp;
use crate::domain::verdict::Verdict;
use crate::error::{Attempt as _, Cause as FaultCause, Fault};
use crate::policy::grounds::rule_of;
use crate::policy::holding::{HELD_MS, wait_ms};
use crate::policy::retention::Window;
use crate::policy::statements::STATEMENT_MS;
use crate::policy::strikes::{STRIKE_MS, STRIKES_MAX};
use crate::policy::verdicts::POLICY_VERSION;
use crate::ports::sql::Statement;
use crate::store::standings::{self, Standing};
use crate::store::{decisions, held, images, removals, review_queue, strikes};
use crate::usecases::judge;
use crate::usecases::known_bad::{self, recognise};
use crate::usecases::relabel::relabel;
use crate::usecases::release::{self, Reexamined, released};
use crate::usecases::remove::{copy_to_held, finish_or_leave, log_fault, move_to_held};
use crate::usecases::seal;

/// A person's decision, in the person's words.
#[derive(Clone, Debug)]
pub struct Review {
    /// Who decides, and what was seen.
    pub reviewer: Reviewer,
    /// What it rests on.
    pub ground: Ground,
    /// Why, in words.
    pub reason: String,
    /// The notice that led to it, if one did.
    pub notice: Option<NoticeId>,
}

/// What a decision achieved. `is_done`: the bytes are where they belong already; otherwise they are within minutes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reviewed {
    /// The image is in public view, or stays there.
    Released {
        /// See above.
        is_done: bool,
    },
    /// The image is in public view behind a warning.
    Restricted {
        /// See above.
        is_done: bool,
    },
    /// The image leaves public view, or stays out of it.
    Prohibited {
        /// See above.
        is_done: bool,
    },
    /// The image is out of public view until somebody decides.
    Held {
        /// See above.
        is_done: bool,
    },
    /// It is on a list of known material, and is out of public view for good: no person's decision outranks that.
    Listed,
    /// The law has it kept where it is: no decision brings it back before the hold has ended.
    Sealed,
    /// It is no file that is taken, and was given up.
    Refused,
    /// There was nothing to decide: somebody was quicker, or the image has left.
    NothingWaits,
}

/// Finds an image to be safe: a public one stays and loses its warning, if it has one; one that is held, or was
/// found to be prohibited and is still in recovery, becomes public at its old address; so does one that a warning had leave early.
///
/// # Errors
/// If a port fails. Before the decision is written, that changes nothing; afterwards, the job finishes what it says.
pub async fn release(app: &App, id: &ImageId, review: Review) -> Result<Reviewed, Fault> {
    permit(app, id, Verdict::Safe, review).await
}

/// Finds that an image needs a warning and the shorter window that goes with it; otherwise as [`release`].
///
/// # Errors
/// As [`release`].
pub async fn restrict(app: &App, id: &ImageId, review: Review) -> Result<Reviewed, Fault> {
    permit(app, id, Verdict::Restricted, review).await
}

async fn permit(app: &App, id: &ImageId, verdict: Verdict, review: Review) -> Result<Reviewed, Fault> {
    let decision = decision(verdict, review);
    if known_bad::withhold_if_listed(app, id).await? {
        return Ok(Reviewed::Listed);
    }
    match standings::find(app.ports.sql.as_ref(), id).await.attempt(&format!("find {id}"))? {
        Some(Standing::Live(image)) => permit_live(app, *image, &decision).await,
        Some(Standing::Held(_) | Standing::Withheld(_)) if seal::is_sealed(app, id).await? => Ok(Reviewed::Sealed),
        Some(Standing::Held(image)) => permit_held(app, release::From::Held, &image, &decision).await,
        Some(Standing::Withheld(image)) => {
            // Before anything is copied that nothing would come of.
            if release::retention_of(app, &image, verdict).is_none() || !copy_to_held(app, id).await? {
                return Ok(Reviewed::NothingWaits);
            }
            permit_held(app, release::From::Recovery, &image, &decision).await
        }
        // It is about to be public, and can then be judged as such.
        Some(Standing::Releasing(_)) | None => Ok(Reviewed::NothingWaits),
    }
}

/// The words for what a permission came to.
fn permitted(verdict: Verdict, is_done: bool) -> Reviewed {
    match verdict {
        Verdict::Restricted => Reviewed::Restricted { is_done },
        _ => Reviewed::Released { is_done },
    }
}

fn outcome(verdict: Verdict) -> Outcome {
    match verdict {
        Verdict::Restricted => Outcome::Restricted,
        _ => Outcome::Released,
    }
}

async fn permit_live(app: &App, image: Image, decision: &Decision) -> Result<Reviewed, Fault> {
    let (now, id, verdict) = (app.now(), &image.id, decision.verdict);
    let policy = &app.settings.retention;
    let window = policy.window_of(image.surface, image.owner.as_ref(), verdict, image.created_at, image.ttl_ms);
    let Window::Kept(retention) = window else {
        let attempted = format!("permit {id}");
        return Err(Fault { attempted, cause: FaultCause::Invariant("the policy keeps no such image".into()) });
    };
    let judged = Image { verdict, policy_version: decision.policy_version, retention, ..image.clone() };
    // Also if it is labelled so already, as far as was read: somebody else may be deciding otherwise.
    let next_attempt_at = now.plus_ms(wait_ms(0));
    let statements = vec![
        decisions::append_if_new(id, &["live"], decision, now),
        standings::rejudge_live(&judged, next_attempt_at),
        review_queue::decide(id, &["live"], outcome(verdict), now),
    ];
    let written = app.ports.sql.batch(statements).await.attempt(&format!("permit {id}"))?;
    if written.first().is_none_or(Vec::is_empty) {
        return Ok(Reviewed::NothingWaits);
    }
    let is_done = relabel(app, &judged).await.inspect_err(|fault| log_fault(app, fault)).is_ok();
    Ok(permitted(verdict, is_done))
}

async fn permit_held(
    app: &App,
    from: release::From,
    image: &HeldImage,
    decision: &Decision,
) -> Result<Reviewed, Fault> {
    let (id, verdict) = (&image.id, decision.verdict);
    if from == release::From::Held && image.reason == HeldReason::Review {
        move_to_held(app, id, app.now()).await?;
    }
    let attempted = format!("release {id}");
    let fault = |what: &str| Fault { attempted: attempted.clone(), cause: FaultCause::Vision(what.into()) };
    let examined = match release::reexamine(app, id).await? {
        Reexamined::Examined(examined) => *examined,
        Reexamined::Busy => return Err(fault("it has too much to do")),
        Reexamined::Missing => return Ok(Reviewed::NothingWaits),
        Reexamined::Refused => {
            judge::refuse(app, id, app.now()).await?;
            return Ok(Reviewed::Refused);
        }
    };
    let hashes = examined.hashes();
    if let Some(hit) = recognise(app, &hashes).await? {
        known_bad::withhold(app, id, Some((&examined.facts, &hashes)), &hit, app.now()).await?;
        return Ok(Reviewed::Listed);
    }
    let Some(judged) = released(app, image, &examined, decision) else { return Ok(Reviewed::NothingWaits) };
    match release::release(app, from, &judged, decision, Some(outcome(verdict)), examined).await {
        Ok(true) => Ok(permitted(verdict, true)),
        Ok(false) => Ok(Reviewed::NothingWaits),
        Err(fault) => match standings::find(app.ports.sql.as_ref(), id).await.attempt(&attempted)? {
            // Decided, and the rest is the job's.
            Some(Standing::Releasing(_) | Standing::Live(_)) => {
                log_fault(app, &fault);
                Ok(permitted(verdict, false))
            }
            _ => Err(fault),
        },
    }
}

/// Finds an image to be prohibited: a public one leaves public view, one that is held or was withheld stays out of it.
/// Either waits in recovery for its window, and is then erased; what the law has reported is sealed (usecases/seal.rs).
///
/// # Errors
/// If the database fails. If only the storage does, the removal is finished by the next run of its job.
pub async fn prohibit(app: &App, id: &ImageId, review: Review) -> Result<Reviewed, Fault> {
    let now = app.now();
    let attempted = format!("prohibit {id}");
    let sql = app.ports.sql.as_ref();
    let sealing = seal::statements(app, id, review.ground, now).await?;
    let decision = decision(Verdict::Prohibited, review);
    let mut statements = vec![
        decisions::append(id, &["live", "held", "releasing"], &decision, now),
        decisions::append_if_new(id, &["recovery"], &decision, now),
        removals::begin_prohibited(id, decision.policy_version, now),
        held::prohibit(id, decision.policy_version, None, now),
    ];
    let closed = statements.len();
    statements.push(review_queue::decide(id, &["removing", "recovery"], Outcome::Prohibited, now));
    statements.extend(sealing);
    statements.extend(strike(id, &decision, now));
    let decided = sql.batch(statements).await.attempt(&attempted)?;
    let found = images::states(sql, std::slice::from_ref(id)).await.attempt(&attempted)?;
    if let Some(images::IdState {
        state: State::Removing,
        removal_reason: Some(reason @ (RemovalReason::Removed | RemovalReason::Prohibited)),
        ..
    }) = found.first()
    {
        let removed = finish_or_leave(app, id, *reason, now).await;
        return Ok(Reviewed::Prohibited { is_done: removed.is_done() });
    }
    let is_upheld = decided.get(closed).is_some_and(|closed| !closed.is_empty());
    Ok(if is_upheld { Reviewed::Prohibited { is_done: true } } else { Reviewed::NothingWaits })
}

/// The strike against whose image it is, if the ground is one for that, and the suspension that may follow.
fn strike(id: &ImageId, decision: &Decision, now: Timestamp) -> Vec<Statement> {
    let Some(ground) = decision.ground.filter(|ground| rule_of(*ground).is_strike) else { return Vec::new() };
    let reason = format!("{STRIKES_MAX} pictures within twelve months were found by persons to be prohibited");
    let forget_after = now.plus_ms(STATEMENT_MS);
    vec![
        strikes::add(id, ground, now, now.plus_ms(STRIKE_MS)),
        strikes::suspend_if_due(id, STRIKES_MAX, &reason, now, forget_after),
    ]
}

/// Takes a public image out of public view until somebody decides, and puts it into the queue.
///
/// # Errors
/// If the database fails. If only the storage does, the job moves the bytes.
pub async fn hold(app: &App, id: &ImageId, review: Review) -> Result<Reviewed, Fault> {
    let now = app.now();
    let attempted = format!("hold {id}");
    let sql = app.ports.sql.as_ref();
    let decision = decision(Verdict::Unscanned, review);
    let statements = vec![
        decisions::append(id, &["live"], &decision, now),
        held::hold_live(id, now.plus_ms(HELD_MS), now),
        // As urgent as a refusal that may be a mistake: meanwhile it is one.
        review_queue::enter(id, &["held"], Cause::Reported, Verdict::Prohibited.severity(), now),
    ];
    sql.batch(statements).await.attempt(&attempted)?;
    match standings::find(sql, id).await.attempt(&attempted)? {
        Some(Standing::Held(image)) if image.reason == HeldReason::Review => {
            let moved = move_to_held(app, id, now).await.inspect_err(|fault| log_fault(app, fault));
            Ok(Reviewed::Held { is_done: moved.is_ok() })
        }
        _ => Ok(Reviewed::NothingWaits),
    }
}

fn decision(verdict: Verdict, review: Review) -> Decision {
    Decision {
        reviewer: Some(review.reviewer),
        ground: Some(review.ground),
        notice: review.notice,
        ..Decision::bare(verdict, DecidedBy::Operator, POLICY_VERSION, review.reason)
    }
}
