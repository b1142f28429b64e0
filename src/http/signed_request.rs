//! Programs: requests with an API key, or signed with one.

use axum::http::{HeaderMap, HeaderValue, Method, Uri};

use super::caller;
use crate::app::App;
use crate::domain::api_key::{ApiKeyText, KeyUse, Scope};
use crate::domain::content_digest;
use crate::domain::http_signature::RequestHead;
use crate::error::{Error, Problem};
use crate::usecases::authenticate_key::authenticate_key;
use crate::usecases::verify_request::verify_request;

/// As whom a program acts that sent `Authorization: Bearer tt_live_…`, or `Signature-Input` and `Signature`; `None` if it
/// sent neither. What it sent must be valid, even where nobody asks who it is: whoever shows a key means to be known by it.
/// Other bearer tokens are left to whom they concern.
///
/// # Errors
/// The problem with the key or the signature; a fault if the database fails.
pub async fn identify_program(
    app: &App,
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
) -> Result<Option<KeyUse>, Error> {
    let (token, is_signed) = (key_shown(headers), is_signed(headers));
    match (token, is_signed) {
        (None, false) => Ok(None),
        (Some(token), false) => authenticate_key(app, token).await.map(Some),
        (None, true) => verify(app, method, uri, headers).await.map(Some),
        (Some(_), true) => {
            let detail = "the request shows a key and is signed; it must be one of them".to_owned();
            Err(Problem::MalformedRequest { detail }.into())
        }
    }
}

/// Whether a request shows an API key, rightly written or not, or is signed.
#[must_use]
pub fn shows_program(headers: &HeaderMap) -> bool {
    key_shown(headers).is_some() || is_signed(headers)
}

fn key_shown(headers: &HeaderMap) -> Option<&str> {
    caller::bearer_token(headers).filter(|token| ApiKeyText::is_meant(token))
}

fn is_signed(headers: &HeaderMap) -> bool {
    ["signature-input", "signature"].iter().any(|name| headers.contains_key(*name))
}

/// Refuses a program whose key does not allow `scope`.
///
/// # Errors
/// `ScopeMissing`.
pub fn require_scope(program: Option<&KeyUse>, scope: Scope) -> Result<(), Problem> {
    match program {
        Some(program) if !program.scopes.allow(scope) => Err(Problem::ScopeMissing { scope }),
        _ => Ok(()),
    }
}

/// The SHA-256 that the body must have, as `Content-Digest` says; `None` if it says nothing.
///
/// # Errors
/// `MalformedRequest` if the field cannot be read.
pub fn expected_sha256(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let malformed = |detail: String| Problem::MalformedRequest { detail };
    let mut values = Vec::new();
    for value in headers.get_all("content-digest") {
        values.push(value.to_str().map_err(|_| malformed("Content-Digest is not ASCII".into()))?.trim());
    }
    content_digest::sha256(&values.join(", ")).map_err(|fault| malformed(fault.to_string()))
}

async fn verify(app: &App, method: &Method, uri: &Uri, headers: &HeaderMap) -> Result<KeyUse, Error> {
    // What is around a value is not part of it (RFC 9110 §5.5).
    let bare = |value: &HeaderValue| value.as_bytes().trim_ascii().to_vec();
    let fields: Vec<(String, Vec<u8>)> =
        headers.iter().map(|(name, value)| (name.as_str().to_owned(), bare(value))).collect();
    // The origin is what the deployment is called: behind a proxy that ends TLS, the request itself says otherwise. That
    // the request is for it, the router has seen.
    let origin = app.settings.app_base();
    let head = RequestHead {
        method: method.as_str(),
        origin: &origin,
        path: uri.path(),
        query: uri.query(),
        fields: &fields,
        has_body: has_body(method, headers),
    };
    verify_request(app, &head).await
}

/// Whether a body follows. HTTP/2 says so in no field (RFC 9113 §8.1), so what usually has a body is taken to have one;
/// of GET and HEAD, nobody here reads one, and of DELETE only one whose length is declared (`json_body.rs`).
fn has_body(method: &Method, headers: &HeaderMap) -> bool {
    match caller::text(headers, "content-length").map(str::trim) {
        Some(length) => length != "0",
        None => {
            headers.contains_key("transfer-encoding") || ![Method::GET, Method::HEAD, Method::DELETE].contains(method)
        }
    }
}
