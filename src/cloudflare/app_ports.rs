//! One adapter for each port, from the Worker's bindings.

use std::sync::Arc;

use worker::Env;
use worker::send::SendWrapper;

use super::background::{EventContext, WaitUntil};
use super::d1::D1Sql;
use super::edge_cache::ZoneCache;
use super::hash_lists::LookupService;
use super::mail::Senders;
use super::outbound::Network;
use super::r2::R2Blobs;
use super::rekognition::RekognitionService;
use super::small_ports::{
    AssetsBinding, CloudflareQueue, ConsoleLog, PlatformClock, PlatformDigest, PlatformRng, RateLimitBurst,
};
use super::turnstile::TurnstileService;
use super::vision::VisionBinding;
use crate::app::{App, Ports};
use crate::local_outbox::LocalOutbox;
use crate::ports::blobs::Blobs;
use crate::ports::challenge::Challenge;
use crate::ports::edge_cache::EdgeCache;
use crate::ports::hash_lists::HashLists;
use crate::ports::outside_classifier::OutsideClassifier;
use crate::settings::Settings;

/// The app of this deployment, for one event.
///
/// # Errors
/// If a binding or a setting is missing or wrong.
pub fn app(env: &Env, context: EventContext) -> Result<App, String> {
    let lookup = |name: &str| env.var(name).ok().map(|value| value.to_string());
    let settings = Settings::read(lookup).map_err(|fault| fault.to_string())?;
    let missing = |error: worker::Error| format!("binding: {error}");
    let blobs: Arc<dyn Blobs> = Arc::new(R2Blobs {
        images: env.bucket("IMAGES").map_err(missing)?,
        recovery: env.bucket("RECOVERY").map_err(missing)?,
    });
    let ports = Ports {
        sql: Arc::new(D1Sql(env.d1("DB").map_err(missing)?)),
        mail: Arc::new(Senders { named: settings.mail.clone(), outbox: LocalOutbox(blobs.clone()) }),
        blobs,
        vision: Arc::new(VisionBinding(env.service("VISION").map_err(missing)?)),
        digest: Arc::new(PlatformDigest),
        outbound: Arc::new(Network { resolver: settings.dns_resolver.clone() }),
        outside_classifier: settings
            .rekognition
            .clone()
            .map(|named| Arc::new(RekognitionService(named)) as Arc<dyn OutsideClassifier>),
        challenge: settings.turnstile.clone().map(|named| Arc::new(TurnstileService(named)) as Arc<dyn Challenge>),
        billing: None,
        hash_lists: settings.known_bad_lookup.clone().map(|named| Arc::new(LookupService(named)) as Arc<dyn HashLists>),
        edge_cache: settings
            .edge_cache
            .clone()
            .map(|purging| Arc::new(ZoneCache { origin: settings.image_base(), purging }) as Arc<dyn EdgeCache>),
        queue: Arc::new(CloudflareQueue(env.queue("WORK").map_err(missing)?)),
        burst: Arc::new(RateLimitBurst(env.rate_limiter("BURST").map_err(missing)?)),
        variant_burst: Arc::new(RateLimitBurst(env.rate_limiter("VARIANT_BURST").map_err(missing)?)),
        background: Arc::new(WaitUntil(SendWrapper::new(context))),
        static_assets: Arc::new(AssetsBinding(env.assets("ASSETS").map_err(missing)?)),
        clock: Arc::new(PlatformClock),
        rng: Arc::new(PlatformRng),
        log: Arc::new(ConsoleLog),
    };
    Ok(App { settings: Arc::new(settings), ports })
}
