//! `/v1/collections`.

use std::sync::Arc;

use axum::Extension;
use axum::body::Body;
use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, Method, Response, StatusCode, Uri, header};
use serde::Serialize;
use serde_json::{Value, json};

use super::image_list::{read_cursor, read_limit};
use super::json as answer;
use crate::app::App;
use crate::domain::api_key::Scope;
use crate::domain::ids::CollectionId;
use crate::domain::listing::Place;
use crate::error::{Error, Problem};
use crate::http::identity::Identity;
use crate::http::json_body::read_object;
use crate::http::member::{Acting, acting};
use crate::http::{caller, whose};
use crate::ports::incoming::Incoming;
use crate::usecases::act_for::Need;
use crate::usecases::collections::{
    CountedCollection, create_collection, delete_collection, list_collections, rename_collection, show_collection,
};

/// Largest body: a name, several times over.
const BODY_BYTES_MAX: u64 = 4 * 1024;

/// A collection, as its owner sees it.
#[derive(Debug, Serialize)]
struct CollectionObject {
    /// Its name in addresses.
    id: String,
    /// Always `collection`.
    object: &'static str,
    /// What its owner calls it.
    name: String,
    /// How many images are in it, held ones included.
    images: u64,
    /// RFC 3339.
    created_at: String,
    /// The account to which it and its images belong.
    owner: String,
}

impl From<CountedCollection> for CollectionObject {
    fn from(CountedCollection { collection, images }: CountedCollection) -> Self {
        Self {
            id: collection.id.to_string(),
            object: "collection",
            name: collection.name,
            images,
            created_at: collection.created_at.rfc3339(),
            owner: collection.account_id.to_string(),
        }
    }
}

/// `GET /v1/collections?limit&cursor&team`: the latest first.
///
/// # Errors
/// See docs/problems.md.
pub async fn list(
    Extension(app): Extension<Arc<App>>,
    Extension(identity): Extension<Identity>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response<Body>, Error> {
    let acting = actor(&app, &identity, (&method, &uri, &headers), Scope::Read).await?;
    let team = whose::parameter(&uri, whose::TEAM);
    let owner = whose::account(&app, &acting.member, team.as_deref(), Need::See).await?;
    let place = read_cursor(&uri)?.unwrap_or(Place::START);
    let listed = list_collections(&app, &owner.account_id, &place, read_limit(&uri)?).await?;
    let data: Vec<CollectionObject> = listed.collections.into_iter().map(CollectionObject::from).collect();
    let next_cursor = listed.older.map(|place| place.cursor());
    answer(StatusCode::OK, &json!({ "object": "list", "data": data, "next_cursor": next_cursor }))
}

/// `POST /v1/collections?team` with `name`: 201 with the new collection.
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
    let acting = actor(&app, &identity, (&method, &uri, &headers), Scope::Write).await?;
    let team = whose::parameter(&uri, whose::TEAM);
    let owner = whose::account(&app, &acting.member, team.as_deref(), Need::Change).await?;
    let made = create_collection(&app, &owner.account_id, &read_name(&headers, &body).await?).await?;
    let place = format!("{}/v1/collections/{}", app.settings.app_base(), made.collection.id);
    let mut response = answer(StatusCode::CREATED, &CollectionObject::from(made))?;
    if let Ok(place) = HeaderValue::from_str(&place) {
        response.headers_mut().insert(header::LOCATION, place);
    }
    Ok(response)
}

/// `GET /v1/collections/{id}`.
///
/// # Errors
/// See docs/problems.md.
pub async fn get(
    Extension(app): Extension<Arc<App>>,
    Extension(identity): Extension<Identity>,
    Path(id): Path<String>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response<Body>, Error> {
    let acting = actor(&app, &identity, (&method, &uri, &headers), Scope::Read).await?;
    let shown = show_collection(&app, &acting.member, &parse(&id)?).await?;
    answer(StatusCode::OK, &CollectionObject::from(shown))
}

/// `PATCH /v1/collections/{id}` with `name`.
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
    let (id, name) = (parse(&id)?, read_name(&headers, &body).await?);
    let renamed = rename_collection(&app, &acting.member, &id, &name).await?;
    answer(StatusCode::OK, &CollectionObject::from(renamed))
}

/// `DELETE /v1/collections/{id}`: no image is deleted; those in it stay in the gallery.
///
/// # Errors
/// See docs/problems.md.
pub async fn delete(
    Extension(app): Extension<Arc<App>>,
    Extension(identity): Extension<Identity>,
    Path(id): Path<String>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response<Body>, Error> {
    let acting = actor(&app, &identity, (&method, &uri, &headers), Scope::Write).await?;
    let id = parse(&id)?;
    delete_collection(&app, &acting.member, &id).await?;
    answer(StatusCode::OK, &json!({ "id": id, "object": "collection", "deleted": true }))
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

fn parse(id: &str) -> Result<CollectionId, Problem> {
    CollectionId::parse(id).ok_or(Problem::NotFound)
}

async fn read_name(headers: &HeaderMap, body: &Incoming) -> Result<String, Problem> {
    let object = read_object(headers, body, BODY_BYTES_MAX, &["name"]).await?;
    let name = object.get("name").and_then(Value::as_str);
    let missing = || Problem::InvalidField { field: "name", detail: "a text".into() };
    Ok(name.ok_or_else(missing)?.to_owned())
}
