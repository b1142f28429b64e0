//! The body of a request.

use std::sync::Arc;

use async_trait::async_trait;

use super::payload::Payload;

/// A file in a form.
#[derive(Debug)]
pub struct FormFile {
    /// The form field it came in.
    pub field: String,
    /// The name the sender gave it.
    pub filename: String,
    /// Its bytes.
    pub payload: Payload,
}

/// A parsed `multipart/form-data` or `application/x-www-form-urlencoded` body.
#[derive(Debug, Default)]
pub struct Form {
    /// Text fields, in order.
    pub fields: Vec<(String, String)>,
    /// Files, in order. A file input left empty (no name, no bytes) is not one.
    pub files: Vec<FormFile>,
}

impl Form {
    /// The first text field of this name.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str())
    }
}

/// The body could not be read as what it was said to be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("request body: {0}")]
pub struct IncomingFailure(pub String);

/// The body of one request; can be read once.
#[async_trait]
pub trait IncomingBody: Send + Sync {
    /// The whole body as text; the caller has checked its declared length.
    async fn text(&self) -> Result<String, IncomingFailure>;
    /// The whole body as a form, parsed by the platform; the caller has checked its declared length.
    async fn form(&self) -> Result<Form, IncomingFailure>;
    /// The same, and the SHA-256 of the body as it came, lowercase hexadecimal, computed by the platform.
    async fn form_and_sha256(&self) -> Result<(Form, String), IncomingFailure>;
    /// The body as it comes.
    fn stream(&self) -> Result<Payload, IncomingFailure>;
}

/// A request's body, as handlers receive it.
#[derive(Clone)]
pub struct Incoming(pub Arc<dyn IncomingBody>);
