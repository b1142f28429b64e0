//! Every failure a caller can see: documented, stable, and without a word about our insides.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode};
use axum::response::IntoResponse as _;
use serde_json::{Value, json};
use tintype::domain::api_key::{Mistyped, Scope};
use tintype::domain::http_signature::Refusal;
use tintype::domain::quota::Resource;
use tintype::domain::time::Timestamp;
use tintype::error::{Cause, Error, Fault, Problem};
use tintype::http::RequestId;
use tintype::http::problem::render;
use tintype::http::problem_types::TYPES;
use tintype::ports::blobs::BlobFailure;
use tintype::ports::digest::DigestFailure;
use tintype::ports::hash_lists::HashListFailure;
use tintype::ports::outbound::OutboundFailure;
use tintype::ports::rng::RngFailure;
use tintype::ports::sql::SqlFailure;
use tintype::ports::static_assets::AssetFailure;

use crate::harness::client::{Answer, Call};
use crate::harness::faults::FaultKind;
use crate::harness::images::numbered_png;
use crate::harness::{APP, World};

/// Every variant, with what its document must say. The match makes the compiler ask for new ones.
fn every_problem() -> Vec<(Problem, u16, &'static str, Value, Option<i64>)> {
    let all = vec![
        Problem::MalformedRequest { detail: "what was found".into() },
        Problem::InvalidField { field: "ttl", detail: "a whole number".into() },
        Problem::LengthRequired,
        Problem::PayloadTooLarge { limit_bytes: 20_000_000 },
        Problem::UnsupportedFormat { detected: Some("svg".into()) },
        Problem::UnsupportedFormat { detected: None },
        Problem::ImageTooLarge { detail: "more than 50 megapixels".into() },
        Problem::UndecodableImage { detail: "cut short".into() },
        Problem::ContentProhibited { image_id: None, reason: "a test".into() },
        Problem::IdempotencyKeyInvalid,
        Problem::IdempotencyKeyReused,
        Problem::IdempotencyKeyInFlight { retry_after_s: 7 },
        Problem::RateLimited {
            limit: "hour",
            uploads_max: 20,
            policy: "\"hour\";q=20;w=3600".into(),
            retry_after_s: 61,
        },
        Problem::QuotaExceeded { resource: Resource::Images, max: 5_000, retry_after_s: None },
        Problem::QuotaExceeded { resource: Resource::Bytes, max: 5_000_000_000, retry_after_s: None },
        Problem::QuotaExceeded { resource: Resource::Uploads, max: 3_000, retry_after_s: Some(86_400) },
        Problem::TooManyVariants { retry_after_s: 60 },
        Problem::TransformImpossible { detail: "it is too large".into() },
        Problem::TransformNotAllowed,
        Problem::SignatureWrong,
        Problem::UrlExpired,
        Problem::HotlinkRefused,
        Problem::WithheldInCountry { country: "Germany", reason: "an order".into() },
        Problem::ImportRefused { detail: "only https".into() },
        Problem::ImportFailed { detail: "the server answered 500".into() },
        Problem::NotFound,
        Problem::ImageHeld,
        Problem::ImageGone,
        Problem::DeleteTokenMissing,
        Problem::DeleteTokenWrong,
        Problem::NotOwner,
        Problem::ApiKeyInvalid,
        Problem::ApiKeyMistyped { mistake: Mistyped::Length(45) },
        Problem::ScopeMissing { scope: Scope::Write },
        Problem::KeyConfined,
        Problem::TooManyCollections { collections_max: 100 },
        Problem::TooManyApiKeys { keys_max: 50 },
        Problem::AccountLeaving { kept_until: Timestamp(1_795_521_600_000) },
        Problem::VerifiedAccountNeeded,
        Problem::TicketInvalid { detail: "it was revoked".into() },
        Problem::TicketUsedUp,
        Problem::TicketRefuses { field: "ttl", detail: "at most 60 seconds".into() },
        Problem::TooManyTickets { tickets_max: 1_000 },
        Problem::RequestSignatureWrong { refusal: Refusal::NotCovered("@method") },
        Problem::RequestSignatureExpired { detail: "it is too late".into(), now_s: 7 },
        Problem::NonceReplayed,
        Problem::ContentDigestMissing,
        Problem::ContentDigestMismatch,
        Problem::ProofWrong,
        Problem::CrossSiteForm,
        Problem::FormStale,
        Problem::SignInNeeded,
        Problem::CredentialsWrong,
        Problem::FactorNeeded,
        Problem::TooManyAttempts { retry_after_s: 61 },
        Problem::ChallengeNeeded { url: "https://tintype.example/challenge".into(), retry_after_s: 61 },
        Problem::LinkExpired,
        Problem::EmailTaken,
        Problem::TeamRoleMissing,
        Problem::TeamOwnerStays,
        Problem::TeamLimitReached { limit: "members", count_max: 30 },
        Problem::InvitationNotYours,
        Problem::MethodNotAllowed { allow: "GET, HEAD".into() },
        Problem::AccountSuspended,
        Problem::AppealImpossible { detail: "it has ended".into() },
        Problem::FirstDecider,
        Problem::WrongHost,
        Problem::Restoring { retry_after_s: 120 },
        Problem::Busy { retry_after_s: 3 },
    ];
    let expected = |problem: &Problem| -> (u16, &'static str, Value, Option<i64>) {
        match problem {
            Problem::MalformedRequest { .. } => (400, "malformed-request", json!({"detail": "what was found"}), None),
            Problem::InvalidField { .. } => {
                (422, "invalid-field", json!({"field": "ttl", "detail": "ttl: a whole number"}), None)
            }
            Problem::AccountLeaving { .. } => (
                403,
                "account-leaving",
                json!({
                    "kept_until": "2026-11-24T12:00:00Z",
                    "detail": "Its owner asked for that. Until 24 November 2026, 12:00 UTC, the link in our letter keeps it.",
                }),
                None,
            ),
            Problem::VerifiedAccountNeeded => (403, "verified-account-needed", json!({}), None),
            Problem::TicketInvalid { .. } => (401, "ticket-invalid", json!({"detail": "It was revoked."}), None),
            Problem::TicketUsedUp => (409, "ticket-used-up", json!({}), None),
            Problem::TicketRefuses { .. } => {
                (403, "ticket-refuses", json!({"field": "ttl", "detail": "ttl: at most 60 seconds"}), None)
            }
            Problem::TooManyTickets { .. } => (409, "too-many-tickets", json!({"tickets_max": 1_000}), None),
            Problem::LengthRequired => (411, "length-required", json!({}), None),
            Problem::PayloadTooLarge { .. } => (413, "payload-too-large", json!({"limit_bytes": 20_000_000}), None),
            Problem::UnsupportedFormat { detected } => {
                (415, "unsupported-format", json!({"detected": detected.as_deref()}), None)
            }
            Problem::ImageTooLarge { .. } => {
                (422, "image-too-large", json!({"detail": "More than 50 megapixels."}), None)
            }
            Problem::UndecodableImage { .. } => (422, "image-damaged", json!({"detail": "Cut short."}), None),
            Problem::ContentProhibited { .. } => (422, "content-prohibited", json!({ "automated": true }), None),
            Problem::IdempotencyKeyInvalid => (400, "idempotency-key-invalid", json!({}), None),
            Problem::IdempotencyKeyReused => (422, "idempotency-key-reused", json!({}), None),
            Problem::IdempotencyKeyInFlight { .. } => (409, "idempotency-key-in-flight", json!({}), Some(7)),
            Problem::RateLimited { .. } => (
                429,
                "rate-limited",
                json!({"limit": "hour", "detail": "20 uploads per hour are used up. Try again in 2 minutes."}),
                Some(61),
            ),
            Problem::QuotaExceeded { resource, max, retry_after_s } => {
                let words = match resource {
                    Resource::Images => "The account may store 5,000 images, and has them. Delete some first.",
                    Resource::Bytes => "The account may store 5 GB, and this is more. Delete something first.",
                    Resource::Uploads => {
                        "3,000 uploads in a month are used up. The next month begins with midnight UTC."
                    }
                };
                let members = json!({"detail": words, "quota": resource.as_str(), "max": max});
                (403, "quota-exceeded", members, *retry_after_s)
            }
            Problem::TooManyVariants { .. } => (429, "too-many-variants", json!({}), Some(60)),
            Problem::TransformImpossible { .. } => {
                (422, "transform-impossible", json!({"detail": "It is too large."}), None)
            }
            Problem::TransformNotAllowed => (403, "transform-not-allowed", json!({}), None),
            Problem::SignatureWrong => (403, "signature-wrong", json!({}), None),
            Problem::UrlExpired => (403, "url-expired", json!({}), None),
            Problem::WithheldInCountry { .. } => (451, "withheld-in-country", json!({}), None),
            Problem::HotlinkRefused => (403, "hotlink-refused", json!({}), None),
            Problem::ImportRefused { .. } => (422, "import-refused", json!({"detail": "Only https."}), None),
            Problem::ImportFailed { .. } => (422, "import-failed", json!({}), None),
            Problem::NotFound => (404, "not-found", json!({}), None),
            Problem::ImageHeld => (404, "image-held", json!({}), Some(60)),
            Problem::ImageGone => (410, "image-gone", json!({}), None),
            Problem::DeleteTokenMissing => (401, "delete-token-missing", json!({}), None),
            Problem::NotOwner => (403, "not-your-image", json!({}), None),
            Problem::DeleteTokenWrong => (403, "delete-token-wrong", json!({}), None),
            Problem::ApiKeyInvalid => (401, "api-key-invalid", json!({}), None),
            Problem::ApiKeyMistyped { .. } => {
                let detail = "A key has 46 characters, and this has 45.";
                (401, "api-key-mistyped", json!({ "detail": detail }), None)
            }
            Problem::ScopeMissing { .. } => (403, "scope-missing", json!({ "scope": "write" }), None),
            Problem::KeyConfined => (403, "key-confined", json!({}), None),
            Problem::TooManyCollections { .. } => {
                (409, "too-many-collections", json!({ "collections_max": 100 }), None)
            }
            Problem::TooManyApiKeys { .. } => (409, "too-many-api-keys", json!({ "keys_max": 50 }), None),
            Problem::RequestSignatureWrong { .. } => {
                let members = json!({ "reason": "not_covered", "detail": "@method must be covered." });
                (401, "request-signature-wrong", members, None)
            }
            Problem::RequestSignatureExpired { .. } => {
                (401, "request-signature-expired", json!({ "now": 7, "detail": "It is too late." }), None)
            }
            Problem::NonceReplayed => (401, "nonce-replayed", json!({}), None),
            Problem::ContentDigestMissing => (400, "content-digest-missing", json!({}), None),
            Problem::ContentDigestMismatch => (400, "content-digest-mismatch", json!({}), None),
            Problem::ProofWrong => (403, "proof-wrong", json!({}), None),
            Problem::CrossSiteForm => (403, "cross-site-form", json!({}), None),
            Problem::FormStale => (403, "form-stale", json!({}), None),
            Problem::SignInNeeded => (401, "sign-in-needed", json!({}), None),
            Problem::FactorNeeded => (403, "factor-needed", json!({}), None),
            Problem::CredentialsWrong => (401, "credentials-wrong", json!({}), None),
            Problem::ChallengeNeeded { url, .. } => (
                429,
                "challenge-needed",
                json!({ "action": { "type": "verify", "url": url, "label": "Show that you are a person", "retry_after": 61 } }),
                Some(61),
            ),
            Problem::TooManyAttempts { .. } => (429, "too-many-attempts", json!({}), Some(61)),
            Problem::LinkExpired => (410, "link-expired", json!({}), None),
            Problem::TeamRoleMissing => (403, "team-role", json!({}), None),
            Problem::TeamOwnerStays => (409, "team-owner-stays", json!({}), None),
            Problem::TeamLimitReached { .. } => (
                409,
                "team-limit",
                json!({"limit": "members", "count_max": 30,
                       "detail": "A team may have 30 members, open invitations included."}),
                None,
            ),
            Problem::InvitationNotYours => (403, "invitation-not-yours", json!({}), None),
            Problem::EmailTaken => (409, "email-taken", json!({}), None),
            Problem::MethodNotAllowed { .. } => (405, "method-not-allowed", json!({}), None),
            Problem::AccountSuspended => (403, "account-suspended", json!({}), None),
            Problem::AppealImpossible { .. } => (409, "appeal-impossible", json!({"detail": "It has ended."}), None),
            Problem::FirstDecider => (403, "appeal-of-own-decision", json!({}), None),
            Problem::WrongHost => (421, "wrong-host", json!({}), None),
            Problem::Restoring { .. } => (503, "restoring", json!({}), Some(120)),
            Problem::Busy { .. } => (503, "busy", json!({}), Some(3)),
        }
    };
    let described = all.into_iter().map(|problem| {
        let (status, slug, members, retry_after) = expected(&problem);
        (problem, status, slug, members, retry_after)
    });
    described.collect()
}

fn every_fault() -> Vec<(Fault, u16, &'static str)> {
    let words = || "secret internals of /var/db and 10.0.0.3".to_owned();
    let causes = [
        Cause::Sql(SqlFailure::Failed(words())),
        Cause::Sql(SqlFailure::Conflict(words())),
        Cause::Blobs(BlobFailure(words())),
        Cause::Rng(RngFailure(words())),
        Cause::Digest(DigestFailure(words())),
        Cause::Outbound(OutboundFailure::Unreachable(words())),
        Cause::HashLists(HashListFailure(words())),
        Cause::Assets(AssetFailure(words())),
        Cause::Vision(words()),
        Cause::Invariant(words()),
    ];
    let of = |cause: Cause| {
        let (status, slug) = if cause.is_passing() { (503, "unavailable") } else { (500, "internal") };
        (Fault { attempted: "touch the secret internals".into(), cause }, status, slug)
    };
    causes.into_iter().map(of).collect()
}

async fn rendered(world: &World, error: impl Into<Error>, accept: Option<&'static str>) -> Answer {
    let mut request = HeaderMap::new();
    request.extend(accept.map(|accept| (axum::http::header::ACCEPT, HeaderValue::from_static(accept))));
    let failed: Response<Body> = error.into().into_response();
    let response = render(&world.app, Some(tintype::http::Host::App), &RequestId("a1b2".into()), &request, failed);
    let (parts, body) = response.into_parts();
    Answer { status: parts.status, headers: parts.headers, body: to_bytes(body, 1 << 20).await.expect("in memory") }
}

#[tokio::test]
async fn every_problem_is_rendered_as_documented() {
    let world = World::new();
    for (problem, status, slug, members, retry_after) in every_problem() {
        let kind = TYPES.iter().find(|kind| kind.slug == slug).expect("every slug has a row");
        let answer = rendered(&world, problem.clone(), None).await;
        let document = answer.json();
        assert_eq!(answer.status.as_u16(), status, "{slug}");
        assert_eq!(answer.header("content-type"), "application/problem+json");
        assert_eq!((answer.header("cache-control"), answer.header("vary")), ("no-store", "Accept"), "{slug}");
        assert_eq!(document["type"], json!(format!("{APP}/problems/{slug}")));
        assert_eq!((&document["status"], &document["code"]), (&json!(status), &json!(slug)));
        assert_eq!((&document["title"], &document["request_id"]), (&json!(kind.title), &json!("a1b2")));
        assert!(document["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{slug}");
        for (name, value) in members.as_object().expect("an object") {
            assert_eq!(&document[name], value, "{slug}: {name}");
        }
        match retry_after {
            None => assert_eq!((answer.header("retry-after"), document.get("action")), ("", None), "{slug}"),
            Some(seconds) => {
                assert_eq!(answer.header("retry-after"), seconds.to_string());
                let action = if slug == "challenge-needed" { "verify" } else { "wait" };
                assert_eq!(document["action"]["type"], action);
                assert_eq!(document["action"]["retry_after"], json!(seconds));
            }
        }
        let allow = if status == 405 { "GET, HEAD" } else { "" };
        assert_eq!(answer.header("allow"), allow, "{slug}");
        assert_eq!(answer.header("www-authenticate"), if status == 401 { "Bearer" } else { "" }, "{slug}");
        assert_eq!(answer.header("ratelimit-policy").is_empty(), slug != "rate-limited", "{slug}");
        let page = rendered(&world, problem, Some("text/html,application/xhtml+xml,*/*;q=0.8")).await;
        assert_eq!((page.status.as_u16(), page.header("content-type")), (status, "text/html; charset=utf-8"));
        assert_eq!(page.header("retry-after"), answer.header("retry-after"));
        assert_eq!(page.header("cache-control"), "no-store");
        assert!(!page.body.is_empty(), "{slug}");
    }
    assert!(world.log.faults().is_empty(), "what callers do is not written down");
}

#[tokio::test]
async fn a_fault_is_opaque_and_logged_exactly_once_with_the_request_id() {
    for accept in [None, Some("text/html"), Some("application/json")] {
        for (fault, status, slug) in every_fault() {
            let world = World::new();
            let answer = rendered(&world, fault.clone(), accept).await;
            assert_eq!(answer.status.as_u16(), status, "{fault:?}");
            let text = answer.text();
            for internal in ["secret", "internals", "/var/db", "10.0.0.3"] {
                assert!(!text.contains(internal), "{internal} leaks: {text}");
            }
            if accept != Some("text/html") {
                assert_eq!((answer.field("/code"), answer.field("/request_id")), (slug.into(), "a1b2".into()));
            }
            let lines = world.log.faults();
            assert_eq!(lines.len(), 1, "{fault:?}");
            assert_eq!(lines[0].request_id.as_deref(), Some("a1b2"));
            assert_eq!(lines[0].attempted, "touch the secret internals");
            assert!(lines[0].outcome.contains("secret internals of /var/db"));
        }
    }
}

#[test]
fn every_slug_has_one_row_and_every_row_is_used() {
    let rows: BTreeSet<&str> = TYPES.iter().map(|kind| kind.slug).collect();
    assert_eq!(rows.len(), TYPES.len(), "a slug appears once");
    let used: BTreeSet<&str> =
        every_problem().iter().map(|row| row.2).chain(every_fault().iter().map(|row| row.2)).collect();
    assert_eq!(rows, used);
    for kind in TYPES {
        assert!(kind.slug.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'), "{}", kind.slug);
        assert!(StatusCode::from_u16(kind.status).is_ok_and(|s| s.is_client_error() || s.is_server_error()));
        for words in [kind.title, kind.explanation, kind.remedy] {
            assert!(!words.trim().is_empty(), "{}", kind.slug);
        }
    }
}

#[tokio::test]
async fn a_fault_anywhere_in_a_request_is_logged_once_and_carries_the_answers_request_id() {
    let mut faults = 0;
    for call in 0..12 {
        let world = World::new();
        world.faults.strike_at(call, FaultKind::FailBefore);
        let answer = world.upload(&numbered_png(1)).await;
        if !world.faults.calm() {
            break;
        }
        let lines = world.log.faults();
        if answer.status.is_server_error() {
            faults += 1;
            assert_eq!(lines.len(), 1, "call {call}");
            assert_eq!(lines[0].request_id.as_deref(), Some(answer.header("x-request-id")));
            assert_eq!(answer.field("/request_id"), answer.header("x-request-id"));
            assert!(!answer.text().contains("planned fault"), "{}", answer.text());
        } else {
            assert!(lines.is_empty(), "a success is no fault: call {call}, {lines:?}");
        }
    }
    assert!(faults >= 5, "{faults}");
}

#[tokio::test]
async fn what_the_router_itself_refuses_is_a_problem_document_too() {
    let world = World::new();
    for (method, path, status, slug) in [
        ("GET", "/oembed?url=a&url=b", 400, "malformed-request"),
        ("GET", "/v1/images/%ff", 400, "malformed-request"),
        ("PATCH", "/v1/images", 405, "method-not-allowed"),
        ("GET", "/v1/nothing", 404, "not-found"),
        ("GET", "/v1/images/", 404, "not-found"),
    ] {
        let answer = Call::app(method, path).send(&world).await;
        assert_eq!((answer.status.as_u16(), answer.field("/code")), (status, slug.to_owned()), "{method} {path}");
        assert_eq!(answer.header("content-type"), "application/problem+json");
        assert_eq!(answer.header("cache-control"), "no-store");
    }
    let image = Call::images("GET", "/%ff").send(&world).await;
    assert_eq!(image.status, StatusCode::BAD_REQUEST);
    let wrong = Call::app("PUT", &format!("/v1/images/{}", "0".repeat(24))).send(&world).await;
    let mut allowed: Vec<&str> = wrong.header("allow").split(',').map(str::trim).collect();
    allowed.sort_unstable();
    assert_eq!((wrong.status.as_u16(), allowed), (405, vec!["DELETE", "GET", "HEAD", "PATCH"]));
}

#[tokio::test]
async fn a_deployment_without_randomness_stops_and_says_nothing() {
    struct Dry;
    impl tintype::ports::rng::Rng for Dry {
        fn fill(&self, _: &mut [u8]) -> Result<(), RngFailure> {
            Err(RngFailure("dry".into()))
        }
    }
    let mut world = World::new();
    world.app.ports.rng = Arc::new(Dry);
    let answer = world.upload(&numbered_png(1)).await;
    assert_eq!((answer.status.as_u16(), answer.header("x-request-id")), (503, "unnamed"));
    assert!(world.sql.query("SELECT id FROM images").is_empty());
}
