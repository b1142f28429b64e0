//! Has the edge forget images that are not to be shown any more as they were. Twice: at once, when the storage has changed;
//! and a minute later, because a view that read the storage before may put a copy back meanwhile.
//!
//! ```text
//! bytes move -> the second purge is queued -> the first purge -> the row says that it is done
//! ```
//! A crash anywhere leaves either the row undone, so that all of it is done again, or the second purge in the queue. What
//! expires by its date needs none: no copy outlives that.

use std::slice;

use futures::future::try_join_all;

use super::remove::log_fault;
use crate::app::App;
use crate::domain::ids::ImageId;
use crate::error::{Attempt as _, Fault};
use crate::policy::edge_cache::PURGED_AGAIN_AFTER_S;
use crate::policy::platform::CALLS_AT_ONCE_MAX;
use crate::ports::edge_cache::{KEEP_TIMEOUT_MS, PURGED_MAX};
use crate::ports::queue::Message;

// The second purge comes after every copy that was read before the first.
const _: () = assert!(PURGED_AGAIN_AFTER_S >= 2 * KEEP_TIMEOUT_MS / 1_000);

/// Purges the image `id`, whose bytes or label have just changed, now and once more. If the first purge fails, the second
/// is there to make up for it. Answers whether no copy is left that was kept before.
///
/// # Errors
/// If the second purge cannot be queued: then nothing is certain, and whoever removes the image must try again.
pub async fn purge_edge(app: &App, id: &ImageId) -> Result<bool, Fault> {
    if app.ports.edge_cache.is_none() {
        return Ok(true);
    }
    queue_purge(app, id).await?;
    Ok(purge(app, slice::from_ref(id)).await.inspect_err(|fault| log_fault(app, fault)).is_ok())
}

/// Purges several images as [`purge_edge`] does one, with as few calls as the platform takes.
///
/// # Errors
/// As [`purge_edge`].
pub async fn purge_edge_of(app: &App, images: &[ImageId]) -> Result<(), Fault> {
    if app.ports.edge_cache.is_none() {
        return Ok(());
    }
    for some in images.chunks(CALLS_AT_ONCE_MAX) {
        try_join_all(some.iter().map(|id| queue_purge(app, id))).await?;
    }
    purge(app, images).await.unwrap_or_else(|fault| log_fault(app, &fault));
    Ok(())
}

async fn queue_purge(app: &App, id: &ImageId) -> Result<(), Fault> {
    let again = Message::PurgeEdge { id: id.clone() };
    let queued = app.ports.queue.send(&again, PURGED_AGAIN_AFTER_S).await;
    queued.attempt(&format!("have {id} purged once more"))
}

/// Purges images, so many in a call as the platform takes.
///
/// # Errors
/// If the platform does not do it; those after the failure are not purged.
pub async fn purge(app: &App, images: &[ImageId]) -> Result<(), Fault> {
    let Some(cache) = app.ports.edge_cache.as_ref() else { return Ok(()) };
    for some in images.chunks(PURGED_MAX) {
        let names: Vec<&str> = some.iter().map(ImageId::as_str).collect();
        cache.purge(some).await.attempt(&format!("purge {}", names.join(", ")))?;
    }
    Ok(())
}
