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
use crate::domain::ids::{CollectionId, DeleteToken, ImageId};
use crate::domain::time::SECOND_MS;
use crate::error::{Error, Problem};
use crate::http::identity::Identity;
use crate::http::member::{Acting, acting};
use crate::http::upload_request::Sender;
use crate::http::{caller, signed_request, upload_request};
use crate::policy::limits::ANONYMOUS;
use crate::policy::{quotas, rates};
use crate::ports::incoming::Incoming;
use crate::usecases::check_quota::storage_of;
use crate::usecases::open_image::{is_ones_own, open_image, require_inside};
use crate::usecases::open_ticket::open_ticket;
use crate::usecases::place_upload::place_upload;
use crate::usecases::remove::{Deleter, Removed, remove};
use crate::usecases::show::{Shown, show};
use crate::usecases::upload::{Novelty, Taken, Uploaded, upload};

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
    let (sender, confined) = sender(&app, &identity, (&method, &uri, &headers)).await?;
    let request = upload_request::read_api(&app, &identity, sender, (&headers, &uri), &body).await?;
    let has_ticket = request.ticket.is_some();
    // Where what comes with a ticket goes, the ticket says.
    let request = if has_ticket { request } else { place_upload(&app, confined.as_ref(), request).await? };
    let limits = rates::of_uploads(request.member.as_ref());
    let is_hidden = has_ticket && request.placement.is_private;
    let uploaded = upload(&app, request).await?;
    let mut response = told(&app, &uploaded, has_ticket)?;
    let mut set = |name: &'static str, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            response.headers_mut().insert(name, value);
        }
    };
    // Who has a ticket is no member: what the account may do, or sees, is not their business.
    if !is_hidden {
        set("location", &page_url(&app, uploaded.image.id()));
    }
    if !limits.is_empty() && !has_ticket {
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

/// What is told about an upload. The delete token is for who uploads without an account, or for one's own: what comes with
/// a ticket is handed over, and only the account to which it belongs takes it away again.
fn told(app: &App, uploaded: &Uploaded, has_ticket: bool) -> Result<Response<Body>, Error> {
    let token = &uploaded.delete_token;
    let status = if uploaded.novelty == Novelty::New { StatusCode::CREATED } else { StatusCode::OK };
    match (&uploaded.image, has_ticket) {
        (Taken::Public(image), false) => answer(status, &UploadedObject::of(app, image, token)),
        (Taken::Public(image), true) => answer(status, &ImageObject::for_bringer(app, image)),
        (Taken::Held(image), false) => answer(StatusCode::ACCEPTED, &UploadedHeldObject::of(app, image, token)),
        (Taken::Held(image), true) => answer(StatusCode::ACCEPTED, &HeldObject::of(app, image)),
    }
}

/// Who sends an upload. With a ticket, cookies do not count; a form may still have one, so that a sign-in which another
/// site uses is not refused before that is known.
/// Also the collection to which a program is confined.
async fn sender(
    app: &App,
    identity: &Identity,
    request: (&Method, &Uri, &HeaderMap),
) -> Result<(Sender, Option<CollectionId>), Error> {
    let headers = request.2;
    if let Some(text) = caller::ticket(headers) {
        if headers.contains_key("signature") || headers.contains_key("signature-input") {
            let detail = "the request shows a ticket and is signed; it must be one of them".to_owned();
            return Err(Problem::MalformedRequest { detail }.into());
        }
        let ticket = Some(open_ticket(app, text).await?);
        return Ok((Sender { member: Ok(None), ticket, is_program: false }, None));
    }
    let is_program = signed_request::shows_program(headers);
    let (member, confined) = match acting(app, identity, request, Scope::Write).await {
        Ok(Some(acting)) => (Ok(Some(acting.member.clone())), acting.confined().cloned()),
        Ok(None) => (Ok(None), None),
        Err(Error::Problem(problem @ Problem::CrossSiteForm)) => (Err(problem), None),
        Err(error) => return Err(error),
    };
    Ok((Sender { member, ticket: None, is_program }, confined))
}

/// `GET /v1/images/{id}`: the image's facts, of a private one for whoever may see it; for whom it belongs to, also where it
/// is in their gallery.
///
/// # Errors
/// `not-found`, `image-gone`.
pub async fn get(
    Extension(app): Extension<Arc<App>>,
    Extension(identity): Extension<Identity>,
    Path(id): Path<String>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response<Body>, Error> {
    let acting = acting(&app, &identity, (&method, &uri, &headers), Scope::Read).await?;
    let id = ImageId::parse(&id).ok_or(Problem::NotFound)?;
    let image = match show_to(&app, &id, acting.as_ref()).await? {
        Shown::Gone(_) => return Err(Problem::ImageGone.into()),
        Shown::Public(image) => Taken::Public(image),
        Shown::Held(image) => Taken::Held(image),
    };
    let is_own = match &acting {
        Some(acting) => is_ones_own(&app, acting.changer(), (image.owner(), image.placement())).await?,
        None => false,
    };
    match image {
        Taken::Public(image) if is_own => answer(StatusCode::OK, &ImageObject::of_own(&app, &image)),
        Taken::Public(image) => answer(StatusCode::OK, &ImageObject::of(&app, &image)),
        Taken::Held(image) if is_own => answer(StatusCode::OK, &HeldObject::of_own(&app, &image)),
        Taken::Held(image) => answer(StatusCode::OK, &HeldObject::of(&app, &image)),
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
            let program = identity.program();
            signed_request::require_scope(program, Scope::Delete)?;
            if let Some(confined) = program.and_then(|program| program.collection.as_ref()) {
                require_inside(&app, confined, &id).await?;
            }
            remove(&app, &id, Deleter::Holder(&token)).await?
        }
        None => {
            let acting = acting(&app, &identity, (&method, &uri, &headers), Scope::Delete).await?;
            let acting = acting.ok_or(Problem::DeleteTokenMissing)?;
            let owner = open_image(&app, acting.changer(), &id).await?.owner;
            remove(&app, &id, Deleter::Owner(&owner.account_id)).await?
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

/// `GET /v1/usage`: what the caller stores, and what it may.
///
/// # Errors
/// `sign-in-needed`, `scope-missing`, `key-confined`.
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

/// As [`show`], for whoever acts: for a program that is confined to a collection there is nothing beside it.
///
/// # Errors
/// As [`show`].
pub async fn show_to(app: &App, id: &ImageId, acting: Option<&Acting>) -> Result<Shown, Error> {
    let shown = show(app, id, acting.map(|acting| &acting.member)).await?;
    let collection = match &shown {
        Shown::Public(image) => image.placement.collection.as_ref(),
        Shown::Held(image) => image.placement.collection.as_ref(),
        Shown::Gone(_) => None,
    };
    let is_beside = acting.and_then(Acting::confined).is_some_and(|only| collection != Some(only));
    if is_beside { Err(Problem::NotFound.into()) } else { Ok(shown) }
}

/// A program that is confined to a collection has no business with the account's other images.
fn unconfined(acting: Acting) -> Result<Acting, Problem> {
    if acting.collection.is_some() { Err(Problem::KeyConfined) } else { Ok(acting) }
}
