//! Finishes what was decided about a live image: what is stored beside its bytes is written anew, because serving asks
//! nobody else, and other copies of them are erased.

use crate::app::App;
use crate::domain::image::Image;
use crate::error::{Attempt as _, Cause, Fault};
use crate::ports::blobs::{BlobKey, BlobMeta, Bucket};
use crate::store::attempts;
use crate::usecases::purge_edge::purge_edge;

/// Makes what is stored beside the bytes of `image` say what its row says, and these bytes the only ones.
///
/// # Errors
/// If a port fails, or the bytes changed meanwhile; it is then tried again.
pub async fn relabel(app: &App, image: &Image) -> Result<(), Fault> {
    let attempted = format!("relabel {}", image.id);
    let (key, meta) = (BlobKey::image(&image.id), BlobMeta::of(image));
    if !app.ports.blobs.relabel(Bucket::Images, &key, &meta).await.attempt(&attempted)? {
        return Err(Fault { attempted, cause: Cause::Invariant("its bytes are not there, or changed".into()) });
    }
    // What is kept elsewhere was labelled as before.
    purge_edge(app, &image.id).await?;
    settle(app, image).await
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
