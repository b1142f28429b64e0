//! The body of a request, left in the platform: streams are handed on, forms are parsed by the runtime.

use async_trait::async_trait;
use js_sys::Array;
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{File, FormData, Request};
use worker::send::{SendFuture, SendWrapper};

use super::{js, js_payload};
use crate::domain::hex;
use crate::ports::incoming::{Form, FormFile, IncomingBody, IncomingFailure};
use crate::ports::payload::Payload;

/// A request whose body nobody has read yet.
pub struct RequestBody(SendWrapper<Request>);

impl RequestBody {
    /// The body of `request`.
    #[must_use]
    pub fn of(request: Request) -> Self {
        Self(SendWrapper::new(request))
    }
}

#[async_trait]
impl IncomingBody for RequestBody {
    async fn text(&self) -> Result<String, IncomingFailure> {
        SendFuture::new(async {
            let text = JsFuture::from(self.0.text().map_err(failure)?).await.map_err(failure)?;
            text.as_string().ok_or_else(|| IncomingFailure("not text".into()))
        })
        .await
    }

    async fn form(&self) -> Result<Form, IncomingFailure> {
        SendFuture::new(form_of(&self.0)).await
    }

    async fn form_and_sha256(&self) -> Result<(Form, String), IncomingFailure> {
        SendFuture::new(async {
            // Both read at once: what one has read and the other has not, waits in memory.
            let twin = Request::clone(&self.0).map_err(failure)?;
            let body = twin.body().ok_or_else(|| IncomingFailure("no body".into()))?;
            let (form, digest) = futures::future::join(form_of(&self.0), js::sha256_of_stream(&body)).await;
            Ok((form?, hex::encode(&digest.map_err(failure)?)))
        })
        .await
    }

    fn stream(&self) -> Result<Payload, IncomingFailure> {
        let declared = self.0.headers().get("content-length").ok().flatten();
        let length = declared.and_then(|text| text.parse().ok());
        match self.0.body() {
            Some(stream) => Ok(js_payload::of_stream(stream, length)),
            None => Ok(Payload::Bytes(bytes::Bytes::new())),
        }
    }
}

async fn form_of(request: &Request) -> Result<Form, IncomingFailure> {
    let form = JsFuture::from(request.form_data().map_err(failure)?).await.map_err(failure)?;
    read_form(&form.unchecked_into())
}

fn read_form(data: &FormData) -> Result<Form, IncomingFailure> {
    let mut form = Form::default();
    for entry in Array::from(&JsValue::from(data.entries())).iter() {
        let pair: Array = entry.unchecked_into();
        let field = pair.get(0).as_string().unwrap_or_default();
        let value = pair.get(1);
        if let Some(text) = value.as_string() {
            form.fields.push((field, text));
        } else if let Ok(file) = value.dyn_into::<File>() {
            let filename = file.name();
            // What a browser sends for a file input left empty.
            if !(filename.is_empty() && file.size() == 0.0) {
                form.files.push(FormFile { field, filename, payload: js_payload::of_blob(file.into()) });
            }
        }
    }
    Ok(form)
}

fn failure(error: JsValue) -> IncomingFailure {
    IncomingFailure(js::error_text(&error))
}
