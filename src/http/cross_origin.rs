//! What pages of other sites may ask the app for, from their scripts (Fetch, "CORS protocol"): to upload with a ticket, and
//! nothing else. No credentials: a browser sends no cookie with such a request, and lets nobody read an answer to one that
//! had some.

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, Method, Response, StatusCode};

/// Where tickets are used.
const UPLOADS: &str = "/v1/images";
/// What a script may read of an answer beside its body.
const EXPOSED: &str = "location, retry-after, ratelimit-policy, sunset, idempotency-replayed, x-request-id";

/// `OPTIONS /v1/images`: that a browser may go on. Whether there is a ticket, and what it allows, is found out when it does.
pub async fn allow_uploads() -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    for (name, value) in [
        ("access-control-allow-methods", "POST"),
        ("access-control-allow-headers", "authorization, content-type, idempotency-key, content-digest"),
        // A day, which browsers shorten to their own limit.
        ("access-control-max-age", "86400"),
    ] {
        response.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    response
}

/// Lets the page that asked read the answer, also if it is a problem: what it says is about its own upload.
#[must_use]
pub fn expose(method: &Method, path: &str, mut response: Response<Body>) -> Response<Body> {
    if path == UPLOADS && (method == Method::POST || method == Method::OPTIONS) {
        let headers = response.headers_mut();
        headers.insert("access-control-allow-origin", HeaderValue::from_static("*"));
        headers.insert("access-control-expose-headers", HeaderValue::from_static(EXPOSED));
    }
    response
}
