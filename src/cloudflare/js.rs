//! The few pieces of the runtime that no crate offers in the form we need.

use js_sys::{Array, Object, Promise, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{ReadableStream, Response, ResponseInit, StreamPipeOptions, WritableStream};

#[wasm_bindgen]
extern "C" {
    /// A stream whose length is known before it is read, as R2 demands.
    pub type FixedLengthStream;

    #[wasm_bindgen(constructor)]
    fn new(length: f64) -> FixedLengthStream;

    #[wasm_bindgen(method, getter)]
    fn readable(this: &FixedLengthStream) -> ReadableStream;

    #[wasm_bindgen(method, getter)]
    fn writable(this: &FixedLengthStream) -> WritableStream;

    /// A sink that hashes what is written to it, outside wasm.
    pub type DigestStream;

    #[wasm_bindgen(constructor, js_namespace = crypto)]
    fn new(algorithm: &str) -> DigestStream;

    #[wasm_bindgen(method, getter)]
    fn digest(this: &DigestStream) -> Promise;

    #[wasm_bindgen(js_namespace = ["crypto", "subtle"], js_name = digest, catch)]
    fn subtle_digest(algorithm: &str, bytes: &Uint8Array) -> Result<Promise, JsValue>;

    #[wasm_bindgen(js_namespace = AbortSignal, js_name = timeout)]
    fn abort_timeout(ms: u32) -> JsValue;

    #[wasm_bindgen(js_name = Response)]
    type RuntimeResponse;

    /// The runtime's constructor takes any kind of body; web-sys has one method for each.
    #[wasm_bindgen(constructor, js_class = "Response", catch)]
    fn new(body: &JsValue, init: &ResponseInit) -> Result<RuntimeResponse, JsValue>;

    #[wasm_bindgen(js_name = fetch, catch)]
    fn global_fetch(url: &str, init: &Object) -> Result<Promise, JsValue>;
}

/// What went wrong, as text: the message of an error, or whatever was thrown.
#[must_use]
pub fn error_text(error: &JsValue) -> String {
    let message = Reflect::get(error, &"message".into()).ok().and_then(|message| message.as_string());
    message.or_else(|| error.as_string()).unwrap_or_else(|| format!("{error:?}"))
}

/// The same bytes, as a stream of known length.
#[must_use]
pub fn with_length(stream: &ReadableStream, length: u64) -> ReadableStream {
    limited(length, |sink| stream.pipe_to(sink))
}

/// As [`with_length`], but the stream fails if it is not at its end after `ms` milliseconds.
#[must_use]
pub fn with_length_within(stream: &ReadableStream, length: u64, ms: u32) -> ReadableStream {
    let options = StreamPipeOptions::new();
    options.set_signal(abort_timeout(ms).unchecked_ref());
    limited(length, |sink| stream.pipe_to_with_options(sink, &options))
}

fn limited(length: u64, pump: impl FnOnce(&WritableStream) -> Promise) -> ReadableStream {
    #[allow(clippy::cast_precision_loss, reason = "lengths are far below 2^53")]
    let fixed = FixedLengthStream::new(length as f64);
    // A failure of the source surfaces where the readable side is consumed.
    let pumping = pump(&fixed.writable());
    wasm_bindgen_futures::spawn_local(async move {
        drop(JsFuture::from(pumping).await);
    });
    fixed.readable()
}

/// A stream twice over.
///
/// # Errors
/// If somebody reads it already.
pub fn tee(stream: &ReadableStream) -> Result<(ReadableStream, ReadableStream), JsValue> {
    let branches = stream.tee();
    Ok((branches.get(0).dyn_into()?, branches.get(1).dyn_into()?))
}

/// The SHA-256 of a stream, read to its end outside wasm.
///
/// # Errors
/// If the stream fails.
pub async fn sha256_of_stream(stream: &ReadableStream) -> Result<Vec<u8>, JsValue> {
    let sink = DigestStream::new("SHA-256");
    let digest = sink.digest();
    JsFuture::from(stream.pipe_to(sink.unchecked_ref::<WritableStream>())).await?;
    Ok(Uint8Array::new(&JsFuture::from(digest).await?).to_vec())
}

/// The SHA-256 of bytes, by the platform, which is several times faster than wasm.
///
/// # Errors
/// If the platform refuses.
pub async fn sha256_of_bytes(bytes: &Uint8Array) -> Result<Vec<u8>, JsValue> {
    let digest = JsFuture::from(subtle_digest("SHA-256", bytes)?).await?;
    Ok(Uint8Array::new(&digest).to_vec())
}

/// An object with these properties.
#[must_use]
pub fn object(properties: &[(&str, JsValue)]) -> Object {
    let entries: Array = properties.iter().map(|(name, value)| Array::of2(&JsValue::from_str(name), value)).collect();
    Object::from_entries(&entries).unwrap_or_default()
}

/// A signal that aborts after `ms` milliseconds.
#[must_use]
pub fn timeout_signal(ms: u32) -> JsValue {
    abort_timeout(ms)
}

/// A request to the network.
///
/// # Errors
/// If it fails or is aborted.
pub async fn fetch(url: &str, init: &Object) -> Result<web_sys::Response, JsValue> {
    JsFuture::from(global_fetch(url, init)?).await?.dyn_into()
}

/// A response with a body of any kind.
///
/// # Errors
/// If the runtime refuses it.
pub fn response(body: &JsValue, init: &ResponseInit) -> Result<Response, JsValue> {
    RuntimeResponse::new(body, init).map(JsCast::unchecked_into)
}
