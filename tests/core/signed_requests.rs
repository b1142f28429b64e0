//! Signed requests: what a client signs is accepted once, and nothing that was changed since ever is.

mod mutations;

use axum::http::StatusCode;
use tintype::domain::api_key::{KeyUse, Scope};
use tintype::domain::hex;
use tintype::domain::http_signature::PublicKey;
use tintype::domain::verdict::UnscannedReason;
use tintype::error::{Error, Problem};
use tintype::http::signed_request::identify_program;
use tintype::usecases::create_api_key::{KeyWish, create_api_key};
use tintype::usecases::revoke_api_key::revoke_api_key;

use mutations::{MUTATIONS, random_message};

use crate::api_keys::{MASTER, account, make, wish, world};
use crate::harness::World;
use crate::harness::client::Call;
use crate::harness::faults::FaultKind;
use crate::harness::images::numbered_png;
use crate::harness::signer::{Key, Message, Signer, content_digest, header_map};
use crate::harness::small_ports::SeededRng;

/// Changed requests of the property.
const CHANGED: u64 = 10_500;

async fn hmac_signer(world: &World, scopes: &str) -> Signer {
    let made = make(world, 1, wish(scopes)).await;
    let secret = made.signing_secret.expect("a secret").reveal().to_owned();
    Signer { keyid: made.id.to_string(), key: Key::Hmac(secret) }
}

async fn ed25519_signer(world: &World, seed: u8) -> Signer {
    let key = ed25519_dalek::SigningKey::from_bytes(&[seed; 32]);
    let pem = data_encoding::BASE64.encode(key.verifying_key().as_bytes());
    let public_key = PublicKey::parse(&pem).ok();
    let made = make(world, 1, KeyWish { public_key, ..wish("read write") }).await;
    assert!(made.signing_secret.is_none());
    Signer { keyid: made.id.to_string(), key: Key::Ed25519(key) }
}

fn now_s(world: &World) -> i64 {
    world.clock_now().0 / 1_000
}

async fn identify(world: &World, message: &Message, fields: &[(String, String)]) -> Result<Option<KeyUse>, Error> {
    identify_program(&world.app, &message.http_method(), &message.uri(), &header_map(fields)).await
}

fn slug(outcome: &Result<Option<KeyUse>, Error>) -> String {
    match outcome {
        Ok(program) => format!("accepted: {program:?}"),
        Err(Error::Problem(Problem::RequestSignatureWrong { refusal })) => refusal.reason().to_owned(),
        Err(Error::Problem(problem)) => format!("{problem:?}").split([' ', '{']).next().unwrap_or_default().to_owned(),
        Err(Error::Fault(fault)) => format!("fault: {fault}"),
    }
}

/// Of more than ten thousand requests that were changed after they were signed, none is accepted; each of them is
/// before it was changed, once.
#[tokio::test]
async fn promise_imp_62_no_request_that_was_changed_after_it_was_signed_is_accepted() {
    let world = world();
    let signers =
        [hmac_signer(&world, "read").await, hmac_signer(&world, "admin").await, ed25519_signer(&world, 7).await];
    let rng = SeededRng::new(22);
    let mut tried: Vec<u64> = vec![0; MUTATIONS.len()];
    let mut mutated = 0;
    for number in 0.. {
        if mutated >= CHANGED {
            break;
        }
        let signer = &signers[if number % 8 == 0 { 2 } else { (number % 2) as usize }];
        let nonce = format!("nonce-{number:016}");
        let message = random_message(&rng).signed(signer, now_s(&world) + rng.below(601) as i64 - 300, &nonce);
        for _ in 0..2 {
            let which = rng.below(MUTATIONS.len() as u64) as usize;
            let (name, mutate) = MUTATIONS[which];
            let mut changed = message.clone();
            if !mutate(&rng, &mut changed) {
                continue;
            }
            assert_ne!(changed, message, "{name}");
            let outcome = identify(&world, &changed, &changed.all_fields()).await;
            assert!(matches!(outcome, Err(Error::Problem(_))), "{name}: {}\n{changed:?}", slug(&outcome));
            tried[which] += 1;
            mutated += 1;
        }
        let outcome = identify(&world, &message, &message.all_fields()).await;
        let used = outcome.as_ref().ok().and_then(Option::as_ref).map(|used| used.key_id.to_string());
        assert_eq!(
            used.as_ref(),
            Some(&signer.keyid),
            "unchanged: {}\n{message:?}\n{}",
            slug(&outcome),
            message.base()
        );
        let again = identify(&world, &message, &message.all_fields()).await;
        assert_eq!(slug(&again), "NonceReplayed");
    }
    assert!(tried.iter().all(|times| *times >= 40), "{tried:?}");
}

/// What may become of the fields on the way.
type Change = fn(&mut Vec<(String, String)>);

#[tokio::test]
async fn what_does_not_change_the_meaning_does_not_break_the_signature() {
    let world = world();
    let signer = hmac_signer(&world, "write").await;
    let mut number = 0;
    let mut fresh = || {
        number += 1;
        let mut message = Message::new("POST", "/v1/images", Some("ttl=3600"), b"body");
        message.cover_field("x-note", "a note");
        message.signed(&signer, now_s(&world), &format!("meaning-{number:016}"))
    };
    let changes: [(&str, Change); 8] = [
        ("the case of names", |fields| fields.iter_mut().for_each(|(name, _)| *name = name.to_ascii_uppercase())),
        ("space around values", |fields| fields.iter_mut().for_each(|(_, value)| *value = format!("  {value}\t "))),
        ("the order of fields", |fields| fields.reverse()),
        ("fields that are not covered", |fields| fields.push(("user-agent".into(), "anything".into()))),
        ("space in the list of components", |fields| {
            fields.iter_mut().filter(|(name, _)| name == "signature-input").for_each(|(_, value)| {
                *value = value.replace("(\"", "(  \"").replace("\" \"", "\"   \"").replace(";created", ";  created");
            });
        }),
        ("the label, in both fields", |fields| {
            fields.iter_mut().for_each(|(_, value)| *value = value.replacen("sig=", "my-own*label=", 1));
        }),
        ("a stranger's signature beside it", |fields| {
            for (name, value) in fields.iter_mut() {
                match name.as_str() {
                    "signature-input" => {
                        let stranger = value.replacen("sig=", "proxy=", 1).replacen("keyid=\"", "keyid=\"not-", 1);
                        *value = format!("{stranger}, {value}");
                    }
                    "signature" => *value = format!("proxy=:AAAA:, {value}"),
                    _ => {}
                }
            }
        }),
        ("a stranger's signature of another kind", |fields| {
            fields.push(("signature-input".into(), "ttrp=(\"@authority\";req);keyid=\"x\";tag=\"other\"".into()));
            fields.push(("signature".into(), "ttrp=:AAAA:".into()));
        }),
    ];
    for (name, change) in changes {
        let message = fresh();
        let mut fields = message.all_fields();
        change(&mut fields);
        let outcome = identify(&world, &message, &fields).await;
        assert!(matches!(outcome, Ok(Some(_))), "{name}: {}", slug(&outcome));
    }
}

#[tokio::test]
async fn a_signature_is_good_for_five_minutes_around_its_time_and_not_a_second_longer() {
    let world = world();
    let signer = hmac_signer(&world, "read").await;
    for (seconds, expected) in [(-301, false), (-300, true), (0, true), (300, true), (301, false), (86_400, false)] {
        let nonce = format!("time-{seconds:+011}-x");
        let message = Message::new("GET", "/v1/images", None, b"").signed(&signer, now_s(&world) + seconds, &nonce);
        let outcome = identify(&world, &message, &message.all_fields()).await;
        assert_eq!(outcome.is_ok(), expected, "{seconds}: {}", slug(&outcome));
        if !expected {
            assert_eq!(slug(&outcome), "RequestSignatureExpired");
        }
    }
    for (ends_in_s, expected) in [(-1, false), (0, false), (1, true)] {
        let mut message = Message::new("GET", "/v1/images", None, b"");
        let (now, keyid) = (now_s(&world), &signer.keyid);
        message.parameters =
            format!(";expires={};created={now};nonce=\"ends-in-{ends_in_s:+011}\";keyid=\"{keyid}\"", now + ends_in_s);
        message.signature = signer.sign(&message.base());
        let outcome = identify(&world, &message, &message.all_fields()).await;
        assert_eq!(outcome.is_ok(), expected, "{ends_in_s}: {}", slug(&outcome));
    }
}

#[tokio::test]
async fn a_nonce_is_remembered_for_as_long_as_its_request_is_fresh_and_forgotten_then() {
    let world = world();
    let signer = hmac_signer(&world, "read").await;
    let other = hmac_signer(&world, "read").await;
    // As far ahead as it may be, it stays fresh for ten minutes.
    let nonce = "the-same-for-both";
    let signed = |by: &Signer| Message::new("GET", "/v1/images", None, b"").signed(by, now_s(&world) + 300, nonce);
    let (message, of_other) = (signed(&signer), signed(&other));
    assert!(identify(&world, &message, &message.all_fields()).await.is_ok());
    assert!(identify(&world, &of_other, &of_other.all_fields()).await.is_ok(), "nonces are a key's own");
    for _ in 0..10 {
        world.run_job("forget_ephemeral").await.expect("runs");
        assert_eq!(slug(&identify(&world, &message, &message.all_fields()).await), "NonceReplayed");
        world.advance_ms(60_000);
    }
    world.run_job("forget_ephemeral").await.expect("runs");
    assert_eq!(slug(&identify(&world, &message, &message.all_fields()).await), "NonceReplayed");
    world.advance_ms(1_000);
    world.run_job("forget_ephemeral").await.expect("runs");
    assert!(world.sql.query("SELECT nonce FROM signature_nonces").is_empty());
    assert_eq!(slug(&identify(&world, &message, &message.all_fields()).await), "RequestSignatureExpired");
}

#[tokio::test]
async fn only_the_key_that_is_named_counts_and_only_with_its_algorithm() {
    let world = world();
    let (hmac, ed25519) = (hmac_signer(&world, "read").await, ed25519_signer(&world, 7).await);
    let Key::Ed25519(pair) = &ed25519.key else { panic!("a pair") };
    let public = hex::encode(pair.verifying_key().as_bytes());
    let as_other = |signer: &Signer, keyid: &str| Signer { keyid: keyid.into(), key: signer.key.clone() };
    for (name, signer, alg, expected) in [
        ("HMAC", hmac.clone(), None, "accepted"),
        ("HMAC, named", hmac.clone(), Some("hmac-sha256"), "accepted"),
        ("Ed25519, named", ed25519.clone(), Some("ed25519"), "accepted"),
        ("HMAC under Ed25519's name", hmac.clone(), Some("ed25519"), "algorithm_wrong"),
        ("an algorithm we lack", ed25519.clone(), Some("rsa-v1_5-sha256"), "algorithm_wrong"),
        ("by the other key", as_other(&ed25519, &hmac.keyid), None, "mismatch"),
        ("by the other key, too", as_other(&hmac, &ed25519.keyid), None, "mismatch"),
        ("by nobody's key", as_other(&hmac, &"0".repeat(24)), None, "key_unknown"),
        ("by no key", as_other(&hmac, "nothing"), None, "key_unknown"),
        // The public key as a shared secret: the classic confusion.
        (
            "with the public key as a secret",
            Signer { keyid: ed25519.keyid.clone(), key: Key::Hmac(public) },
            None,
            "mismatch",
        ),
    ] {
        let mut message = Message::new("GET", "/v1/images", None, b"");
        let alg = alg.map(|alg| format!(";alg=\"{alg}\"")).unwrap_or_default();
        let nonce = format!("{:0>16}", name.replace(' ', "-"));
        message.parameters = format!(";created={};keyid=\"{}\";nonce=\"{nonce}\"{alg}", now_s(&world), signer.keyid);
        message.signature = signer.sign(&message.base());
        let outcome = identify(&world, &message, &message.all_fields()).await;
        assert!(slug(&outcome).starts_with(expected), "{name}: {}", slug(&outcome));
    }
    let fields = [("signature".to_owned(), "a=:AAAA:".to_owned())];
    let message = Message::new("GET", "/v1/images", None, b"");
    assert_eq!(slug(&identify(&world, &message, &fields).await), "malformed");
    let both = [
        message.clone().signed(&hmac, now_s(&world), "0123456789abcdef").all_fields(),
        vec![("authorization".into(), "Bearer tt_live_0".into())],
    ]
    .concat();
    assert_eq!(slug(&identify(&world, &message, &both).await), "MalformedRequest");
    assert!(matches!(identify(&world, &message, &[]).await, Ok(None)));
}

#[tokio::test]
async fn a_revoked_key_signs_nothing_and_a_rotated_master_key_keeps_old_secrets_working() {
    let world = World::with(1, &[("MASTER_KEYS", MASTER)]);
    let made = make(&world, 1, wish("read")).await;
    let secret = made.signing_secret.expect("a secret").reveal().to_owned();
    let signer = Signer { keyid: made.id.to_string(), key: Key::Hmac(secret) };
    let signed = |nonce: &str| Message::new("GET", "/v1/images", None, b"").signed(&signer, now_s(&world), nonce);
    let row = world.sql.query("SELECT * FROM api_keys");
    for (rings, expected) in [
        (format!("newer:{},{MASTER}", "cd".repeat(32)), "accepted"),
        (format!("newer:{}", "cd".repeat(32)), "key_unknown"),
        (format!("new:{}", "cd".repeat(32)), "mismatch"),
    ] {
        let rotated = World::with(2, &[("MASTER_KEYS", &rings)]);
        copy_key(&rotated, &row[0]);
        let message = signed("rotated-master-key");
        let outcome = identify(&rotated, &message, &message.all_fields()).await;
        assert!(slug(&outcome).starts_with(expected), "{rings}: {}", slug(&outcome));
    }
    let before = signed("before-revocation");
    assert!(identify(&world, &before, &before.all_fields()).await.is_ok());
    revoke_api_key(&world.app, &account(1).0, &made.id).await.expect("revoked");
    let after = signed("after-revocation");
    assert_eq!(slug(&identify(&world, &after, &after.all_fields()).await), "key_unknown");
}

fn copy_key(world: &World, row: &serde_json::Map<String, serde_json::Value>) {
    let (names, values): (Vec<&str>, Vec<String>) = row
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str().map_or(value.to_string(), |text| format!("'{text}'"))))
        .unzip();
    let insert = format!("INSERT INTO api_keys ({}) VALUES ({})", names.join(", "), values.join(", "));
    world.sql.with_connection(|connection| connection.execute_batch(&insert).expect("inserts"));
}

#[tokio::test]
async fn a_database_that_fails_lets_nobody_in() {
    let world = world();
    let signer = hmac_signer(&world, "read").await;
    for (call, kind) in
        [(0, FaultKind::FailBefore), (0, FaultKind::FailAfter), (1, FaultKind::FailBefore), (1, FaultKind::FailAfter)]
    {
        let message = Message::new("GET", "/v1/images", None, b"").signed(
            &signer,
            now_s(&world),
            &format!("fault-{call}-{kind:?}-x"),
        );
        world.faults.strike_at(call, kind);
        let outcome = identify(&world, &message, &message.all_fields()).await;
        assert!(world.faults.calm() && matches!(outcome, Err(Error::Fault(_))), "{call} {kind:?}: {}", slug(&outcome));
    }
    let message = Message::new("GET", "/v1/images", None, b"").signed(&signer, now_s(&world), "spent-twice-by-d1");
    world.faults.strike_at(1, FaultKind::Repeat);
    // A write that the platform repeats finds its nonce spent: refused, which costs the client one more signature.
    assert_eq!(slug(&identify(&world, &message, &message.all_fields()).await), "NonceReplayed");
    world.faults.calm();
}

#[tokio::test]
async fn a_signed_upload_becomes_an_image_and_one_with_another_body_leaves_nothing() {
    let world = world();
    let signer = hmac_signer(&world, "write").await;
    let (png, other) = (numbered_png(1), numbered_png(2));
    let signed = |nonce: &str| {
        Message::new("POST", "/v1/images", Some("caption=signed"), &png).signed(&signer, now_s(&world), nonce)
    };
    let made = signed("upload-0000000001").call().send(&world).await;
    assert_eq!((made.status, made.field("/caption")), (StatusCode::CREATED, "signed".into()), "{}", made.text());
    let images = || world.sql.query("SELECT id FROM images").len();
    let stored = || world.blobs.names(tintype::ports::blobs::Bucket::Images).len();
    for away in [None, Some(UnscannedReason::VisionUnavailable)] {
        *world.vision.is_away.lock().expect("not poisoned") = away;
        let nonce = format!("upload-{away:?}-000002");
        let swapped = Message { body: other.clone(), ..signed(&nonce) };
        let answer = swapped.call().send(&world).await;
        assert_eq!(
            (answer.status.as_u16(), answer.field("/code")),
            (400, "content-digest-mismatch".into()),
            "{away:?}"
        );
        assert_eq!((images(), stored()), (1, 1), "{away:?}");
        assert!(
            world.blobs.names(tintype::ports::blobs::Bucket::Recovery).iter().all(|name| name.starts_with("salts/"))
        );
    }
    *world.vision.is_away.lock().expect("not poisoned") = Some(UnscannedReason::VisionUnavailable);
    assert_eq!(signed("upload-0000000003").call().send(&world).await.status, StatusCode::ACCEPTED);
    *world.vision.is_away.lock().expect("not poisoned") = None;
    let mut bare = Message::new("POST", "/v1/images", None, &png);
    bare.covered.retain(|component| component != "content-digest");
    bare.sign(&signer, now_s(&world), "upload-0000000004");
    let answer = bare.call().send(&world).await;
    assert_eq!((answer.status.as_u16(), answer.field("/code")), (400, "content-digest-missing".into()));
    let reader = hmac_signer(&world, "read").await;
    let mut refused = signed("upload-0000000005");
    refused.sign(&reader, now_s(&world), "upload-0000000005");
    let answer = refused.call().send(&world).await;
    assert_eq!((answer.status.as_u16(), answer.field("/scope")), (403, Scope::Write.as_str().to_owned()));
}

#[tokio::test]
async fn a_digest_is_held_to_without_a_signature_too_however_the_image_comes() {
    let world = World::new();
    let png = numbered_png(1);
    let (right, wrong) = (content_digest(&png), content_digest(b"other"));
    let raw =
        |digest: &str| Call::app("POST", "/v1/images").header("content-digest", digest).body("image/png", png.clone());
    let form = || Call::app("POST", "/v1/images").form(&[("caption", "in a form")], &[("file", "a.png", &png)]);
    let json = "{\"url\":\"https://pictures.example/a.png\"}";
    let import =
        |digest: &str| Call::app("POST", "/v1/images").header("content-digest", digest).body("application/json", json);
    for (call, code) in [
        (raw(&wrong), "content-digest-mismatch"),
        (form().header("content-digest", &wrong), "content-digest-mismatch"),
        (form().header("content-digest", &right), "content-digest-mismatch"),
        (import(&wrong), "content-digest-mismatch"),
        (raw("sha-256=nonsense"), "malformed-request"),
        (raw("sha-256=:AAAA:"), "malformed-request"),
    ] {
        let answer = call.send(&world).await;
        assert_eq!((answer.status.as_u16(), answer.field("/code")), (400, code.to_owned()), "{}", answer.text());
        assert!(world.sql.query("SELECT id FROM images").is_empty());
    }
    for call in [raw(&right), raw(&format!("md5=:AAAA:, {right}")), raw("sha-512=:AAAA:")] {
        let answer = call.send(&world).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
    }
    let whole = content_digest(&form().body_bytes());
    let answer = form().header("content-digest", &whole).send(&world).await;
    assert_eq!(
        (answer.status, answer.field("/caption")),
        (StatusCode::CREATED, "in a form".into()),
        "{}",
        answer.text()
    );
    // It got past the digest to the fetching of the URL, which nobody answers here.
    assert_eq!(import(&content_digest(json.as_bytes())).send(&world).await.field("/code"), "import-failed");
}

#[tokio::test]
async fn a_repeat_under_an_idempotency_key_is_held_to_its_digest() {
    let world = World::new();
    let png = numbered_png(1);
    let call = |digest: &str| {
        Call::app("POST", "/v1/images")
            .header("idempotency-key", "0123456789abcdef")
            .header("content-digest", digest)
            .body("image/png", png.clone())
    };
    let right = content_digest(&png);
    assert_eq!(call(&right).send(&world).await.status, StatusCode::CREATED);
    assert_eq!(call(&content_digest(b"other")).send(&world).await.field("/code"), "content-digest-mismatch");
    assert_eq!(call(&right).send(&world).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_key_of_an_account_signs_for_that_account() {
    let world = world();
    let (id, personal) = account(9);
    let made = create_api_key(&world.app, &id, &personal, wish("read delete")).await.expect("made");
    let secret = made.signing_secret.expect("a secret").reveal().to_owned();
    let signer = Signer { keyid: made.id.to_string(), key: Key::Hmac(secret) };
    let message =
        Message::new("GET", "/v1/images", Some("a=b"), b"").signed(&signer, now_s(&world), "0123456789abcdef");
    let used = identify(&world, &message, &message.all_fields()).await.expect("accepted").expect("a program");
    assert_eq!((used.account_id, used.key_id, used.scopes.to_string()), (id, made.id, "read delete".into()));
    let day = world.sql.query("SELECT last_used_day FROM api_keys");
    assert_eq!(day[0]["last_used_day"], "2026-11-24");
}
