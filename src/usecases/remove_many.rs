//! Takes several of an account's images out of public view at once.

use super::remove::finish_or_leave;
use crate::app::App;
use crate::domain::ids::ImageId;
use crate::domain::image::{RemovalReason, State};
use crate::error::{Attempt as _, Fault};
use crate::ports::queue::Message;
use crate::store::removals;

pub use crate::store::removals::Owned;

/// How many are finished before the answer; a request may make only so many calls, so the others go through the queue.
const FINISHED_AT_ONCE: usize = 10;
/// How many of the others are put into the queue; what is left is found by the job of the next minute.
const QUEUED_AT_ONCE: usize = 20;

/// What a deletion of several came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RemovedMany {
    /// Those that are out of public view.
    pub done: Vec<ImageId>,
    /// Those that will be within about a minute.
    pub underway: Vec<ImageId>,
}

impl RemovedMany {
    /// How many are deleted, or will be.
    #[must_use]
    pub fn images(&self) -> usize {
        self.done.len() + self.underway.len()
    }
}

/// Deletes those of `ids` that are `owned`; others are left alone. Doing it twice is doing it once.
///
/// # Errors
/// If the database fails; then nothing is deleted.
pub async fn remove_many(app: &App, owned: Owned<'_>, ids: &[ImageId]) -> Result<RemovedMany, Fault> {
    let (now, sql) = (app.now(), app.ports.sql.as_ref());
    let deleted = removals::delete_owned(sql, ids, owned, now).await;
    let deleted = deleted.attempt(&format!("begin to remove images of {}", owned.account))?;
    let (unfinished, finished): (Vec<_>, Vec<_>) = deleted.into_iter().partition(|one| one.state == State::Removing);
    let mut removed = RemovedMany { done: finished.into_iter().map(|one| one.id).collect(), underway: Vec::new() };
    for (index, removals::Deleted { id, .. }) in unfinished.into_iter().enumerate() {
        if index < FINISHED_AT_ONCE && finish_or_leave(app, &id, RemovalReason::Deleted, now).await.is_done() {
            removed.done.push(id);
            continue;
        }
        if (FINISHED_AT_ONCE..FINISHED_AT_ONCE + QUEUED_AT_ONCE).contains(&index) {
            // If the queue does not answer, the job of the next minute finds the work.
            drop(app.ports.queue.send(&Message::FinishRemoval { id: id.clone() }, 0).await);
        }
        removed.underway.push(id);
    }
    Ok(removed)
}
