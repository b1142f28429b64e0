//! Turnstile over HTTP.

use async_trait::async_trait;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;
use worker::send::SendFuture;

use super::js;
use crate::domain::turnstile::{answer, question};
use crate::ports::challenge::{Challenge, ChallengeFailure};
use crate::settings::Turnstile;

/// How long an answer may take, in milliseconds: somebody waits for it.
const TIMEOUT_MS: u32 = 5_000;

/// The service that a deployment named.
pub struct TurnstileService(pub Turnstile);

#[async_trait]
impl Challenge for TurnstileService {
    async fn is_solved(&self, token: &str) -> Result<bool, ChallengeFailure> {
        SendFuture::new(async {
            let (status, text) = self.ask(token).await.map_err(|error| ChallengeFailure(js::error_text(&error)))?;
            answer(status, &text).map_err(ChallengeFailure)
        })
        .await
    }
}

impl TurnstileService {
    async fn ask(&self, token: &str) -> Result<(u16, String), JsValue> {
        let init = js::object(&[
            ("method", "POST".into()),
            // A redirect would send the secret to whom nobody named.
            ("redirect", "manual".into()),
            ("headers", js::object(&[("content-type", "application/x-www-form-urlencoded".into())]).into()),
            ("body", question(&self.0.secret_key, token).into()),
            ("signal", js::timeout_signal(TIMEOUT_MS)),
        ]);
        let response = js::fetch(self.0.verify_url.as_str(), &init).await?;
        let read = JsFuture::from(response.text()?).await?;
        Ok((response.status(), read.as_string().unwrap_or_default()))
    }
}
