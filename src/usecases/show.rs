//! Tells about an image, without its bytes.

use super::act_for::{Need, act_for};
use crate::app::App;
use crate::domain::decision::DecidedBy;
use crate::domain::ids::{AccountId, ImageId};
use crate::domain::image::{Departed, HeldImage, Image, RemovalReason};
use crate::domain::owner::Member;
use crate::error::{Attempt as _, Error, Fault, Problem};
use crate::store::decisions;
use crate::store::images::{self, Found};

/// What there is to tell.
#[derive(Clone, Debug, PartialEq)]
pub enum Shown {
    /// The image is there: for anyone, or, if it is private, for whoever asked.
    Public(Box<Image>),
    /// It is to be judged before it is shown, or shown again.
    Held(Box<HeldImage>),
    /// It was.
    Gone(Departed),
}

/// Looks the image `id` up for `viewer`, if it is somebody with an account. An image whose window has ended is gone, also if
/// no job has come by yet. A private one is there, or was, only for whoever may see it.
///
/// # Errors
/// `NotFound` if there is nothing that the viewer may know of; a fault if the database fails.
pub async fn show(app: &App, id: &ImageId, viewer: Option<&Member>) -> Result<Shown, Error> {
    let found = images::find(app.ports.sql.as_ref(), id).await.attempt(&format!("find {id}"))?;
    let (is_private, owner) = match &found {
        None | Some(Found::Withheld) => return Err(Problem::NotFound.into()),
        Some(Found::Departed(departed)) => (departed.is_private, departed.account_id.as_ref()),
        Some(Found::Present(image)) => {
            (image.placement.is_private, image.owner.as_ref().map(|owner| &owner.account_id))
        }
        Some(Found::Held(image)) => (image.placement.is_private, image.owner.as_ref().map(|owner| &owner.account_id)),
    };
    if is_private && !may_see(app, viewer, owner).await? {
        return Err(Problem::NotFound.into());
    }
    let account_id = owner.cloned();
    match found {
        None | Some(Found::Withheld) => Err(Problem::NotFound.into()),
        Some(Found::Departed(departed)) => Ok(Shown::Gone(departed)),
        Some(Found::Present(image)) if image.has_expired(app.now()) => {
            // Its removal begins with the next sweep, a minute away at most.
            let erased_at = app.now().plus_ms(app.settings.retention.recovery_ms());
            let reason = RemovalReason::Expired;
            Ok(Shown::Gone(Departed { reason, erased_at: Some(erased_at), is_private, account_id }))
        }
        Some(Found::Present(image)) => Ok(Shown::Public(image)),
        Some(Found::Held(image)) if image.has_expired(app.now()) => {
            let reason = RemovalReason::Unscanned;
            Ok(Shown::Gone(Departed { reason, erased_at: None, is_private, account_id }))
        }
        Some(Found::Held(image)) => Ok(Shown::Held(image)),
    }
}

/// Whether `viewer` sees what belongs to `owner` also where it is private.
///
/// # Errors
/// If the database fails.
pub async fn may_see(app: &App, viewer: Option<&Member>, owner: Option<&AccountId>) -> Result<bool, Fault> {
    let (Some(viewer), Some(owner)) = (viewer, owner) else { return Ok(false) };
    Ok(act_for(app, viewer, owner, Need::See).await?.is_some())
}

/// Who concluded what holds about the content of the image `id`; none if nothing is written about it.
///
/// # Errors
/// If the database fails.
pub async fn decided_by(app: &App, id: &ImageId) -> Result<Option<DecidedBy>, Fault> {
    decisions::latest_decided_by(app.ports.sql.as_ref(), id).await.attempt(&format!("find who decided about {id}"))
}
