//! `/operate/review`: pictures that wait for a person, and what is decided about each.

pub mod decision;
pub mod picture;
pub mod queue;

use crate::domain::image::{RemovalReason, State};
use crate::domain::review::Cause;
use crate::domain::verdict::Verdict;

/// Why a picture waits.
fn cause(cause: Cause) -> &'static str {
    match cause {
        Cause::Flagged => "The model is not sure; it is public meanwhile",
        Cause::Prohibited => "The model keeps it from the public, which may be a mistake",
        Cause::Unscanned => "Nothing could judge it yet",
        Cause::KnownBad => "It is on a list of known material",
        Cause::Reported => "A person had it held, or took a decision back",
    }
}

/// Where a picture is in its life.
fn state(state: State, reason: Option<RemovalReason>) -> &'static str {
    match (state, reason) {
        (State::Pending, _) => "not there yet",
        (State::Held, _) => "held, and not shown",
        (State::Releasing, _) => "about to be public",
        (State::Live, _) => "public",
        (State::Removing | State::Recovery, Some(RemovalReason::Deleted)) => "deleted by its owner, not erased yet",
        (State::Removing | State::Recovery, Some(RemovalReason::Expired)) => "its time is over, not erased yet",
        (State::Removing | State::Recovery, _) => "removed, not erased yet",
        (State::Gone, _) => "erased",
    }
}

/// What was concluded about a picture.
fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Safe => "safe",
        Verdict::Flagged => "flagged",
        Verdict::Restricted => "needs a warning",
        Verdict::Prohibited => "prohibited",
        Verdict::Unscanned => "not judged",
    }
}
