//! Faults at chosen calls. Every port call that can fail in production goes through here and counts.

use std::sync::Arc;
use std::sync::Mutex;

use async_trait::async_trait;
use tintype::policy::limits::ImageLimits;
use tintype::ports::blobs::{BlobFailure, BlobKey, BlobMeta, BlobPage, Blobs, Bucket, ByteRange, PutOutcome};
use tintype::ports::digest::{Digest, DigestFailure};
use tintype::ports::payload::Payload;
use tintype::ports::queue::{Message, Queue, QueueFailure};
use tintype::ports::sql::{Row, Sql, SqlFailure, Statement};
use tintype::ports::vision::{Examined, Vision, VisionFailure};

/// What goes wrong at a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// It fails and did nothing.
    FailBefore,
    /// It did its work, and the answer is lost.
    FailAfter,
    /// The isolate dies before the call.
    CrashBefore,
    /// The isolate dies after the call did its work.
    CrashAfter,
    /// The platform runs it twice; the caller sees the second answer.
    Repeat,
}

impl FaultKind {
    pub const ALL: [Self; 5] = [Self::FailBefore, Self::FailAfter, Self::CrashBefore, Self::CrashAfter, Self::Repeat];
}

#[derive(Default)]
struct Plan {
    calls: usize,
    at: Option<(usize, FaultKind)>,
    struck: bool,
}

/// Counts calls and strikes at the planned one.
#[derive(Default)]
pub struct FaultPlan(Mutex<Plan>);

impl FaultPlan {
    /// Plans a fault at the call number `call`, counted from 0 from now on.
    pub fn strike_at(&self, call: usize, kind: FaultKind) {
        *self.0.lock().expect("not poisoned") = Plan { calls: 0, at: Some((call, kind)), struck: false };
    }

    /// No more faults. Answers whether the planned one struck.
    pub fn calm(&self) -> bool {
        std::mem::take(&mut *self.0.lock().expect("not poisoned")).struck
    }

    fn next(&self) -> Option<FaultKind> {
        let mut plan = self.0.lock().expect("not poisoned");
        let call = plan.calls;
        plan.calls += 1;
        let kind = plan.at.filter(|(at, _)| *at == call).map(|(_, kind)| kind);
        plan.struck |= kind.is_some();
        kind
    }
}

/// A port that goes wrong as planned.
pub struct Faulty<T> {
    inner: Arc<T>,
    plan: Arc<FaultPlan>,
}

impl<T> Faulty<T> {
    pub fn new(inner: Arc<T>, plan: Arc<FaultPlan>) -> Self {
        Self { inner, plan }
    }
}

/// A dead isolate never answers; the test drops the whole operation instead of waiting.
async fn die<T>() -> T {
    std::future::pending().await
}

/// Runs `$call` as the plan says; `$lost` is the failure the caller sees.
macro_rules! planned {
    ($self:ident, $lost:expr, $call:expr) => {
        match $self.plan.next() {
            None => $call,
            Some(FaultKind::FailBefore) => Err($lost),
            Some(FaultKind::FailAfter) => {
                drop($call);
                Err($lost)
            }
            Some(FaultKind::CrashBefore) => die().await,
            Some(FaultKind::CrashAfter) => {
                drop($call);
                die().await
            }
            Some(FaultKind::Repeat) => {
                drop($call);
                $call
            }
        }
    };
}

/// A payload that can be sent twice.
struct Resendable(bytes::Bytes);

impl Resendable {
    fn new(payload: Payload) -> Self {
        Self(super::small_ports::bytes_of(payload))
    }

    fn payload(&self) -> Payload {
        Payload::Bytes(self.0.clone())
    }
}

#[async_trait]
impl<T: Sql> Sql for Faulty<T> {
    async fn batch(&self, statements: Vec<Statement>) -> Result<Vec<Vec<Row>>, SqlFailure> {
        let lost = SqlFailure::Failed("planned fault".into());
        planned!(self, lost, self.inner.batch(statements.clone()).await)
    }
}

#[async_trait]
impl<T: Blobs> Blobs for Faulty<T> {
    async fn put_new(
        &self,
        bucket: Bucket,
        key: &BlobKey,
        body: Payload,
        meta: &BlobMeta,
    ) -> Result<PutOutcome, BlobFailure> {
        let body = Resendable::new(body);
        planned!(self, lost(), self.inner.put_new(bucket, key, body.payload(), meta).await)
    }

    async fn head(&self, bucket: Bucket, key: &BlobKey) -> Result<Option<BlobMeta>, BlobFailure> {
        planned!(self, lost(), self.inner.head(bucket, key).await)
    }

    async fn get(
        &self,
        bucket: Bucket,
        key: &BlobKey,
        range: Option<ByteRange>,
    ) -> Result<Option<(BlobMeta, Payload)>, BlobFailure> {
        planned!(self, lost(), self.inner.get(bucket, key, range).await)
    }

    async fn read(&self, bucket: Bucket, key: &BlobKey) -> Result<Option<Vec<u8>>, BlobFailure> {
        planned!(self, lost(), self.inner.read(bucket, key).await)
    }

    async fn delete(&self, bucket: Bucket, keys: &[BlobKey]) -> Result<(), BlobFailure> {
        planned!(self, lost(), self.inner.delete(bucket, keys).await)
    }

    async fn list(
        &self,
        bucket: Bucket,
        prefix: &str,
        from: Option<&str>,
        limit: u32,
    ) -> Result<BlobPage, BlobFailure> {
        planned!(self, lost(), self.inner.list(bucket, prefix, from, limit).await)
    }
}

fn lost() -> BlobFailure {
    BlobFailure("planned fault".into())
}

#[async_trait]
impl<T: Vision> Vision for Faulty<T> {
    async fn examine(&self, image: Payload, limits: &ImageLimits) -> Result<Examined, VisionFailure> {
        let image = Resendable::new(image);
        let lost = VisionFailure::Unavailable("planned fault".into());
        planned!(self, lost, self.inner.examine(image.payload(), limits).await)
    }
}

#[async_trait]
impl<T: Digest> Digest for Faulty<T> {
    async fn sha256(&self, payload: Payload) -> Result<String, DigestFailure> {
        let payload = Resendable::new(payload);
        let lost = DigestFailure("planned fault".into());
        planned!(self, lost, self.inner.sha256(payload.payload()).await)
    }
}

#[async_trait]
impl<T: Queue> Queue for Faulty<T> {
    async fn send(&self, message: &Message, delay_s: u32) -> Result<(), QueueFailure> {
        let lost = QueueFailure("planned fault".into());
        planned!(self, lost, self.inner.send(message, delay_s).await)
    }
}
