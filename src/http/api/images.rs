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
use crate::http::upload_request::Sender;
use crate::http::{caller, signed_request, upload_request};
use crate::policy::limits::ANONYMOUS;
use crate::policy::rates;
use crate::ports::incoming::Incoming;
use crate::usecases::list_images::{From, list_images, usage as count_usage};
use crate::usecases::open_ticket::open_ticket;
use crate::usecases::remove::{Deleter, Removed, remove};
use crate::usecases::show::{Shown, show};
use crate::usecases::upload::{Novelty, Taken, Uploaded, upload};

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
    let sender = sender(&app, &identity, (&method, &uri, &headers)).await?;
    let request = upload_request::read_api(&app, &identity, sender, (&headers, &uri), &body).await?;
    let (limits, has_ticket) = (rates::of_uploads(request.member.as_ref()), request.ticket.is_some());
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
async fn sender(app: &App, identity: &Identity, request: (&Method, &Uri, &HeaderMap)) -> Result<Sender, Error> {
    let headers = request.2;
    if let Some(text) = caller::ticket(headers) {
        if headers.contains_key("signature") || headers.contains_key("signature-input") {
            let detail = "the request shows a ticket and is signed; it must be one of them".to_owned();
            return Err(Problem::MalformedRequest { detail }.into());
        }
        let ticket = Some(open_ticket(app, text).await?);
        return Ok(Sender { member: Ok(None), ticket, is_program: false });
    }
    let is_program = signed_request::shows_program(headers);
    let member = match acting(app, identity, request, Scope::Write).await {
        Ok(acting) => Ok(acting.map(|acting| acting.member)),
        Err(Error::Problem(problem @ Problem::CrossSiteForm)) => Err(problem),
        Err(error) => return Err(error),
    };
    Ok(Sender { member, ticket: None, is_program })
}

/// `GET /v1/images/{id}`: the image's facts; of a private one for whoever may see it.
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
    match show_to(&app, &id, acting.as_ref()).await? {
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
    let usage = count_usage(&app, &acting.member.account_id).await?;
    let limit = |limit: &rates::RateLimit| json!({ "window": limit.name, "window_s": limit.window_ms / SECOND_MS, "uploads_max": limit.count_max });
    let limits: Vec<Value> = rates::of_uploads(Some(&acting.member)).iter().map(limit).collect();
    let object = json!({
        "object": "usage",
        "tier": acting.member.tier.as_str(),
        "images": usage.images,
        "bytes": usage.bytes,
        "uploads_this_month": usage.uploads,
        "limits": { "uploads": limits, "image_bytes_max": ANONYMOUS.bytes_max },
    });
    answer(StatusCode::OK, &object)
}

/// As [`show`], for whoever acts: a program that is confined to a collection sees no private images beside it.
///
/// # Errors
/// As [`show`].
pub async fn show_to(app: &App, id: &ImageId, acting: Option<&Acting>) -> Result<Shown, Error> {
    let shown = show(app, id, acting.map(|acting| &acting.member)).await?;
    let placement = match &shown {
        Shown::Public(image) => &image.placement,
        Shown::Held(image) => &image.placement,
        Shown::Gone(_) => return Ok(shown),
    };
    let confined = acting.and_then(|acting| acting.collection.as_deref());
    let is_beside = confined.is_some_and(|only| placement.collection.as_ref().is_none_or(|id| id.as_str() != only));
    if placement.is_private && is_beside { Err(Problem::NotFound.into()) } else { Ok(shown) }
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
