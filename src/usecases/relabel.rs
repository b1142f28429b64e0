//! Finishes what was decided about a live image: what is stored beside its bytes is written anew, because serving asks
//! nobody else, and other copies of them are erased.
//!
//! Several may do so at once, each for what it read of the row. So whoever has written asks the row again, and writes again
//! until both say the same: the last to write has seen the last that was decided.

use crate::app::App;
use crate::domain::image::Image;
use crate::error::{Attempt as _, Cause, Fault};
use crate::ports::blobs::{BlobKey, BlobMeta, Bucket};
use crate::store::attempts;
use crate::store::images::{self, Found};
use crate::usecases::purge_edge::purge_edge;

/// How often it is written before it is left to the job: nobody decides about one image so often at once.
const WRITINGS_MAX: usize = 4;

/// Makes what is stored beside the bytes of `image` say what its row says, and these bytes the only ones.
///
/// # Errors
/// If a port fails, or the bytes changed meanwhile; it is then tried again.
pub async fn relabel(app: &App, image: &Image) -> Result<(), Fault> {
    match label(app, image).await?.image {
        Some(labelled) => settle(app, &labelled).await,
        // It left, or is held: whoever took it looks after it.
        None => Ok(()),
    }
}

/// What labelling an image came to.
#[derive(Clone, Debug)]
pub struct Labelled {
    /// The image as it was labelled; none if it is not live any more.
    pub image: Option<Image>,
    /// Whether no copy near visitors is left that was labelled otherwise.
    pub is_purged: bool,
}

/// Makes what is stored beside the bytes of `image` say what its row says, and has copies near visitors forgotten.
///
/// # Errors
/// As [`relabel`].
pub async fn label(app: &App, image: &Image) -> Result<Labelled, Fault> {
    let attempted = format!("relabel {}", image.id);
    let mut image = image.clone();
    for _ in 0..WRITINGS_MAX {
        write(app, &image, &attempted).await?;
        // What is kept elsewhere was labelled as before.
        let is_purged = purge_edge(app, &image.id).await?;
        match images::find(app.ports.sql.as_ref(), &image.id).await.attempt(&attempted)? {
            Some(Found::Present(now)) if BlobMeta::of(&now) == BlobMeta::of(&image) => {
                return Ok(Labelled { image: Some(image), is_purged });
            }
            Some(Found::Present(now)) => image = *now,
            Some(Found::Held(_) | Found::Departed(_) | Found::Withheld) | None => {
                return Ok(Labelled { image: None, is_purged });
            }
        }
    }
    Err(Fault { attempted, cause: Cause::Invariant("its row changes all the time".into()) })
}

async fn write(app: &App, image: &Image, attempted: &str) -> Result<(), Fault> {
    let (blobs, key, meta) = (app.ports.blobs.as_ref(), BlobKey::image(&image.id), BlobMeta::of(image));
    // Writing anew what is beside the bytes copies them, too.
    if blobs.head(Bucket::Images, &key).await.attempt(attempted)?.as_ref() == Some(&meta) {
        return Ok(());
    }
    if blobs.relabel(Bucket::Images, &key, &meta).await.attempt(attempted)? {
        return Ok(());
    }
    Err(Fault {
        attempted: attempted.to_owned(),
        cause: Cause::Invariant("its bytes are not there, or changed".into()),
    })
}

/// Erases what was held of a live image, or was in recovery.
///
/// # Errors
/// If a port fails; it is then tried again.
pub async fn settle(app: &App, image: &Image) -> Result<(), Fault> {
    let attempted = format!("erase other copies of {}", image.id);
    let copies = [BlobKey::held(&image.id), BlobKey::image(&image.id)];
    app.ports.blobs.delete(Bucket::Recovery, &copies).await.attempt(&attempted)?;
    attempts::settle(app.ports.sql.as_ref(), image).await.attempt(&attempted)
}
