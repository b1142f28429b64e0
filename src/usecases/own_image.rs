//! An image that somebody may change. Everybody else learns no more than they would by looking.

use super::act_for::{Need, act_for};
use super::show::{Shown, show};
use crate::app::App;
use crate::domain::ids::ImageId;
use crate::domain::image::Image;
use crate::domain::owner::Member;
use crate::error::{Error, Problem};

/// The live image `id`, if `member` may change it.
///
/// # Errors
/// `NotFound`, `ImageGone`, `ImageHeld`; `NotOwner` if it is somebody else's, or nobody's; a fault if the database fails.
pub async fn own_image(app: &App, member: &Member, id: &ImageId) -> Result<Image, Error> {
    let image = match show(app, id, Some(member)).await? {
        Shown::Public(image) => *image,
        Shown::Held(_) => return Err(Problem::ImageHeld.into()),
        Shown::Gone(_) => return Err(Problem::ImageGone.into()),
    };
    if may_change(app, member, &image).await? { Ok(image) } else { Err(Problem::NotOwner.into()) }
}

/// Whether `member` may change the image.
///
/// # Errors
/// If the database fails.
pub async fn may_change(app: &App, member: &Member, image: &Image) -> Result<bool, Error> {
    let Some(owner) = &image.owner else { return Ok(false) };
    Ok(act_for(app, member, &owner.account_id, Need::Change).await?.is_some())
}
