//! A response body that the platform holds: handlers decide, the bytes go around them.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use axum::body::{Body, Bytes};
use axum::http::Response;
use futures::stream;

use crate::ports::payload::Payload;

/// The bytes of a response, to be sent by the platform's adapter.
#[derive(Clone)]
pub struct ServedPayload(Arc<Mutex<Option<Payload>>>);

impl ServedPayload {
    /// Takes the bytes out of a response, once.
    #[must_use]
    pub fn take_from(response: &mut Response<Body>) -> Option<Payload> {
        let served = response.extensions_mut().remove::<Self>()?;
        served.0.lock().ok()?.take()
    }

    /// Gives a response its bytes. Short ones in memory become its body at once.
    #[must_use]
    pub fn put_into(mut response: Response<Body>, payload: Payload) -> Response<Body> {
        match payload {
            Payload::Bytes(bytes) => *response.body_mut() = Body::from(bytes),
            platform @ Payload::Platform(_) => {
                // The router would declare an empty body's length, 0, for the one that is sent instead.
                *response.body_mut() = Body::from_stream(stream::empty::<Result<Bytes, Infallible>>());
                response.extensions_mut().insert(Self(Arc::new(Mutex::new(Some(platform)))));
            }
        }
        response
    }
}
