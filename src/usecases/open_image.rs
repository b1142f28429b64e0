//! An image, for somebody who may change it. What others may see anyway they are told is not theirs; of what they may not
//! see, there is none.

use super::act_for::{Need, act_for};
use super::show::may_see;
use crate::app::App;
use crate::domain::ids::{CollectionId, ImageId};
use crate::domain::image::{Image, Placement};
use crate::domain::owner::{Member, Owner};
use crate::error::{Attempt as _, Error, Problem};
use crate::store::edits::{self, Editable};
use crate::store::images::Found;
use crate::usecases::upload::Taken;

/// Who wants to change an image.
#[derive(Clone, Copy, Debug)]
pub struct Changer<'a> {
    /// Somebody with an account.
    pub member: &'a Member,
    /// The collection to which their program is confined: for it there is nothing else.
    pub collection: Option<&'a CollectionId>,
}

/// An image that somebody may change.
#[derive(Clone, Debug)]
pub struct OpenImage {
    /// The image.
    pub image: Taken,
    /// Its details as they are stored.
    pub stored_details: String,
    /// The account to which it belongs.
    pub owner: Member,
}

/// The image `id`, if it is in use and `changer` may change it.
///
/// # Errors
/// `NotFound`, `ImageGone`, `NotOwner`; a fault if the database fails.
pub async fn open_image(app: &App, changer: Changer<'_>, id: &ImageId) -> Result<OpenImage, Error> {
    let found = edits::find(app.ports.sql.as_ref(), id).await.attempt(&format!("find {id}"))?;
    let Some(Editable { found, stored_details }) = found else { return Err(Problem::NotFound.into()) };
    let image = match found {
        Found::Present(image) => Taken::Public(image),
        Found::Held(image) => Taken::Held(image),
        Found::Departed(departed) => {
            let may_know = changer.collection.is_none()
                && (!departed.is_private || may_see(app, Some(changer.member), departed.account_id.as_ref()).await?);
            return Err(if may_know { Problem::ImageGone } else { Problem::NotFound }.into());
        }
        Found::Withheld => return Err(Problem::NotFound.into()),
    };
    let placement = image.placement();
    if changer.collection.is_some() && placement.collection.as_ref() != changer.collection {
        return Err(Problem::NotFound.into());
    }
    let account_id = image.owner().map(|owner| &owner.account_id);
    if placement.is_private && !may_see(app, Some(changer.member), account_id).await? {
        return Err(Problem::NotFound.into());
    }
    if image.has_expired(app.now()) {
        return Err(Problem::ImageGone.into());
    }
    let owner = match account_id {
        Some(account_id) => act_for(app, changer.member, account_id, Need::Change).await?,
        None => None,
    };
    match (owner, stored_details) {
        (Some(owner), Some(stored_details)) => Ok(OpenImage { image, stored_details, owner }),
        _ => Err(Problem::NotOwner.into()),
    }
}

impl OpenImage {
    /// The image, if it is public: for what cannot be done to one that is being checked.
    ///
    /// # Errors
    /// `ImageHeld`.
    pub fn live(self) -> Result<Image, Problem> {
        match self.image {
            Taken::Public(image) => Ok(*image),
            Taken::Held(_) => Err(Problem::ImageHeld),
        }
    }
}

/// Whether `member` may change the image.
///
/// # Errors
/// If the database fails.
pub async fn may_change(app: &App, member: &Member, image: &Image) -> Result<bool, Error> {
    let Some(owner) = &image.owner else { return Ok(false) };
    Ok(act_for(app, member, &owner.account_id, Need::Change).await?.is_some())
}

/// Whether an image of `owner`, at `placement`, is one of the images of whoever asks, or of an account for which they act.
///
/// # Errors
/// `NotFound` for a program that is confined to a collection in which the image is not; a fault if the database fails.
pub async fn is_ones_own(
    app: &App,
    asker: Changer<'_>,
    (owner, placement): (Option<&Owner>, &Placement),
) -> Result<bool, Error> {
    if asker.collection.is_some() && placement.collection.as_ref() != asker.collection {
        return Err(Problem::NotFound.into());
    }
    match owner {
        Some(owner) => Ok(act_for(app, asker.member, &owner.account_id, Need::See).await?.is_some()),
        None => Ok(false),
    }
}

/// Refuses an image that is not in `collection` as if there were none.
///
/// # Errors
/// `NotFound`; a fault if the database fails.
pub async fn require_inside(app: &App, collection: &CollectionId, id: &ImageId) -> Result<(), Error> {
    let found = edits::find(app.ports.sql.as_ref(), id).await.attempt(&format!("find {id}"))?;
    let is_in = match found.map(|editable| editable.found) {
        Some(Found::Present(image)) => image.placement.collection,
        Some(Found::Held(image)) => image.placement.collection,
        Some(Found::Departed(_) | Found::Withheld) | None => None,
    };
    if is_in.as_ref() == Some(collection) { Ok(()) } else { Err(Problem::NotFound.into()) }
}
