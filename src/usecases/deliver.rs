//! Serves an image's bytes. Being in the public bucket, and not past its date, is what makes an image
//! visible: a view asks the bucket and never the database.

use crate::app::App;
use crate::domain::format::Format;
use crate::domain::ids::ImageId;
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
}

/// Opens the bytes of the image `id`, addressed as a file of `format`.
///
/// # Errors
/// `NotFound`, `ImageGone`, or a fault of the storage.
pub async fn deliver(app: &App, id: &ImageId, format: Format, conditions: &impl Conditions) -> Result<Delivery, Error> {
    let attempted = format!("serve {id}");
    let (blobs, key) = (app.ports.blobs.as_ref(), BlobKey::image(id));
    if !conditions.are_any() {
        let opened = blobs.get(Bucket::Images, &key, None).await.attempt(&attempted)?;
        let Some((meta, bytes)) = opened else { return Err(absence(app, id).await?.into()) };
        check_servable(app, &meta, format)?;
        return Ok(Delivery::Whole(meta, bytes));
    }
    let Some(meta) = blobs.head(Bucket::Images, &key).await.attempt(&attempted)? else {
        return Err(absence(app, id).await?.into());
    };
    check_servable(app, &meta, format)?;
    if conditions.is_fresh(&meta) {
        return Ok(Delivery::NotModified(meta));
    }
    let part = match conditions.range(&meta) {
        Wanted::Unsatisfiable => return Ok(Delivery::Unsatisfiable(meta)),
        Wanted::Facts => return Ok(Delivery::Facts(meta)),
        Wanted::Whole => None,
        Wanted::Part(range) => Some(range),
    };
    let Some((meta, bytes)) = blobs.get(Bucket::Images, &key, part).await.attempt(&attempted)? else {
        return Err(absence(app, id).await?.into());
    };
    Ok(match part {
        None => Delivery::Whole(meta, bytes),
        Some(range) => Delivery::Part(meta, range, bytes),
    })
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
