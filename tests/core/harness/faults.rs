//! Faults at chosen calls. Every port call that can fail in production goes through here and counts.

use std::net::IpAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, Waker};

use async_trait::async_trait;
use bytes::Bytes;
use tintype::domain::consent::ConsentProof;
use tintype::domain::ids::{ImageId, LetterId};
use tintype::domain::known_bad::PdqHash;
use tintype::domain::letter::OutgoingLetter;
use tintype::domain::opinion::Opinion;
use tintype::domain::transform::VariantName;
use tintype::domain::verdict::UnscannedReason;
use tintype::policy::limits::ImageLimits;
use tintype::ports::billing::{Billing, BillingFailure};
use tintype::ports::blobs::{
    BlobFailure, BlobKey, BlobMeta, BlobPage, Blobs, Bucket, ByteRange, MultipartUpload, PutOutcome, StoredPart,
};
use tintype::ports::challenge::{Challenge, ChallengeFailure};
use tintype::ports::clock::Clock as _;
use tintype::ports::digest::{Digest, DigestFailure};
use tintype::ports::edge_cache::{CacheKey, EdgeCache, EdgeCacheFailure, Kept};
use tintype::ports::hash_lists::{HashListFailure, HashLists};
use tintype::ports::mail::{Mail, MailFailure};
use tintype::ports::outbound::{Outbound, OutboundAnswer, OutboundFailure};
use tintype::ports::outside_classifier::{OutsideClassifier, OutsideFailure};
use tintype::ports::payload::Payload;
use tintype::ports::queue::{Message, Queue, QueueFailure};
use tintype::ports::sql::{Row, Sql, SqlFailure, Statement};
use tintype::ports::vision::{Examined, Variant, Vision, VisionFailure};
use url::Url;

use super::platform_limits::{Limits, over_limit};
use super::small_ports::{FixedClock, SeededRng};

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

/// What the calls of a stretch of work cost, in the units that the platform limits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// Calls of any port.
    pub calls: usize,
    /// Statements sent to the database; a batch of three counts three.
    pub queries: usize,
    /// Calls of the storage.
    pub blob_calls: usize,
}

impl Cost {
    const fn queries(queries: usize) -> Self {
        Self { calls: 1, queries, blob_calls: 0 }
    }

    const BLOB: Self = Self { calls: 1, queries: 0, blob_calls: 1 };
    /// Read, then written.
    const TWO_BLOBS: Self = Self { calls: 2, queries: 0, blob_calls: 2 };
    const OTHER: Self = Self { calls: 1, queries: 0, blob_calls: 0 };
}

#[derive(Default)]
struct Plan {
    calls: usize,
    at: Option<(usize, FaultKind)>,
    interleaves: bool,
    struck: bool,
    limits: Limits,
    storm: Option<Storm>,
    latency: Option<Latency>,
    skew_ms: i64,
    tally: (u64, u64),
    cost: Cost,
    /// Grows whenever anything happens, so that a dead operation can be told from a waiting one.
    ticks: u64,
}

/// Faults at calls that chance chooses.
struct Storm {
    per_mille: u64,
    chance: SeededRng,
}

impl Storm {
    fn kind(&self) -> Option<FaultKind> {
        match self.per_mille {
            1_000.. => Some(FaultKind::FailBefore),
            per_mille => (self.chance.below(1_000) < per_mille).then(|| FaultKind::ALL[self.chance.below(5) as usize]),
        }
    }
}

/// How long calls take, by a clock that passes over the waiting: what waits side by side waits at the same time.
struct Latency {
    clock: Arc<FixedClock>,
    /// Of a call of the database, and of any other, in milliseconds.
    ms: (i64, i64),
    /// When the calls that wait have their answers.
    answers_at: Vec<i64>,
}

/// Counts calls and strikes at the planned ones.
#[derive(Default)]
pub struct FaultPlan(Mutex<Plan>);

impl FaultPlan {
    fn plan(&self) -> MutexGuard<'_, Plan> {
        self.0.lock().expect("not poisoned")
    }

    /// Plans a fault at the call number `call`, counted from 0 from now on.
    pub fn strike_at(&self, call: usize, kind: FaultKind) {
        let mut plan = self.plan();
        (plan.calls, plan.at, plan.struck) = (0, Some((call, kind)), false);
    }

    /// From now on, every call first lets the others go on.
    pub fn interleave(&self, interleaves: bool) {
        self.plan().interleaves = interleaves;
    }

    /// No more faults. Answers whether the planned one struck.
    pub fn calm(&self) -> bool {
        let mut plan = self.plan();
        (plan.calls, plan.at) = (0, None);
        std::mem::take(&mut plan.struck)
    }

    /// From now on each call goes wrong with this chance, in thousandths; all of them: nothing answers.
    pub fn storm(&self, per_mille: u64, seed: u64) {
        self.plan().storm = (per_mille > 0).then(|| Storm { per_mille, chance: SeededRng::new(seed) });
    }

    /// The clocks of the machines on which invocations begin from now on are ahead by so much.
    pub fn skew(&self, skew_ms: i64) {
        self.plan().skew_ms = skew_ms;
    }

    pub fn skew_ms(&self) -> i64 {
        self.plan().skew_ms
    }

    /// How many calls there were, and how many of them went wrong.
    pub fn tally(&self) -> (u64, u64) {
        self.plan().tally
    }

    /// What the calls since the last question cost.
    pub fn cost(&self) -> Cost {
        std::mem::take(&mut self.plan().cost)
    }

    /// Other limits than the platform's.
    pub fn limit(&self, limits: Limits) {
        self.plan().limits = limits;
    }

    fn ticks(&self) -> u64 {
        self.plan().ticks
    }

    async fn pause(&self) {
        let mut waited = !self.plan().interleaves;
        std::future::poll_fn(|_| {
            self.plan().ticks += 1;
            if std::mem::replace(&mut waited, true) { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }

    /// From now on a call of the database takes so long, and any other: only [`FaultPlan::run_in_time`] lets it pass.
    pub fn take_time(&self, clock: Arc<FixedClock>, ms: (i64, i64)) {
        self.plan().latency = Some(Latency { clock, ms, answers_at: Vec::new() });
    }

    /// Runs an operation to its end, its calls taking their time.
    pub fn run_in_time<T>(&self, operation: impl Future<Output = T>) -> T {
        let mut operation = std::pin::pin!(operation);
        let mut context = Context::from_waker(Waker::noop());
        loop {
            if let Poll::Ready(done) = operation.as_mut().poll(&mut context) {
                return done;
            }
            let mut plan = self.plan();
            let latency = plan.latency.as_mut().expect("calls take time");
            let next = latency.answers_at.iter().copied().min().expect("something waits");
            latency.answers_at.retain(|at| *at > next);
            latency.clock.advance_ms((next - latency.clock.now().0).max(0));
        }
    }

    async fn wait(&self, cost: Cost) {
        let until = self.plan().latency.as_mut().map(|latency| {
            let at = latency.clock.now().0 + if cost.queries > 0 { latency.ms.0 } else { latency.ms.1 };
            latency.answers_at.push(at);
            (at, latency.clock.clone())
        });
        let Some((at, clock)) = until else { return };
        std::future::poll_fn(|_| if clock.now().0 >= at { Poll::Ready(()) } else { Poll::Pending }).await;
    }

    fn next(&self, cost: Cost) -> Option<FaultKind> {
        let mut plan = self.plan();
        plan.cost.calls += cost.calls;
        plan.cost.queries += cost.queries;
        plan.cost.blob_calls += cost.blob_calls;
        if let Some(limit) = over_limit(cost.queries, cost.calls, plan.limits) {
            eprintln!("over a limit of the platform: {limit}");
            return Some(FaultKind::FailBefore);
        }
        let call = plan.calls;
        plan.calls += 1;
        let kind = plan.at.filter(|(at, _)| *at == call).map(|(_, kind)| kind);
        let kind = kind.or_else(|| plan.storm.as_ref().and_then(Storm::kind));
        plan.struck |= kind.is_some();
        plan.tally = (plan.tally.0 + 1, plan.tally.1 + u64::from(kind.is_some()));
        kind
    }
}

/// Runs operations side by side, the next step being that of the one which `choose` picks out of so many.
/// Answers what each came to; `None`: it died on the way.
pub fn drive<'a, T>(
    plan: &FaultPlan,
    mut choose: impl FnMut(usize) -> usize,
    operations: Vec<BoxedOperation<'a, T>>,
) -> Vec<Option<T>> {
    let mut context = Context::from_waker(Waker::noop());
    let mut results: Vec<Option<T>> = operations.iter().map(|_| None).collect();
    let mut running: Vec<_> = operations.into_iter().enumerate().collect();
    while !running.is_empty() {
        let chosen = choose(running.len());
        let before = plan.ticks();
        let (index, operation) = &mut running[chosen];
        match operation.as_mut().poll(&mut context) {
            Poll::Ready(result) => {
                results[*index] = Some(result);
                drop(running.swap_remove(chosen));
            }
            Poll::Pending if plan.ticks() == before => drop(running.swap_remove(chosen)),
            Poll::Pending => {}
        }
    }
    results
}

/// An operation for [`drive`].
pub type BoxedOperation<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// Takes so many steps of an operation that does not end by then.
pub fn poll_times<T>(operation: &mut BoxedOperation<'_, T>, times: usize) {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    for _ in 0..times {
        assert!(operation.as_mut().poll(&mut context).is_pending(), "it is not finished yet");
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
    ($self:ident, $cost:expr, $lost:expr, $call:expr) => {{
        // Not `drop`: some answers are plain copies.
        let done = |_answer| ();
        $self.plan.pause().await;
        $self.plan.wait($cost).await;
        match $self.plan.next($cost) {
            None => $call,
            Some(FaultKind::FailBefore) => Err($lost),
            Some(FaultKind::FailAfter) => {
                done($call);
                Err($lost)
            }
            Some(FaultKind::CrashBefore) => die().await,
            Some(FaultKind::CrashAfter) => {
                done($call);
                die().await
            }
            Some(FaultKind::Repeat) => {
                done($call);
                $call
            }
        }
    }};
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
        planned!(self, Cost::queries(statements.len()), lost, self.inner.batch(statements.clone()).await)
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
        planned!(self, Cost::BLOB, lost(), self.inner.put_new(bucket, key, body.payload(), meta).await)
    }

    async fn keep(&self, bucket: Bucket, key: &BlobKey, body: Payload, bytes: u64) -> Result<String, BlobFailure> {
        let body = Resendable::new(body);
        planned!(self, Cost::BLOB, lost(), self.inner.keep(bucket, key, body.payload(), bytes).await)
    }

    async fn open(
        &self,
        bucket: Bucket,
        key: &BlobKey,
        range: Option<ByteRange>,
    ) -> Result<Option<Payload>, BlobFailure> {
        planned!(self, Cost::BLOB, lost(), self.inner.open(bucket, key, range).await)
    }

    async fn begin_multipart(&self, bucket: Bucket, key: &BlobKey) -> Result<MultipartUpload, BlobFailure> {
        planned!(self, Cost::BLOB, lost(), self.inner.begin_multipart(bucket, key).await)
    }

    async fn put_part(&self, upload: &MultipartUpload, number: u16, bytes: Vec<u8>) -> Result<StoredPart, BlobFailure> {
        planned!(self, Cost::BLOB, lost(), self.inner.put_part(upload, number, bytes.clone()).await)
    }

    async fn complete_multipart(&self, upload: &MultipartUpload, parts: &[StoredPart]) -> Result<(), BlobFailure> {
        planned!(self, Cost::BLOB, lost(), self.inner.complete_multipart(upload, parts).await)
    }

    async fn abort_multipart(&self, upload: &MultipartUpload) -> Result<(), BlobFailure> {
        planned!(self, Cost::BLOB, lost(), self.inner.abort_multipart(upload).await)
    }

    async fn relabel(&self, bucket: Bucket, key: &BlobKey, meta: &BlobMeta) -> Result<bool, BlobFailure> {
        planned!(self, Cost::TWO_BLOBS, lost(), self.inner.relabel(bucket, key, meta).await)
    }

    async fn replace(
        &self,
        bucket: Bucket,
        key: &BlobKey,
        expected: &[u8],
        bytes: Vec<u8>,
        meta: &BlobMeta,
    ) -> Result<bool, BlobFailure> {
        planned!(self, Cost::TWO_BLOBS, lost(), self.inner.replace(bucket, key, expected, bytes.clone(), meta).await)
    }

    async fn head(&self, bucket: Bucket, key: &BlobKey) -> Result<Option<BlobMeta>, BlobFailure> {
        planned!(self, Cost::BLOB, lost(), self.inner.head(bucket, key).await)
    }

    async fn get(
        &self,
        bucket: Bucket,
        key: &BlobKey,
        range: Option<ByteRange>,
    ) -> Result<Option<(BlobMeta, Payload)>, BlobFailure> {
        planned!(self, Cost::BLOB, lost(), self.inner.get(bucket, key, range).await)
    }

    async fn read_range(
        &self,
        bucket: Bucket,
        key: &BlobKey,
        range: ByteRange,
    ) -> Result<Option<Vec<u8>>, BlobFailure> {
        planned!(self, Cost::BLOB, lost(), self.inner.read_range(bucket, key, range).await)
    }

    async fn read(&self, bucket: Bucket, key: &BlobKey) -> Result<Option<Vec<u8>>, BlobFailure> {
        planned!(self, Cost::BLOB, lost(), self.inner.read(bucket, key).await)
    }

    async fn delete(&self, bucket: Bucket, keys: &[BlobKey]) -> Result<(), BlobFailure> {
        planned!(self, Cost::BLOB, lost(), self.inner.delete(bucket, keys).await)
    }

    async fn list(
        &self,
        bucket: Bucket,
        prefix: &str,
        from: Option<&str>,
        limit: u32,
    ) -> Result<BlobPage, BlobFailure> {
        planned!(self, Cost::BLOB, lost(), self.inner.list(bucket, prefix, from, limit).await)
    }
}

fn lost() -> BlobFailure {
    BlobFailure("planned fault".into())
}

#[async_trait]
impl<T: Vision> Vision for Faulty<T> {
    async fn readiness(&self) -> Result<(), UnscannedReason> {
        planned!(self, Cost::OTHER, UnscannedReason::VisionUnavailable, self.inner.readiness().await)
    }

    async fn rendition(&self, image: Payload, frame: u32, limits: &ImageLimits) -> Result<Bytes, VisionFailure> {
        let image = Resendable::new(image);
        let lost = VisionFailure::Unavailable("planned fault".into());
        planned!(self, Cost::OTHER, lost, self.inner.rendition(image.payload(), frame, limits).await)
    }

    async fn transform(
        &self,
        image: Payload,
        variant: &VariantName,
        limits: &ImageLimits,
    ) -> Result<Variant, VisionFailure> {
        let image = Resendable::new(image);
        let lost = VisionFailure::Unavailable("planned fault".into());
        planned!(self, Cost::OTHER, lost, self.inner.transform(image.payload(), variant, limits).await)
    }

    async fn examine(&self, image: Payload, limits: &ImageLimits) -> Result<Examined, VisionFailure> {
        let image = Resendable::new(image);
        let lost = VisionFailure::Unavailable("planned fault".into());
        planned!(self, Cost::OTHER, lost, self.inner.examine(image.payload(), limits).await)
    }
}

#[async_trait]
impl<T: OutsideClassifier> OutsideClassifier for Faulty<T> {
    async fn opinion(&self, jpeg: Bytes) -> Result<Opinion, OutsideFailure> {
        let lost = OutsideFailure("planned fault".into());
        planned!(self, Cost::OTHER, lost, self.inner.opinion(jpeg.clone()).await)
    }
}

#[async_trait]
impl<T: Challenge> Challenge for Faulty<T> {
    async fn is_solved(&self, token: &str) -> Result<bool, ChallengeFailure> {
        let lost = ChallengeFailure("planned fault".into());
        planned!(self, Cost::OTHER, lost, self.inner.is_solved(token).await)
    }
}

#[async_trait]
impl<T: Digest> Digest for Faulty<T> {
    async fn sha256(&self, payload: Payload) -> Result<String, DigestFailure> {
        let payload = Resendable::new(payload);
        let lost = DigestFailure("planned fault".into());
        planned!(self, Cost::OTHER, lost, self.inner.sha256(payload.payload()).await)
    }
}

#[async_trait]
impl<T: HashLists> HashLists for Faulty<T> {
    async fn lookup(&self, hash: &PdqHash) -> Result<Vec<String>, HashListFailure> {
        let lost = HashListFailure("planned fault".into());
        planned!(self, Cost::OTHER, lost, self.inner.lookup(hash).await)
    }
}

#[async_trait]
impl<T: Billing> Billing for Faulty<T> {
    async fn cancel_subscription(&self, customer: &str) -> Result<(), BillingFailure> {
        let lost = BillingFailure("planned fault".into());
        planned!(self, Cost::OTHER, lost, self.inner.cancel_subscription(customer).await)
    }

    async fn forget_customer(&self, customer: &str) -> Result<(), BillingFailure> {
        let lost = BillingFailure("planned fault".into());
        planned!(self, Cost::OTHER, lost, self.inner.forget_customer(customer).await)
    }
}

#[async_trait]
impl<T: Mail> Mail for Faulty<T> {
    async fn send_transactional(&self, letter: &OutgoingLetter, key: &LetterId) -> Result<(), MailFailure> {
        planned!(self, Cost::OTHER, undelivered(), self.inner.send_transactional(letter, key).await)
    }

    async fn send_product(
        &self,
        letter: &OutgoingLetter,
        proof: &ConsentProof,
        key: &LetterId,
    ) -> Result<(), MailFailure> {
        planned!(self, Cost::OTHER, undelivered(), self.inner.send_product(letter, proof, key).await)
    }
}

fn undelivered() -> MailFailure {
    MailFailure::Passing("planned fault".into())
}

#[async_trait]
impl<T: Queue> Queue for Faulty<T> {
    async fn send(&self, message: &Message, delay_s: u32) -> Result<(), QueueFailure> {
        let lost = QueueFailure("planned fault".into());
        planned!(self, Cost::OTHER, lost, self.inner.send(message, delay_s).await)
    }
}

#[async_trait]
impl<T: EdgeCache> EdgeCache for Faulty<T> {
    async fn find(
        &self,
        key: &CacheKey,
        range: Option<ByteRange>,
    ) -> Result<Option<(Kept, Payload)>, EdgeCacheFailure> {
        planned!(self, Cost::OTHER, uncached(), self.inner.find(key, range).await)
    }

    async fn keep(&self, key: &CacheKey, kept: &Kept, bytes: Payload) -> Result<(), EdgeCacheFailure> {
        let bytes = Resendable::new(bytes);
        planned!(self, Cost::OTHER, uncached(), self.inner.keep(key, kept, bytes.payload()).await)
    }

    async fn purge(&self, images: &[ImageId]) -> Result<(), EdgeCacheFailure> {
        planned!(self, Cost::OTHER, uncached(), self.inner.purge(images).await)
    }
}

fn uncached() -> EdgeCacheFailure {
    EdgeCacheFailure("planned fault".into())
}

#[async_trait]
impl<T: Outbound> Outbound for Faulty<T> {
    async fn resolve(&self, host: &str) -> Result<Vec<IpAddr>, OutboundFailure> {
        planned!(self, Cost::OTHER, OutboundFailure::TimedOut, self.inner.resolve(host).await)
    }

    async fn get(&self, url: &Url, timeout_ms: u32) -> Result<OutboundAnswer, OutboundFailure> {
        planned!(self, Cost::OTHER, OutboundFailure::TimedOut, self.inner.get(url, timeout_ms).await)
    }
}
