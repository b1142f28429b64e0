//! Brings an image back that its owner has deleted by mistake and asks for, as long as its bytes wait in recovery (promise IMP-36).
//! The wish is the owner's; the operator says in the log where it is written down.

use crate::app::App;
use crate::domain::ids::{AccountId, ImageId};
use crate::domain::review::{About, Act};
use crate::error::{Attempt as _, Error, Problem};
use crate::store::review_log::{self, NewLine};
use crate::usecases::return_image::{Returned, return_image};

/// How long to wait where vision has no room, or the bytes are still on their way, in seconds.
const RETRY_S: u32 = 60;

/// Brings the image `id` back to its old address.
///
/// # Errors
/// `InvalidField`; `ImageGone` if nothing of it can come back; `Busy` if it cannot yet; or a fault.
pub async fn restore(app: &App, operator: &AccountId, id: &ImageId, reason: &str) -> Result<(), Error> {
    let (now, reason) = (app.now(), super::reason(reason)?);
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
    logged.attempt(&format!("log that {id} is to come back"))?;
    match return_image(app, id, now).await? {
        Returned::Done => Ok(()),
        Returned::Never => Err(Problem::ImageGone.into()),
        Returned::Later => Err(Problem::Busy { retry_after_s: RETRY_S }.into()),
    }
}
