//! Serves an image's bytes. Being in the public bucket, and not past its date, is what makes an image
//! visible: a view asks the bucket and never the database. What is kept with the bytes also says whether they are
//! shown at once or only to whoever asks to see them.

use crate::app::App;
use crate::domain::format::Format;
use crate::domain::ids::ImageId;
use crate::domain::warning::Warning;
use crate::error::{Attempt as _, Error, Fault, Problem};
use crate::ports::blobs::{BlobKey, BlobMeta, Bucket, ByteRange};
use crate::ports::payload::Payload;
use crate::store::images;

/// What the caller has and wants; the HTTP layer has parsed it.
pub trait Conditions {
    /// Whether the caller needs no bytes at all, having them already.
    fn is_fresh(&self, meta: &BlobMeta) -> bool;
    /// The part that is wanted.
    fn range(&self, meta: &BlobMeta) -> Wanted;
    /// Whether anything at all was asked that must be known before the bytes are opened.
    fn are_any(&self) -> bool;
}

/// Whether the visitor asked to see what may lie behind a warning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// Nothing was chosen: most likely the picture is part of a page, or a program follows a link.
    None,
    /// To see it.
    See,
}

/// The part of the bytes that is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// All.
    Whole,
    /// This part.
    Part(ByteRange),
    /// A part that is not there.
    Unsatisfiable,
    /// Nothing but the facts (HEAD).
    Facts,
}

/// What is served.
#[derive(Debug)]
pub enum Delivery {
    /// All bytes.
    Whole(BlobMeta, Payload),
    /// Some.
    Part(BlobMeta, ByteRange, Payload),
    /// None: the caller asked for the facts.
    Facts(BlobMeta),
    /// None: the caller has them.
    NotModified(BlobMeta),
    /// None: the wanted part is not there.
    Unsatisfiable(BlobMeta),
    /// None: the image is restricted, and nobody asked to see it. The conditions were about other bytes, and are
    /// not looked at.
    Placeholder(BlobMeta, Warning),
}

/// Opens the bytes of the image `id`, addressed as a file of `format`, if they may be shown.
///
/// # Errors
/// `NotFound`, `ImageGone`, or a fault of the storage.
pub async fn deliver(
    app: &App,
    id: &ImageId,
    format: Format,
    choice: Choice,
    conditions: &impl Conditions,
) -> Result<Delivery, Error> {
    let attempted = format!("serve {id}");
    let (blobs, key) = (app.ports.blobs.as_ref(), BlobKey::image(id));
    let part = if conditions.are_any() {
        let Some(meta) = blobs.head(Bucket::Images, &key).await.attempt(&attempted)? else {
            return Err(absence(app, id).await?.into());
        };
        check_servable(app, &meta, format)?;
        if let Some(warning) = unanswered(&meta, choice) {
            return Ok(Delivery::Placeholder(meta, warning));
        }
        if conditions.is_fresh(&meta) {
            return Ok(Delivery::NotModified(meta));
        }
        match conditions.range(&meta) {
            Wanted::Unsatisfiable => return Ok(Delivery::Unsatisfiable(meta)),
            Wanted::Facts => return Ok(Delivery::Facts(meta)),
            Wanted::Whole => None,
            Wanted::Part(range) => Some(range),
        }
    } else {
        None
    };
    let Some((meta, bytes)) = blobs.get(Bucket::Images, &key, part).await.attempt(&attempted)? else {
        return Err(absence(app, id).await?.into());
    };
    check_servable(app, &meta, format)?;
    // Asked again: what goes with the bytes may have changed since the first look.
    if let Some(warning) = unanswered(&meta, choice) {
        return Ok(Delivery::Placeholder(meta, warning));
    }
    Ok(match part {
        None => Delivery::Whole(meta, bytes),
        Some(range) => Delivery::Part(meta, range, bytes),
    })
}

/// The warning that stands between the visitor and the bytes.
fn unanswered(meta: &BlobMeta, choice: Choice) -> Option<Warning> {
    match choice {
        Choice::None => meta.warning.clone(),
        Choice::See => None,
    }
}

/// The reaper may be late; the promise is not.
fn check_servable(app: &App, meta: &BlobMeta, format: Format) -> Result<(), Problem> {
    if meta.media_type != format.media_type() {
        return Err(Problem::NotFound);
    }
    match meta.expires_at {
        Some(at) if at <= app.now() => Err(Problem::ImageGone),
        _ => Ok(()),
    }
}

/// Whether what is not in the bucket once was: the only question a view may put to the database.
async fn absence(app: &App, id: &ImageId) -> Result<Problem, Fault> {
    let found = images::find(app.ports.sql.as_ref(), id).await.attempt(&format!("find {id}"))?;
    Ok(match found {
        Some(images::Found::Departed(_)) => Problem::ImageGone,
        Some(images::Found::Held(image)) if image.has_expired(app.now()) => Problem::ImageGone,
        Some(images::Found::Held(_)) => Problem::ImageHeld,
        // A live row without bytes: on its way out, or the reconciler's business.
        Some(images::Found::Present(_) | images::Found::Withheld) | None => Problem::NotFound,
    })
}
