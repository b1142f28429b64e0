//! Pages: askama structs beside their handlers; the templates are in `templates/`.

pub mod account;
pub mod assets;
pub mod challenge;
pub mod choices;
pub mod deletion;
pub mod disclosure;
pub mod edit;
pub mod export;
pub mod figures;
pub mod gallery;
pub mod gpc;
pub mod held;
pub mod operate;
pub mod privacy;
pub mod privacy_of_image;
pub mod problems;
pub mod promises;
pub mod report;
pub mod restoration;
pub mod result;
pub mod robots;
pub mod schema;
pub mod sharing;
pub mod statement;
pub mod statistics;
pub mod teams;
pub mod transparency;
pub mod upload;
pub mod viewer;

use askama::Template;
use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};

use crate::error::{Cause, Error, Fault};

/// An answer that is a page.
///
/// # Errors
/// If the template cannot be filled in, which would be our mistake.
pub fn html(status: StatusCode, page: &impl Template) -> Result<Response<Body>, Error> {
    let text = page
        .render()
        .map_err(|error| Fault { attempted: "write a page".into(), cause: Cause::Invariant(error.to_string()) })?;
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    Ok(response)
}
