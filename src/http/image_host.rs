//! The image host: bytes, and nothing else.

use std::sync::Arc;

use axum::Extension;
use axum::body::Body;
use axum::extract::Path;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, Uri, header};

use super::caching;
use super::conditions::{RequestConditions, entity_tag, modified_at};
use super::placeholder;
use super::served_payload::ServedPayload;
use crate::app::App;
use crate::domain::format::Format;
use crate::domain::hex;
use crate::domain::ids::ImageId;
use crate::domain::warning::Warning;
use crate::error::{Error, Problem};
use crate::ports::blobs::{BlobMeta, ByteRange};
use crate::usecases::deliver::{Choice, Delivery, deliver};

/// The query that asks for an image as a file to keep: pages cannot ask so by themselves, because the
/// `download` attribute of a link does not reach another origin.
pub const DOWNLOAD: &str = "download";

/// The query that asks to see a restricted image. The choice is in the address and nowhere else: no cookie, no
/// storage, nothing that would have to be remembered about a visitor (promise IMP-10).
pub const VIEW: &str = "view";

/// The label by which parental controls know what is for adults ("Restricted To Adults", by ASACP); on every answer about a restricted
/// image, its placeholder included.
pub const RATING: &str = "RTA-5042-1996-1400-1577-RTA";

/// `GET /{id}.{extension}`: an image; of a restricted one the placeholder, unless the query says otherwise.
///
/// # Errors
/// `not_found`, `image_gone`, or a fault of the storage.
pub async fn get_image(
    Extension(app): Extension<Arc<App>>,
    Path(file): Path<String>,
    method: Method,
    uri: Uri,
    request_headers: HeaderMap,
) -> Result<Response<Body>, Error> {
    let (id, format) = parse_file(&file).ok_or(Problem::NotFound)?;
    let conditions = RequestConditions::read(&method, &request_headers);
    let query = uri.query();
    let choice = if matches!(query, Some(VIEW | DOWNLOAD)) { Choice::See } else { Choice::None };
    let delivery = deliver(&app, &id, format, choice, &conditions).await?;
    let mut response = match delivery {
        Delivery::Whole(meta, bytes) => {
            let response = answer(&app, &id, format, &meta, StatusCode::OK, Some(meta.bytes));
            ServedPayload::put_into(response, bytes)
        }
        Delivery::Facts(meta) => answer(&app, &id, format, &meta, StatusCode::OK, Some(meta.bytes)),
        Delivery::NotModified(meta) => answer(&app, &id, format, &meta, StatusCode::NOT_MODIFIED, None),
        Delivery::Part(meta, range, bytes) => {
            let mut response = answer(&app, &id, format, &meta, StatusCode::PARTIAL_CONTENT, Some(range.length));
            set(&mut response, header::CONTENT_RANGE, &content_range(range, meta.bytes));
            ServedPayload::put_into(response, bytes)
        }
        Delivery::Unsatisfiable(meta) => {
            let mut response = answer(&app, &id, format, &meta, StatusCode::RANGE_NOT_SATISFIABLE, Some(0));
            set(&mut response, header::CONTENT_RANGE, &format!("bytes */{}", meta.bytes));
            set(&mut response, header::CACHE_CONTROL, "no-store");
            response
        }
        Delivery::Placeholder(meta, warning) => answer_placeholder(&app, &id, &meta, &warning, &conditions),
    };
    if query == Some(DOWNLOAD) {
        let name = format!("attachment; filename=\"{id}.{}\"", format.extension());
        set(&mut response, header::CONTENT_DISPOSITION, &name);
    }
    if choice == Choice::See {
        // One image has one cacheable address, so that there is one to purge; and what somebody chose to see is not
        // left on a disk.
        set(&mut response, header::CACHE_CONTROL, "no-store");
    }
    Ok(response)
}

/// A restricted image's placeholder. It has no date: the image's own would tell whoever has the bytes, from before
/// somebody restricted them, that they are still the right ones. A range of it is not offered; it is short.
fn answer_placeholder(
    app: &App,
    id: &ImageId,
    meta: &BlobMeta,
    warning: &Warning,
    conditions: &RequestConditions,
) -> Response<Body> {
    let file = placeholder::file(warning);
    let digest = hex::sha256(&file);
    let tag = format!("\"{}\"", digest.get(..32).unwrap_or(&digest));
    let mut response = bare_answer(app, meta, &tag);
    if conditions.has(&tag) {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        return response;
    }
    set(&mut response, header::CONTENT_TYPE, placeholder::MEDIA_TYPE);
    set(&mut response, header::CONTENT_LENGTH, &file.len().to_string());
    set(&mut response, header::CONTENT_DISPOSITION, &format!("inline; filename=\"{id}-placeholder.png\""));
    *response.body_mut() = Body::from(file);
    response
}

/// Reads `{id}.{extension}`; only the canonical extension of a format names a file.
fn parse_file(file: &str) -> Option<(ImageId, Format)> {
    let (id, extension) = file.split_once('.')?;
    let format = Format::ALL.into_iter().find(|format| format.extension() == extension)?;
    Some((ImageId::parse(id)?, format))
}

fn answer(
    app: &App,
    id: &ImageId,
    format: Format,
    meta: &BlobMeta,
    status: StatusCode,
    length: Option<u64>,
) -> Response<Body> {
    let mut response = bare_answer(app, meta, &entity_tag(meta));
    *response.status_mut() = status;
    set(&mut response, header::LAST_MODIFIED, &modified_at(meta).http_date());
    set(&mut response, header::ACCEPT_RANGES, "bytes");
    if let Some(length) = length {
        set(&mut response, header::CONTENT_TYPE, &meta.media_type);
        set(&mut response, header::CONTENT_LENGTH, &length.to_string());
        let name = format!("inline; filename=\"{id}.{}\"", format.extension());
        set(&mut response, header::CONTENT_DISPOSITION, &name);
    }
    response
}

/// The fields that an image and its placeholder have in common.
fn bare_answer(app: &App, meta: &BlobMeta, tag: &str) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    response.headers_mut().insert(header::CACHE_CONTROL, caching::image_field(app, meta));
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

fn content_range(range: ByteRange, size: u64) -> String {
    let last = range.offset.saturating_add(range.length).saturating_sub(1);
    format!("bytes {}-{last}/{size}", range.offset)
}

fn set(response: &mut Response<Body>, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}
