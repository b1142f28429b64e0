//! Short JSON bodies of requests.

use axum::http::HeaderMap;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::{caller, signed_request};
use crate::domain::hex;
use crate::error::Problem;
use crate::ports::incoming::Incoming;
use crate::usecases::check_digest::check_digest;

/// Longest body of a few short members, in bytes: a name, an address or a public key in PEM, several times over.
pub const BODY_BYTES_MAX: u64 = 8 * 1024;

/// Reads a body of at most [`BODY_BYTES_MAX`], as [`read_text`].
///
/// # Errors
/// As [`read_text`]; `MalformedRequest` if it is not what is asked for.
pub async fn read_json<T: DeserializeOwned>(headers: &HeaderMap, body: &Incoming) -> Result<T, Problem> {
    let text = read_text(headers, body, BODY_BYTES_MAX).await?;
    serde_json::from_str(&text).map_err(|error| malformed(&error.to_string()))
}

/// Reads a body of at most `bytes_max` bytes whose length is declared, and that is the one whose digest was sent.
///
/// # Errors
/// `LengthRequired`, `PayloadTooLarge`, `MalformedRequest`, `ContentDigestMismatch`.
pub async fn read_text(headers: &HeaderMap, body: &Incoming, bytes_max: u64) -> Result<String, Problem> {
    let declared = caller::text(headers, "content-length").ok_or(Problem::LengthRequired)?;
    let length = declared.trim().parse::<u64>().map_err(|_| malformed("Content-Length is not a number"))?;
    if length > bytes_max {
        return Err(Problem::PayloadTooLarge { limit_bytes: bytes_max });
    }
    let text = body.0.text().await.map_err(|failure| malformed(&failure.to_string()))?;
    check_digest(signed_request::expected_sha256(headers)?.as_deref(), &hex::sha256(text.as_bytes()))?;
    Ok(text)
}

/// Reads a JSON object, as [`read_text`], that has no members but `known` ones.
///
/// # Errors
/// As [`read_text`]; `MalformedRequest` if it is no such object.
pub async fn read_object(
    headers: &HeaderMap,
    body: &Incoming,
    bytes_max: u64,
    known: &[&str],
) -> Result<Map<String, Value>, Problem> {
    let text = read_text(headers, body, bytes_max).await?;
    let object: Map<String, Value> = serde_json::from_str(&text).map_err(|error| malformed(&error.to_string()))?;
    match object.keys().find(|name| !known.contains(&name.as_str())) {
        Some(name) => Err(malformed(&format!("there is no member {name:?} here, but {}", known.join(", ")))),
        None => Ok(object),
    }
}

fn malformed(detail: &str) -> Problem {
    Problem::MalformedRequest { detail: detail.to_owned() }
}
