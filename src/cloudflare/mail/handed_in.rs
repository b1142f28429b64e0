//! One POST to a service that delivers letters.

use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;

use super::super::js;
use crate::ports::mail::{MailFailure, SEND_TIMEOUT_MS};

/// What the service said.
pub(super) struct Answer {
    pub(super) status: u16,
    /// The field `X-Amzn-ErrorType`.
    pub(super) error_type: Option<String>,
    pub(super) text: String,
}

/// Hands in `body` with `fields`.
pub(super) async fn hand_in(url: &str, fields: &[(&str, &str)], body: String) -> Result<Answer, MailFailure> {
    let passing = |error: JsValue| MailFailure::Passing(js::error_text(&error));
    let fields: Vec<(&str, JsValue)> = fields.iter().map(|(name, value)| (*name, (*value).into())).collect();
    let init = js::object(&[
        ("method", "POST".into()),
        // A redirect would send the letter to whom nobody named.
        ("redirect", "manual".into()),
        ("headers", js::object(&fields).into()),
        ("body", body.into()),
        ("signal", js::timeout_signal(SEND_TIMEOUT_MS)),
    ]);
    let response = js::fetch(url, &init).await.map_err(passing)?;
    let error_type = response.headers().get("x-amzn-errortype").ok().flatten();
    // The status tells whether it was taken, also if the rest gets lost.
    let text = match response.text() {
        Ok(reading) => JsFuture::from(reading).await.ok().and_then(|text| text.as_string()),
        Err(_) => None,
    };
    Ok(Answer { status: response.status(), error_type, text: text.unwrap_or_default() })
}
