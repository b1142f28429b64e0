//! The vision port over the service binding.

use async_trait::async_trait;
use bytes::Bytes;
use serde::de::DeserializeOwned;
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Headers, RequestInit};
use worker::Fetcher;
use worker::send::SendFuture;

use super::vision_wire::{
    EXAMINE_URL, FINDINGS_FIELD, Findings, LENGTH_FIELD, LIMITS_FIELD, MadeVariant, READINESS_URL, RENDITION_URL,
    Refusal, TRANSFORM_URL, VARIANT_FIELD,
};
use super::{js, js_payload};
use crate::domain::transform::VariantName;
use crate::domain::verdict::UnscannedReason;
use crate::policy::limits::ImageLimits;
use crate::ports::payload::Payload;
use crate::ports::vision::{Examined, Variant, Vision, VisionFailure};

/// How long an examination may take, in milliseconds: a slow client's upload included, and well under
/// the age at which a draft counts as abandoned.
const TIMEOUT_MS: u32 = 120_000;

/// How long it may take to say whether it is there, in milliseconds: an instance that starts needs a fraction.
const READINESS_TIMEOUT_MS: u32 = 2_000;

/// The other Worker.
pub struct VisionBinding(pub Fetcher);

#[async_trait]
impl Vision for VisionBinding {
    async fn readiness(&self) -> Result<(), UnscannedReason> {
        SendFuture::new(async {
            match self.ask_readiness().await {
                Ok(204) => Ok(()),
                Ok(503) => Err(UnscannedReason::VisionBusy),
                Ok(_) | Err(_) => Err(UnscannedReason::VisionUnavailable),
            }
        })
        .await
    }

    async fn rendition(&self, image: Payload, frame: u32, limits: &ImageLimits) -> Result<Bytes, VisionFailure> {
        SendFuture::new(async {
            let address = format!("{RENDITION_URL}?{frame}");
            let answer = self.ask(&address, image, limits, &[]).await.map_err(VisionFailure::Unavailable)?;
            if answer.status() != 200 {
                return Err(refusal(&answer).await);
            }
            let unavailable = |error: JsValue| VisionFailure::Unavailable(js::error_text(&error));
            let buffer = JsFuture::from(answer.array_buffer().map_err(unavailable)?).await.map_err(unavailable)?;
            Ok(js_sys::Uint8Array::new(&buffer).to_vec().into())
        })
        .await
    }

    async fn transform(
        &self,
        image: Payload,
        variant: &VariantName,
        limits: &ImageLimits,
    ) -> Result<Variant, VisionFailure> {
        SendFuture::new(async {
            let unavailable = |error: String| VisionFailure::Unavailable(error);
            let name = serde_json::to_string(variant).map_err(|error| unavailable(error.to_string()))?;
            let fields = [(VARIANT_FIELD, name.as_str())];
            let answer = self.ask(TRANSFORM_URL, image, limits, &fields).await.map_err(unavailable)?;
            if answer.status() != 200 {
                return Err(refusal(&answer).await);
            }
            let made: MadeVariant = read_field(&answer).map_err(unavailable)?;
            // It is stored and served, and a stream can be read once.
            let text = |error: JsValue| unavailable(js::error_text(&error));
            let blob = JsFuture::from(answer.blob().map_err(text)?).await.map_err(text)?;
            let bytes = js_payload::of_blob(blob.unchecked_into());
            if bytes.length() != Some(made.facts.bytes) {
                return Err(unavailable("a variant that is cut short".into()));
            }
            Ok(Variant { facts: made.facts, sha256: made.sha256, bytes })
        })
        .await
    }

    async fn examine(&self, image: Payload, limits: &ImageLimits) -> Result<Examined, VisionFailure> {
        SendFuture::new(async {
            let answer = self.ask(EXAMINE_URL, image, limits, &[]).await.map_err(VisionFailure::Unavailable)?;
            if answer.status() != 200 {
                return Err(refusal(&answer).await);
            }
            read_findings(&answer).map_err(VisionFailure::Unavailable)
        })
        .await
    }
}

impl VisionBinding {
    async fn ask_readiness(&self) -> Result<u16, String> {
        let text = |error: JsValue| js::error_text(&error);
        let init = RequestInit::new();
        js_sys::Reflect::set(&init, &"signal".into(), &js::timeout_signal(READINESS_TIMEOUT_MS)).map_err(text)?;
        let request = web_sys::Request::new_with_str_and_init(READINESS_URL, &init).map_err(text)?;
        let answer = self.0.fetch_request(worker::Request::from(request)).await.map_err(|e| e.to_string())?;
        Ok(web_sys::Response::from(answer).status())
    }

    async fn ask(
        &self,
        address: &str,
        image: Payload,
        limits: &ImageLimits,
        fields: &[(&str, &str)],
    ) -> Result<web_sys::Response, String> {
        let text = |error: JsValue| js::error_text(&error);
        let limits = serde_json::to_string(limits).map_err(|error| error.to_string())?;
        let headers = Headers::new().map_err(text)?;
        headers.set(LIMITS_FIELD, &limits).map_err(text)?;
        for (name, value) in fields {
            headers.set(name, value).map_err(text)?;
        }
        if let Some(length) = image.length() {
            // Declared, so that vision can refuse or make room before the first byte.
            headers.set(LENGTH_FIELD, &length.to_string()).map_err(text)?;
        }
        let init = RequestInit::new();
        init.set_method("POST");
        init.set_headers(&headers);
        init.set_body(&js_payload::into_body(image)?);
        js_sys::Reflect::set(&init, &"signal".into(), &js::timeout_signal(TIMEOUT_MS)).map_err(text)?;
        let request = web_sys::Request::new_with_str_and_init(address, &init).map_err(text)?;
        let answer = self.0.fetch_request(worker::Request::from(request)).await.map_err(|e| e.to_string())?;
        Ok(answer.into())
    }
}

fn read_field<T: DeserializeOwned>(answer: &web_sys::Response) -> Result<T, String> {
    let field = answer.headers().get(FINDINGS_FIELD).ok().flatten().ok_or("an answer without findings")?;
    serde_json::from_str(&field).map_err(|error| error.to_string())
}

fn read_findings(answer: &web_sys::Response) -> Result<Examined, String> {
    let findings: Findings = read_field(answer)?;
    let stream = answer.body().ok_or("an answer without a body")?;
    Ok(Examined {
        bytes: js_payload::of_stream(stream, Some(findings.facts.bytes)),
        facts: findings.facts,
        received_sha256: findings.received_sha256,
        stored_sha256: findings.stored_sha256,
        pdq: findings.pdq,
        assessment: findings.assessment,
    })
}

async fn refusal(answer: &web_sys::Response) -> VisionFailure {
    let text = match answer.text() {
        Ok(promise) => JsFuture::from(promise).await.ok().and_then(|text| text.as_string()),
        Err(_) => None,
    };
    match text.as_deref().and_then(|text| serde_json::from_str(text).ok()) {
        Some(Refusal::Rejected { rejection }) => VisionFailure::Rejected(rejection),
        Some(Refusal::Interrupted) => VisionFailure::Interrupted,
        Some(Refusal::Busy { retry_after_s }) => VisionFailure::Busy { retry_after_s },
        None => VisionFailure::Unavailable(format!("status {}", answer.status())),
    }
}
