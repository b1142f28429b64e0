//! `/.well-known/gpc.json`: that Global Privacy Control is honoured (GPC specification, "GPC Support Resource"; promise
//! IMP-53).

use axum::body::Body;
use axum::http::{HeaderValue, Response, header};

/// Since when it is.
const LAST_UPDATE: &str = "2026-11-28";

/// `GET /.well-known/gpc.json`.
pub async fn get() -> Response<Body> {
    let mut response = Response::new(Body::from(format!("{{\"gpc\":true,\"lastUpdate\":\"{LAST_UPDATE}\"}}")));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
