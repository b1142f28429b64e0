//! Makes a live image private, or public again.
//!
//! ```text
//! the row says so, and that a job looks after it in a minute
//!   -> what is stored beside the bytes says so -> copies near visitors are forgotten -> the row is asked again
//!   -> it is acknowledged                          (a minute later: the same once more, by the job)
//! ```
//! Serving asks the object and never the row, so that an image is private when its object says so: only then it is
//! acknowledged. The row comes first, because what it says is made true by a job, whatever dies on the way; an object that
//! was changed first would be put back by the next who labels it by the row. Pages, lists and answers ask the row, and keep
//! quiet from the first step on. Made public, it is the other way about: until the last step the image stays unseen.
//!
//! The job's second look is for somebody who read the row before it changed and writes what it said after all is done:
//! whoever writes asks the row again ([`label`]), but may die before that. By then nobody is left who could.

use super::relabel::label;
use super::remove::log_fault;
use crate::app::App;
use crate::domain::image::{Image, Placement};
use crate::domain::time::SECOND_MS;
use crate::error::{Attempt as _, Error, Problem};
use crate::policy::edge_cache::PURGED_AGAIN_AFTER_S;
use crate::store::images::{self, Found};
use crate::store::privacy;

/// What a change of an image's privacy achieved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PrivacySet {
    /// It is served as was asked for, and in no other way.
    Done,
    /// It is decided and will be so within about two minutes: the storage did not answer, or copies near visitors could
    /// not be forgotten at once.
    Underway,
}

/// Makes the live image `image` private, or public. Who may do so was found out by the caller. Doing it twice is doing it
/// once.
///
/// # Errors
/// `NotFound` for an image of nobody, which nobody could see; `ImageHeld` for one that is being checked, `ImageGone` for one
/// that left; a fault if the database fails: then nothing was acknowledged, and it may be changed within two minutes.
pub async fn set_privacy(app: &App, image: &Image, is_private: bool) -> Result<PrivacySet, Error> {
    let (sql, now) = (app.ports.sql.as_ref(), app.now());
    let attempted = format!("set the privacy of {}", image.id);
    let again_at = now.plus_ms(i64::from(PURGED_AGAIN_AFTER_S) * SECOND_MS);
    if !privacy::set(sql, &image.id, is_private, again_at).await.attempt(&attempted)? {
        return Err(match images::find(sql, &image.id).await.attempt(&attempted)? {
            Some(Found::Departed(_)) => Problem::ImageGone.into(),
            Some(Found::Held(_)) => Problem::ImageHeld.into(),
            Some(Found::Present(_) | Found::Withheld) | None => Problem::NotFound.into(),
        });
    }
    let placement = Placement { is_private, ..image.placement.clone() };
    match label(app, &Image { placement, ..image.clone() }).await {
        // If somebody else was quicker to decide otherwise, that holds, and it is said to them.
        Ok(labelled) if labelled.is_purged => Ok(PrivacySet::Done),
        Ok(_) => Ok(PrivacySet::Underway),
        Err(fault) => {
            log_fault(app, &fault);
            Ok(PrivacySet::Underway)
        }
    }
}
