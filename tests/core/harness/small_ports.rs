//! The small ports, natively: deterministic, and observable by tests.

use std::any::Any;
use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU32, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use tintype::domain::facts::{ImageFacts, Rejection};
use tintype::domain::hex;
use tintype::domain::known_bad::{Likeness, PdqHash};
use tintype::domain::opinion::{Label, Opinion};
use tintype::domain::time::Timestamp;
use tintype::domain::transform::VariantName;
use tintype::domain::verdict::{Assessment, UnscannedReason};
use tintype::imaging;
use tintype::policy::limits::ImageLimits;
use tintype::ports::background::{Background, Task};
use tintype::ports::burst::Burst;
use tintype::ports::challenge::{Challenge, ChallengeFailure};
use tintype::ports::clock::Clock;
use tintype::ports::digest::{Digest, DigestFailure};
use tintype::ports::hash_lists::{HashListFailure, HashLists};
use tintype::ports::log::{Log, LogLine};
use tintype::ports::outbound::{Outbound, OutboundAnswer, OutboundFailure};
use tintype::ports::outside_classifier::{OutsideClassifier, OutsideFailure};
use tintype::ports::payload::{Payload, PlatformStream};
use tintype::ports::queue::{Message, Queue, QueueFailure};
use tintype::ports::rng::{Rng, RngFailure};
use tintype::ports::static_assets::{AssetFailure, StaticAssets};
use tintype::ports::vision::{Examined, Variant, Vision, VisionFailure};
use url::Url;

use super::platform_limits::skew_ms;

/// The bytes of a payload: natively all are in memory.
pub fn bytes_of(payload: Payload) -> Bytes {
    match payload {
        Payload::Bytes(bytes) => bytes,
        Payload::Platform(stream) => stream.into_any().downcast::<Once>().expect("there is no platform here").0,
    }
}

/// Bytes that can be read once, as those of a request on the platform.
pub struct Once(Bytes);

impl Once {
    pub fn payload(bytes: Bytes) -> Payload {
        Payload::Platform(Box::new(Self(bytes)))
    }
}

impl PlatformStream for Once {
    fn length(&self) -> Option<u64> {
        Some(self.0.len() as u64)
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any + Send> {
        self
    }
}

pub struct FixedClock(AtomicI64);

impl FixedClock {
    pub fn at(now: Timestamp) -> Self {
        Self(AtomicI64::new(now.0))
    }

    pub fn advance_ms(&self, ms: i64) {
        self.0.fetch_add(ms, Ordering::Relaxed);
    }
}

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::Relaxed) + skew_ms())
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014): tiny, seedable, and evenly spread.
pub struct SeededRng(Mutex<u64>);

impl SeededRng {
    pub fn new(seed: u64) -> Self {
        Self(Mutex::new(seed))
    }

    pub fn next(&self) -> u64 {
        let mut state = self.0.lock().expect("not poisoned");
        *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = *state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `bound`.
    pub fn below(&self, bound: u64) -> u64 {
        self.next() % bound
    }
}

impl Rng for SeededRng {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RngFailure> {
        for chunk in bytes.chunks_mut(8) {
            chunk.copy_from_slice(&self.next().to_le_bytes()[..chunk.len()]);
        }
        Ok(())
    }
}

pub struct NativeDigest;

#[async_trait]
impl Digest for NativeDigest {
    async fn sha256(&self, payload: Payload) -> Result<String, DigestFailure> {
        Ok(hex::sha256(&bytes_of(payload)))
    }
}

/// Lets everyone through until a test shuts it. Remembers the pseudonyms it saw.
#[derive(Default)]
pub struct GateBurst {
    pub shut: AtomicBool,
    pub seen: Mutex<Vec<String>>,
}

#[async_trait]
impl Burst for GateBurst {
    async fn admits(&self, caller: &str) -> bool {
        self.seen.lock().expect("not poisoned").push(caller.to_owned());
        !self.shut.load(Ordering::Relaxed)
    }
}

/// Keeps what is to be done after the answer until the test's client has it.
#[derive(Default)]
pub struct LaterTasks(Mutex<Vec<Task>>);

impl LaterTasks {
    /// Does all of it, and what that brings with it.
    pub async fn run_all(&self) {
        loop {
            let task = self.0.lock().expect("not poisoned").pop();
            let Some(task) = task else { return };
            task.await;
        }
    }
}

impl Background for LaterTasks {
    fn run(&self, task: Task) {
        self.0.lock().expect("not poisoned").push(task);
    }
}

/// The vision half of the product, in process. Counts how often it was asked, and remembers what it said
/// about a file: the same bytes get the same answer, only faster. A test can have it answer otherwise.
#[derive(Default)]
pub struct InProcessVision {
    pub examined: AtomicU32,
    pub transformed: AtomicU32,
    pub says: Mutex<Option<VisionFailure>>,
    /// Why it does not even want to be asked.
    pub is_away: Mutex<Option<UnscannedReason>>,
    /// What the classifier says about a file; nothing: there is no classifier.
    pub assesses: Mutex<HashMap<Bytes, Assessment>>,
    memory: Mutex<HashMap<Bytes, Remembered>>,
}

type Remembered = Result<(ImageFacts, Bytes, Vec<Likeness>), Rejection>;

impl InProcessVision {
    fn look(&self, received: &Bytes, limits: &ImageLimits) -> Remembered {
        if let Some(known) = self.memory.lock().expect("not poisoned").get(received) {
            return known.clone();
        }
        let examined = imaging::examine(received, limits);
        let answer = examined.map(|e| (e.facts, Bytes::from(e.stripped.to_vec(received)), e.pdq));
        self.memory.lock().expect("not poisoned").insert(received.clone(), answer.clone());
        answer
    }
}

#[async_trait]
impl Vision for InProcessVision {
    async fn readiness(&self) -> Result<(), UnscannedReason> {
        match *self.is_away.lock().expect("not poisoned") {
            Some(why) => Err(why),
            None => Ok(()),
        }
    }

    async fn rendition(&self, image: Payload, frame: u32, limits: &ImageLimits) -> Result<Bytes, VisionFailure> {
        if let Some(failure) = self.says.lock().expect("not poisoned").clone() {
            return Err(failure);
        }
        let received = bytes_of(image);
        let examination = imaging::examine(&received, limits).map_err(VisionFailure::Rejected)?;
        let look = examination.looks.iter().find(|look| look.frame == frame).or(examination.looks.first());
        let jpeg = look.and_then(imaging::small_jpeg::small_jpeg).expect("there is something to draw");
        Ok(jpeg.into())
    }

    async fn transform(
        &self,
        image: Payload,
        variant: &VariantName,
        limits: &ImageLimits,
    ) -> Result<Variant, VisionFailure> {
        self.transformed.fetch_add(1, Ordering::Relaxed);
        if let Some(failure) = self.says.lock().expect("not poisoned").clone() {
            return Err(failure);
        }
        let made = imaging::transform(&bytes_of(image), &variant.transform, limits);
        let (facts, file) = made.map_err(VisionFailure::Rejected)?;
        Ok(Variant { facts, sha256: hex::sha256(&file), bytes: Payload::Bytes(file.into()) })
    }

    async fn examine(&self, image: Payload, limits: &ImageLimits) -> Result<Examined, VisionFailure> {
        self.examined.fetch_add(1, Ordering::Relaxed);
        if let Some(failure) = self.says.lock().expect("not poisoned").clone() {
            return Err(failure);
        }
        let received = bytes_of(image);
        let assessed = self.assesses.lock().expect("not poisoned").get(&received).cloned();
        let (facts, stored, pdq) = self.look(&received, limits).map_err(VisionFailure::Rejected)?;
        Ok(Examined {
            facts,
            received_sha256: hex::sha256(&received),
            stored_sha256: hex::sha256(&stored),
            pdq,
            bytes: Payload::Bytes(stored),
            assessment: assessed.unwrap_or(Assessment::NotClassified),
        })
    }
}

/// An outside service with the lists that a test gives it, for every hash; without any it knows nothing.
#[derive(Default)]
pub struct ScriptedHashLists {
    pub names: Mutex<Vec<String>>,
    pub is_down: AtomicBool,
    pub asked: Mutex<Vec<PdqHash>>,
}

#[async_trait]
impl HashLists for ScriptedHashLists {
    async fn lookup(&self, hash: &PdqHash) -> Result<Vec<String>, HashListFailure> {
        self.asked.lock().expect("not poisoned").push(*hash);
        if self.is_down.load(Ordering::Relaxed) {
            return Err(HashListFailure("status 503".into()));
        }
        Ok(self.names.lock().expect("not poisoned").clone())
    }
}

/// A classifier outside that says what a test has it say, and remembers what it was shown.
#[derive(Default)]
pub struct ScriptedOutside {
    pub says: Mutex<Option<Vec<Label>>>,
    pub seen: Mutex<Vec<Bytes>>,
}

#[async_trait]
impl OutsideClassifier for ScriptedOutside {
    async fn opinion(&self, jpeg: Bytes) -> Result<Opinion, OutsideFailure> {
        self.seen.lock().expect("not poisoned").push(jpeg);
        let labels = self.says.lock().expect("not poisoned").clone();
        let labels = labels.ok_or_else(|| OutsideFailure("status 400 ThrottlingException".into()))?;
        Ok(Opinion { model: "a model outside".into(), labels })
    }
}

/// A challenge as a test wants it: these tokens are worth something, once; without any list it is away.
#[derive(Default)]
pub struct ScriptedChallenge {
    pub solved: Mutex<Option<Vec<String>>>,
    pub asked: Mutex<Vec<String>>,
}

#[async_trait]
impl Challenge for ScriptedChallenge {
    async fn is_solved(&self, token: &str) -> Result<bool, ChallengeFailure> {
        self.asked.lock().expect("not poisoned").push(token.to_owned());
        let mut solved = self.solved.lock().expect("not poisoned");
        let solved = solved.as_mut().ok_or_else(|| ChallengeFailure("status 200: internal-error".into()))?;
        let found = solved.iter().position(|known| known == token);
        Ok(found.map(|index| solved.remove(index)).is_some())
    }
}

#[derive(Default)]
pub struct MemoryQueue {
    pub messages: Mutex<Vec<Message>>,
    /// After how many seconds each message ever sent was to come.
    pub delays_s: Mutex<Vec<u32>>,
}

impl MemoryQueue {
    pub fn take(&self) -> Vec<Message> {
        std::mem::take(&mut self.messages.lock().expect("not poisoned"))
    }
}

#[async_trait]
impl Queue for MemoryQueue {
    async fn send(&self, message: &Message, delay_s: u32) -> Result<(), QueueFailure> {
        self.delays_s.lock().expect("not poisoned").push(delay_s);
        self.messages.lock().expect("not poisoned").push(message.clone());
        Ok(())
    }
}

#[derive(Default)]
pub struct CollectingLog {
    pub lines: Mutex<Vec<LogLine>>,
}

impl CollectingLog {
    pub fn faults(&self) -> Vec<LogLine> {
        let lines = self.lines.lock().expect("not poisoned");
        lines.iter().filter(|line| line.kind == "fault").cloned().collect()
    }
}

impl Log for CollectingLog {
    fn write(&self, line: &LogLine) {
        self.lines.lock().expect("not poisoned").push(line.clone());
    }
}

/// A network that consists of what a test puts into it: names without addresses do not resolve, URLs
/// without an answer never answer.
#[derive(Default)]
pub struct ScriptedOutbound {
    pub resolver_is_down: AtomicBool,
    pub declares_length: Mutex<Option<u64>>,
    pub addresses: Mutex<BTreeMap<String, Vec<IpAddr>>>,
    pub answers: Mutex<BTreeMap<String, Scripted>>,
    pub asked: Mutex<Vec<String>>,
}

#[derive(Clone)]
pub struct Scripted {
    pub status: u16,
    pub location: Option<String>,
    pub body: Bytes,
}

impl ScriptedOutbound {
    pub fn name(&self, host: &str, addresses: &[&str]) {
        let addresses = addresses.iter().map(|a| a.parse().expect("an address")).collect();
        self.addresses.lock().expect("not poisoned").insert(host.to_owned(), addresses);
    }

    pub fn answer(&self, url: &str, status: u16, location: Option<&str>, body: &[u8]) {
        let scripted = Scripted { status, location: location.map(str::to_owned), body: Bytes::copy_from_slice(body) };
        self.answers.lock().expect("not poisoned").insert(url.to_owned(), scripted);
    }
}

#[async_trait]
impl Outbound for ScriptedOutbound {
    async fn resolve(&self, host: &str) -> Result<Vec<IpAddr>, OutboundFailure> {
        if self.resolver_is_down.load(Ordering::Relaxed) {
            return Err(OutboundFailure::Unreachable("no route".into()));
        }
        Ok(self.addresses.lock().expect("not poisoned").get(host).cloned().unwrap_or_default())
    }

    async fn get(&self, url: &Url, _timeout_ms: u32) -> Result<OutboundAnswer, OutboundFailure> {
        self.asked.lock().expect("not poisoned").push(url.to_string());
        let answers = self.answers.lock().expect("not poisoned");
        let scripted = answers.get(url.as_str()).ok_or(OutboundFailure::TimedOut)?.clone();
        let declared = *self.declares_length.lock().expect("not poisoned");
        let body = declared
            .map_or_else(|| Once::payload(scripted.body), |length| Payload::Platform(Box::new(Declared(length))));
        Ok(OutboundAnswer { status: scripted.status, location: scripted.location, body })
    }
}

/// The product's own files, straight from the source tree.
pub struct SourceAssets;

#[async_trait]
impl StaticAssets for SourceAssets {
    async fn open(&self, path: &str) -> Result<Option<Payload>, AssetFailure> {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("assets");
        let file = folder.join(path.trim_start_matches('/'));
        Ok(std::fs::read(file).ok().map(|bytes| Payload::Bytes(bytes.into())))
    }
}

/// A body that only says how long it is.
struct Declared(u64);

impl PlatformStream for Declared {
    fn length(&self) -> Option<u64> {
        Some(self.0)
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any + Send> {
        self
    }
}
