//! Takes several of an account's images out of public view at once.

use super::remove::finish_or_leave;
use crate::app::App;
use crate::domain::ids::{AccountId, ImageId};
use crate::domain::image::RemovalReason;
use crate::error::{Attempt as _, Fault};
use crate::ports::queue::Message;
use crate::store::removals;

/// How many are finished before the answer; a request may make only so many calls, so the others go through the queue.
const FINISHED_AT_ONCE: usize = 10;

/// What a deletion of several came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RemovedMany {
    /// How many are deleted, or will be.
    pub images: usize,
    /// How many of them leave public view within about a minute.
    pub underway: usize,
}

/// Deletes those of `ids` that are images of `account`; others are left alone.
///
/// # Errors
/// If the database fails; then nothing is deleted.
pub async fn remove_many(app: &App, account: &AccountId, ids: &[ImageId]) -> Result<RemovedMany, Fault> {
    let (now, sql) = (app.now(), app.ports.sql.as_ref());
    let begun = removals::begin_owned(sql, ids, account, now).await;
    let begun = begun.attempt(&format!("begin to remove images of {account}"))?;
    let mut underway = 0;
    for (index, id) in begun.iter().enumerate() {
        if index < FINISHED_AT_ONCE {
            let removed = finish_or_leave(app, id, RemovalReason::Deleted, now).await;
            underway += usize::from(!removed.is_done());
        } else {
            // If the queue does not answer, the job of the next minute finds the work.
            drop(app.ports.queue.send(&Message::FinishRemoval { id: id.clone() }, 0).await);
            underway += 1;
        }
    }
    Ok(RemovedMany { images: begun.len(), underway })
}
