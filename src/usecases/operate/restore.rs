//! Brings an image back that its owner has deleted by mistake and asks for, as long as its bytes wait in recovery (promise IMP-36).
//! The wish is the owner's; the operator says in the log where it is written down.

use crate::app::App;
use crate::domain::ids::{AccountId, ImageId};
use crate::domain::review::{About, Act};
use crate::error::{Attempt as _, Error, Problem};
use crate::store::review_log::{self, NewLine};
use crate::store::reviewed_images;
use crate::usecases::restore_image::bring_back;

/// Brings the image `id` back to its old address.
///
/// # Errors
/// `InvalidField`; `NotFound`; `ImageGone` if nothing of it can come back; `Busy` if it cannot yet; or a fault.
pub async fn restore(app: &App, operator: &AccountId, id: &ImageId, reason: &str) -> Result<(), Error> {
    let (now, reason) = (app.now(), super::reason(reason)?);
    let attempted = format!("bring {id} back");
    reviewed_images::find(app.ports.sql.as_ref(), id, now).await.attempt(&attempted)?.ok_or(Problem::NotFound)?;
    // Before it is done: what dies in between is seen to have been wanted.
    let line = NewLine {
        operator: operator.as_str(),
        act: Act::Restored,
        about: About::Image,
        subject: id.as_str(),
        seen: None,
        ground: None,
        reason: &reason,
    };
    let logged = app.ports.sql.batch(vec![review_log::append(&line, now)]).await;
    logged.attempt(&attempted)?;
    bring_back(app, id).await
}
