//! `/oembed`: lets other sites turn a page address into an embedded picture (oEmbed 1.0, "photo" type).

use std::sync::Arc;

use axum::Extension;
use axum::body::Body;
use axum::extract::Query;
use axum::http::{HeaderValue, Response, StatusCode};
use serde::Deserialize;
use serde_json::json;
use url::Url;

use super::image_object::image_url;
use super::json as answer;
use crate::app::App;
use crate::domain::ids::ImageId;
use crate::domain::warning::Warning;
use crate::error::{Error, Problem};
use crate::http::placeholder;
use crate::policy::retention::cache_seconds;
use crate::usecases::show::{Shown, show};

/// What a consumer asks.
#[derive(Deserialize)]
pub struct OembedQuery {
    url: Option<String>,
    format: Option<String>,
    maxwidth: Option<String>,
    maxheight: Option<String>,
}

/// `GET /oembed?url=…`.
///
/// # Errors
/// `invalid-field`, `not-found`, `image-held`, `image-gone`.
pub async fn get(
    Extension(app): Extension<Arc<App>>,
    Query(query): Query<OembedQuery>,
) -> Result<Response<Body>, Error> {
    let invalid = |field, detail: &str| Problem::InvalidField { field, detail: detail.to_owned() };
    if query.format.as_deref().is_some_and(|format| format != "json") {
        return Err(invalid("format", "only json is offered").into());
    }
    let url = query.url.as_deref().and_then(|url| Url::parse(url).ok());
    let url = url.ok_or_else(|| invalid("url", "the address of an image's page"))?;
    let id = page_id(&app, &url).ok_or(Problem::NotFound)?;
    // Whoever asks here is nobody in particular, and sees no private images.
    let image = match show(&app, &id, None).await? {
        Shown::Public(image) => image,
        Shown::Held(_) => return Err(Problem::ImageHeld.into()),
        Shown::Gone(_) => return Err(Problem::ImageGone.into()),
    };
    let bound = |text: Option<&str>, field| match text.map(str::parse::<u32>) {
        None => Ok(u32::MAX),
        Some(Ok(pixels)) if pixels > 0 => Ok(pixels),
        Some(_) => Err(invalid(field, "a positive number of pixels")),
    };
    let max_width = bound(query.maxwidth.as_deref(), "maxwidth")?;
    let max_height = bound(query.maxheight.as_deref(), "maxheight")?;
    // Of a restricted image, other sites show what its plain address answers: the placeholder.
    let size = match Warning::of(&image) {
        Some(warning) => placeholder::file_size(&warning),
        None => (image.facts.width, image.facts.height),
    };
    let (width, height) = fit(size, (max_width, max_height));
    let mut response = answer(
        StatusCode::OK,
        &json!({
            "version": "1.0",
            "type": "photo",
            "provider_name": "Tintype",
            "provider_url": app.settings.app_base(),
            "title": image.details.caption.as_ref().or(image.details.filename.as_ref()),
            "url": image_url(&app, &image),
            "width": width,
            "height": height,
            "cache_age": cache_seconds(app.now(), image.retention.expires_at),
        }),
    )?;
    // Consumers ask from scripts on their own pages; the answer holds nothing private.
    let headers = response.headers_mut();
    headers.insert("access-control-allow-origin", HeaderValue::from_static("*"));
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("cross-origin"));
    Ok(response)
}

fn page_id(app: &App, url: &Url) -> Option<ImageId> {
    if url.origin() != app.settings.app_origin.origin() {
        return None;
    }
    ImageId::parse(url.path().strip_prefix('/')?)
}

/// The size at which the picture is to be shown: within the bounds, in proportion, never enlarged.
#[must_use]
pub fn fit((width, height): (u32, u32), (max_width, max_height): (u32, u32)) -> (u32, u32) {
    let (w, h) = (u64::from(width.max(1)), u64::from(height.max(1)));
    let (mw, mh) = (u64::from(max_width).min(w), u64::from(max_height).min(h));
    let (fit_w, fit_h) = if mw * h <= mh * w { (mw, h * mw / w) } else { (w * mh / h, mh) };
    let pixels = |n: u64| u32::try_from(n.max(1)).unwrap_or(u32::MAX);
    (pixels(fit_w), pixels(fit_h))
}

#[cfg(test)]
mod tests {
    use super::fit;

    #[test]
    fn a_picture_fits_its_bounds_in_proportion() {
        assert_eq!(fit((4_000, 3_000), (u32::MAX, u32::MAX)), (4_000, 3_000));
        assert_eq!(fit((4_000, 3_000), (400, u32::MAX)), (400, 300));
        assert_eq!(fit((4_000, 3_000), (400, 150)), (200, 150));
        assert_eq!(fit((10, 10), (400, 400)), (10, 10));
        assert_eq!(fit((10_000, 1), (100, 100)), (100, 1));
    }
}
