//! Tintype: an image host at the edge that keeps its privacy promises, and can prove it.
//!
//! ```text
//!  browser / API client / cron / queue
//!             | worker.rs (wasm only: Env -> Settings + Ports, nothing else)
//!       http/ ----- jobs/            decide who may call, which use case, how to answer
//!             \     /
//!            usecases/               one verb each: the story of the product
//!         /      |       \
//!   domain/   vision port  store/    rules | pixels and verdicts | SQL
//!   policy/       |          |
//!                 |        ports/    small traits: sql blobs clock rng queue vision …
//!               imaging/   cloudflare/ (wasm)   tests/core/harness/ (SQLite, memory, faults)
//!               classifier/
//! ```
//! Inner layers never name outer ones; `tests/core/boundaries.rs` enforces it.

pub mod domain;
pub mod policy;

#[cfg(feature = "app")]
pub mod app;
#[cfg(feature = "vision")]
pub mod classifier;
#[cfg(feature = "app")]
pub mod error;
#[cfg(feature = "app")]
pub mod http;
#[cfg(feature = "vision")]
pub mod imaging;
#[cfg(feature = "app")]
pub mod jobs;
#[cfg(feature = "app")]
pub mod local_outbox;
#[cfg(feature = "app")]
pub mod ports;
#[cfg(feature = "app")]
pub mod settings;
#[cfg(feature = "app")]
pub mod store;
#[cfg(feature = "app")]
pub mod usecases;

#[cfg(target_arch = "wasm32")]
pub mod cloudflare;
#[cfg(all(target_arch = "wasm32", feature = "vision", not(feature = "app")))]
pub mod vision_worker;
#[cfg(all(target_arch = "wasm32", feature = "app"))]
pub mod worker;
