//! The ports on Cloudflare. Conversion only: what to do is decided elsewhere.

pub mod js;
pub mod vision_wire;

#[cfg(all(feature = "vision", not(feature = "app")))]
pub mod chunks;
#[cfg(all(feature = "vision", not(feature = "app")))]
pub mod model_file;

#[cfg(feature = "app")]
pub mod app_ports;
#[cfg(feature = "app")]
pub mod background;
#[cfg(feature = "app")]
pub mod d1;
#[cfg(feature = "app")]
pub mod edge_cache;
#[cfg(feature = "app")]
pub mod exchange;
#[cfg(feature = "app")]
pub mod hash_lists;
#[cfg(feature = "app")]
pub mod incoming;
#[cfg(feature = "app")]
pub mod js_payload;
#[cfg(feature = "app")]
pub mod mail;
#[cfg(feature = "app")]
pub mod outbound;
#[cfg(feature = "app")]
pub mod r2;
#[cfg(feature = "app")]
pub mod rekognition;
#[cfg(feature = "app")]
pub mod small_ports;
#[cfg(feature = "app")]
pub mod turnstile;
#[cfg(feature = "app")]
pub mod vision;
