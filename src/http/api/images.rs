//! `/v1/images`.

use std::sync::Arc;

use axum::Extension;
use axum::body::Body;
use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, Method, Response, StatusCode, Uri, header};
use serde_json::json;

use super::held_object::{HeldObject, UploadedHeldObject};
use super::image_object::{ImageObject, UploadedObject, page_url};
use super::json as answer;
use crate::app::App;
use crate::domain::api_key::Scope;
use crate::domain::ids::{DeleteToken, ImageId};
use crate::error::{Error, Problem};
use crate::http::{caller, signed_request, upload_request};
use crate::policy::rates;
use crate::ports::incoming::Incoming;
use crate::usecases::remove::{Removed, remove};
use crate::usecases::show::{Shown, show};
use crate::usecases::upload::{Taken, upload};

/// Seconds after which it makes sense to ask what became of a held image: the job that judges it comes every minute.
const HELD_RETRY_AFTER_S: &str = "60";

/// `POST /v1/images`: 201 with the new image, 200 with the one an earlier request under the same key
/// made, or 202 if it was taken and cannot be judged now.
///
/// # Errors
/// See docs/problems.md.
pub async fn create(
    Extension(app): Extension<Arc<App>>,
    Extension(body): Extension<Incoming>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response<Body>, Error> {
    let program = signed_request::identify_program(&app, &method, &uri, &headers).await?;
    signed_request::require_scope(program.as_ref(), Scope::Write)?;
    let request = upload_request::read_api(&app, &headers, &uri, &body).await?;
    let uploaded = upload(&app, request).await?;
    let mut response = match &uploaded.image {
        Taken::Public(image) => {
            let status = if uploaded.replayed { StatusCode::OK } else { StatusCode::CREATED };
            answer(status, &UploadedObject::of(&app, image, &uploaded.delete_token))?
        }
        Taken::Held(image) => {
            answer(StatusCode::ACCEPTED, &UploadedHeldObject::of(&app, image, &uploaded.delete_token))?
        }
    };
    let mut set = |name: &'static str, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            response.headers_mut().insert(name, value);
        }
    };
    set("location", &page_url(&app, uploaded.image.id()));
    set("ratelimit-policy", &rates::policy_field(&rates::ANONYMOUS));
    if matches!(uploaded.image, Taken::Held(_)) {
        set("retry-after", HELD_RETRY_AFTER_S);
    }
    if let Some(expires_at) = uploaded.image.expires_at() {
        // RFC 8594: when the thing at Location will be gone.
        set("sunset", &expires_at.http_date());
    }
    if uploaded.replayed {
        set("idempotency-replayed", "true");
    }
    Ok(response)
}

/// `GET /v1/images/{id}`: the image's facts.
///
/// # Errors
/// `not-found`, `image-gone`.
pub async fn get(
    Extension(app): Extension<Arc<App>>,
    Path(id): Path<String>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response<Body>, Error> {
    let program = signed_request::identify_program(&app, &method, &uri, &headers).await?;
    signed_request::require_scope(program.as_ref(), Scope::Read)?;
    let id = ImageId::parse(&id).ok_or(Problem::NotFound)?;
    match show(&app, &id).await? {
        Shown::Gone(_) => Err(Problem::ImageGone.into()),
        Shown::Public(image) => answer(StatusCode::OK, &ImageObject::of(&app, &image)),
        Shown::Held(image) => answer(StatusCode::OK, &HeldObject::of(&app, &image)),
    }
}

/// `DELETE /v1/images/{id}` with `Authorization: Bearer del_…`: 200 when the image is out of public view,
/// 202 when it will be within about a minute.
///
/// # Errors
/// `delete-token-missing`, `delete-token-wrong`, `not-found`, `image-gone`.
pub async fn delete(
    Extension(app): Extension<Arc<App>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response<Body>, Error> {
    caller::refuse_cross_site(&app, &headers)?;
    let id = ImageId::parse(&id).ok_or(Problem::NotFound)?;
    let Some(token) = caller::bearer_token(&headers) else {
        return Err(Problem::DeleteTokenMissing.into());
    };
    match remove(&app, &id, &DeleteToken::from_caller(token)).await? {
        Removed::Done { erased_at } => answer(
            StatusCode::OK,
            &json!({ "id": id, "object": "image", "deleted": true, "erased_at": erased_at.rfc3339() }),
        ),
        Removed::Underway => {
            let mut response = answer(StatusCode::ACCEPTED, &json!({ "id": id, "object": "image", "deleted": false }))?;
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("60"));
            Ok(response)
        }
    }
}
