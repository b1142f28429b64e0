//! The way out to the network. Names are resolved over DNS-over-HTTPS (RFC 8484, JSON form), because the
//! runtime offers no resolver; it also offers no way to pin the address that a request then uses, so a
//! name whose owner changes it within a second is not caught here. On Cloudflare's network a Worker's
//! requests cannot reach private addresses in any case.

use std::net::IpAddr;

use async_trait::async_trait;
use serde::Deserialize;
use url::Url;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;
use worker::send::SendFuture;

use super::{js, js_payload};
use crate::ports::outbound::{Outbound, OutboundAnswer, OutboundFailure};

/// How long a name may take to resolve, in milliseconds.
const RESOLVE_TIMEOUT_MS: u32 = 3_000;
/// DNS record types (IANA): A and AAAA.
const ADDRESS_TYPES: [u16; 2] = [1, 28];

/// The network, with the resolver a deployment chose.
pub struct Network {
    /// Where names are resolved.
    pub resolver: Url,
}

#[derive(Deserialize)]
struct DnsAnswer {
    #[serde(rename = "Answer", default)]
    answer: Vec<DnsRecord>,
}

#[derive(Deserialize)]
struct DnsRecord {
    #[serde(rename = "type")]
    kind: u16,
    data: String,
}

#[async_trait]
impl Outbound for Network {
    async fn resolve(&self, host: &str) -> Result<Vec<IpAddr>, OutboundFailure> {
        SendFuture::new(async {
            let mut addresses = Vec::new();
            for kind in ADDRESS_TYPES {
                addresses.extend(self.resolve_kind(host, kind).await?);
            }
            Ok(addresses)
        })
        .await
    }

    async fn get(&self, url: &Url, timeout_ms: u32) -> Result<OutboundAnswer, OutboundFailure> {
        SendFuture::new(async {
            let answer = fetch(url, timeout_ms, "image/*").await?;
            let field = |name| answer.headers().get(name).ok().flatten();
            let length = field("content-length").and_then(|text| text.parse().ok());
            let location = field("location");
            // A compressed body is longer than its declared length; only a plain one is believed.
            let length = length.filter(|_| field("content-encoding").is_none());
            let body = answer.body().map(|stream| js_payload::of_stream(stream, length));
            let body = body.unwrap_or_else(|| crate::ports::payload::Payload::Bytes(bytes::Bytes::new()));
            Ok(OutboundAnswer { status: answer.status(), location, body })
        })
        .await
    }
}

impl Network {
    async fn resolve_kind(&self, host: &str, kind: u16) -> Result<Vec<IpAddr>, OutboundFailure> {
        let mut url = self.resolver.clone();
        url.query_pairs_mut().append_pair("name", host).append_pair("type", &kind.to_string());
        let answer = fetch(&url, RESOLVE_TIMEOUT_MS, "application/dns-json").await?;
        let text = JsFuture::from(answer.text().map_err(|e| failure(&e))?).await.map_err(|e| failure(&e))?;
        let text = text.as_string().unwrap_or_default();
        let dns: DnsAnswer =
            serde_json::from_str(&text).map_err(|error| OutboundFailure::Unreachable(format!("resolver: {error}")))?;
        let records = dns.answer.into_iter().filter(|record| record.kind == kind);
        records
            .map(|record| {
                let unreadable = |_| OutboundFailure::Unreachable("the resolver answered no address".into());
                record.data.parse().map_err(unreadable)
            })
            .collect()
    }
}

async fn fetch(url: &Url, timeout_ms: u32, accept: &str) -> Result<web_sys::Response, OutboundFailure> {
    let headers = js::object(&[("accept", accept.into()), ("user-agent", "Tintype".into())]);
    let init = js::object(&[
        ("method", "GET".into()),
        ("redirect", "manual".into()),
        ("headers", headers.into()),
        ("signal", js::timeout_signal(timeout_ms)),
    ]);
    js::fetch(url.as_str(), &init).await.map_err(|error| failure(&error))
}

fn failure(error: &JsValue) -> OutboundFailure {
    let name = js_sys::Reflect::get(error, &"name".into()).ok().and_then(|name| name.as_string());
    match name.as_deref() {
        Some("TimeoutError" | "AbortError") => OutboundFailure::TimedOut,
        _ => OutboundFailure::Unreachable(js::error_text(error)),
    }
}
