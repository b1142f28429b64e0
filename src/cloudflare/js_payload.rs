//! Bytes that stay in the platform: a stream, or a file of a parsed form.

use std::any::Any;

use js_sys::Uint8Array;
use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::{Blob, ReadableStream};
use worker::send::SendWrapper;

use crate::ports::payload::{Payload, PlatformStream};

/// A JavaScript body.
pub struct JsPayload {
    body: SendWrapper<JsValue>,
    length: Option<u64>,
}

impl PlatformStream for JsPayload {
    fn length(&self) -> Option<u64> {
        self.length
    }

    fn again(&self) -> Option<Box<dyn PlatformStream>> {
        // A Blob can be read as often as one likes; a stream once.
        let blob = self.body.0.dyn_ref::<Blob>()?;
        Some(Box::new(Self { body: SendWrapper::new(blob.clone().into()), length: self.length }))
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any + Send> {
        self
    }
}

/// A payload of a stream.
#[must_use]
pub fn of_stream(stream: ReadableStream, length: Option<u64>) -> Payload {
    Payload::Platform(Box::new(JsPayload { body: SendWrapper::new(stream.into()), length }))
}

/// A payload of a file.
#[must_use]
pub fn of_blob(blob: Blob) -> Payload {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a size is a whole number")]
    let length = Some(blob.size() as u64);
    Payload::Platform(Box::new(JsPayload { body: SendWrapper::new(blob.into()), length }))
}

/// The payload as something that can be the body of a request, a response or an R2 object.
///
/// # Errors
/// If it comes from another platform, which cannot be.
pub fn into_body(payload: Payload) -> Result<JsValue, String> {
    match payload {
        Payload::Bytes(bytes) => Ok(Uint8Array::from(bytes.as_ref()).into()),
        Payload::Platform(stream) => match stream.into_any().downcast::<JsPayload>() {
            Ok(payload) => Ok(payload.body.0),
            Err(_) => Err("a payload of another platform".into()),
        },
    }
}

/// The payload as a stream.
///
/// # Errors
/// As [`into_body`].
pub fn into_stream(payload: Payload) -> Result<ReadableStream, String> {
    let body = into_body(payload)?;
    match body.dyn_into::<ReadableStream>() {
        Ok(stream) => Ok(stream),
        Err(body) => match body.dyn_into::<Blob>() {
            Ok(blob) => Ok(blob.stream()),
            Err(bytes) => {
                let response = web_sys::Response::new_with_opt_js_u8_array(bytes.dyn_ref());
                response.ok().and_then(|response| response.body()).ok_or_else(|| "a body without a stream".into())
            }
        },
    }
}
