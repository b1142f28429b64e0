//! JSON: request and response types beside their handlers, one file for each noun.

pub mod collections;
pub mod held_object;
pub mod image_edits;
pub mod image_list;
pub mod image_object;
pub mod images;
pub mod key_requests;
pub mod keys;
pub mod links;
pub mod oembed;
pub mod reports;
pub mod statements;
pub mod statistics;
pub mod status;
pub mod team_invitations;
pub mod team_members;
pub mod teams;
pub mod tickets;
pub mod transparency;

use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use serde::Serialize;

use crate::error::{Cause, Error, Fault};

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
