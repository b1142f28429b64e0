//! The image host: bytes, and nothing else.

use std::sync::Arc;

use axum::Extension;
use axum::body::Body;
use axum::extract::Path;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, Uri, header};

use super::caching;
use super::conditions::{RequestConditions, entity_tag, modified_at};
use super::served_payload::ServedPayload;
use crate::app::App;
use crate::domain::format::Format;
use crate::domain::ids::ImageId;
use crate::error::{Error, Problem};
use crate::ports::blobs::{BlobMeta, ByteRange};
use crate::usecases::deliver::{Delivery, deliver};

/// The query that asks for an image as a file to keep: pages cannot ask so by themselves, because the
/// `download` attribute of a link does not reach another origin.
pub const DOWNLOAD: &str = "download";

/// `GET /{id}.{extension}`: an image.
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
    let delivery = deliver(&app, &id, format, &conditions).await?;
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
    };
    if uri.query() == Some(DOWNLOAD) {
        let name = format!("attachment; filename=\"{id}.{}\"", format.extension());
        set(&mut response, header::CONTENT_DISPOSITION, &name);
        // One image has one cacheable address, so that there is one to purge.
        set(&mut response, header::CACHE_CONTROL, "no-store");
    }
    Ok(response)
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
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response.headers_mut().insert(header::CACHE_CONTROL, caching::image_field(app, meta));
    set(&mut response, header::ETAG, &entity_tag(meta));
    set(&mut response, header::LAST_MODIFIED, &modified_at(meta).http_date());
    set(&mut response, header::ACCEPT_RANGES, "bytes");
    if let Some(expires_at) = meta.expires_at {
        set(&mut response, HeaderName::from_static("sunset"), &expires_at.http_date());
    }
    // Uploads without an account are for whoever has the link, not for search engines.
    set(&mut response, HeaderName::from_static("x-robots-tag"), "noindex");
    if let Some(length) = length {
        set(&mut response, header::CONTENT_TYPE, &meta.media_type);
        set(&mut response, header::CONTENT_LENGTH, &length.to_string());
        let name = format!("inline; filename=\"{id}.{}\"", format.extension());
        set(&mut response, header::CONTENT_DISPOSITION, &name);
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
