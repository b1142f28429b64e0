//! A cache in memory, as strict as the platform's: it takes whole answers that may be kept, gives none when their time is
//! over, and knows nothing but keys and tags.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use async_trait::async_trait;
use bytes::Bytes;
use tintype::domain::ids::ImageId;
use tintype::ports::blobs::ByteRange;
use tintype::ports::clock::Clock as _;
use tintype::ports::edge_cache::{CacheKey, EdgeCache, EdgeCacheFailure, Kept, PURGED_MAX, tag};
use tintype::ports::payload::Payload;

use super::small_ports::{FixedClock, bytes_of};

/// A copy in the cache.
struct Copy {
    tag: String,
    kept: Kept,
    bytes: Bytes,
}

pub struct MemoryEdgeCache {
    copies: Mutex<BTreeMap<String, Copy>>,
    /// The images of each call, as they were asked for.
    pub purges: Mutex<Vec<Vec<String>>>,
    /// How often a copy was found.
    pub found: AtomicU32,
    /// Whether purges fail, as they do when there were too many.
    pub refuses_purges: AtomicBool,
    /// Whether it fails to look: also then it keeps what it has.
    pub is_down: AtomicBool,
    /// Whether it serves copies whose time is over, as a rule of the zone may have it do.
    pub serves_stale: AtomicBool,
    clock: Arc<FixedClock>,
}

impl MemoryEdgeCache {
    pub fn new(clock: Arc<FixedClock>) -> Self {
        Self {
            copies: Mutex::default(),
            purges: Mutex::default(),
            found: AtomicU32::default(),
            refuses_purges: AtomicBool::default(),
            is_down: AtomicBool::default(),
            serves_stale: AtomicBool::default(),
            clock,
        }
    }

    fn copies(&self) -> MutexGuard<'_, BTreeMap<String, Copy>> {
        self.copies.lock().expect("not poisoned")
    }

    /// The addresses under which something is kept.
    pub fn addresses(&self) -> Vec<String> {
        self.copies().keys().cloned().collect()
    }

    /// The images of which there are copies that may be served.
    pub fn images(&self) -> BTreeSet<String> {
        let now = self.clock.now();
        let copies = self.copies();
        let served = copies.values().filter(|copy| copy.kept.until > now);
        served.map(|copy| copy.tag.trim_start_matches("i-").to_owned()).collect()
    }

    pub fn purged(&self) -> Vec<Vec<String>> {
        self.purges.lock().expect("not poisoned").clone()
    }

    fn check(&self) -> Result<(), EdgeCacheFailure> {
        if self.is_down.load(Ordering::Relaxed) { Err(EdgeCacheFailure("down".into())) } else { Ok(()) }
    }
}

#[async_trait]
impl EdgeCache for MemoryEdgeCache {
    async fn find(
        &self,
        key: &CacheKey,
        range: Option<ByteRange>,
    ) -> Result<Option<(Kept, Payload)>, EdgeCacheFailure> {
        self.check()?;
        let mut copies = self.copies();
        let now = self.clock.now();
        if !self.serves_stale.load(Ordering::Relaxed) {
            copies.retain(|_, copy| copy.kept.until > now);
        }
        let Some(copy) = copies.get(key.address()) else { return Ok(None) };
        let bytes = match range {
            None => copy.bytes.clone(),
            Some(ByteRange { offset, length }) => {
                assert!(length > 0 && offset + length <= copy.bytes.len() as u64, "the range lies within the image");
                copy.bytes.slice(offset as usize..(offset + length) as usize)
            }
        };
        self.found.fetch_add(1, Ordering::Relaxed);
        Ok(Some((copy.kept.clone(), Payload::Bytes(bytes))))
    }

    async fn keep(&self, key: &CacheKey, kept: &Kept, bytes: Payload) -> Result<(), EdgeCacheFailure> {
        self.check()?;
        let bytes = bytes_of(bytes);
        assert_eq!(bytes.len() as u64, kept.meta.bytes, "whole copies only");
        assert!(kept.meta.warning.is_none(), "what is behind a warning is not kept");
        assert!(kept.meta.expires_at.is_none_or(|at| kept.until <= at), "no copy outlives its image");
        if kept.until <= self.clock.now() {
            // It took so long to get here.
            return Ok(());
        }
        self.copies().insert(key.address().to_owned(), Copy { tag: key.tag(), kept: kept.clone(), bytes });
        Ok(())
    }

    async fn purge(&self, images: &[ImageId]) -> Result<(), EdgeCacheFailure> {
        assert!((1..=PURGED_MAX).contains(&images.len()), "the platform takes {PURGED_MAX} tags at once");
        if self.refuses_purges.load(Ordering::Relaxed) {
            return Err(EdgeCacheFailure("status 429".into()));
        }
        self.purges.lock().expect("not poisoned").push(images.iter().map(ToString::to_string).collect());
        let tags: Vec<String> = images.iter().map(tag).collect();
        self.copies().retain(|_, copy| !tags.contains(&copy.tag));
        Ok(())
    }
}
