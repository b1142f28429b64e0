//! JSON: request and response types beside their handlers, one file for each noun.

pub mod held_object;
pub mod image_object;
pub mod images;
pub mod keys;
pub mod links;
pub mod oembed;
pub mod tickets;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{caller, signed_request};
use crate::domain::hex;
use crate::error::{Cause, Error, Fault, Problem};
use crate::ports::incoming::Incoming;
use crate::usecases::check_digest::check_digest;

/// Longest body of a request that carries no image: a few names and numbers, several times over.
const BODY_BYTES_MAX: u64 = 8 * 1024;

/// An answer in JSON.
///
/// # Errors
/// If the value has no JSON form, which would be our mistake.
pub fn json(status: StatusCode, value: &impl Serialize) -> Result<Response<Body>, Error> {
    let text = serde_json::to_string(value)
        .map_err(|error| Fault { attempted: "write an answer".into(), cause: Cause::Invariant(error.to_string()) })?;
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(response)
}

/// Reads a short JSON body, and compares it with the digest that was sent, if one was.
///
/// # Errors
/// `LengthRequired`, `PayloadTooLarge`, `MalformedRequest`, `ContentDigestMismatch`.
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
