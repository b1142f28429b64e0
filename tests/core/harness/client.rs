//! Callers: requests over the real routers, answers with their bytes.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use bytes::Bytes;
use serde_json::Value;
use tintype::http;
use tintype::ports::incoming::{Form, FormFile, Incoming, IncomingBody, IncomingFailure};
use tintype::ports::payload::Payload;

use super::small_ports::Once;
use super::{APP, IMAGES, World};

/// An answer, read to its end.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("ASCII"))
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn field(&self, pointer: &str) -> String {
        self.json().pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
    }
}

/// A request being put together.
pub struct Call {
    builder: axum::http::request::Builder,
    body: Bytes,
}

impl Call {
    pub fn new(method: &str, url: &str) -> Self {
        let builder = Request::builder().method(method).uri(url).header("cf-connecting-ip", "203.0.113.7");
        Self { builder, body: Bytes::new() }
    }

    /// A request to the app.
    pub fn app(method: &str, path: &str) -> Self {
        Self::new(method, &format!("{APP}{path}"))
    }

    /// A request to the image host.
    pub fn images(method: &str, path: &str) -> Self {
        Self::new(method, &format!("{IMAGES}{path}"))
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        if name.eq_ignore_ascii_case("cf-connecting-ip") {
            self.builder.headers_mut().expect("a fine request").remove(name);
        }
        self.builder = self.builder.header(name, value);
        self
    }

    pub fn body(self, media_type: &str, bytes: impl Into<Bytes>) -> Self {
        let body: Bytes = bytes.into();
        let length = body.len().to_string();
        let mut call = self.header("content-type", media_type).header("content-length", &length);
        call.body = body;
        call
    }

    /// The body as it will be sent.
    pub fn body_bytes(&self) -> Bytes {
        self.body.clone()
    }

    /// A body whose length the sender does not declare.
    pub fn streamed(self, media_type: &str, bytes: impl Into<Bytes>) -> Self {
        let mut call = self.header("content-type", media_type);
        call.body = bytes.into();
        call
    }

    /// A multipart form: text fields, then files (field, name, bytes).
    pub fn form(self, fields: &[(&str, &str)], files: &[(&str, &str, &[u8])]) -> Self {
        const BOUNDARY: &str = "a-boundary-that-nobody-sends";
        let mut body = Vec::new();
        for (name, value) in fields {
            let part = format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
            body.extend_from_slice(part.as_bytes());
        }
        for (name, filename, bytes) in files {
            let head = format!(
                "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"{filename}\"\r\n\
                 Content-Type: application/octet-stream\r\n\r\n"
            );
            body.extend_from_slice(head.as_bytes());
            body.extend_from_slice(bytes);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
        self.body(&format!("multipart/form-data; boundary={BOUNDARY}"), body)
    }

    pub async fn send(self, world: &World) -> Answer {
        world.invocation(self.send_in_one(world)).await
    }

    async fn send_in_one(self, world: &World) -> Answer {
        let media_type = self.builder.headers_ref().and_then(|h| h.get("content-type")).cloned();
        let media_type = media_type.and_then(|value| value.to_str().map(str::to_owned).ok()).unwrap_or_default();
        let mut request = self.builder.body(Body::empty()).expect("a fine request");
        request.extensions_mut().insert(incoming(&media_type, self.body));
        let response = http::serve(world.app.clone(), request).await;
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX).await.expect("a body in memory reads");
        world.background.run_all().await;
        Answer { status: parts.status, headers: parts.headers, body }
    }
}

impl World {
    /// Uploads bytes as an anonymous program does.
    pub async fn upload(&self, bytes: &[u8]) -> Answer {
        Call::app("POST", "/v1/images").body("image/png", bytes.to_vec()).send(self).await
    }

    /// The image URL's path on the image host.
    pub async fn view(&self, url: &str) -> Answer {
        Call::new("GET", url).send(self).await
    }
}

/// A body as handlers receive it.
pub fn incoming(media_type: &str, body: impl Into<Bytes>) -> Incoming {
    Incoming(Arc::new(NativeBody { bytes: Mutex::new(Some(body.into())), media_type: media_type.to_owned() }))
}

struct NativeBody {
    bytes: Mutex<Option<Bytes>>,
    media_type: String,
}

impl NativeBody {
    fn take(&self) -> Result<Bytes, IncomingFailure> {
        self.bytes.lock().expect("not poisoned").take().ok_or(IncomingFailure("read twice".into()))
    }
}

#[async_trait]
impl IncomingBody for NativeBody {
    async fn text(&self) -> Result<String, IncomingFailure> {
        String::from_utf8(self.take()?.to_vec()).map_err(|_| IncomingFailure("not UTF-8".into()))
    }

    async fn form(&self) -> Result<Form, IncomingFailure> {
        let failure = |error: multer::Error| IncomingFailure(error.to_string());
        let bytes = self.take()?;
        if self.media_type.starts_with("application/x-www-form-urlencoded") {
            let fields = url::form_urlencoded::parse(&bytes).into_owned().collect();
            return Ok(Form { fields, files: Vec::new() });
        }
        let boundary = multer::parse_boundary(&self.media_type).map_err(failure)?;
        let stream = futures::stream::once(async move { Ok::<_, std::io::Error>(bytes) });
        let mut parts = multer::Multipart::new(stream, boundary);
        let mut form = Form::default();
        while let Some(part) = parts.next_field().await.map_err(failure)? {
            let field = part.name().unwrap_or_default().to_owned();
            match part.file_name().map(str::to_owned) {
                None => form.fields.push((field, part.text().await.map_err(failure)?)),
                Some(filename) => {
                    let bytes = part.bytes().await.map_err(failure)?;
                    if !(filename.is_empty() && bytes.is_empty()) {
                        form.files.push(FormFile { field, filename, payload: Payload::Bytes(bytes) });
                    }
                }
            }
        }
        Ok(form)
    }

    async fn form_and_sha256(&self) -> Result<(Form, String), IncomingFailure> {
        let bytes = self.take()?;
        let sha256 = tintype::domain::hex::sha256(&bytes);
        *self.bytes.lock().expect("not poisoned") = Some(bytes);
        Ok((self.form().await?, sha256))
    }

    fn stream(&self) -> Result<Payload, IncomingFailure> {
        self.take().map(Once::payload)
    }
}
