//! Copies of served images near the visitors. What is kept here was public when it was kept, and is served for minutes at
//! most; removals have it purged.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::blobs::{BlobMeta, ByteRange};
use super::payload::Payload;
use crate::domain::format::Format;
use crate::domain::ids::ImageId;
use crate::domain::time::Timestamp;
use crate::domain::transform::Transform;

/// Most images in one call of [`EdgeCache::purge`]: the tags that the platform takes in one request.
pub const PURGED_MAX: usize = 100;

/// Longest time a copy may take to arrive, in milliseconds; a slower one is given up. So whoever purges for the second time
/// knows that no copy is on its way any more.
pub const KEEP_TIMEOUT_MS: u32 = 30_000;

/// The one address under which an image, or what is made of it, is kept.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CacheKey {
    image: ImageId,
    address: String,
}

impl CacheKey {
    /// The address of the image `id` in its own `format`, with the canonical words of `transform`: nothing of how somebody
    /// wrote it, who signed it, or what was chosen.
    #[must_use]
    pub fn of(id: &ImageId, format: Format, transform: Option<&Transform>) -> Self {
        let query = transform.map(|transform| format!("?{transform}")).unwrap_or_default();
        Self { image: id.clone(), address: format!("/{id}.{}{query}", format.extension()) }
    }

    /// Path and query on the image host.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// What all copies of an image have in common, and are purged by.
    #[must_use]
    pub fn tag(&self) -> String {
        tag(&self.image)
    }
}

/// The tag of all copies of an image.
#[must_use]
pub fn tag(id: &ImageId) -> String {
    format!("i-{id}")
}

/// What a copy says about itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// What was stored beside the bytes when they were copied.
    pub meta: BlobMeta,
    /// When it must no longer be served, also if it was not purged and the cache still has it.
    pub until: Timestamp,
}

/// Why the cache did not do it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("edge cache: {0}")]
pub struct EdgeCacheFailure(pub String);

/// A cache near the visitors, which forgets when it likes.
#[async_trait]
pub trait EdgeCache: Send + Sync {
    /// The copy under `key`, whole or in part; none if there is none here. The range must lie within the image.
    async fn find(&self, key: &CacheKey, range: Option<ByteRange>)
    -> Result<Option<(Kept, Payload)>, EdgeCacheFailure>;

    /// Keeps a whole copy, in the place of an older one; fails if that takes longer than [`KEEP_TIMEOUT_MS`].
    async fn keep(&self, key: &CacheKey, kept: &Kept, bytes: Payload) -> Result<(), EdgeCacheFailure>;

    /// Forgets all copies of at most [`PURGED_MAX`] images, everywhere.
    async fn purge(&self, images: &[ImageId]) -> Result<(), EdgeCacheFailure>;
}
