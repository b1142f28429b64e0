//! Finds out whose an upload will be: of whoever sends it, of the team that they name, or of the account whose collection it is for.

use super::act_for::{Need, act_for};
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
/// `InvalidField` if there is no such collection or team for them, `KeyConfined` if a program wants another than its own; `AccountSuspended`; a fault
/// if the database fails.
pub async fn place_upload(app: &App, confined: Option<&CollectionId>, upload: Upload) -> Result<Upload, Error> {
    let Some(member) = &upload.member else {
        return match (&upload.placement.collection, &upload.team) {
            (None, None) => Ok(upload),
            (Some(_), _) => Err(unknown().into()),
            (None, Some(_)) => Err(no_team().into()),
        };
    };
    let collection = match (upload.placement.collection, confined) {
        (Some(wished), Some(confined)) if wished != *confined => return Err(Problem::KeyConfined.into()),
        (wished, confined) => wished.or_else(|| confined.cloned()),
    };
    let owner = match (&collection, &upload.team) {
        (Some(id), _) => open_collection(app, member, id, Need::Change).await?.ok_or_else(unknown)?.owner,
        (None, Some(team)) => act_for(app, member, team, Need::Change).await?.ok_or_else(no_team)?,
        (None, None) => member.clone(),
    };
    if upload.team.as_ref().is_some_and(|team| *team != owner.account_id) {
        let detail = "the team whose collection it is".into();
        return Err(Problem::InvalidField { field: "team", detail }.into());
    }
    // Who is suspended adds nothing to what is somebody else's either; what is their own, the upload asks.
    if owner.account_id != member.account_id {
        refuse_suspended(app, &member.account_id).await?;
    }
    Ok(Upload { member: Some(owner), placement: Placement { collection, ..upload.placement }, ..upload })
}

fn no_team() -> Problem {
    Problem::InvalidField { field: "team", detail: "the id of a team in which you add images".into() }
}

fn unknown() -> Problem {
    Problem::InvalidField { field: "collection", detail: "the id of a collection of yours".into() }
}
