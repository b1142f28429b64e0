//! The small ports: one or two calls of the platform each.

use async_trait::async_trait;
use worker::send::SendFuture;
use worker::{Fetcher, MessageBuilder, RateLimiter, console_error, console_log};

use super::{js, js_payload};
use crate::domain::hex;
use crate::domain::time::Timestamp;
use crate::ports::burst::Burst;
use crate::ports::clock::Clock;
use crate::ports::digest::{Digest, DigestFailure};
use crate::ports::log::{Log, LogLine};
use crate::ports::payload::Payload;
use crate::ports::queue::{Message, Queue, QueueFailure};
use crate::ports::rng::{Rng, RngFailure};
use crate::ports::static_assets::{AssetFailure, StaticAssets};

/// `Date.now()`: on Cloudflare, the time of the last I/O.
pub struct PlatformClock;

impl Clock for PlatformClock {
    #[allow(clippy::cast_possible_truncation, reason = "whole milliseconds, far below 2^53")]
    fn now(&self) -> Timestamp {
        Timestamp(js_sys::Date::now() as i64)
    }
}

/// `crypto.getRandomValues`.
pub struct PlatformRng;

impl Rng for PlatformRng {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RngFailure> {
        getrandom::fill(bytes).map_err(|error| RngFailure(error.to_string()))
    }
}

/// `crypto.DigestStream`.
pub struct PlatformDigest;

#[async_trait]
impl Digest for PlatformDigest {
    async fn sha256(&self, payload: Payload) -> Result<String, DigestFailure> {
        SendFuture::new(async {
            let stream = js_payload::into_stream(payload).map_err(DigestFailure)?;
            let digest = js::sha256_of_stream(&stream).await.map_err(|e| DigestFailure(js::error_text(&e)))?;
            Ok(hex::encode(&digest))
        })
        .await
    }
}

/// The rate limiting binding: counts by location, approximately.
pub struct RateLimitBurst(pub RateLimiter);

#[async_trait]
impl Burst for RateLimitBurst {
    async fn admits(&self, caller: &str) -> bool {
        SendFuture::new(self.0.limit(caller.to_owned())).await.map_or(true, |outcome| outcome.success)
    }
}

/// Cloudflare Queues.
pub struct CloudflareQueue(pub worker::Queue);

#[async_trait]
impl Queue for CloudflareQueue {
    async fn send(&self, message: &Message, delay_s: u32) -> Result<(), QueueFailure> {
        let message = MessageBuilder::new(message.clone()).delay_seconds(delay_s).build();
        SendFuture::new(self.0.send(message)).await.map_err(|error| QueueFailure(error.to_string()))
    }
}

/// The static assets binding.
pub struct AssetsBinding(pub Fetcher);

#[async_trait]
impl StaticAssets for AssetsBinding {
    async fn open(&self, path: &str) -> Result<Option<Payload>, AssetFailure> {
        SendFuture::new(async {
            let url = format!("https://assets.internal{path}");
            let answer = self.0.fetch(url, None).await.map_err(|error| AssetFailure(error.to_string()))?;
            let is_there = answer.status_code() == 200;
            let raw: web_sys::Response = answer.into();
            Ok(raw.body().filter(|_| is_there).map(|stream| js_payload::of_stream(stream, None)))
        })
        .await
    }
}

/// The console, in JSON, which Workers Logs reads as fields.
pub struct ConsoleLog;

impl Log for ConsoleLog {
    fn write(&self, line: &LogLine) {
        let text = serde_json::to_string(line).unwrap_or_else(|_| "{\"kind\":\"fault\"}".into());
        if line.kind == "fault" { console_error!("{text}") } else { console_log!("{text}") }
    }
}
