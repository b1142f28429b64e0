//! `/v1/keys`: the API keys of the account that asks.

use std::sync::Arc;

use axum::Extension;
use axum::body::Body;
use axum::extract::Path;
use axum::http::{HeaderMap, Response, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{json as answer, read_json};
use crate::app::App;
use crate::domain::api_key::{Scope, Scopes};
use crate::domain::http_signature::PublicKey;
use crate::domain::ids::{AccountId, ApiKeyId};
use crate::domain::sealing::PersonalKey;
use crate::domain::time::SECOND_MS;
use crate::error::{Error, Problem};
use crate::http::caller;
use crate::ports::incoming::Incoming;
use crate::usecases::create_api_key::{KeyWish, MadeKey, create_api_key};
use crate::usecases::list_api_keys::{NamedKey, list_api_keys};
use crate::usecases::personal_keys;
use crate::usecases::revoke_api_key::revoke_api_key;

/// Whose keys they are, and what their names are sealed with.
#[derive(Clone, Copy)]
pub struct KeyOwner<'a> {
    /// The account.
    pub account_id: &'a AccountId,
    /// Its personal key.
    pub personal: &'a PersonalKey,
}

/// What is asked for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyBody {
    name: String,
    scopes: Vec<String>,
    public_key: Option<String>,
    /// Seconds.
    ttl: Option<i64>,
}

/// A key as its owner sees it.
#[derive(Debug, Serialize)]
struct KeyObject {
    id: String,
    object: &'static str,
    name: String,
    scopes: Vec<Scope>,
    /// With what it signs: `hmac-sha256` or `ed25519`.
    signs_with: &'static str,
    collection: Option<String>,
    created_at: String,
    expires_at: Option<String>,
    last_used_day: Option<String>,
    revoked_at: Option<String>,
}

/// A key that was just made, with what is told once.
#[derive(Debug, Serialize)]
struct MadeKeyObject {
    #[serde(flatten)]
    object: KeyObject,
    /// The bearer token.
    key: String,
    /// What signs requests; null where a public key was registered.
    signing_secret: Option<String>,
}

/// `POST /v1/keys`.
///
/// # Errors
/// See docs/problems.md.
pub async fn post(
    Extension(app): Extension<Arc<App>>,
    Extension(account): Extension<Arc<AccountId>>,
    Extension(body): Extension<Incoming>,
    headers: HeaderMap,
) -> Result<Response<Body>, Error> {
    let personal = personal_keys::of(&app, &account).await?;
    create(&app, KeyOwner { account_id: &account, personal: &personal }, &headers, &body).await
}

/// `GET /v1/keys`.
///
/// # Errors
/// See docs/problems.md.
pub async fn get(
    Extension(app): Extension<Arc<App>>,
    Extension(account): Extension<Arc<AccountId>>,
) -> Result<Response<Body>, Error> {
    let personal = personal_keys::of(&app, &account).await?;
    list(&app, KeyOwner { account_id: &account, personal: &personal }).await
}

/// `DELETE /v1/keys/{id}`.
///
/// # Errors
/// See docs/problems.md.
pub async fn delete(
    Extension(app): Extension<Arc<App>>,
    Extension(account): Extension<Arc<AccountId>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response<Body>, Error> {
    revoke(&app, &account, &headers, &id).await
}

/// Makes a key: 201 with it, the only time it is told.
///
/// # Errors
/// See docs/problems.md.
pub async fn create(
    app: &App,
    owner: KeyOwner<'_>,
    headers: &HeaderMap,
    body: &Incoming,
) -> Result<Response<Body>, Error> {
    caller::refuse_cross_site(app, headers)?;
    let wish = read_wish(headers, body).await?;
    let made = create_api_key(app, owner.account_id, owner.personal, wish).await?;
    answer(StatusCode::CREATED, &MadeKeyObject::of(&made))
}

/// `GET /v1/keys`: the account's keys, the latest first, without what opens anything.
///
/// # Errors
/// A fault if the database fails.
pub async fn list(app: &App, owner: KeyOwner<'_>) -> Result<Response<Body>, Error> {
    let keys = list_api_keys(app, owner.account_id, owner.personal).await?;
    let data: Vec<KeyObject> = keys.into_iter().map(KeyObject::of_named).collect();
    answer(StatusCode::OK, &json!({ "object": "list", "data": data }))
}

/// `DELETE /v1/keys/{id}`: from now on the key opens nothing.
///
/// # Errors
/// `not-found`; a fault if the database fails.
pub async fn revoke(app: &App, account_id: &AccountId, headers: &HeaderMap, id: &str) -> Result<Response<Body>, Error> {
    caller::refuse_cross_site(app, headers)?;
    let id = ApiKeyId::parse(id).ok_or(Problem::NotFound)?;
    revoke_api_key(app, account_id, &id).await?;
    answer(StatusCode::OK, &json!({ "id": id, "object": "api_key", "revoked": true }))
}

async fn read_wish(headers: &HeaderMap, body: &Incoming) -> Result<KeyWish, Problem> {
    let body: KeyBody = read_json(headers, body).await?;
    let invalid = |field, detail: String| Problem::InvalidField { field, detail };
    let scopes: Option<Vec<Scope>> = body.scopes.iter().map(|word| Scope::parse(word)).collect();
    let scopes = scopes.and_then(Scopes::of);
    let public_key = body.public_key.as_deref().map(PublicKey::parse).transpose();
    Ok(KeyWish {
        name: body.name,
        scopes: scopes.ok_or_else(|| invalid("scopes", "one or more of read, write, delete and admin".into()))?,
        public_key: public_key.map_err(|fault| invalid("public_key", fault.to_string()))?,
        collection: None,
        ttl_ms: body.ttl.map(|seconds| seconds.saturating_mul(SECOND_MS)),
    })
}

impl KeyObject {
    fn of_named(NamedKey { name, key }: NamedKey) -> Self {
        Self {
            id: key.id.to_string(),
            object: "api_key",
            name,
            scopes: key.scopes.iter().collect(),
            signs_with: signs_with(key.ed25519_public.is_some()),
            collection: key.collection_id,
            created_at: key.created_at.rfc3339(),
            expires_at: key.expires_at.map(|at| at.rfc3339()),
            last_used_day: key.last_used_day,
            revoked_at: key.revoked_at.map(|at| at.rfc3339()),
        }
    }
}

impl MadeKeyObject {
    fn of(made: &MadeKey) -> Self {
        let object = KeyObject {
            id: made.id.to_string(),
            object: "api_key",
            name: made.wish.name.clone(),
            scopes: made.wish.scopes.iter().collect(),
            signs_with: signs_with(made.wish.public_key.is_some()),
            collection: made.wish.collection.clone(),
            created_at: made.created_at.rfc3339(),
            expires_at: made.expires_at.map(|at| at.rfc3339()),
            last_used_day: None,
            revoked_at: None,
        };
        let signing_secret = made.signing_secret.as_ref().map(|secret| secret.reveal().to_owned());
        Self { object, key: made.text.reveal().to_owned(), signing_secret }
    }
}

fn signs_with(has_public_key: bool) -> &'static str {
    if has_public_key { "ed25519" } else { "hmac-sha256" }
}
