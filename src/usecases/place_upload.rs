//! Finds out whose an upload will be: of whoever sends it, or of the account whose collection it is for.

use super::act_for::Need;
use super::open_collection::open_collection;
use super::read_statements::refuse_suspended;
use super::upload::Upload;
use crate::app::App;
use crate::domain::ids::CollectionId;
use crate::domain::image::Placement;
use crate::error::{Error, Problem};

/// The upload as its member makes it, or nobody; `confined`: a program that uploads into this collection and nowhere else.
///
/// # Errors
/// `InvalidField` if there is no such collection for them, `KeyConfined` if a program wants another than its own; `AccountSuspended`; a fault
/// if the database fails.
pub async fn place_upload(app: &App, confined: Option<&CollectionId>, upload: Upload) -> Result<Upload, Error> {
    let Some(member) = &upload.member else {
        let unowned = upload.placement.collection.is_none();
        return if unowned { Ok(upload) } else { Err(unknown().into()) };
    };
    let collection = match (upload.placement.collection, confined) {
        (Some(wished), Some(confined)) if wished != *confined => return Err(Problem::KeyConfined.into()),
        (wished, confined) => wished.or_else(|| confined.cloned()),
    };
    let owner = match &collection {
        None => member.clone(),
        Some(id) => open_collection(app, member, id, Need::Change).await?.ok_or_else(unknown)?.owner,
    };
    // Who is suspended adds nothing to what is somebody else's either; what is their own, the upload asks.
    if owner.account_id != member.account_id {
        refuse_suspended(app, &member.account_id).await?;
    }
    Ok(Upload { member: Some(owner), placement: Placement { collection, ..upload.placement }, ..upload })
}

fn unknown() -> Problem {
    Problem::InvalidField { field: "collection", detail: "the id of a collection of yours".into() }
}
