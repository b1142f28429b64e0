//! Outside hash lists over HTTP.

use async_trait::async_trait;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;
use worker::send::SendFuture;

use super::js;
use crate::domain::hash_lookup::{answer, question};
use crate::domain::known_bad::PdqHash;
use crate::ports::hash_lists::{HashListFailure, HashLists};
use crate::settings::KnownBadLookup;

/// How long an answer may take, in milliseconds: it keeps an uploader waiting.
const TIMEOUT_MS: u32 = 5_000;

/// The service that a deployment named.
pub struct LookupService(pub KnownBadLookup);

#[async_trait]
impl HashLists for LookupService {
    async fn lookup(&self, hash: &PdqHash) -> Result<Vec<String>, HashListFailure> {
        SendFuture::new(async {
            let (status, text) = self.ask(hash).await.map_err(|error| HashListFailure(js::error_text(&error)))?;
            answer(status, &text).map_err(HashListFailure)
        })
        .await
    }
}

impl LookupService {
    async fn ask(&self, hash: &PdqHash) -> Result<(u16, String), JsValue> {
        let mut fields: Vec<(&str, JsValue)> = vec![("accept", "application/json".into())];
        if let Some(token) = &self.0.token {
            fields.push(("authorization", format!("Bearer {token}").into()));
        }
        let init = js::object(&[
            ("method", "GET".into()),
            // A redirect would send the hash, and the token, to whom nobody named.
            ("redirect", "manual".into()),
            ("headers", js::object(&fields).into()),
            ("signal", js::timeout_signal(TIMEOUT_MS)),
        ]);
        let response = js::fetch(question(&self.0.url, hash).as_str(), &init).await?;
        let text = JsFuture::from(response.text()?).await?;
        Ok((response.status(), text.as_string().unwrap_or_default()))
    }
}
