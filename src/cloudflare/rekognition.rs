//! Amazon Rekognition as the classifier outside.

use async_trait::async_trait;
use bytes::Bytes;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;
use worker::send::SendFuture;

use super::js;
use super::small_ports::PlatformClock;
use crate::domain::opinion::Opinion;
use crate::domain::rekognition::{MEDIA_TYPE, TARGET, answer, question, signature};
use crate::ports::clock::Clock as _;
use crate::ports::outside_classifier::{OutsideClassifier, OutsideFailure};
use crate::settings::Rekognition;

/// How long an answer may take, in milliseconds: it takes about one second, and nobody waits for it.
const TIMEOUT_MS: u32 = 20_000;

/// The service that a deployment named.
pub struct RekognitionService(pub Rekognition);

#[async_trait]
impl OutsideClassifier for RekognitionService {
    async fn opinion(&self, jpeg: Bytes) -> Result<Opinion, OutsideFailure> {
        SendFuture::new(async {
            let (status, text) = self.ask(&jpeg).await.map_err(OutsideFailure)?;
            answer(status, &text).map_err(OutsideFailure)
        })
        .await
    }
}

impl RekognitionService {
    async fn ask(&self, jpeg: &[u8]) -> Result<(u16, String), String> {
        let Rekognition { endpoint, region, access } = &self.0;
        let text = |error: JsValue| js::error_text(&error);
        let body = question(jpeg);
        let signed = signature(endpoint.as_str(), region, access, &body, PlatformClock.now())?;
        let mut fields: Vec<(&str, JsValue)> =
            vec![("content-type", MEDIA_TYPE.into()), ("x-amz-target", TARGET.into())];
        fields.extend(signed.iter().map(|(name, value)| (name.as_str(), value.into())));
        let init = js::object(&[
            ("method", "POST".into()),
            // A redirect would send the picture to whom nobody named.
            ("redirect", "manual".into()),
            ("headers", js::object(&fields).into()),
            ("body", body.into()),
            ("signal", js::timeout_signal(TIMEOUT_MS)),
        ]);
        let response = js::fetch(endpoint.as_str(), &init).await.map_err(text)?;
        let read = JsFuture::from(response.text().map_err(text)?).await.map_err(text)?;
        Ok((response.status(), read.as_string().unwrap_or_default()))
    }
}
