//! `/export.schema.json`: what the fields of a copy of an account's data mean (JSON Schema, draft 2020-12).

use axum::body::Body;
use axum::http::{HeaderValue, Response, header};

use crate::usecases::export::SCHEMA;

/// `GET /export.schema.json`.
pub async fn get() -> Response<Body> {
    let mut response = Response::new(Body::from(SCHEMA));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/schema+json"));
    response
}
