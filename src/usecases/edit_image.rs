//! Changes what is said about an image, and the collection it is in. Only what is named changes; what is stored beside the
//! bytes says none of it.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::open_collection::open_collection;
use super::open_image::{Changer, OpenImage, open_image};
use crate::app::App;
use crate::domain::details::Details;
use crate::domain::ids::{CollectionId, ImageId};
use crate::domain::image::Placement;
use crate::error::{Attempt as _, Error, Problem};
use crate::store::edits::{self, Edited};
use crate::usecases::act_for::Need;
use crate::usecases::upload::Taken;

/// How often a change is tried that others come before.
const ATTEMPTS_MAX: usize = 4;
/// Seconds after which an image that is just being changed can be changed again.
const RETRY_AFTER_S: u32 = 2;

/// What is to change; none: it stays as it is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Changes {
    /// The caption, or that there shall be none.
    pub caption: Option<Option<String>>,
    /// All labels.
    pub labels: Option<BTreeMap<String, String>>,
    /// The caller's own object.
    pub metadata: Option<Map<String, Value>>,
    /// The collection, or that it shall be in none.
    pub collection: Option<Option<CollectionId>>,
}

/// Changes the image `id`; answers it as it is then. Doing it twice is doing it once.
///
/// # Errors
/// `NotFound`, `ImageGone`, `NotOwner`; `InvalidField` if the collection is not one of the image's owner, `KeyConfined` if it
/// is not the program's; `Busy` if others change the image all the time; a fault if the database fails: then the image is as it was, or
/// as it was to be.
pub async fn edit_image(app: &App, changer: Changer<'_>, id: &ImageId, changes: &Changes) -> Result<Taken, Error> {
    if let (Some(confined), Some(wished)) = (changer.collection, &changes.collection)
        && wished.as_ref() != Some(confined)
    {
        return Err(Problem::KeyConfined.into());
    }
    let attempted = format!("change {id}");
    for _ in 0..ATTEMPTS_MAX {
        let OpenImage { image, stored_details, owner } = open_image(app, changer, id).await?;
        let details = changed(image.details(), changes);
        let was_in = image.placement().collection.clone();
        let collection = changes.collection.clone().unwrap_or_else(|| was_in.clone());
        if details == *image.details() && collection == was_in {
            return Ok(image);
        }
        if let Some(wished) = collection.as_ref().filter(|_| collection != was_in) {
            let opened = open_collection(app, changer.member, wished, Need::Change).await?;
            check_owner(opened.map(|opened| opened.owner.account_id == owner.account_id))?;
        }
        let edited = Edited { details: &details, collection: collection.as_ref() };
        let (sql, of) = (app.ports.sql.as_ref(), (id, &owner.account_id));
        if edits::edit(sql, of, &edited, &stored_details, was_in.as_ref()).await.attempt(&attempted)? {
            return Ok(with(image, details, collection));
        }
        // Somebody was quicker, or the platform repeated the write: the row tells.
    }
    Err(Problem::Busy { retry_after_s: RETRY_AFTER_S }.into())
}

/// Whether an image may go into a collection: `Some(true)` if both are one account's, none if there is no such collection.
fn check_owner(is_of_owner: Option<bool>) -> Result<(), Problem> {
    let detail = match is_of_owner {
        Some(true) => return Ok(()),
        Some(false) => "a collection of the account to which the image belongs; images do not change hands so",
        None => "the id of a collection of yours",
    };
    Err(Problem::InvalidField { field: "collection", detail: detail.into() })
}

fn changed(details: &Details, changes: &Changes) -> Details {
    let Changes { caption, labels, metadata, collection: _ } = changes;
    Details {
        filename: details.filename.clone(),
        caption: caption.clone().unwrap_or_else(|| details.caption.clone()),
        labels: labels.clone().unwrap_or_else(|| details.labels.clone()),
        metadata: metadata.clone().unwrap_or_else(|| details.metadata.clone()),
    }
}

fn with(image: Taken, details: Details, collection: Option<CollectionId>) -> Taken {
    let placed = |placement: &Placement| Placement { collection, ..placement.clone() };
    match image {
        Taken::Public(mut image) => {
            (image.placement, image.details) = (placed(&image.placement), details);
            Taken::Public(image)
        }
        Taken::Held(mut image) => {
            (image.placement, image.details) = (placed(&image.placement), details);
            Taken::Held(image)
        }
    }
}
