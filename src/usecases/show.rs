//! Tells about an image, without its bytes.

use crate::app::App;
use crate::domain::decision::DecidedBy;
use crate::domain::ids::ImageId;
use crate::domain::image::{Departed, HeldImage, Image, RemovalReason};
use crate::error::{Attempt as _, Error, Fault, Problem};
use crate::store::decisions;
use crate::store::images::{self, Found};

/// What there is to tell.
#[derive(Clone, Debug, PartialEq)]
pub enum Shown {
    /// The image is public.
    Public(Box<Image>),
    /// It is to be judged before it is shown, or shown again.
    Held(Box<HeldImage>),
    /// It was.
    Gone(Departed),
}

/// Looks the image `id` up. An image whose window has ended is gone, also if no job has come by yet.
///
/// # Errors
/// If nothing public ever had this id, or the database fails.
pub async fn show(app: &App, id: &ImageId) -> Result<Shown, Error> {
    match images::find(app.ports.sql.as_ref(), id).await.attempt(&format!("find {id}"))? {
        None | Some(Found::Withheld) => Err(Problem::NotFound.into()),
        Some(Found::Departed(departed)) => Ok(Shown::Gone(departed)),
        Some(Found::Present(image)) if image.has_expired(app.now()) => {
            // Its removal begins with the next sweep, a minute away at most.
            let erased_at = app.now().plus_ms(app.settings.retention.recovery_ms());
            Ok(Shown::Gone(Departed { reason: RemovalReason::Expired, erased_at: Some(erased_at) }))
        }
        Some(Found::Present(image)) => Ok(Shown::Public(image)),
        Some(Found::Held(image)) if image.has_expired(app.now()) => {
            Ok(Shown::Gone(Departed { reason: RemovalReason::Unscanned, erased_at: None }))
        }
        Some(Found::Held(image)) => Ok(Shown::Held(image)),
    }
}

/// Who concluded what holds about the content of the image `id`; none if nothing is written about it.
///
/// # Errors
/// If the database fails.
pub async fn decided_by(app: &App, id: &ImageId) -> Result<Option<DecidedBy>, Fault> {
    decisions::latest_decided_by(app.ports.sql.as_ref(), id).await.attempt(&format!("find who decided about {id}"))
}
