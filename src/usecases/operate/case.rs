//! Everything that is known about one image, for the operator who is to decide about it.

use super::super::remove::log_fault;
use crate::app::App;
use crate::domain::ids::{AccountId, ImageId};
use crate::domain::review::{About, Act};
use crate::error::{Attempt as _, Error, Problem};
use crate::policy::review::{COPIES_MAX, HISTORY_MAX, LOOK_MS};
use crate::store::review_log::{self, NewLine};
use crate::store::{decisions, reviewed_images};

pub use crate::store::decisions::Past;
pub use crate::store::review_log::Line;
pub use crate::store::reviewed_images::ReviewedImage;

/// An image and what is known about it.
#[derive(Clone, Debug)]
pub struct Case {
    /// The image.
    pub image: ReviewedImage,
    /// What was decided about it, the latest first.
    pub decisions: Vec<Past>,
    /// What operators did about it, the latest first.
    pub log: Vec<Line>,
    /// Other images with the same bytes, as far as they are decided about together.
    pub copies: Vec<ImageId>,
    /// Whether this operator has looked at the picture a short while ago.
    pub has_looked: bool,
}

/// Opens the case of the image `id`; that it was opened is logged before anything is shown.
///
/// # Errors
/// `NotFound`, or a fault.
pub async fn open(app: &App, operator: &AccountId, id: &ImageId) -> Result<Case, Error> {
    let (sql, now) = (app.ports.sql.as_ref(), app.now());
    let attempted = format!("open the case of {id}");
    let image = reviewed_images::find(sql, id, now).await.attempt(&attempted)?.ok_or(Problem::NotFound)?;
    let line = NewLine {
        operator: operator.as_str(),
        act: Act::Opened,
        about: About::Image,
        subject: id.as_str(),
        seen: Some("facts"),
        ground: None,
        reason: "",
    };
    sql.batch(vec![review_log::append(&line, now)]).await.attempt(&attempted)?;
    Ok(Case {
        decisions: decisions::history(sql, id, HISTORY_MAX).await.attempt(&attempted)?,
        log: review_log::of_subject(sql, id.as_str(), HISTORY_MAX).await.attempt(&attempted)?,
        copies: reviewed_images::copies(sql, id, None, COPIES_MAX).await.attempt(&attempted)?,
        has_looked: has_looked(app, operator, id).await?,
        image,
    })
}

/// Whether an operator has looked at a picture a short while ago.
///
/// # Errors
/// If the database fails.
pub async fn has_looked(app: &App, operator: &AccountId, id: &ImageId) -> Result<bool, Error> {
    let since = app.now().plus_ms(-LOOK_MS);
    let looked = review_log::has_looked(app.ports.sql.as_ref(), id.as_str(), operator.as_str(), since).await;
    Ok(looked.attempt(&format!("find who has looked at {id}")).inspect_err(|fault| log_fault(app, fault))?)
}
