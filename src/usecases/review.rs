//! What a person decides about an image, after an automatic check or somebody's report. Every decision is stored with
//! who made it, what was seen and why, in the same batch as its effect (promise IMP-22).

use crate::app::App;
use crate::domain::decision::{DecidedBy, Decision, Reviewer};
use crate::domain::ids::ImageId;
use crate::domain::image::{RemovalReason, State};
use crate::domain::review::Outcome;
use crate::domain::verdict::Verdict;
use crate::error::{Attempt as _, Fault};
use crate::policy::verdicts::POLICY_VERSION;
use crate::store::{decisions, images, removals, review_queue};
use crate::usecases::remove::{Removed, finish_or_leave};

/// A person's decision, in the person's words.
#[derive(Clone, Debug)]
pub struct Review {
    /// Who decides, and what was seen.
    pub reviewer: Reviewer,
    /// Why.
    pub reason: String,
}

/// What a decision achieved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reviewed {
    /// The image stays in public view.
    Released,
    /// The image leaves public view, or stays out of it.
    Prohibited {
        /// Whether its bytes have left the public bucket already; otherwise they do within about a minute.
        is_done: bool,
    },
    /// There was nothing to decide: somebody was quicker, or the image has left.
    NothingWaits,
}

/// Finds a flagged image to be safe: it stays, and leaves the queue.
///
/// # Errors
/// If the database fails.
pub async fn release(app: &App, id: &ImageId, review: Review) -> Result<Reviewed, Fault> {
    let now = app.now();
    let decision = decision(Verdict::Safe, review);
    let statements = vec![
        decisions::append_if_waiting(id, &["live"], &decision, now),
        review_queue::clear_flag(id, decision.policy_version),
        review_queue::decide(id, &["live"], Outcome::Released, now),
    ];
    let decided = app.ports.sql.batch(statements).await.attempt(&format!("release {id}"))?;
    let is_released = decided.last().is_some_and(|closed| !closed.is_empty());
    Ok(if is_released { Reviewed::Released } else { Reviewed::NothingWaits })
}

/// Finds an image to be prohibited: a public one leaves public view, one that was withheld stays withheld. Either
/// waits in recovery for its window, and is then erased.
///
/// # Errors
/// If the database fails. If only the storage does, the removal is finished by the next run of its job.
pub async fn prohibit(app: &App, id: &ImageId, review: Review) -> Result<Reviewed, Fault> {
    let now = app.now();
    let attempted = format!("prohibit {id}");
    let sql = app.ports.sql.as_ref();
    let decision = decision(Verdict::Prohibited, review);
    let statements = vec![
        decisions::append(id, &["live"], &decision, now),
        decisions::append_if_waiting(id, &["recovery"], &decision, now),
        removals::begin_prohibited(id, decision.policy_version, now),
        review_queue::decide(id, &["removing", "recovery"], Outcome::Prohibited, now),
    ];
    let decided = sql.batch(statements).await.attempt(&attempted)?;
    let found = images::states(sql, std::slice::from_ref(id)).await.attempt(&attempted)?;
    if let Some(images::IdState { state: State::Removing, removal_reason: Some(RemovalReason::Removed), .. }) =
        found.first()
    {
        let removed = finish_or_leave(app, id, RemovalReason::Removed, now).await;
        return Ok(Reviewed::Prohibited { is_done: matches!(removed, Removed::Done { .. }) });
    }
    let is_upheld = decided.last().is_some_and(|closed| !closed.is_empty());
    Ok(if is_upheld { Reviewed::Prohibited { is_done: true } } else { Reviewed::NothingWaits })
}

fn decision(verdict: Verdict, review: Review) -> Decision {
    Decision {
        verdict,
        decided_by: DecidedBy::Operator,
        model: None,
        scores: Vec::new(),
        thresholds: Vec::new(),
        policy_version: POLICY_VERSION,
        reviewer: Some(review.reviewer),
        reason: review.reason,
    }
}
