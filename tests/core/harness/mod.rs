//! The App on native ports. Everything is deterministic: time, chance and faults are arguments.

pub mod authenticator;
pub mod billing;
pub mod blessed;
pub mod blobs;
pub mod client;
pub mod edge_cache;
pub mod faults;
pub mod image_files;
pub mod images;
pub mod invariants;
pub mod mail;
pub mod memory;
pub mod people;
pub mod plant;
pub mod platform_limits;
pub mod signer;
pub mod small_ports;
pub mod sqlite;
pub mod teams;

use std::sync::Arc;

use tintype::app::{App, Ports};
use tintype::domain::time::Timestamp;
use tintype::error::Fault;
use tintype::jobs;
use tintype::ports::challenge::Challenge;
use tintype::ports::edge_cache::EdgeCache;
use tintype::ports::hash_lists::HashLists;
use tintype::ports::outside_classifier::OutsideClassifier;
use tintype::settings::{SettingFault, Settings};
use tintype::usecases::work_off::work_off;

use billing::RecordingBilling;
use blobs::MemoryBlobs;
use edge_cache::MemoryEdgeCache;
use faults::{FaultPlan, Faulty, drive};
use mail::RecordingMail;
use platform_limits::on_machine;
use small_ports::{
    CollectingLog, FixedClock, GateBurst, InProcessVision, LaterTasks, MemoryQueue, NativeDigest, ScriptedChallenge,
    ScriptedHashLists, ScriptedOutbound, ScriptedOutside, SeededRng, SourceAssets,
};
use sqlite::SqliteSql;

pub const APP: &str = "https://tintype.example";
pub const IMAGES: &str = "https://images.example";
/// 2026-11-24T12:00:00Z.
pub const NOON: Timestamp = Timestamp(1_795_521_600_000);

/// One deployment in memory.
pub struct World {
    pub app: App,
    pub sql: Arc<SqliteSql>,
    pub blobs: Arc<MemoryBlobs>,
    pub clock: Arc<FixedClock>,
    pub edge_cache: Arc<MemoryEdgeCache>,
    pub mail: Arc<RecordingMail>,
    pub queue: Arc<MemoryQueue>,
    pub log: Arc<CollectingLog>,
    pub outbound: Arc<ScriptedOutbound>,
    pub faults: Arc<FaultPlan>,
    pub burst: Arc<GateBurst>,
    pub variant_burst: Arc<GateBurst>,
    pub background: Arc<LaterTasks>,
    pub vision: Arc<InProcessVision>,
    pub hash_lists: Arc<ScriptedHashLists>,
    pub outside: Arc<ScriptedOutside>,
    pub billing: Arc<RecordingBilling>,
    pub challenge: Arc<ScriptedChallenge>,
}

impl World {
    pub fn new() -> Self {
        Self::with_seed(1)
    }

    pub fn with_seed(seed: u64) -> Self {
        Self::with(seed, &[])
    }

    /// A world with some settings of its own.
    pub fn with(seed: u64, settings: &[(&str, &str)]) -> Self {
        let clock = Arc::new(FixedClock::at(NOON));
        let faults = Arc::new(FaultPlan::default());
        let sql = Arc::new(SqliteSql::migrated());
        let blobs = Arc::new(MemoryBlobs::new(clock.clone()));
        let edge_cache = Arc::new(MemoryEdgeCache::new(clock.clone()));
        let mail = Arc::new(RecordingMail::default());
        let queue = Arc::new(MemoryQueue::default());
        let log = Arc::new(CollectingLog::default());
        let outbound = Arc::new(ScriptedOutbound::default());
        let vision = Arc::new(InProcessVision::default());
        let burst = Arc::new(GateBurst::default());
        let variant_burst = Arc::new(GateBurst::default());
        let background = Arc::new(LaterTasks::default());
        let hash_lists = Arc::new(ScriptedHashLists::default());
        let outside = Arc::new(ScriptedOutside::default());
        let billing = Arc::new(RecordingBilling::default());
        let challenge = Arc::new(ScriptedChallenge::default());
        let settings = read_settings(settings);
        let ports = Ports {
            sql: Arc::new(Faulty::new(sql.clone(), faults.clone())),
            blobs: Arc::new(Faulty::new(blobs.clone(), faults.clone())),
            vision: Arc::new(Faulty::new(vision.clone(), faults.clone())),
            digest: Arc::new(Faulty::new(Arc::new(NativeDigest), faults.clone())),
            outbound: Arc::new(Faulty::new(outbound.clone(), faults.clone())),
            // As on Cloudflare: there is one if a setting names it.
            hash_lists: settings
                .known_bad_lookup
                .is_some()
                .then(|| Arc::new(Faulty::new(hash_lists.clone(), faults.clone())) as Arc<dyn HashLists>),
            outside_classifier: settings
                .rekognition
                .is_some()
                .then(|| Arc::new(Faulty::new(outside.clone(), faults.clone())) as Arc<dyn OutsideClassifier>),
            edge_cache: settings
                .edge_cache
                .is_some()
                .then(|| Arc::new(Faulty::new(edge_cache.clone(), faults.clone())) as Arc<dyn EdgeCache>),
            challenge: settings
                .turnstile
                .is_some()
                .then(|| Arc::new(Faulty::new(challenge.clone(), faults.clone())) as Arc<dyn Challenge>),
            billing: Some(Arc::new(Faulty::new(billing.clone(), faults.clone()))),
            mail: Arc::new(Faulty::new(mail.clone(), faults.clone())),
            queue: Arc::new(Faulty::new(queue.clone(), faults.clone())),
            burst: burst.clone(),
            variant_burst: variant_burst.clone(),
            background: background.clone(),
            static_assets: Arc::new(SourceAssets),
            clock: clock.clone(),
            rng: Arc::new(SeededRng::new(seed)),
            log: log.clone(),
        };
        let app = App { settings: Arc::new(settings), ports };
        Self {
            app,
            sql,
            blobs,
            clock,
            edge_cache,
            mail,
            queue,
            log,
            outbound,
            faults,
            burst,
            variant_burst,
            background,
            vision,
            hash_lists,
            outside,
            billing,
            challenge,
        }
    }

    /// Deploys the same world with some settings changed.
    pub fn redeploy(&mut self, settings: &[(&str, &str)]) {
        self.app.settings = Arc::new(read_settings(settings));
    }

    /// Runs work as one invocation, on the machine that the test has chosen.
    pub async fn invocation<T>(&self, work: impl Future<Output = T>) -> T {
        on_machine(self.faults.skew_ms(), work).await
    }

    /// Runs one job at the clock's time.
    pub async fn run_job(&self, name: &str) -> Result<(), Vec<Fault>> {
        self.run_cron(&format!("job:{name}")).await
    }

    /// Runs the jobs of a cron expression at the clock's time.
    pub async fn run_cron(&self, cron: &str) -> Result<(), Vec<Fault>> {
        self.invocation(async { jobs::run_due(&self.app, cron, self.clock_now()).await }).await
    }

    /// Works on everything in the queue, together; what fails comes again.
    pub async fn deliver_messages(&self) {
        let messages = self.queue.take();
        let done = self.invocation(work_off(&self.app, &messages)).await;
        let undone = messages.into_iter().zip(done).filter(|(_, done)| !done).map(|(message, _)| message);
        self.queue.messages.lock().expect("not poisoned").extend(undone);
    }

    /// Runs an operation to its end, or to its death.
    pub fn attempt<'a, T>(&self, operation: impl Future<Output = T> + 'a) -> Option<T> {
        drive(&self.faults, |_| 0, vec![Box::pin(operation)]).pop().flatten()
    }

    pub fn clock_now(&self) -> Timestamp {
        self.app.now()
    }

    pub fn advance_ms(&self, ms: i64) {
        self.clock.advance_ms(ms);
    }
}

fn read_settings(own: &[(&str, &str)]) -> Settings {
    try_settings(own).expect("the harness's settings are right")
}

/// The harness's settings with some of a test's own, or which of them is wrong.
pub fn try_settings(own: &[(&str, &str)]) -> Result<Settings, SettingFault> {
    let key = "5a".repeat(32);
    let master = format!("one:{key}");
    let base = [
        ("APP_ORIGIN", APP),
        ("IMAGE_ORIGIN", IMAGES),
        ("DELETE_TOKEN_KEY", key.as_str()),
        ("MASTER_KEYS", master.as_str()),
    ];
    let lookup = |name: &str| {
        let found = own.iter().chain(&base).find(|(known, _)| *known == name);
        found.map(|(_, value)| (*value).to_owned())
    };
    Settings::read(lookup)
}
