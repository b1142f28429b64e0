//! The review log, page after page, the latest first.

use crate::app::App;
use crate::error::{Attempt as _, Fault};
use crate::policy::review::PAGE;
use crate::store::review_log;

pub use crate::store::review_log::Line;

/// Lines before the one of this number, or the latest; and before which the next page begins, if there are more.
///
/// # Errors
/// If the database fails.
pub async fn page(app: &App, before: Option<i64>) -> Result<(Vec<Line>, Option<i64>), Fault> {
    let lines = review_log::before(app.ports.sql.as_ref(), before.unwrap_or(i64::MAX >> 11), PAGE + 1).await;
    let mut lines = lines.attempt("read the review log")?;
    let limit = usize::try_from(PAGE).unwrap_or_default();
    let has_more = lines.len() > limit;
    lines.truncate(limit);
    let next = lines.last().filter(|_| has_more).map(|line| line.number);
    Ok((lines, next))
}
