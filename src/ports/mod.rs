//! What the core needs from the world: small traits, and nothing else. `src/cloudflare/` answers them
//! on Cloudflare, the test harness answers them natively.

pub mod background;
pub mod billing;
pub mod blobs;
pub mod burst;
pub mod challenge;
pub mod clock;
pub mod digest;
pub mod edge_cache;
pub mod hash_lists;
pub mod incoming;
pub mod log;
pub mod mail;
pub mod outbound;
pub mod outside_classifier;
pub mod payload;
pub mod queue;
pub mod rng;
pub mod sql;
pub mod static_assets;
pub mod vision;
