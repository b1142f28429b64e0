//! What waits for a person, page after page.

use crate::app::App;
use crate::error::{Attempt as _, Fault};
use crate::policy::review::{COUNTED_MAX, PAGE};
use crate::store::review_queue;

pub use crate::store::review_queue::{Entry, Position, Waiting};

/// A page of the queue, and where the next one begins, if there is more.
///
/// # Errors
/// If the database fails.
pub async fn page(app: &App, after: &Position) -> Result<(Vec<Entry>, Option<Position>), Fault> {
    let entries = review_queue::open_after(app.ports.sql.as_ref(), after, PAGE + 1).await;
    let mut entries = entries.attempt("read the review queue")?;
    let limit = usize::try_from(PAGE).unwrap_or_default();
    let has_more = entries.len() > limit;
    entries.truncate(limit);
    let next = entries.last().filter(|_| has_more).map(Position::after);
    Ok((entries, next))
}

/// How much waits.
///
/// # Errors
/// If the database fails.
pub async fn waiting(app: &App) -> Result<Waiting, Fault> {
    review_queue::waiting(app.ports.sql.as_ref(), COUNTED_MAX).await.attempt("count what waits for a person")
}
