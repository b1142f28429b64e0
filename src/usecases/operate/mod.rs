//! What operators do: look, decide, take back, find. Whatever they see and decide is in the review log (promise IMP-22).

pub mod case;
pub mod decide;
pub mod find;
pub mod log;
pub mod look;
pub mod queue;
pub mod restore;
pub mod undo;

use crate::error::Problem;
use crate::policy::review::REASON_CHARS_MAX;
use crate::usecases::review::Reviewed;
use crate::usecases::typed;

/// Whether a decision has changed what it is about.
fn has_effect(outcome: Reviewed) -> bool {
    match outcome {
        Reviewed::Released { .. }
        | Reviewed::Restricted { .. }
        | Reviewed::Prohibited { .. }
        | Reviewed::Held { .. } => true,
        Reviewed::Listed | Reviewed::Sealed | Reviewed::Refused | Reviewed::NothingWaits => false,
    }
}

/// Why a decision has not.
fn no_effect(outcome: Reviewed) -> Problem {
    let detail = match outcome {
        Reviewed::Listed => "it is on a list of known material and stays out of view; the list has to be changed first",
        Reviewed::Sealed => "it is under a legal hold and stays where it is until that ends",
        Reviewed::Refused => "it is no file that is taken, and was given up",
        _ => "there is nothing to decide: somebody was quicker, or it has left",
    };
    // Of the form as a whole: there may be no form any more.
    Problem::InvalidField { field: "", detail: detail.into() }
}

/// Why an operator does something, in words.
///
/// # Errors
/// `InvalidField` if there are none, or too many.
pub fn reason(text: &str) -> Result<String, Problem> {
    typed::line("reason", text, 1, REASON_CHARS_MAX)
}
