//! `/v1/images`.

use std::sync::Arc;

use axum::Extension;
use axum::body::Body;
use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, Method, Response, StatusCode, Uri, header};
use serde_json::{Value, json};

use super::held_object::{HeldObject, UploadedHeldObject};
use super::image_object::{ImageObject, UploadedObject, page_url};
use super::json as answer;
use crate::app::App;
use crate::domain::api_key::{ApiKeyText, Scope};
use crate::domain::ids::{DeleteToken, ImageId};
use crate::domain::listing::Place;
use crate::domain::time::SECOND_MS;
use crate::error::{Cause, Error, Fault, Problem};
use crate::http::identity::Identity;
use crate::http::member::{Acting, acting};
use crate::http::{caller, signed_request, upload_request};
use crate::policy::limits::ANONYMOUS;
use crate::policy::{quotas, rates};
use crate::ports::incoming::Incoming;
use crate::usecases::check_quota::storage_of;
use crate::usecases::list_images::{From, list_images};
use crate::usecases::remove::{Deleter, Removed, remove};
use crate::usecases::show::{Shown, show};
use crate::usecases::upload::{Novelty, Taken, Upload, upload};

/// How many images a list has unless the caller says.
const LISTED_USUALLY: usize = 50;
/// Most images in one answer.
const LISTED_MAX: usize = 100;
/// Seconds after which it makes sense to ask what became of a held image: the job that judges it comes every minute.
const HELD_RETRY_AFTER_S: &str = "60";

/// `POST /v1/images`: 201 with the new image, 200 with the one an earlier request under the same key
/// made or that its owner has already, or 202 if it was taken and cannot be judged now.
///
/// # Errors
/// See docs/problems.md.
pub async fn create(
    Extension(app): Extension<Arc<App>>,
    Extension(identity): Extension<Identity>,
    Extension(body): Extension<Incoming>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response<Body>, Error> {
    let acting = acting(&app, &identity, (&method, &uri, &headers), Scope::Write).await?;
    let member = acting.map(|acting| acting.member);
    let limits = rates::of_uploads(member.as_ref());
    let request = upload_request::read_api(&app, &identity, &headers, &uri, &body).await?;
    let request = Upload { member, ..request };
    let uploaded = upload(&app, request).await?;
    let mut response = match &uploaded.image {
        Taken::Public(image) => {
            let status = if uploaded.novelty == Novelty::New { StatusCode::CREATED } else { StatusCode::OK };
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
    if !limits.is_empty() {
        set("ratelimit-policy", &rates::policy_field(limits));
    }
    if matches!(uploaded.image, Taken::Held(_)) {
        set("retry-after", HELD_RETRY_AFTER_S);
    }
    if let Some(expires_at) = uploaded.image.expires_at() {
        // RFC 8594: when the thing at Location will be gone.
        set("sunset", &expires_at.http_date());
    }
    if uploaded.novelty == Novelty::Replayed {
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

/// `DELETE /v1/images/{id}` with `Authorization: Bearer del_…`, or for its owner: 200 when the image is out of public view,
/// 202 when it will be within about a minute.
///
/// # Errors
/// `delete-token-missing`, `delete-token-wrong`, `not-your-image`, `not-found`, `image-gone`.
pub async fn delete(
    Extension(app): Extension<Arc<App>>,
    Extension(identity): Extension<Identity>,
    Path(id): Path<String>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response<Body>, Error> {
    caller::refuse_cross_site(&app, &headers)?;
    let id = ImageId::parse(&id).ok_or(Problem::NotFound)?;
    let token = caller::bearer_token(&headers).filter(|token| !ApiKeyText::is_meant(token));
    let removed = match token.map(DeleteToken::from_caller) {
        Some(token) => {
            let program = signed_request::identify_program(&app, &method, &uri, &headers).await?;
            signed_request::require_scope(program.as_ref(), Scope::Delete)?;
            remove(&app, &id, Deleter::Holder(&token)).await?
        }
        None => {
            let acting = acting(&app, &identity, (&method, &uri, &headers), Scope::Delete).await?;
            let acting = unconfined(acting.ok_or(Problem::DeleteTokenMissing)?)?;
            remove(&app, &id, Deleter::Owner(&acting.member.account_id)).await?
        }
    };
    match removed {
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

/// `GET /v1/images?limit&cursor`: the caller's images, the latest first.
///
/// # Errors
/// `sign-in-needed`, `scope-missing`, `not-your-image` for a key that is confined to a collection, `invalid-field`.
pub async fn list(
    Extension(app): Extension<Arc<App>>,
    Extension(identity): Extension<Identity>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response<Body>, Error> {
    let acting = acting(&app, &identity, (&method, &uri, &headers), Scope::Read).await?;
    let acting = unconfined(acting.ok_or(Problem::SignInNeeded)?)?;
    let (from, limit) = read_stretch(&uri)?;
    let listed = list_images(&app, &acting.member.account_id, &from, limit).await?;
    let object = |image: &Taken| match image {
        Taken::Public(image) => serde_json::to_value(ImageObject::of(&app, image)),
        Taken::Held(image) => serde_json::to_value(HeldObject::of(&app, image)),
    };
    let data: Result<Vec<Value>, _> = listed.images.iter().map(object).collect();
    let data =
        data.map_err(|error| Fault { attempted: "write a list".into(), cause: Cause::Invariant(error.to_string()) })?;
    let next_cursor = listed.older.map(|place| place.cursor());
    answer(StatusCode::OK, &json!({ "object": "list", "data": data, "next_cursor": next_cursor }))
}

/// `GET /v1/usage`: what the caller stores, and what it may.
///
/// # Errors
/// As [`list`].
pub async fn usage(
    Extension(app): Extension<Arc<App>>,
    Extension(identity): Extension<Identity>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response<Body>, Error> {
    let acting = acting(&app, &identity, (&method, &uri, &headers), Scope::Read).await?;
    let acting = unconfined(acting.ok_or(Problem::SignInNeeded)?)?;
    let storage = storage_of(&app, &acting.member.account_id).await?;
    let quota = quotas::of(acting.member.tier);
    let limit = |limit: &rates::RateLimit| json!({ "window": limit.name, "window_s": limit.window_ms / SECOND_MS, "uploads_max": limit.count_max });
    let limits: Vec<Value> = rates::of_uploads(Some(&acting.member)).iter().map(limit).collect();
    let object = json!({
        "object": "usage",
        "tier": acting.member.tier.as_str(),
        "images": storage.images,
        "bytes": storage.bytes,
        "uploads_this_month": storage.uploads_in(&app.now().month()),
        "limits": {
            "images_max": quota.images_max,
            "bytes_max": quota.bytes_max,
            "uploads_per_month_max": quota.uploads_max,
            "uploads": limits,
            "image_bytes_max": ANONYMOUS.bytes_max,
        },
    });
    answer(StatusCode::OK, &object)
}

/// A program that is confined to a collection has no business with the account's other images.
fn unconfined(acting: Acting) -> Result<Acting, Problem> {
    if acting.collection.is_some() { Err(Problem::NotOwner) } else { Ok(acting) }
}

/// From where a list is to go on, and how many are wanted.
fn read_stretch(uri: &Uri) -> Result<(From, usize), Problem> {
    let query = url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
    let (mut from, mut limit) = (From::Start, LISTED_USUALLY);
    for (name, value) in query {
        match name.as_ref() {
            "cursor" => {
                let place = Place::parse(&value);
                let detail = || "the next_cursor of an earlier answer".to_owned();
                from = From::Before(place.ok_or_else(|| Problem::InvalidField { field: "cursor", detail: detail() })?);
            }
            "limit" => {
                let number = value.parse().ok().filter(|number| (1..=LISTED_MAX).contains(number));
                let detail = || format!("a whole number from 1 to {LISTED_MAX}");
                limit = number.ok_or_else(|| Problem::InvalidField { field: "limit", detail: detail() })?;
            }
            _ => {}
        }
    }
    Ok((from, limit))
}
