//! The image host: bytes, and nothing else.

use std::sync::Arc;

use axum::Extension;
use axum::body::Body;
use axum::extract::Path;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, Uri, header};

use super::caching;
use super::conditions::{entity_tag, modified_at};
use super::geography;
use super::image_request::ImageRequest;
use super::placeholder;
use super::security_headers::NotForScripts;
use super::served_payload::ServedPayload;
use crate::app::App;
use crate::domain::format::Format;
use crate::domain::hex;
use crate::domain::transform::Note;
use crate::domain::warning::Warning;
use crate::error::Error;
use crate::ports::blobs::BlobMeta;
use crate::usecases::deliver::{Choice, Delivery};
use crate::usecases::deliver_nearby::{Nearby, deliver_nearby};

/// The label by which parental controls know what is for adults ("Restricted To Adults", by ASACP); on every answer about a restricted
/// image, its placeholder included.
pub const RATING: &str = "RTA-5042-1996-1400-1577-RTA";

/// Says what of a query was not done as it is said: a list of `parameter: words` (strings of RFC 9651).
pub const NOTES: &str = "transform-notes";

/// `GET /{id}.{extension}`: an image, or what the query makes of it; of a restricted one the placeholder, unless the
/// query says otherwise.
///
/// # Errors
/// What [`ImageRequest::read`] and [`deliver_nearby`] refuse, or a fault.
pub async fn get_image(
    Extension(app): Extension<Arc<App>>,
    Path(file): Path<String>,
    method: Method,
    uri: Uri,
    request_headers: HeaderMap,
) -> Result<Response<Body>, Error> {
    let mut request = ImageRequest::read(&app, &file, &method, &uri, &request_headers)?;
    let Nearby { delivery, fresh_until } = deliver_nearby(&app, &request.to_deliver(), &request.conditions).await?;
    let meta = delivery.meta();
    geography::refuse_withheld(&app, &request.id, meta.warning.is_some(), &request_headers)?;
    request.holds_until = request.holds_until.into_iter().chain(fresh_until).min();
    let mut response = render(&app, &request, delivery);
    if request.asked.negotiated {
        set(&mut response, header::VARY, "accept");
    }
    if app.settings.delivery.hotlinks.is_on() {
        // What one site may have, a cache must not give to another.
        response.headers_mut().append(header::VARY, HeaderValue::from_static("referer"));
    }
    Ok(response)
}

fn render(app: &App, request: &ImageRequest, delivery: Delivery) -> Response<Body> {
    let file = |meta: &BlobMeta, status: StatusCode, length: Option<u64>| answer(app, request, meta, status, length);
    match delivery {
        Delivery::Whole(meta, bytes) => ServedPayload::put_into(file(&meta, StatusCode::OK, Some(meta.bytes)), bytes),
        Delivery::Facts(meta) => file(&meta, StatusCode::OK, Some(meta.bytes)),
        Delivery::NotModified(meta) => file(&meta, StatusCode::NOT_MODIFIED, None),
        Delivery::Part(meta, range, bytes) => {
            let mut response = file(&meta, StatusCode::PARTIAL_CONTENT, Some(range.length));
            set(&mut response, header::CONTENT_RANGE, &range.content_range(meta.bytes));
            ServedPayload::put_into(response, bytes)
        }
        Delivery::Unsatisfiable(meta) => {
            let mut response = file(&meta, StatusCode::RANGE_NOT_SATISFIABLE, Some(0));
            set(&mut response, header::CONTENT_RANGE, &format!("bytes */{}", meta.bytes));
            set(&mut response, header::CACHE_CONTROL, "no-store");
            response
        }
        Delivery::Placeholder(meta, warning) => answer_placeholder(app, request, &meta, &warning),
    }
}

/// A restricted image's placeholder. It has no date: the image's own would tell whoever has the bytes, from before
/// somebody restricted them, that they are still the right ones. A range of it is not offered; it is short.
fn answer_placeholder(app: &App, request: &ImageRequest, meta: &BlobMeta, warning: &Warning) -> Response<Body> {
    let file = placeholder::file(warning);
    let digest = hex::sha256(&file);
    let tag = format!("\"{}\"", digest.get(..32).unwrap_or(&digest));
    let mut response = bare_answer(app, request, meta, &tag);
    if request.conditions.has(&tag) {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        return response;
    }
    set(&mut response, header::CONTENT_TYPE, placeholder::MEDIA_TYPE);
    set(&mut response, header::CONTENT_LENGTH, &file.len().to_string());
    set(&mut response, header::CONTENT_DISPOSITION, &format!("inline; filename=\"{}-placeholder.png\"", request.id));
    *response.body_mut() = Body::from(file);
    response
}

fn answer(
    app: &App,
    request: &ImageRequest,
    meta: &BlobMeta,
    status: StatusCode,
    length: Option<u64>,
) -> Response<Body> {
    let mut response = bare_answer(app, request, meta, &entity_tag(meta));
    *response.status_mut() = status;
    set(&mut response, header::LAST_MODIFIED, &modified_at(meta).http_date());
    set(&mut response, header::ACCEPT_RANGES, "bytes");
    if let Some(notes) = notes_field(request.asked.notes.iter().chain(&meta.notes)) {
        set(&mut response, HeaderName::from_static(NOTES), &notes);
    }
    if let Some(length) = length {
        set(&mut response, header::CONTENT_TYPE, &meta.media_type);
        set(&mut response, header::CONTENT_LENGTH, &length.to_string());
        let how = if request.download { "attachment" } else { "inline" };
        let made = Format::ALL.into_iter().find(|format| format.media_type() == meta.media_type);
        let extension = made.unwrap_or(request.format).extension();
        set(&mut response, header::CONTENT_DISPOSITION, &format!("{how}; filename=\"{}.{extension}\"", request.id));
    }
    response
}

/// The fields that an image and its placeholder have in common.
fn bare_answer(app: &App, request: &ImageRequest, meta: &BlobMeta, tag: &str) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    let caching = match request.choice {
        Choice::None => {
            let is_shared = !geography::is_withheld_somewhere(app, &request.id, meta.warning.is_some());
            caching::image_field(app, meta, request.holds_until, is_shared)
        }
        // One image has one cacheable address, so that there is one to purge; and what somebody chose to see is not
        // left on a disk.
        Choice::See => HeaderValue::from_static("no-store"),
    };
    response.headers_mut().insert(header::CACHE_CONTROL, caching);
    if meta.is_private {
        response.extensions_mut().insert(NotForScripts);
    }
    set(&mut response, header::ETAG, tag);
    if let Some(expires_at) = meta.expires_at {
        set(&mut response, HeaderName::from_static("sunset"), &expires_at.http_date());
    }
    // Uploads without an account are for whoever has the link, not for search engines.
    set(&mut response, HeaderName::from_static("x-robots-tag"), "noindex");
    if meta.warning.is_some() {
        set(&mut response, HeaderName::from_static("rating"), RATING);
    }
    response
}

/// Words of ours only: nothing that a caller sent can end a string here.
fn notes_field<'a>(notes: impl Iterator<Item = &'a Note>) -> Option<String> {
    let words: Vec<String> = notes.map(|note| format!("\"{}: {}\"", note.parameter, note.text)).collect();
    (!words.is_empty()).then(|| words.join(", "))
}

fn set(response: &mut Response<Body>, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}
