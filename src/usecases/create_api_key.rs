//! Makes an API key. It and its signing secret are told once; what rests tells neither.

use super::act_for::Need;
use super::find_member::find_member;
use super::open_collection::open_collection;
use crate::app::App;
use crate::domain::api_key::{API_KEY_BYTES, ApiKeyText, Scopes, SigningSecret};
use crate::domain::http_signature::PublicKey;
use crate::domain::ids::{AccountId, ApiKeyId, CollectionId, ID_BYTES};
use crate::domain::sealing::{NONCE_BYTES, PersonalKey};
use crate::domain::time::Timestamp;
use crate::error::{Attempt as _, Cause, Error, Fault, Problem};
use crate::policy::api_keys::{KEYS_MAX, NAME_CHARS_MAX, TTL_MAX_MS, TTL_MIN_MS};
use crate::ports::sql::SqlFailure;
use crate::store::api_keys::{self, NewApiKey};

/// What an owner wants.
#[derive(Clone, Debug)]
pub struct KeyWish {
    /// What to call it.
    pub name: String,
    /// What it shall allow.
    pub scopes: Scopes,
    /// With which key its signatures are verified; none: with a secret that is told.
    pub public_key: Option<PublicKey>,
    /// The collection to which it is confined.
    pub collection: Option<CollectionId>,
    /// After how many milliseconds it shall stop working.
    pub ttl_ms: Option<i64>,
}

/// A key that was made, with what is told once.
#[derive(Clone, Debug)]
pub struct MadeKey {
    /// Its name, and the `keyid` of what is signed with it.
    pub id: ApiKeyId,
    /// The bearer token.
    pub text: ApiKeyText,
    /// What signs requests, unless its owner registered a public key.
    pub signing_secret: Option<SigningSecret>,
    /// What was wished.
    pub wish: KeyWish,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it stops working by itself.
    pub expires_at: Option<Timestamp>,
}

/// Where the name of the key `id` rests: what it is sealed for.
#[must_use]
pub fn name_context(id: &ApiKeyId) -> String {
    format!("api_keys.name:{id}")
}

/// Makes a key for an account, whose personal key seals its name.
///
/// # Errors
/// `InvalidField`, `TooManyApiKeys`; a fault if something of ours failed. After a fault the account may have a key that
/// nobody knows: it is in the list, and can be revoked.
pub async fn create_api_key(
    app: &App,
    account_id: &AccountId,
    personal: &PersonalKey,
    wish: KeyWish,
) -> Result<MadeKey, Error> {
    let now = app.now();
    let wish = KeyWish { name: wish.name.trim().to_owned(), ..wish };
    check(&wish)?;
    check_collection(app, account_id, wish.collection.as_ref()).await?;
    let expires_at = wish.ttl_ms.map(|ttl_ms| now.plus_ms(ttl_ms));
    let attempted = "make an API key";
    let (mut id, mut text, mut nonce) = ([0; ID_BYTES], [0; API_KEY_BYTES], [0; NONCE_BYTES]);
    for random in [&mut id[..], &mut text[..], &mut nonce[..]] {
        app.ports.rng.fill(random).attempt(attempted)?;
    }
    let (id, text) = (ApiKeyId::from_random(id), ApiKeyText::from_random(text));
    let impossible = |what: &str| Fault { attempted: attempted.into(), cause: Cause::Invariant(what.into()) };
    let master = &app.settings.master_keys.current;
    let sealed_name = personal.seal(&name_context(&id), &wish.name, nonce);
    let public_key = wish.public_key.as_ref().map(PublicKey::stored);
    let new = NewApiKey {
        id: &id,
        account_id,
        sealed_name: &sealed_name.ok_or_else(|| impossible("a name that cannot be sealed"))?,
        text: &text,
        scopes: &wish.scopes,
        master_key: &master.id,
        ed25519_public: public_key.as_deref(),
        collection_id: wish.collection.as_ref(),
        expires_at,
    };
    match api_keys::insert_unless_full(app.ports.sql.as_ref(), &new, KEYS_MAX, now).await {
        Ok(false) => return Err(Problem::TooManyApiKeys { keys_max: KEYS_MAX }.into()),
        // A write that the platform repeated meets its own first try: the id is fresh.
        Ok(true) | Err(SqlFailure::Conflict(_)) => {}
        Err(failure) => return Err(Fault { attempted: attempted.into(), cause: failure.into() }.into()),
    }
    let signing_secret = public_key.is_none().then(|| SigningSecret::derive(master, &id));
    Ok(MadeKey { id, text, signing_secret, wish, created_at: now, expires_at })
}

/// Where what a key signs with is sealed, once the master key from which it is derived is not the current one.
#[must_use]
pub fn secret_context(id: &ApiKeyId) -> String {
    format!("api_keys.sealed_secret:{id}")
}

/// Whether the account may see the collection to which a key is to be confined. What the key may do there is found out
/// whenever it is used.
async fn check_collection(app: &App, account: &AccountId, collection: Option<&CollectionId>) -> Result<(), Error> {
    let Some(collection) = collection else { return Ok(()) };
    let opened = match find_member(app, account).await? {
        Some(member) => open_collection(app, &member, collection, Need::See).await?,
        None => None,
    };
    let detail = || "the id of a collection of yours".to_owned();
    opened.ok_or_else(|| Problem::InvalidField { field: "collection", detail: detail() })?;
    Ok(())
}

fn check(wish: &KeyWish) -> Result<(), Problem> {
    let chars = wish.name.chars().count();
    if !(1..=NAME_CHARS_MAX).contains(&chars) || wish.name.chars().any(char::is_control) {
        let detail = format!("1 to {NAME_CHARS_MAX} characters that can be printed");
        return Err(Problem::InvalidField { field: "name", detail });
    }
    if wish.ttl_ms.is_some_and(|ttl_ms| !(TTL_MIN_MS..=TTL_MAX_MS).contains(&ttl_ms)) {
        let detail = format!("from {} to {} seconds", TTL_MIN_MS / 1_000, TTL_MAX_MS / 1_000);
        return Err(Problem::InvalidField { field: "ttl", detail });
    }
    Ok(())
}
