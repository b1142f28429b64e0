//! `/settings/keys`: the keys of an account's programs. A key is shown once, on the page that answers its making.

use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::body::Body;
use axum::http::{Response, StatusCode};

use super::{Mistake, mistake, with_own_referrer};
use crate::app::App;
use crate::domain::api_key::{Scope, Scopes};
use crate::domain::http_signature::PublicKey;
use crate::domain::ids::ApiKeyId;
use crate::domain::time::DAY_MS;
use crate::error::{Error, Problem};
use crate::http::identity::see_other;
use crate::http::member::of_session;
use crate::http::own_form::OwnForm;
use crate::http::pages::choices::{self, Choice};
use crate::http::pages::figures::Moment;
use crate::http::pages::html;
use crate::http::upload_request::ShortForm;
use crate::http::whose;
use crate::policy::api_keys::NAME_CHARS_MAX;
use crate::usecases::create_api_key::{KeyWish, MadeKey, create_api_key};
use crate::usecases::list_api_keys::{NamedKey, list_api_keys};
use crate::usecases::open_session::SessionUse;
use crate::usecases::personal_keys;
use crate::usecases::revoke_api_key::revoke_api_key;

/// Lives that the form offers, in days; none: until it is revoked.
const LIVES: [(&str, &str); 4] = [("", "until I revoke it"), ("30", "30 days"), ("90", "90 days"), ("365", "a year")];
/// What each scope allows, in words.
const SCOPES: [(&str, &str); 4] = [
    ("read", "look at your pictures"),
    ("write", "upload"),
    ("delete", "delete your pictures"),
    ("admin", "everything, making and revoking keys included"),
];

/// A key as the list shows it.
struct KeyRow {
    id: String,
    name: String,
    scopes: String,
    made: Moment,
    last_used_day: Option<String>,
    expires: Option<Moment>,
    revoked: Option<Moment>,
    signs_with: &'static str,
    /// The collection to which it is confined.
    collection: Option<String>,
    /// Whether that was deleted.
    is_stranded: bool,
}

/// What is told once.
struct Shown {
    name: String,
    key: String,
    id: String,
    secret: Option<String>,
}

#[derive(Template)]
#[template(path = "account/keys.html")]
struct KeysPage {
    form_token: String,
    shown: Option<Shown>,
    keys: Vec<KeyRow>,
    lives: Vec<Choice>,
    scopes: [(&'static str, &'static str); 4],
    /// The collections to which it can be confined, after none at all.
    collections: Vec<Choice>,
    name_chars_max: usize,
    mistake: Mistake,
    filled: String,
}

/// `GET /settings/keys`.
///
/// # Errors
/// If something of ours failed.
pub async fn show(
    Extension(app): Extension<Arc<App>>,
    Extension(session): Extension<Arc<SessionUse>>,
) -> Result<Response<Body>, Error> {
    page(&app, &session, StatusCode::OK, None, Mistake::default(), String::new()).await
}

/// `POST /settings/keys`.
///
/// # Errors
/// `form-stale`, `too-many-api-keys`, or a fault.
pub async fn create(OwnForm { app, session, form, .. }: OwnForm) -> Result<Response<Body>, Error> {
    let made = async {
        let wish = read_wish(&form)?;
        let personal = personal_keys::of(&app, &session.account_id).await?;
        create_api_key(&app, &session.account_id, &personal, wish).await
    };
    match made.await {
        Ok(made) => page(&app, &session, StatusCode::OK, Some(&made), Mistake::default(), String::new()).await,
        Err(error) => {
            let (status, mistake, _) = mistake(error)?;
            let filled = form.field("name").unwrap_or_default().to_owned();
            page(&app, &session, status, None, mistake, filled).await
        }
    }
}

/// `POST /settings/keys/revoke` with `key`.
///
/// # Errors
/// `form-stale`, `not-found`, or a fault.
pub async fn revoke(OwnForm { app, session, form, .. }: OwnForm) -> Result<Response<Body>, Error> {
    let id = form.field("key").and_then(ApiKeyId::parse).ok_or(Problem::NotFound)?;
    revoke_api_key(&app, &session.account_id, &id).await?;
    Ok(see_other("/settings/keys"))
}

fn read_wish(form: &ShortForm) -> Result<KeyWish, Problem> {
    let invalid = |field, detail: &str| Problem::InvalidField { field, detail: detail.to_owned() };
    let scopes = Scopes::of(form.all("scope").filter_map(Scope::parse));
    let public_key = form.field("public_key").map(str::trim).filter(|text| !text.is_empty());
    let public_key = public_key.map(PublicKey::parse).transpose();
    let days = form.field("days").filter(|days| !days.is_empty()).map(str::parse::<i64>).transpose();
    Ok(KeyWish {
        name: form.field("name").unwrap_or_default().to_owned(),
        scopes: scopes.ok_or_else(|| invalid("scope", "choose at least one"))?,
        public_key: public_key.map_err(|fault| invalid("public_key", &fault.to_string()))?,
        collection: whose::collection(form.field("collection"))?,
        ttl_ms: days.map_err(|_| invalid("days", "one that the form offers"))?.map(|days| days.saturating_mul(DAY_MS)),
    })
}

async fn page(
    app: &App,
    session: &SessionUse,
    status: StatusCode,
    made: Option<&MadeKey>,
    mistake: Mistake,
    filled: String,
) -> Result<Response<Body>, Error> {
    let personal = personal_keys::of(app, &session.account_id).await?;
    let keys = list_api_keys(app, &session.account_id, &personal).await?;
    let collections = choices::collections(app, &of_session(session), Some("everything that is yours"), "").await?;
    let shown = made.map(|made| Shown {
        name: made.wish.name.clone(),
        key: made.text.reveal().to_owned(),
        id: made.id.to_string(),
        secret: made.signing_secret.as_ref().map(|secret| secret.reveal().to_owned()),
    });
    let page = KeysPage {
        form_token: session.form_token().to_owned(),
        shown,
        keys: keys.into_iter().map(KeyRow::from).collect(),
        lives: choices::of(LIVES, ""),
        scopes: SCOPES,
        collections,
        name_chars_max: NAME_CHARS_MAX,
        mistake,
        filled,
    };
    html(status, &page).map(with_own_referrer)
}

impl From<NamedKey> for KeyRow {
    fn from(NamedKey { name, key }: NamedKey) -> Self {
        Self {
            id: key.id.to_string(),
            name,
            scopes: key.scopes.iter().map(Scope::as_str).collect::<Vec<_>>().join(", "),
            made: key.created_at.into(),
            last_used_day: key.last_used_day,
            expires: key.expires_at.map(Moment::from),
            revoked: key.revoked_at.map(Moment::from),
            is_stranded: key.collection_id.is_some() && key.collection_name.is_none(),
            collection: key.collection_name,
            signs_with: if key.ed25519_public.is_some() { "Ed25519" } else { "HMAC-SHA256" },
        }
    }
}
