//! Changes of images: `PATCH /v1/images/{id}`, and what is done to several at once.

use std::sync::Arc;

use axum::Extension;
use axum::body::Body;
use axum::extract::Path;
use axum::http::{HeaderMap, Method, Response, StatusCode, Uri};
use serde_json::{Map, Value, json};

use super::image_object::owned;
use super::json as answer;
use crate::app::App;
use crate::domain::api_key::Scope;
use crate::domain::details::{self, InvalidField};
use crate::domain::ids::{CollectionId, ImageId};
use crate::error::{Cause, Error, Fault, Problem};
use crate::http::identity::Identity;
use crate::http::json_body::read_object;
use crate::http::member::{Acting, acting};
use crate::http::{caller, whose};
use crate::policy::collections::LISTED_MAX;
use crate::ports::incoming::Incoming;
use crate::usecases::act_for::Need;
use crate::usecases::edit_image::{Changes, edit_image};
use crate::usecases::move_images::{Destination, move_images};
use crate::usecases::open_image::open_image;
use crate::usecases::remove_many::{Owned, remove_many};
use crate::usecases::restore_image::restore_image;
use crate::usecases::set_privacy::{PrivacySet, set_privacy};
use crate::usecases::upload::Taken;

/// Largest body of a change: the longest caption, labels and metadata, several times over.
const CHANGES_BYTES_MAX: u64 = 64 * 1024;
/// Largest list of ids: as many as are taken, generously spaced.
const IDS_BYTES_MAX: u64 = 8 * 1024;

/// `PATCH /v1/images/{id}` with any of `caption`, `labels`, `metadata`, `collection` and `private`: what is not named stays.
/// 202 if who sees it is decided and not carried out yet.
///
/// # Errors
/// See docs/problems.md.
pub async fn patch(
    Extension(app): Extension<Arc<App>>,
    Extension(identity): Extension<Identity>,
    Extension(body): Extension<Incoming>,
    Path(id): Path<String>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response<Body>, Error> {
    let acting = actor(&app, &identity, (&method, &uri, &headers), Scope::Write).await?;
    let id = ImageId::parse(&id).ok_or(Problem::NotFound)?;
    let known = ["caption", "labels", "metadata", "collection", "private"];
    let object = read_object(&headers, &body, CHANGES_BYTES_MAX, &known).await?;
    let changes = read_changes(&object)?;
    let is_private =
        object.get("private").map(|value| value.as_bool().ok_or_else(|| invalid("private", "true or false")));
    let is_private = is_private.transpose()?;
    if let Some(is_private) = is_private {
        check_privacy(&app, &acting, &id, is_private).await?;
    }
    let mut image = edit_image(&app, acting.changer(), &id, &changes).await?;
    let mut status = StatusCode::OK;
    if let (Taken::Public(image), Some(is_private)) = (&mut image, is_private) {
        if set_privacy(&app, image, is_private).await? == PrivacySet::Underway {
            status = StatusCode::ACCEPTED;
        }
        image.placement.is_private = is_private;
    }
    let object = owned(&app, &image);
    let object = object
        .map_err(|error| Fault { attempted: "write an image".into(), cause: Cause::Invariant(error.to_string()) })?;
    answer(status, &object)
}

/// `POST /v1/images/{id}/restore`: brings an image back that its owner has deleted, as long as its bytes wait.
///
/// # Errors
/// See docs/problems.md.
pub async fn restore(
    Extension(app): Extension<Arc<App>>,
    Extension(identity): Extension<Identity>,
    Path(id): Path<String>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response<Body>, Error> {
    let acting = actor(&app, &identity, (&method, &uri, &headers), Scope::Write).await?;
    let id = ImageId::parse(&id).ok_or(Problem::NotFound)?;
    restore_image(&app, &acting.member, &id).await?;
    let image = open_image(&app, acting.changer(), &id).await?.image;
    let object = owned(&app, &image);
    let object = object
        .map_err(|error| Fault { attempted: "write an image".into(), cause: Cause::Invariant(error.to_string()) })?;
    answer(StatusCode::OK, &object)
}

/// Whether it can be set who sees the image, before anything else of it is changed.
async fn check_privacy(app: &App, acting: &Acting, id: &ImageId, is_private: bool) -> Result<(), Error> {
    if is_private && !acting.member.is_verified {
        return Err(Problem::VerifiedAccountNeeded.into());
    }
    match open_image(app, acting.changer(), id).await?.image {
        Taken::Held(image) if image.placement.is_private != is_private => Err(Problem::ImageHeld.into()),
        Taken::Public(_) | Taken::Held(_) => Ok(()),
    }
}

/// `POST /v1/images/move` with `ids` and `collection`, which may be null.
///
/// # Errors
/// See docs/problems.md.
pub async fn move_many(
    Extension(app): Extension<Arc<App>>,
    Extension(identity): Extension<Identity>,
    Extension(body): Extension<Incoming>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response<Body>, Error> {
    let acting = actor(&app, &identity, (&method, &uri, &headers), Scope::Write).await?;
    let object = read_object(&headers, &body, IDS_BYTES_MAX, &["ids", "collection"]).await?;
    let (names, ids) = read_ids(&object)?;
    let missing = || invalid("collection", "the id of a collection, or null to take the images out of theirs");
    let collection = read_collection(object.get("collection").ok_or_else(missing)?)?;
    let team = whose::parameter(&uri, whose::TEAM);
    let owner = whose::account(&app, &acting.member, team.as_deref(), Need::Change).await?;
    let destination = match &collection {
        Some(collection) => Destination::Collection(collection),
        None => Destination::Out(&owner.account_id),
    };
    let moved = move_images(&app, &acting.member, &ids, destination).await?;
    answer(StatusCode::OK, &outcomes(&names, |id| moved.contains(id).then_some("moved")))
}

/// `DELETE /v1/images/batch` with `ids`.
///
/// # Errors
/// See docs/problems.md.
pub async fn delete_many(
    Extension(app): Extension<Arc<App>>,
    Extension(identity): Extension<Identity>,
    Extension(body): Extension<Incoming>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response<Body>, Error> {
    let acting = actor(&app, &identity, (&method, &uri, &headers), Scope::Delete).await?;
    let (names, ids) = read_ids(&read_object(&headers, &body, IDS_BYTES_MAX, &["ids"]).await?)?;
    let team = whose::parameter(&uri, whose::TEAM);
    let owner = match &acting.collection {
        Some(confined) => confined.owner.clone(),
        None => whose::account(&app, &acting.member, team.as_deref(), Need::Change).await?,
    };
    let owned = Owned { account: &owner.account_id, collection: acting.confined() };
    let removed = remove_many(&app, owned, &ids).await?;
    let outcome = |id: &ImageId| match removed.done.contains(id) {
        true => Some("deleted"),
        false => removed.underway.contains(id).then_some("underway"),
    };
    answer(StatusCode::OK, &outcomes(&names, outcome))
}

async fn actor(
    app: &App,
    identity: &Identity,
    request: (&Method, &Uri, &HeaderMap),
    scope: Scope,
) -> Result<Acting, Error> {
    caller::refuse_cross_site(app, request.2)?;
    Ok(acting(app, identity, request, scope).await?.ok_or(Problem::SignInNeeded)?)
}

/// What became of each, in the order in which they were named. What is not the caller's is not found.
fn outcomes(names: &[String], outcome: impl Fn(&ImageId) -> Option<&'static str>) -> Value {
    let of = |name: &String| {
        let outcome = ImageId::parse(name).and_then(|id| outcome(&id)).unwrap_or("not-found");
        json!({ "id": name, "object": "image", "outcome": outcome })
    };
    json!({ "object": "list", "data": names.iter().map(of).collect::<Vec<_>>() })
}

/// The ids of a list, each once: as they were named, and those that are ids.
fn read_ids(object: &Map<String, Value>) -> Result<(Vec<String>, Vec<ImageId>), Problem> {
    let rule = || invalid("ids", &format!("a list of 1 to {LISTED_MAX} ids"));
    let list = object.get("ids").and_then(Value::as_array).ok_or_else(rule)?;
    let mut names: Vec<String> = Vec::with_capacity(list.len());
    for name in list {
        let name = name.as_str().ok_or_else(rule)?;
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    if !(1..=LISTED_MAX).contains(&names.len()) {
        return Err(rule());
    }
    let ids = names.iter().filter_map(|name| ImageId::parse(name)).collect();
    Ok((names, ids))
}

fn read_changes(object: &Map<String, Value>) -> Result<Changes, Problem> {
    let broken = |InvalidField { field, detail }| Problem::InvalidField { field, detail };
    let json = |value: &Value| if value.is_null() { String::new() } else { value.to_string() };
    let caption = match object.get("caption") {
        None => None,
        Some(Value::Null) => Some(None),
        Some(Value::String(text)) => Some(details::caption(text).map_err(broken)?),
        Some(_) => return Err(invalid("caption", "a text, or null")),
    };
    Ok(Changes {
        caption,
        labels: object.get("labels").map(|value| details::labels(&json(value))).transpose().map_err(broken)?,
        metadata: object.get("metadata").map(|value| details::metadata(&json(value))).transpose().map_err(broken)?,
        collection: object.get("collection").map(read_collection).transpose()?,
    })
}

fn read_collection(value: &Value) -> Result<Option<CollectionId>, Problem> {
    let read = match value {
        Value::Null => Some(None),
        Value::String(text) => CollectionId::parse(text).map(Some),
        _ => None,
    };
    read.ok_or_else(|| invalid("collection", "the id of a collection, or null"))
}

fn invalid(field: &'static str, detail: &str) -> Problem {
    Problem::InvalidField { field, detail: detail.to_owned() }
}
