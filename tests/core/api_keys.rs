//! API keys: made once, stored as hashes, valid until they end, and only for what their scopes say.

use axum::body::to_bytes;
use axum::http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use tintype::domain::api_key::{Scope, Scopes};
use tintype::domain::ids::{AccountId, ApiKeyId, ID_BYTES};
use tintype::domain::sealing::{KEY_BYTES, PersonalKey};
use tintype::domain::time::DAY_MS;
use tintype::error::{Error, Problem};
use tintype::http::api::keys::{self, KeyOwner};
use tintype::policy::api_keys::{ENDED_KEPT_MS, KEYS_MAX};
use tintype::usecases::authenticate_key::authenticate_key;
use tintype::usecases::create_api_key::{KeyWish, MadeKey, create_api_key};
use tintype::usecases::list_api_keys::list_api_keys;
use tintype::usecases::revoke_api_key::revoke_api_key;

use crate::harness::World;
use crate::harness::client::{Call, incoming};
use crate::harness::faults::FaultKind;
use crate::harness::images::numbered_png;

pub const MASTER: &str = "new:abababababababababababababababababababababababababababababababab";

/// A deployment with a master key.
pub fn world() -> World {
    World::with(1, &[("MASTER_KEYS", MASTER)])
}

pub fn account(seed: u8) -> (AccountId, PersonalKey) {
    (AccountId::from_random([seed; ID_BYTES]), PersonalKey::from_random([seed; KEY_BYTES]))
}

pub fn wish(scopes: &str) -> KeyWish {
    KeyWish {
        name: "the blog's uploader".into(),
        scopes: Scopes::parse(scopes).expect("scopes"),
        public_key: None,
        collection: None,
        ttl_ms: None,
    }
}

pub async fn make(world: &World, seed: u8, wish: KeyWish) -> MadeKey {
    let (id, personal) = account(seed);
    // Whose it is has an account; that its address does not open matters to nobody here.
    world.sql.query(&format!(
        "INSERT OR IGNORE INTO accounts (id, email, email_lookup, name, tier, is_operator, declared_age_at, created_at, verified_at)
         VALUES ('{id}', '', '{id}', '', 'free', 0, 0, 0, 0) RETURNING id"
    ));
    create_api_key(&world.app, &id, &personal, wish).await.expect("made")
}

fn problem<T: std::fmt::Debug>(outcome: Result<T, Error>) -> Problem {
    match outcome {
        Err(Error::Problem(problem)) => problem,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn promise_imp_62_a_key_acts_for_its_account_until_it_is_revoked() {
    let world = world();
    let made = make(&world, 1, wish("read write")).await;
    let used = authenticate_key(&world.app, made.text.reveal()).await.expect("valid");
    assert_eq!((&used.account_id, &used.key_id), (&account(1).0, &made.id));
    assert!(used.scopes.allow(Scope::Write) && !used.scopes.allow(Scope::Delete));
    let stranger = account(2).0;
    assert_eq!(problem(revoke_api_key(&world.app, &stranger, &made.id).await), Problem::NotFound);
    assert!(authenticate_key(&world.app, made.text.reveal()).await.is_ok(), "a stranger revokes nothing");
    for _ in 0..2 {
        revoke_api_key(&world.app, &account(1).0, &made.id).await.expect("revoked");
        assert_eq!(problem(authenticate_key(&world.app, made.text.reveal()).await), Problem::ApiKeyInvalid);
    }
}

#[tokio::test]
async fn promise_imp_02_neither_key_nor_secret_nor_name_rests_anywhere() {
    let world = world();
    let made = make(&world, 1, wish("read")).await;
    authenticate_key(&world.app, made.text.reveal()).await.expect("valid");
    let rows = format!("{:?}", world.sql.query("SELECT * FROM api_keys"));
    let secret = made.signing_secret.expect("a secret");
    for hidden in [made.text.reveal(), &made.text.reveal()[8..40], &secret.reveal()[8..], "blog"] {
        assert!(!rows.contains(hidden), "{hidden}: {rows}");
    }
    assert!(rows.contains(&made.text.hash()));
}

#[tokio::test]
async fn a_key_that_was_mistyped_is_told_so_without_a_query() {
    let world = world();
    let made = make(&world, 1, wish("read")).await;
    world.faults.cost();
    let wrong = format!("{}x", &made.text.reveal()[..45]);
    for (token, slug) in
        [(wrong.as_str(), "api-key-mistyped"), ("tt_live_1", "api-key-mistyped"), ("tt_", "api-key-mistyped")]
    {
        let call = Call::app("GET", &format!("/v1/images/{}", "0".repeat(24)));
        let answer = call.header("authorization", &format!("Bearer {token}")).send(&world).await;
        assert_eq!((answer.status.as_u16(), answer.field("/code")), (401, slug.to_owned()), "{token}");
    }
    assert_eq!(world.faults.cost().queries, 0);
    // What is meant as something else is left to whom it concerns.
    for token in ["del_0123", "anything"] {
        let call = Call::app("GET", &format!("/v1/images/{}", "0".repeat(24)));
        let answer = call.header("authorization", &format!("Bearer {token}")).send(&world).await;
        assert_eq!(answer.field("/code"), "not-found", "{token}");
    }
}

#[tokio::test]
async fn a_key_uploads_and_reads_as_its_scopes_say() {
    let world = world();
    let (writer, reader) = (make(&world, 1, wish("write")).await, make(&world, 1, wish("read")).await);
    let bearer = |key: &MadeKey| format!("Bearer {}", key.text.reveal());
    let post = |bearer: String| {
        Call::app("POST", "/v1/images").header("authorization", &bearer).body("image/png", numbered_png(1))
    };
    let refused = post(bearer(&reader)).send(&world).await;
    assert_eq!(
        (refused.status.as_u16(), refused.field("/code"), refused.field("/scope")),
        (403, "scope-missing".into(), "write".into())
    );
    let made = post(bearer(&writer)).send(&world).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
    let path = format!("/v1/images/{}", made.field("/id"));
    let get = |bearer: String| Call::app("GET", &path).header("authorization", &bearer);
    assert_eq!(get(bearer(&reader)).send(&world).await.status, StatusCode::OK);
    assert_eq!(get(bearer(&writer)).send(&world).await.status, StatusCode::FORBIDDEN);
    revoke_api_key(&world.app, &account(1).0, &reader.id).await.expect("revoked");
    let answer = get(bearer(&reader)).send(&world).await;
    assert_eq!((answer.status.as_u16(), answer.field("/code")), (401, "api-key-invalid".into()));
    assert_eq!(answer.header("www-authenticate"), "Bearer");
}

#[tokio::test]
async fn a_key_expires_by_itself_and_is_forgotten_a_month_later() {
    let world = world();
    let short = make(&world, 1, KeyWish { ttl_ms: Some(DAY_MS), ..wish("read") }).await;
    let revoked = make(&world, 1, wish("read")).await;
    let kept = make(&world, 1, wish("read")).await;
    revoke_api_key(&world.app, &account(1).0, &revoked.id).await.expect("revoked");
    world.advance_ms(DAY_MS - 1);
    assert!(authenticate_key(&world.app, short.text.reveal()).await.is_ok());
    world.advance_ms(1);
    assert_eq!(problem(authenticate_key(&world.app, short.text.reveal()).await), Problem::ApiKeyInvalid);
    let count = || world.sql.query("SELECT id FROM api_keys").len();
    world.advance_ms(ENDED_KEPT_MS - 1);
    world.run_job("forget_ephemeral").await.expect("runs");
    assert_eq!(count(), 2, "the revoked one is gone, the expired one not yet");
    world.advance_ms(1);
    world.run_job("forget_ephemeral").await.expect("runs");
    assert_eq!(count(), 1);
    assert!(authenticate_key(&world.app, kept.text.reveal()).await.is_ok());
}

#[tokio::test]
async fn the_last_use_is_written_once_a_day() {
    let world = world();
    let made = make(&world, 1, wish("read")).await;
    let used = || async {
        world.faults.cost();
        authenticate_key(&world.app, made.text.reveal()).await.expect("valid");
        let (id, personal) = account(1);
        let queries = world.faults.cost().queries;
        (queries, list_api_keys(&world.app, &id, &personal).await.expect("listed")[0].key.last_used_day.clone())
    };
    assert_eq!(used().await, (2, Some("2026-11-24".into())));
    assert_eq!(used().await, (1, Some("2026-11-24".into())));
    world.advance_ms(DAY_MS);
    assert_eq!(used().await, (2, Some("2026-11-25".into())));
}

#[tokio::test]
async fn an_account_has_so_many_keys_and_ended_ones_do_not_count() {
    let world = world();
    let (id, personal) = account(1);
    let mut last = None;
    for _ in 0..KEYS_MAX {
        last = Some(make(&world, 1, wish("read")).await);
    }
    let full = create_api_key(&world.app, &id, &personal, wish("read")).await;
    assert_eq!(problem(full), Problem::TooManyApiKeys { keys_max: KEYS_MAX });
    make(&world, 2, wish("read")).await;
    revoke_api_key(&world.app, &id, &last.expect("made").id).await.expect("revoked");
    let short = make(&world, 1, KeyWish { ttl_ms: Some(DAY_MS), ..wish("read") }).await;
    world.advance_ms(DAY_MS);
    make(&world, 1, wish("read")).await;
    let listed = list_api_keys(&world.app, &id, &personal).await.expect("listed");
    assert_eq!(listed.len() as i64, KEYS_MAX + 2);
    assert!(listed.iter().any(|named| named.key.id == short.id));
    assert!(listed.iter().all(|named| named.name == "the blog's uploader"));
    let (_, other) = account(2);
    let unreadable = list_api_keys(&world.app, &id, &other).await.expect("listed");
    assert!(unreadable.iter().all(|named| named.name.is_empty()), "a name opens with its account's key only");
}

#[tokio::test]
async fn making_a_key_survives_every_fault_at_its_write() {
    for kind in [FaultKind::FailBefore, FaultKind::FailAfter, FaultKind::Repeat] {
        let world = world();
        let (id, personal) = account(1);
        world.faults.strike_at(0, kind);
        let outcome = create_api_key(&world.app, &id, &personal, wish("read")).await;
        assert!(world.faults.calm());
        let rows = world.sql.query("SELECT id FROM api_keys").len();
        match kind {
            FaultKind::Repeat => {
                let made = outcome.expect("the second try meets the first");
                assert!(authenticate_key(&world.app, made.text.reveal()).await.is_ok());
            }
            _ => assert!(matches!(outcome, Err(Error::Fault(_))) && rows == usize::from(kind == FaultKind::FailAfter)),
        }
    }
}

async fn post_keys(world: &World, body: &Value, fields: &[(&'static str, &str)]) -> (u16, Value) {
    let text = body.to_string();
    let mut headers = HeaderMap::new();
    headers.insert("content-length", text.len().to_string().parse().expect("a number"));
    for (name, value) in fields {
        headers.insert(*name, value.parse().expect("ASCII"));
    }
    let (id, personal) = account(1);
    let owner = KeyOwner { account_id: &id, personal: &personal };
    match keys::create(&world.app, owner, &headers, &incoming("application/json", text)).await {
        Ok(answer) => {
            let status = answer.status().as_u16();
            let body = to_bytes(answer.into_body(), 1 << 20).await.expect("in memory");
            (status, serde_json::from_slice(&body).expect("JSON"))
        }
        Err(Error::Problem(problem)) => (0, json!(format!("{problem:?}"))),
        Err(Error::Fault(fault)) => panic!("{fault}"),
    }
}

#[tokio::test]
async fn the_api_tells_a_key_once_and_lists_it_without() {
    let world = world();
    let body = json!({ "name": " CI ", "scopes": ["write", "read"], "ttl": 86_400 });
    let (status, made) = post_keys(&world, &body, &[]).await;
    assert_eq!(status, 201, "{made}");
    let expected = json!({
        "object": "api_key", "name": "CI", "scopes": ["read", "write"], "signs_with": "hmac-sha256", "collection": null,
        "created_at": "2026-11-24T12:00:00Z", "expires_at": "2026-11-25T12:00:00Z", "last_used_day": null, "revoked_at": null,
    });
    for (name, value) in expected.as_object().expect("an object") {
        assert_eq!(&made[name], value, "{name}");
    }
    assert!(made["key"].as_str().is_some_and(|key| key.starts_with("tt_live_")));
    assert!(made["signing_secret"].as_str().is_some_and(|secret| secret.starts_with("tt_sign_")));
    let pem = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAJrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=\n-----END PUBLIC KEY-----\n";
    let (_, own) = post_keys(&world, &json!({ "name": "own", "scopes": ["admin"], "public_key": pem }), &[]).await;
    assert_eq!((&own["signs_with"], &own["signing_secret"]), (&json!("ed25519"), &Value::Null));
    let (id, personal) = account(1);
    let answer = keys::list(&world.app, KeyOwner { account_id: &id, personal: &personal }).await.expect("listed");
    let text = to_bytes(answer.into_body(), 1 << 20).await.expect("in memory");
    let listed: Value = serde_json::from_slice(&text).expect("JSON");
    assert_eq!(listed["data"].as_array().map(Vec::len), Some(2));
    for hidden in ["key\":\"tt_", "signing_secret", "hash"] {
        assert!(!String::from_utf8_lossy(&text).contains(hidden), "{hidden}");
    }
    let id_of_made = made["id"].as_str().expect("an id").to_owned();
    let revoked = keys::revoke(&world.app, &id, &HeaderMap::new(), &id_of_made).await.expect("revoked");
    assert_eq!(revoked.status(), StatusCode::OK);
    for wrong in ["nothing", &ApiKeyId::from_random([9; ID_BYTES]).to_string()] {
        assert_eq!(problem(keys::revoke(&world.app, &id, &HeaderMap::new(), wrong).await), Problem::NotFound);
    }
}

#[tokio::test]
async fn a_wish_that_cannot_be_granted_is_refused_by_its_field() {
    let world = world();
    let fine = json!({ "name": "CI", "scopes": ["read"] });
    let with = |name: &str, value: Value| {
        let mut body = fine.clone();
        body[name] = value;
        body
    };
    for (body, expected) in [
        (with("name", json!("")), "name"),
        (with("name", json!("x".repeat(101))), "name"),
        (with("name", json!("a\u{0}b")), "name"),
        (with("scopes", json!([])), "scopes"),
        (with("scopes", json!(["root"])), "scopes"),
        (with("public_key", json!("AAAA")), "public_key"),
        (with("ttl", json!(0)), "ttl"),
        (with("ttl", json!(i64::MAX)), "ttl"),
        (with("surprise", json!(1)), "MalformedRequest"),
        (json!([]), "MalformedRequest"),
    ] {
        let (status, said) = post_keys(&world, &body, &[]).await;
        assert!(status == 0 && said.as_str().is_some_and(|said| said.contains(expected)), "{body}: {said}");
    }
    let (_, said) = post_keys(&world, &fine, &[("origin", "https://evil.example")]).await;
    assert_eq!(said, json!("CrossSiteForm"));
    let (_, said) = post_keys(&world, &fine, &[("content-length", "9000")]).await;
    assert!(said.as_str().is_some_and(|said| said.contains("PayloadTooLarge")), "{said}");
    let other = crate::harness::signer::content_digest(b"other");
    assert_eq!(post_keys(&world, &fine, &[("content-digest", &other)]).await.1, json!("ContentDigestMismatch"));
    assert!(world.sql.query("SELECT id FROM api_keys").is_empty());
}
