//! Shows an operator a picture, wherever its bytes are. Only what vision makes of them is shown: a small JPEG, without anything
//! else that the file holds.

use bytes::Bytes;

use crate::app::App;
use crate::domain::ids::{AccountId, ImageId};
use crate::domain::review::{About, Act};
use crate::error::{Attempt as _, Cause, Error, Fault, Problem};
use crate::policy::limits;
use crate::ports::blobs::{BlobKey, Bucket};
use crate::ports::payload::Payload;
use crate::ports::vision::VisionFailure;
use crate::store::review_log::{self, NewLine};
use crate::store::reviewed_images;

/// What there is to see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sight {
    /// A JPEG of the frame.
    Jpeg(Bytes),
    /// Its bytes are not there any more.
    Gone,
    /// Vision has no room, or makes nothing of the bytes.
    NotNow,
}

/// Shows a frame of the image `id`. Of what may be forbidden to possess, only to whoever says why that has to be; that somebody
/// looks is logged before anything is shown.
///
/// # Errors
/// `NotFound`, `InvalidField`, or a fault.
pub async fn look(app: &App, operator: &AccountId, id: &ImageId, frame: u32, why: &str) -> Result<Sight, Error> {
    let (sql, now) = (app.ports.sql.as_ref(), app.now());
    let attempted = format!("show {id} to an operator");
    let image = reviewed_images::find(sql, id, now).await.attempt(&attempted)?.ok_or(Problem::NotFound)?;
    let why = match image.is_suspected {
        0 => why.trim().to_owned(),
        _ => super::reason(why)?,
    };
    let line = NewLine {
        operator: operator.as_str(),
        act: Act::Looked,
        about: About::Image,
        subject: id.as_str(),
        seen: Some("image"),
        ground: None,
        reason: &why,
    };
    sql.batch(vec![review_log::append(&line, now)]).await.attempt(&attempted)?;
    let Some(bytes) = bytes_of(app, id).await? else { return Ok(Sight::Gone) };
    match app.ports.vision.rendition(bytes, frame, &limits::ANONYMOUS).await {
        Ok(jpeg) => Ok(Sight::Jpeg(jpeg)),
        Err(VisionFailure::Busy { .. } | VisionFailure::Rejected(_)) => Ok(Sight::NotNow),
        Err(failure) => Err(Fault { attempted, cause: Cause::Vision(failure.to_string()) }.into()),
    }
}

/// The bytes of an image, from wherever it is in its life.
async fn bytes_of(app: &App, id: &ImageId) -> Result<Option<Payload>, Fault> {
    let places = [
        (Bucket::Images, BlobKey::image(id)),
        (Bucket::Recovery, BlobKey::image(id)),
        (Bucket::Recovery, BlobKey::held(id)),
    ];
    for (bucket, key) in places {
        let opened = app.ports.blobs.open(bucket, &key, None).await.attempt(&format!("open the bytes of {id}"))?;
        if opened.is_some() {
            return Ok(opened);
        }
    }
    Ok(None)
}
