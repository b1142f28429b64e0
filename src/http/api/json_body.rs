//! Short bodies in JSON: read once, held to their digest if they are signed, and to their members.

use axum::http::HeaderMap;
use serde::de::DeserializeOwned;

use crate::domain::hex;
use crate::error::Problem;
use crate::http::{caller, signed_request};
use crate::ports::incoming::Incoming;
use crate::usecases::check_digest::check_digest;

/// Longest body, in bytes: a name, an address or a public key in PEM, several times over.
pub const BODY_BYTES_MAX: u64 = 8 * 1024;

/// Reads a body of at most [`BODY_BYTES_MAX`].
///
/// # Errors
/// `length-required`, `payload-too-large`, `malformed-request`, or what is wrong with its digest.
pub async fn read_json<T: DeserializeOwned>(headers: &HeaderMap, body: &Incoming) -> Result<T, Problem> {
    let declared = caller::text(headers, "content-length").ok_or(Problem::LengthRequired)?;
    if declared.trim().parse::<u64>().is_ok_and(|length| length > BODY_BYTES_MAX) {
        return Err(Problem::PayloadTooLarge { limit_bytes: BODY_BYTES_MAX });
    }
    let malformed = |detail: String| Problem::MalformedRequest { detail };
    let text = body.0.text().await.map_err(|failure| malformed(failure.to_string()))?;
    check_digest(signed_request::expected_sha256(headers)?.as_deref(), &hex::sha256(text.as_bytes()))?;
    serde_json::from_str(&text).map_err(|error| malformed(error.to_string()))
}
