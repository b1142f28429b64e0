//! How much an invocation may still ask of the platform: jobs that go on as long as there is something to do ask first. What was
//! spent is counted where it is spent, in the ports, so that no job has to know what another one, or a use case, costs.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;

use crate::app::App;
use crate::domain::ids::ImageId;
use crate::domain::time::Timestamp;
use crate::policy::platform::{QUERIES_LEFT, QUERIES_MAX, SUBREQUESTS_LEFT, SUBREQUESTS_MAX, WORK_MS};
use crate::ports::blobs::{
    BlobFailure, BlobKey, BlobMeta, BlobPage, Blobs, Bucket, ByteRange, MultipartUpload, PutOutcome, StoredPart,
};
use crate::ports::clock::Clock;
use crate::ports::edge_cache::{CacheKey, EdgeCache, EdgeCacheFailure, Kept};
use crate::ports::payload::Payload;
use crate::ports::queue::{Message, Queue, QueueFailure};
use crate::ports::sql::{Row, Sql, SqlFailure, Statement};

/// What an invocation has asked of the platform, all its jobs together.
#[derive(Clone, Default)]
pub(super) struct Spent(Arc<Count>);

#[derive(Default)]
struct Count {
    queries: AtomicUsize,
    calls: AtomicUsize,
}

impl Spent {
    /// The same deployment, counted: its database, its storage, and what a removal asks besides.
    pub(super) fn metered(&self, app: &App) -> App {
        let mut app = app.clone();
        app.ports.sql = Arc::new(Metered { inner: app.ports.sql, spent: self.clone() });
        app.ports.blobs = Arc::new(Metered { inner: app.ports.blobs, spent: self.clone() });
        app.ports.queue = Arc::new(Metered { inner: app.ports.queue, spent: self.clone() });
        let meter = |inner| Arc::new(Metered { inner, spent: self.clone() }) as Arc<dyn EdgeCache>;
        app.ports.edge_cache = app.ports.edge_cache.map(meter);
        app
    }

    fn call(&self, queries: usize) {
        self.0.queries.fetch_add(queries, Ordering::Relaxed);
        self.0.calls.fetch_add(1, Ordering::Relaxed);
    }
}

/// What one job may still ask.
pub(super) struct Room {
    spent: Spent,
    clock: Arc<dyn Clock>,
    until: Timestamp,
}

impl Room {
    /// The room of a job that begins now.
    pub(super) fn new(app: &App, spent: &Spent) -> Self {
        Self { spent: spent.clone(), clock: app.ports.clock.clone(), until: app.now().plus_ms(WORK_MS) }
    }

    /// Whether there is room for so many queries more, in so many calls, and time.
    pub(super) fn has(&self, queries: usize, calls: usize) -> bool {
        let Count { queries: queried, calls: called } = self.spent.0.as_ref();
        queried.load(Ordering::Relaxed) + queries + QUERIES_LEFT <= QUERIES_MAX
            && called.load(Ordering::Relaxed) + calls + SUBREQUESTS_LEFT <= SUBREQUESTS_MAX
            && self.clock.now() < self.until
    }
}

/// A port whose calls are counted.
struct Metered<T: ?Sized> {
    inner: Arc<T>,
    spent: Spent,
}

#[async_trait]
impl Sql for Metered<dyn Sql> {
    async fn batch(&self, statements: Vec<Statement>) -> Result<Vec<Vec<Row>>, SqlFailure> {
        self.spent.call(statements.len());
        self.inner.batch(statements).await
    }
}

#[async_trait]
impl Queue for Metered<dyn Queue> {
    async fn send(&self, message: &Message, delay_s: u32) -> Result<(), QueueFailure> {
        self.spent.call(0);
        self.inner.send(message, delay_s).await
    }
}

#[async_trait]
impl EdgeCache for Metered<dyn EdgeCache> {
    async fn find(
        &self,
        key: &CacheKey,
        range: Option<ByteRange>,
    ) -> Result<Option<(Kept, Payload)>, EdgeCacheFailure> {
        self.spent.call(0);
        self.inner.find(key, range).await
    }

    async fn keep(&self, key: &CacheKey, kept: &Kept, bytes: Payload) -> Result<(), EdgeCacheFailure> {
        self.spent.call(0);
        self.inner.keep(key, kept, bytes).await
    }

    async fn purge(&self, images: &[ImageId]) -> Result<(), EdgeCacheFailure> {
        self.spent.call(0);
        self.inner.purge(images).await
    }
}

#[async_trait]
impl Blobs for Metered<dyn Blobs> {
    async fn put_new(
        &self,
        bucket: Bucket,
        key: &BlobKey,
        body: Payload,
        meta: &BlobMeta,
    ) -> Result<PutOutcome, BlobFailure> {
        self.spent.call(0);
        self.inner.put_new(bucket, key, body, meta).await
    }

    async fn keep(&self, bucket: Bucket, key: &BlobKey, body: Payload, bytes: u64) -> Result<String, BlobFailure> {
        self.spent.call(0);
        self.inner.keep(bucket, key, body, bytes).await
    }

    async fn open(
        &self,
        bucket: Bucket,
        key: &BlobKey,
        range: Option<ByteRange>,
    ) -> Result<Option<Payload>, BlobFailure> {
        self.spent.call(0);
        self.inner.open(bucket, key, range).await
    }

    async fn begin_multipart(&self, bucket: Bucket, key: &BlobKey) -> Result<MultipartUpload, BlobFailure> {
        self.spent.call(0);
        self.inner.begin_multipart(bucket, key).await
    }

    async fn put_part(&self, upload: &MultipartUpload, number: u16, bytes: Vec<u8>) -> Result<StoredPart, BlobFailure> {
        self.spent.call(0);
        self.inner.put_part(upload, number, bytes).await
    }

    async fn complete_multipart(&self, upload: &MultipartUpload, parts: &[StoredPart]) -> Result<(), BlobFailure> {
        self.spent.call(0);
        self.inner.complete_multipart(upload, parts).await
    }

    async fn abort_multipart(&self, upload: &MultipartUpload) -> Result<(), BlobFailure> {
        self.spent.call(0);
        self.inner.abort_multipart(upload).await
    }

    async fn relabel(&self, bucket: Bucket, key: &BlobKey, meta: &BlobMeta) -> Result<bool, BlobFailure> {
        self.spent.call(0);
        self.inner.relabel(bucket, key, meta).await
    }

    async fn replace(
        &self,
        bucket: Bucket,
        key: &BlobKey,
        expected: &[u8],
        bytes: Vec<u8>,
        meta: &BlobMeta,
    ) -> Result<bool, BlobFailure> {
        self.spent.call(0);
        self.inner.replace(bucket, key, expected, bytes, meta).await
    }

    async fn head(&self, bucket: Bucket, key: &BlobKey) -> Result<Option<BlobMeta>, BlobFailure> {
        self.spent.call(0);
        self.inner.head(bucket, key).await
    }

    async fn get(
        &self,
        bucket: Bucket,
        key: &BlobKey,
        range: Option<ByteRange>,
    ) -> Result<Option<(BlobMeta, Payload)>, BlobFailure> {
        self.spent.call(0);
        self.inner.get(bucket, key, range).await
    }

    async fn read_range(
        &self,
        bucket: Bucket,
        key: &BlobKey,
        range: ByteRange,
    ) -> Result<Option<Vec<u8>>, BlobFailure> {
        self.spent.call(0);
        self.inner.read_range(bucket, key, range).await
    }

    async fn read(&self, bucket: Bucket, key: &BlobKey) -> Result<Option<Vec<u8>>, BlobFailure> {
        self.spent.call(0);
        self.inner.read(bucket, key).await
    }

    async fn delete(&self, bucket: Bucket, keys: &[BlobKey]) -> Result<(), BlobFailure> {
        self.spent.call(0);
        self.inner.delete(bucket, keys).await
    }

    async fn list(
        &self,
        bucket: Bucket,
        prefix: &str,
        from: Option<&str>,
        limit: u32,
    ) -> Result<BlobPage, BlobFailure> {
        self.spent.call(0);
        self.inner.list(bucket, prefix, from, limit).await
    }
}
