//! Puts several of an account's images into a collection at once, or takes them out of theirs.

use super::act_for::{Need, act_for};
use super::open_collection::open_collection;
use crate::app::App;
use crate::domain::ids::{AccountId, CollectionId, ImageId};
use crate::domain::owner::Member;
use crate::error::{Attempt as _, Error, Problem};
use crate::store::edits;

/// Where images are to go.
#[derive(Clone, Copy, Debug)]
pub enum Destination<'a> {
    /// Into this collection; moved are images of its owner.
    Collection(&'a CollectionId),
    /// Out of whatever collection they are in; moved are images of this account.
    Out(&'a AccountId),
}

/// Moves those of `ids` that are images of the destination's owner; answers which, also of those that were there already.
///
/// # Errors
/// `InvalidField` if there is no such collection for `member`, `NotFound` if there is no such account; a fault if the database
/// fails: then none was moved, or all.
pub async fn move_images(
    app: &App,
    member: &Member,
    ids: &[ImageId],
    destination: Destination<'_>,
) -> Result<Vec<ImageId>, Error> {
    let (owner, collection) = match destination {
        Destination::Out(account) => (act_for(app, member, account, Need::Change).await?, None),
        Destination::Collection(id) => {
            let opened = open_collection(app, member, id, Need::Change).await?;
            let unknown = || Problem::InvalidField {
                field: "collection",
                detail: "the id of a collection of yours, or null".into(),
            };
            (Some(opened.ok_or_else(unknown)?.owner), Some(id))
        }
    };
    let owner = owner.ok_or(Problem::NotFound)?.account_id;
    let moved = edits::move_into(app.ports.sql.as_ref(), ids, &owner, collection).await;
    Ok(moved.attempt(&format!("move images of {owner}"))?)
}
