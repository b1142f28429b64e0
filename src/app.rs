//! What every handler, job and use case receives.

use std::sync::Arc;

use crate::domain::time::Timestamp;
use crate::ports::{
    background::Background, billing::Billing, blobs::Blobs, burst::Burst, challenge::Challenge, clock::Clock,
    digest::Digest, edge_cache::EdgeCache, hash_lists::HashLists, log::Log, mail::Mail, outbound::Outbound,
    outside_classifier::OutsideClassifier, queue::Queue, rng::Rng, sql::Sql, static_assets::StaticAssets,
    vision::Vision,
};
use crate::settings::Settings;

/// The settings and the ports of one deployment.
#[derive(Clone)]
pub struct App {
    /// What the deployment set.
    pub settings: Arc<Settings>,
    /// What the platform offers.
    pub ports: Ports,
}

/// One adapter for each port.
#[derive(Clone)]
#[allow(missing_docs, reason = "each field is the port of the same name, documented there")]
pub struct Ports {
    pub sql: Arc<dyn Sql>,
    pub blobs: Arc<dyn Blobs>,
    pub vision: Arc<dyn Vision>,
    pub digest: Arc<dyn Digest>,
    pub outbound: Arc<dyn Outbound>,
    /// None unless the deployment names such a service.
    pub hash_lists: Option<Arc<dyn HashLists>>,
    /// None unless the deployment names one.
    pub outside_classifier: Option<Arc<dyn OutsideClassifier>>,
    /// None unless the deployment can purge one.
    pub edge_cache: Option<Arc<dyn EdgeCache>>,
    /// None unless the deployment names one.
    pub challenge: Option<Arc<dyn Challenge>>,
    /// None unless the deployment takes payments.
    pub billing: Option<Arc<dyn Billing>>,
    pub mail: Arc<dyn Mail>,
    pub queue: Arc<dyn Queue>,
    pub burst: Arc<dyn Burst>,
    /// For clients who ask for variants that are not there yet.
    pub variant_burst: Arc<dyn Burst>,
    pub background: Arc<dyn Background>,
    pub static_assets: Arc<dyn StaticAssets>,
    pub clock: Arc<dyn Clock>,
    pub rng: Arc<dyn Rng>,
    pub log: Arc<dyn Log>,
}

impl App {
    /// Now, by the deployment's clock.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.ports.clock.now()
    }
}
