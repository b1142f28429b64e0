//! `/v1/images/{id}/link`: an address that lets others see a private image for a while.

use std::sync::Arc;

use axum::Extension;
use axum::body::Body;
use axum::extract::Path;
use axum::http::{HeaderMap, Method, Response, StatusCode, Uri};
use serde::Deserialize;
use serde_json::json;

use super::image_object::image_url;
use super::images::show_to;
use super::json as answer;
use crate::app::App;
use crate::domain::api_key::Scope;
use crate::domain::ids::ImageId;
use crate::domain::time::SECOND_MS;
use crate::error::{Error, Problem};
use crate::http::caller;
use crate::http::identity::Identity;
use crate::http::json_body::read_json;
use crate::http::member::acting;
use crate::http::private_address::sign_whole;
use crate::policy::private_images::{LINK_TTL_MAX_MS, LINK_TTL_MIN_MS};
use crate::ports::incoming::Incoming;
use crate::usecases::show::Shown;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LinkBody {
    /// Seconds.
    expires_in: i64,
}

/// `POST /v1/images/{id}/link` with `expires_in`, in seconds: where the image is for so long. A public one is at its address
/// for everyone, which is what is answered then, without an end.
///
/// # Errors
/// `not-found`, `image-held`, `image-gone`, `invalid-field`; see docs/problems.md.
pub async fn post(
    Extension(app): Extension<Arc<App>>,
    Extension(identity): Extension<Identity>,
    Extension(body): Extension<Incoming>,
    Path(id): Path<String>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response<Body>, Error> {
    caller::refuse_cross_site(&app, &headers)?;
    let acting = acting(&app, &identity, (&method, &uri, &headers), Scope::Read).await?;
    let acting = acting.ok_or(Problem::SignInNeeded)?;
    let id = ImageId::parse(&id).ok_or(Problem::NotFound)?;
    let image = match show_to(&app, &id, Some(&acting)).await? {
        Shown::Public(image) => image,
        Shown::Held(_) => return Err(Problem::ImageHeld.into()),
        Shown::Gone(_) => return Err(Problem::ImageGone.into()),
    };
    let LinkBody { expires_in } = read_json(&headers, &body).await?;
    let ttl_ms = expires_in.saturating_mul(SECOND_MS);
    if !(LINK_TTL_MIN_MS..=LINK_TTL_MAX_MS).contains(&ttl_ms) {
        let detail = format!("from {} to {} seconds", LINK_TTL_MIN_MS / SECOND_MS, LINK_TTL_MAX_MS / SECOND_MS);
        return Err(Problem::InvalidField { field: "expires_in", detail }.into());
    }
    let (url, expires_at) = match image.placement.is_private {
        true => {
            let signed = sign_whole(&app, &image, ttl_ms);
            (signed.url, Some(signed.expires_at.rfc3339()))
        }
        false => (image_url(&app, &image), None),
    };
    answer(StatusCode::OK, &json!({ "object": "link", "id": id, "url": url, "expires_at": expires_at }))
}
