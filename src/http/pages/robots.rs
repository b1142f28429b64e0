//! What is asked of search engines.

use axum::body::Body;
use axum::http::{HeaderValue, Response, header};

/// Pages of images say `noindex` themselves, which a crawler can read only if it may look at them.
const TEXT: &str = "User-agent: *\nDisallow: /v1/\nDisallow: /oembed\nDisallow: /*/delete\n";

/// `GET /robots.txt`.
pub async fn get() -> Response<Body> {
    let mut response = Response::new(Body::from(TEXT));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}
