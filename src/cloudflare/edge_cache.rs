//! The cache of the image host's zone: copies are put there by the Cache API, which knows those of one data centre, and are
//! purged by tag through the platform's API, everywhere.

use async_trait::async_trait;
use js_sys::Reflect;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Headers, ResponseInit};
use worker::Cache;
use worker::send::SendFuture;

use super::small_ports::PlatformClock;
use super::{js, js_payload};
use crate::domain::ids::ImageId;
use crate::ports::blobs::{BlobMeta, ByteRange};
use crate::ports::clock::Clock as _;
use crate::ports::edge_cache::{CacheKey, EdgeCache, EdgeCacheFailure, KEEP_TIMEOUT_MS, Kept, tag};
use crate::ports::payload::Payload;
use crate::settings;

/// What a copy says about itself, as JSON. Answers are made of it anew, so that they carry what any other answer does, and
/// nothing that the cache adds; it does not leave the Worker.
const KEPT: &str = "tintype-kept";

/// How long a purge may take, in milliseconds: somebody who deletes an image waits for it.
const PURGE_TIMEOUT_MS: u32 = 3_000;

/// The cache of a zone.
pub struct ZoneCache {
    /// `https://images.example` without a slash.
    pub origin: String,
    /// How it is purged.
    pub purging: settings::EdgeCache,
}

#[async_trait]
impl EdgeCache for ZoneCache {
    async fn find(
        &self,
        key: &CacheKey,
        range: Option<ByteRange>,
    ) -> Result<Option<(Kept, Payload)>, EdgeCacheFailure> {
        SendFuture::new(async {
            let url = self.url(key);
            let found = match range {
                None => Cache::default().get(url, false).await,
                Some(range) => Cache::default().get(&ranged(&url, range)?, false).await,
            };
            found.map_err(failure)?.map(|copy| opened(&copy.into(), range)).transpose().map(Option::flatten)
        })
        .await
    }

    async fn keep(&self, key: &CacheKey, kept: &Kept, bytes: Payload) -> Result<(), EdgeCacheFailure> {
        SendFuture::new(async {
            let seconds = kept.until.ms_since(PlatformClock.now()).div_euclid(1_000);
            if seconds <= 0 {
                return Ok(());
            }
            let stream = js_payload::into_stream(bytes).map_err(EdgeCacheFailure)?;
            // Its length goes with it, and it ends in an error when the time is over.
            let body = js::with_length_within(&stream, kept.meta.bytes, KEEP_TIMEOUT_MS);
            let fields = Headers::new().map_err(thrown)?;
            for (name, value) in [
                ("content-type", kept.meta.media_type.clone()),
                ("content-length", kept.meta.bytes.to_string()),
                // As in every answer: an expired copy is not served when the storage is down.
                ("cache-control", format!("public, max-age={seconds}, must-revalidate, stale-if-error=0")),
                ("cache-tag", key.tag()),
                (KEPT, serde_json::to_string(kept).map_err(failure)?),
            ] {
                fields.set(name, &value).map_err(thrown)?;
            }
            let init = ResponseInit::new();
            init.set_headers(&fields);
            let copy = js::response(&body, &init).map_err(thrown)?;
            Cache::default().put(self.url(key), copy.into()).await.map_err(failure)
        })
        .await
    }

    async fn purge(&self, images: &[ImageId]) -> Result<(), EdgeCacheFailure> {
        SendFuture::new(async {
            let tags: Vec<String> = images.iter().map(tag).collect();
            let token = format!("Bearer {}", self.purging.purge_token);
            let headers = [("authorization", token.into()), ("content-type", "application/json".into())];
            let init = js::object(&[
                ("method", "POST".into()),
                // A redirect would send the token to whom nobody named.
                ("redirect", "manual".into()),
                ("headers", js::object(&headers).into()),
                ("body", serde_json::json!({ "tags": tags }).to_string().into()),
                ("signal", js::timeout_signal(PURGE_TIMEOUT_MS)),
            ]);
            let answer = js::fetch(self.purging.purge_url.as_str(), &init).await.map_err(thrown)?;
            let said = JsFuture::from(answer.json().map_err(thrown)?).await.map_err(thrown)?;
            let is_done = Reflect::get(&said, &"success".into()).is_ok_and(|success| success == JsValue::TRUE);
            match (answer.status(), is_done) {
                (200, true) => Ok(()),
                (status, _) => Err(EdgeCacheFailure(format!("the purge was answered with status {status}"))),
            }
        })
        .await
    }
}

impl ZoneCache {
    fn url(&self, key: &CacheKey) -> String {
        format!("{}{}", self.origin, key.address())
    }
}

/// The request for a part of a copy, which the cache cuts out of the whole.
fn ranged(url: &str, range: ByteRange) -> Result<worker::Request, EdgeCacheFailure> {
    let request = worker::Request::new(url, worker::Method::Get).map_err(failure)?;
    let last = range.offset.saturating_add(range.length).saturating_sub(1);
    let headers = request.headers();
    headers.set("range", &format!("bytes={}-{last}", range.offset)).map_err(failure)?;
    Ok(request)
}

/// A copy as it comes out of the cache; none if it is not what was asked for.
fn opened(copy: &web_sys::Response, range: Option<ByteRange>) -> Result<Option<(Kept, Payload)>, EdgeCacheFailure> {
    let field = |name| copy.headers().get(name).ok().flatten();
    let kept: Option<Kept> = field(KEPT).and_then(|text| serde_json::from_str(&text).ok());
    let (Some(kept), Some(body)) = (kept, copy.body()) else { return Ok(None) };
    let (status, length) = match range {
        None => (200, kept.meta.bytes),
        Some(range) => (206, range.length),
    };
    if copy.status() != status || range.is_some_and(|range| field("content-range") != Some(told(range, &kept.meta))) {
        return Ok(None);
    }
    Ok(Some((kept, js_payload::of_stream(body, Some(length)))))
}

fn told(range: ByteRange, meta: &BlobMeta) -> String {
    let last = range.offset.saturating_add(range.length).saturating_sub(1);
    format!("bytes {}-{last}/{}", range.offset, meta.bytes)
}

fn failure(error: impl ToString) -> EdgeCacheFailure {
    EdgeCacheFailure(error.to_string())
}

fn thrown(error: JsValue) -> EdgeCacheFailure {
    EdgeCacheFailure(js::error_text(&error))
}
