//! Requests in and responses out, between the runtime's types and the router's.

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::http::{Request, Response};
use js_sys::{Array, Uint8Array};
use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::{Headers, ResponseInit};

use super::incoming::RequestBody;
use super::{js, js_payload};
use crate::http::served_payload::ServedPayload;
use crate::ports::incoming::Incoming;

/// The request for the router: method, address and fields; the body stays in the platform.
///
/// # Errors
/// If the runtime passes something that is no HTTP request.
pub fn request_for_router(raw: web_sys::Request) -> Result<Request<Body>, String> {
    let mut builder = Request::builder().method(raw.method().as_str()).uri(raw.url());
    for entry in Array::from(&JsValue::from(raw.headers().entries())).iter() {
        let pair: Array = entry.unchecked_into();
        let text = |index| pair.get(index).as_string().unwrap_or_default();
        builder = builder.header(text(0), text(1));
    }
    let mut request = builder.body(Body::empty()).map_err(|error| error.to_string())?;
    request.extensions_mut().insert(Incoming(Arc::new(RequestBody::of(raw))));
    Ok(request)
}

/// The response for the runtime. A body that the platform holds is passed on unread.
///
/// # Errors
/// If the runtime refuses it.
pub async fn response_for_runtime(mut response: Response<Body>) -> Result<web_sys::Response, String> {
    let text = |error: JsValue| js::error_text(&error);
    let payload = ServedPayload::take_from(&mut response);
    let (parts, body) = response.into_parts();
    let headers = Headers::new().map_err(text)?;
    for (name, value) in &parts.headers {
        let value = value.to_str().map_err(|error| error.to_string())?;
        headers.append(name.as_str(), value).map_err(text)?;
    }
    let body = match payload {
        Some(payload) => Some(fixed_length(payload, &headers)?),
        None => {
            let bytes = to_bytes(body, usize::MAX).await.map_err(|error| error.to_string())?;
            (!bytes.is_empty()).then(|| Uint8Array::from(bytes.as_ref()).into())
        }
    };
    let init = ResponseInit::new();
    init.set_status(parts.status.as_u16());
    init.set_headers(&headers);
    let body = body.unwrap_or(JsValue::NULL);
    js::response(&body, &init).map_err(text)
}

/// A streamed body keeps its declared length only if the stream knows it.
fn fixed_length(payload: crate::ports::payload::Payload, headers: &Headers) -> Result<JsValue, String> {
    let declared = headers.get("content-length").ok().flatten().and_then(|text| text.parse::<u64>().ok());
    match (payload.length(), declared) {
        (None, Some(length)) => Ok(js::with_length(&js_payload::into_stream(payload)?, length).into()),
        _ => js_payload::into_body(payload),
    }
}
