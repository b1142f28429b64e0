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

/// Why an operator does something, in words.
///
/// # Errors
/// `InvalidField` if there are none, or too many.
pub fn reason(text: &str) -> Result<String, Problem> {
    let text = text.trim();
    let invalid = |detail: String| Problem::InvalidField { field: "reason", detail };
    if text.is_empty() {
        return Err(invalid("a few words that say why".into()));
    }
    if text.chars().count() > REASON_CHARS_MAX || text.chars().any(char::is_control) {
        return Err(invalid(format!("at most {REASON_CHARS_MAX} characters, on one line")));
    }
    Ok(text.to_owned())
}
