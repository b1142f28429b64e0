//! Taking images in: every surface, every refusal, the disclosure, idempotency, limits and pseudonyms.

use axum::http::StatusCode;
use serde_json::{Value, json};
use tintype::domain::facts::Rejection;
use tintype::domain::format::Format;
use tintype::domain::hex;
use tintype::domain::ids::ImageId;
use tintype::domain::time::{DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, Timestamp};
use tintype::policy::limits;
use tintype::ports::blobs::{BlobKey, Blobs as _, Bucket};
use tintype::ports::vision::VisionFailure;

use crate::harness::World;
use crate::harness::client::{Answer, Call};
use crate::harness::faults::{BoxedOperation, FaultKind, drive, poll_times};
use crate::harness::images::numbered_png;
use crate::harness::small_ports::SeededRng;
use crate::harness::{APP, IMAGES, NOON};

const KEY: &str = "8e03978e-40d5-43e8-bc93-6894a57f9324";

fn raw(number: u64) -> Call {
    Call::app("POST", "/v1/images").body("image/png", numbered_png(number))
}

fn from(call: Call, address: &str) -> Call {
    call.header("cf-connecting-ip", address)
}

fn import(url: &str) -> Call {
    Call::app("POST", "/v1/images").body("application/json", json!({ "url": url }).to_string())
}

fn code(answer: &Answer) -> String {
    answer.field("/code")
}

fn assert_problem(answer: &Answer, status: u16, slug: &str) {
    assert_eq!((answer.status.as_u16(), code(answer).as_str()), (status, slug), "{}", answer.text());
}

fn images(world: &World) -> usize {
    world.sql.query("SELECT id FROM images").len()
}

#[tokio::test]
async fn promise_imp_60_an_upload_without_an_account_answers_a_page_and_a_direct_url() {
    let world = World::new();
    let answer = world.upload(&numbered_png(1)).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
    let id = answer.field("/id");
    assert!(ImageId::parse(&id).is_some());
    assert_eq!(answer.field("/url"), format!("{IMAGES}/{id}.png"));
    assert_eq!(answer.field("/page_url"), format!("{APP}/{id}"));
    assert_eq!(answer.header("location"), format!("{APP}/{id}"));
    assert_eq!(answer.field("/delete_url"), format!("{APP}/{id}/delete?token={}", answer.field("/delete_token")));
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.header("ratelimit-policy"), "\"hour\";q=20;w=3600, \"day\";q=100;w=86400");
    let view = world.view(&answer.field("/url")).await;
    assert_eq!((view.status, view.header("content-type")), (StatusCode::OK, "image/png"));
    world.settle().await;
}

#[tokio::test]
async fn promise_imp_31_the_window_is_disclosed_alike_in_every_place_it_is_told() {
    let world = World::new();
    for (number, ttl, kept_ms, reason) in [
        (1, "", 30 * DAY_MS, "uploaded without an account: 30 days"),
        (2, "?ttl=300", 5 * MINUTE_MS, "you asked for 5 minutes"),
        (3, "?ttl=2592000", 30 * DAY_MS, "uploaded without an account: 30 days"),
    ] {
        let call = Call::app("POST", &format!("/v1/images{ttl}")).body("image/png", numbered_png(number));
        let answer = call.send(&world).await;
        let expires_at = NOON.plus_ms(kept_ms);
        assert_eq!(answer.field("/expires_at"), expires_at.rfc3339());
        assert_eq!(answer.field("/retention/expires_at"), expires_at.rfc3339());
        assert_eq!(answer.field("/retention/reason"), reason);
        assert_eq!(answer.header("sunset"), expires_at.http_date());
        let id = ImageId::parse(&answer.field("/id")).expect("an id");
        let meta = world.blobs.head(Bucket::Images, &BlobKey::image(&id)).await.expect("works").expect("is there");
        assert_eq!(meta.expires_at, Some(expires_at));
        let row = world.sql.query(&format!("SELECT expires_at FROM images WHERE id = '{id}'"));
        assert_eq!(row[0]["expires_at"], json!(expires_at.0));
        let view = world.view(&answer.field("/url")).await;
        assert_eq!(view.header("sunset"), expires_at.http_date());
        let facts = Call::app("GET", &format!("/v1/images/{id}")).send(&world).await;
        assert_eq!(facts.field("/expires_at"), expires_at.rfc3339());
    }
}

#[tokio::test]
async fn promise_imp_35_no_setting_and_no_wish_keeps_an_anonymous_upload_beyond_two_years() {
    let world = World::with(1, &[("RETENTION_ANONYMOUS_DAYS", "730")]);
    let answer = world.upload(&numbered_png(1)).await;
    assert_eq!(answer.field("/expires_at"), NOON.plus_ms(730 * DAY_MS).rfc3339());
    let longer = Call::app("POST", &format!("/v1/images?ttl={}", 730 * 86_400 + 1));
    assert_problem(&longer.body("image/png", numbered_png(2)).send(&world).await, 422, "invalid-field");
}

#[tokio::test]
async fn a_requested_life_is_granted_within_its_bounds_only() {
    let world = World::new();
    for (ttl, status) in
        [("299", 422), ("300", 201), ("2592000", 201), ("2592001", 422), ("-1", 422), ("1.5", 422), ("soon", 422)]
    {
        let call = Call::app("POST", &format!("/v1/images?ttl={ttl}")).body("image/png", numbered_png(1));
        let answer = call.send(&world).await;
        assert_eq!(answer.status.as_u16(), status, "{ttl}: {}", answer.text());
        if status == 422 {
            assert_eq!(answer.field("/field"), "ttl");
        }
    }
}

#[tokio::test]
async fn a_form_carries_the_file_and_what_is_said_about_it() {
    let world = World::new();
    let fields = [
        ("caption", " Rome, evening "),
        ("ttl", "3600"),
        ("labels", r#"{"trip":"Rome 2026"}"#),
        ("metadata", r#"{"album":[1,2]}"#),
    ];
    let file = numbered_png(1);
    let answer =
        Call::app("POST", "/v1/images").form(&fields, &[("file", "C:\\a\\evening.JPG", &file)]).send(&world).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
    let shown = Call::app("GET", &format!("/v1/images/{}", answer.field("/id"))).send(&world).await;
    for object in [answer.json(), shown.json()] {
        assert_eq!(object["caption"], "Rome, evening");
        assert_eq!(object["labels"], json!({"trip": "Rome 2026"}));
        assert_eq!(object["metadata"], json!({"album": [1, 2]}));
        assert_eq!(object["filename"], "evening.png");
        assert_eq!(object["status"], "live");
        assert_eq!((&object["width"], &object["height"]), (&json!(8), &json!(8)));
    }
    assert_eq!(shown.json().get("delete_token"), None, "the token is shown once");
}

#[tokio::test]
async fn what_is_said_about_an_image_must_keep_the_rules() {
    let world = World::new();
    let file = numbered_png(1);
    let long = "x".repeat(501);
    for (field, value) in
        [("caption", long.as_str()), ("labels", "[]"), ("labels", r#"{"a b":"c"}"#), ("metadata", "7"), ("ttl", "x")]
    {
        let form = Call::app("POST", "/v1/images").form(&[(field, value)], &[("file", "a.png", &file)]);
        let answer = form.send(&world).await;
        assert_problem(&answer, 422, "invalid-field");
        assert_eq!(answer.field("/field"), field);
    }
    assert_eq!(images(&world), 0, "a refused request leaves nothing");
}

#[tokio::test]
async fn a_form_with_no_file_or_two_files_is_refused() {
    let world = World::new();
    let file = numbered_png(1);
    let none = Call::app("POST", "/v1/images").form(&[("caption", "x")], &[]).send(&world).await;
    let empty = Call::app("POST", "/v1/images").form(&[], &[("file", "", b"")]).send(&world).await;
    let two =
        Call::app("POST", "/v1/images").form(&[], &[("file", "a.png", &file), ("file", "b.png", &file)]).send(&world);
    for answer in [none, empty, two.await] {
        assert_problem(&answer, 422, "invalid-field");
        assert_eq!(answer.field("/field"), "file");
    }
}

#[tokio::test]
async fn a_raw_body_is_an_image_whatever_it_is_labelled() {
    let world = World::new();
    // Flameshot labels its uploads as a form; curl's --data-binary does the same.
    for (number, label) in ["image/png", "image/jpeg", "application/x-www-form-urlencoded", "application/octet-stream"]
        .into_iter()
        .enumerate()
    {
        let answer = Call::app("POST", "/v1/images?filename=shot.png&caption=Desk")
            .body(label, numbered_png(number as u64))
            .send(&world)
            .await;
        assert_eq!(answer.status, StatusCode::CREATED, "{label}: {}", answer.text());
        assert_eq!(answer.field("/format"), "png", "what counts is what the file is");
        assert_eq!((answer.field("/filename"), answer.field("/caption")), ("shot.png".into(), "Desk".into()));
    }
}

#[tokio::test]
async fn an_upload_of_unknown_or_excessive_length_is_refused_before_it_is_read() {
    let world = World::new();
    // The platform holds forms and JSON in memory while it reads them.
    for media_type in ["multipart/form-data; boundary=x", "application/json"] {
        let unknown = Call::app("POST", "/v1/images").header("content-type", media_type).send(&world).await;
        assert_problem(&unknown, 411, "length-required");
    }
    let max = limits::ANONYMOUS.bytes_max;
    for (media_type, length) in
        [("image/png", max + 1), ("multipart/form-data; boundary=x", max + 64 * 1024 + 1), ("application/json", 65_537)]
    {
        let call = Call::app("POST", "/v1/images").header("content-type", media_type);
        let answer = call.header("content-length", &length.to_string()).send(&world).await;
        assert_problem(&answer, 413, "payload-too-large");
    }
    let odd = Call::app("POST", "/v1/images").header("content-type", "image/png").header("content-length", "many");
    assert_problem(&odd.send(&world).await, 400, "malformed-request");
    assert_eq!(world.faults.cost().calls, 6, "of each, only whether the doors are open");
}

#[tokio::test]
async fn an_image_sent_without_its_length_is_taken() {
    let world = World::new();
    let answer = Call::app("POST", "/v1/images").streamed("image/png", numbered_png(1)).send(&world).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
    world.settle().await;
}

#[tokio::test]
async fn a_file_of_another_kind_is_refused_with_the_kinds_that_are_taken() {
    let world = World::new();
    let answer = Call::app("POST", "/v1/images").body("image/png", "%PDF-1.7 and so on").send(&world).await;
    assert_problem(&answer, 415, "unsupported-format");
    let accepted: Vec<&str> = Format::ALL.iter().map(|format| format.media_type()).collect();
    assert_eq!(answer.json()["accepted"], json!(accepted));
    let empty = Call::app("POST", "/v1/images").body("image/png", "").send(&world).await;
    assert_problem(&empty, 422, "image-damaged");
    assert_eq!(images(&world), 0);
}

#[tokio::test]
async fn every_refusal_of_vision_is_a_documented_problem_and_leaves_nothing() {
    let world = World::new();
    let undecodable = Rejection::Undecodable { detail: "cut short".into() };
    for (rejection, status, slug) in [
        (Rejection::Empty, 422, "image-damaged"),
        (Rejection::UnsupportedFormat { detected: Some("SVG".into()) }, 415, "unsupported-format"),
        (Rejection::TooManyBytes { limit_bytes: 20_000_000 }, 413, "payload-too-large"),
        (Rejection::SideTooLong { limit_px: 16_384 }, 422, "image-too-large"),
        (Rejection::TooManyPixels { limit_pixels: 50_000_000 }, 422, "image-too-large"),
        (Rejection::TooManyFrames { limit_frames: 1_000 }, 422, "image-too-large"),
        (Rejection::AnimationTooLarge { limit_pixels: 100_000_000 }, 422, "image-too-large"),
        (Rejection::TooManyScans { limit_scans: 100 }, 422, "image-too-large"),
        (undecodable, 422, "image-damaged"),
        (Rejection::OutOfMemory, 503, "busy"),
    ] {
        *world.vision.says.lock().expect("not poisoned") = Some(VisionFailure::Rejected(rejection));
        let answer = raw(1).header("idempotency-key", KEY).send(&world).await;
        assert_problem(&answer, status, slug);
    }
    *world.vision.says.lock().expect("not poisoned") = Some(VisionFailure::Interrupted);
    assert_problem(&raw(1).header("idempotency-key", KEY).send(&world).await, 400, "malformed-request");
    for (failure, slug) in [
        (VisionFailure::Busy { retry_after_s: 3 }, "busy"),
        (VisionFailure::Unavailable("isolate exceeded its memory".into()), "unavailable"),
    ] {
        *world.vision.says.lock().expect("not poisoned") = Some(failure);
        let answer = raw(1).header("idempotency-key", KEY).send(&world).await;
        assert_problem(&answer, 503, slug);
        assert_ne!(answer.header("retry-after"), "");
    }
    assert_eq!(images(&world), 0);
    *world.vision.says.lock().expect("not poisoned") = None;
    let answer = raw(1).header("idempotency-key", KEY).send(&world).await;
    assert_eq!(answer.status, StatusCode::CREATED, "a key whose attempts failed is free: {}", answer.text());
}

#[tokio::test]
async fn a_browser_uploads_from_our_own_pages_only() {
    let world = World::new();
    for (name, value) in [
        ("origin", "https://evil.example"),
        ("origin", "null"),
        ("origin", IMAGES),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
    ] {
        let answer = raw(1).header(name, value).send(&world).await;
        assert_problem(&answer, 403, "cross-site-form");
    }
    let own = raw(1).header("origin", APP).header("sec-fetch-site", "same-origin").send(&world).await;
    assert_eq!(own.status, StatusCode::CREATED);
    let surface = world.sql.query("SELECT surface FROM images");
    assert_eq!(surface[0]["surface"], "web");
}

// Imports.

fn reachable(world: &World, host: &str) {
    world.outbound.name(host, &["93.184.215.14", "2606:2800:21f:cb07::1"]);
}

#[tokio::test]
async fn an_image_named_by_url_is_fetched_and_kept_as_an_import() {
    let world = World::new();
    reachable(&world, "pictures.example");
    let url = "https://pictures.example/a/S%C3%BCd%20see.png?size=large";
    world.outbound.answer(url, 200, None, &numbered_png(1));
    let body = json!({"url": url, "ttl": 600, "caption": "South", "labels": {"a": "b"}, "metadata": {"n": 1}});
    let answer = Call::app("POST", "/v1/images").body("application/json", body.to_string()).send(&world).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
    assert_eq!(answer.field("/filename"), "Süd see.png");
    assert_eq!(answer.field("/expires_at"), NOON.plus_ms(600 * SECOND_MS).rfc3339());
    assert_eq!(answer.field("/caption"), "South");
    assert_eq!(world.sql.query("SELECT surface FROM images")[0]["surface"], "import");
    assert!(
        !format!("{:?}", world.sql.query("SELECT * FROM images")).contains("pictures.example"),
        "the source is not kept"
    );
}

#[tokio::test]
async fn a_redirect_is_followed_a_few_times_and_checked_each_time() {
    let world = World::new();
    for host in ["a.example", "b.example"] {
        reachable(&world, host);
    }
    let out = &world.outbound;
    out.answer("https://a.example/1", 302, Some("/2"), b"");
    out.answer("https://a.example/2", 301, Some("https://b.example/3"), b"");
    out.answer("https://b.example/3", 308, Some("4.png"), b"");
    out.answer("https://b.example/4.png", 200, None, &numbered_png(1));
    let answer = import("https://a.example/1").send(&world).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
    out.answer("https://a.example/0", 307, Some("/1"), b"");
    let answer = import("https://a.example/0").send(&world).await;
    assert_problem(&answer, 422, "import-failed");
    assert!(answer.field("/detail").contains("More than 3 redirects"), "{}", answer.text());
    for target in [
        "http://a.example/x",
        "https://127.0.0.1/x",
        "https://[::1]/x",
        "https://2130706433/x",
        "https://inside.example/x",
        "https://a.example:8443/x",
        "https://me:secret@a.example/x",
        "https://localhost/x",
    ] {
        world.outbound.name("inside.example", &["10.0.0.7"]);
        out.answer("https://a.example/r", 302, Some(target), b"");
        world.outbound.asked.lock().expect("not poisoned").clear();
        let answer = import("https://a.example/r").send(&world).await;
        assert_problem(&answer, 422, "import-refused");
        let asked = world.outbound.asked.lock().expect("not poisoned").clone();
        assert_eq!(asked, ["https://a.example/r"], "{target} is never asked");
    }
}

#[tokio::test]
async fn what_is_not_on_the_public_internet_is_never_asked() {
    let world = World::new();
    world.outbound.name("private.example", &["192.168.1.10"]);
    world.outbound.name("mixed.example", &["93.184.215.14", "127.0.0.1"]);
    world.outbound.name("mapped.example", &["::ffff:93.184.215.14"]);
    world.outbound.name("nat64.example", &["64:ff9b::a00:1"]);
    world.outbound.name("metadata.example", &["169.254.169.254"]);
    for url in [
        "https://private.example/",
        "https://mixed.example/",
        "https://mapped.example/",
        "https://nat64.example/",
        "https://metadata.example/",
        "https://127.0.0.1/",
        "https://127.1/",
        "https://2130706433/",
        "https://0177.0.0.1/",
        "https://0x7f.0.0.1/",
        "https://10.1.2.3/",
        "https://172.31.0.1/",
        "https://192.168.0.1/",
        "https://169.254.169.254/latest/meta-data/",
        "https://100.64.0.1/",
        "https://[::1]/",
        "https://[fe80::1]/",
        "https://[fd00::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://[64:ff9b::7f00:1]/",
        "https://localhost/",
        "https://LOCALHOST./",
        "https://intranet/",
        "https://user:pass@pictures.example/",
        "https://user@pictures.example/",
        "https://pictures.example:444/",
        "http://pictures.example/",
        "ftp://pictures.example/",
        "file:///etc/passwd",
        "gopher://pictures.example/",
        "pictures.example/a.png",
    ] {
        let call = import(url);
        let answer = from(call, &format!("198.51.100.{}", url.len())).send(&world).await;
        assert_problem(&answer, 422, "import-refused");
    }
    assert!(world.outbound.asked.lock().expect("not poisoned").is_empty());
    assert_eq!(images(&world), 0);
}

#[tokio::test]
async fn an_import_that_does_not_end_in_an_image_says_why() {
    let world = World::new();
    reachable(&world, "a.example");
    for status in [204, 206, 304, 400, 404, 500] {
        world.outbound.answer("https://a.example/x", status, None, b"no");
        let answer = import("https://a.example/x").send(&world).await;
        assert_problem(&answer, 422, "import-failed");
        assert!(answer.field("/detail").contains(&status.to_string()), "{}", answer.text());
    }
    world.outbound.answer("https://a.example/x", 302, None, b"");
    assert_problem(&import("https://a.example/x").send(&world).await, 422, "import-failed");
    world.outbound.answer("https://a.example/x", 200, None, b"<html>");
    assert_problem(&import("https://a.example/x").send(&world).await, 415, "unsupported-format");
    let silent = import("https://a.example/silent").send(&world).await;
    assert_problem(&silent, 422, "import-failed");
    assert!(silent.field("/detail").contains("10 seconds"), "{}", silent.text());
    assert_problem(&import("https://nowhere.example/x").send(&world).await, 422, "import-failed");
    *world.outbound.declares_length.lock().expect("not poisoned") = Some(limits::ANONYMOUS.bytes_max + 1);
    assert_problem(&import("https://a.example/x").send(&world).await, 413, "payload-too-large");
    world.outbound.resolver_is_down.store(true, std::sync::atomic::Ordering::Relaxed);
    assert_problem(&import("https://a.example/x").send(&world).await, 503, "unavailable");
    let long = format!("https://a.example/{}", "x".repeat(2_048));
    assert_problem(&import(&long).send(&world).await, 422, "import-refused");
    for body in ["", "{", "[]", "{}", r#"{"url":7}"#] {
        let answer = Call::app("POST", "/v1/images").body("application/json", body).send(&world).await;
        assert_problem(&answer, 400, "malformed-request");
    }
}

// Idempotency.

#[tokio::test]
async fn a_repeat_under_the_same_key_answers_the_same_image() {
    let world = World::new();
    let first = raw(1).header("idempotency-key", KEY).send(&world).await;
    assert_eq!((first.status, first.header("idempotency-replayed")), (StatusCode::CREATED, ""));
    // With the quotes of a structured field, as the draft writes it, and from another network.
    let quoted = format!("\"{KEY}\"");
    let again = from(raw(1).header("idempotency-key", &quoted), "198.51.100.9").send(&world).await;
    assert_eq!((again.status, again.header("idempotency-replayed")), (StatusCode::OK, "true"));
    assert_eq!(first.json(), again.json(), "the whole answer is the same, tokens included");
    assert_eq!(again.header("sunset"), first.header("sunset"));
    assert_eq!(images(&world), 1);
    for other in [
        raw(2),
        Call::app("POST", "/v1/images?ttl=600").body("image/png", numbered_png(1)),
        Call::app("POST", "/v1/images?caption=x").body("image/png", numbered_png(1)),
    ] {
        let answer = other.header("idempotency-key", KEY).send(&world).await;
        assert_problem(&answer, 422, "idempotency-key-reused");
    }
    assert_eq!(images(&world), 1);
}

#[tokio::test]
async fn a_repeated_import_is_recognised_without_fetching_again() {
    let world = World::new();
    reachable(&world, "a.example");
    world.outbound.answer("https://a.example/x.png", 200, None, &numbered_png(1));
    let call = || import("https://a.example/x.png").header("idempotency-key", KEY);
    let first = call().send(&world).await;
    let again = call().send(&world).await;
    assert_eq!((again.status, again.field("/id")), (StatusCode::OK, first.field("/id")));
    assert_eq!(world.outbound.asked.lock().expect("not poisoned").len(), 1);
}

#[tokio::test]
async fn a_key_must_be_usable_as_one() {
    let world = World::new();
    for key in ["", "short", "has spaces in the middle", "\"", &"x".repeat(256)] {
        let answer = raw(1).header("idempotency-key", key).send(&world).await;
        assert_problem(&answer, 400, "idempotency-key-invalid");
    }
}

#[tokio::test]
async fn a_key_is_forgotten_after_a_day_to_the_millisecond() {
    let world = World::new();
    let first = raw(1).header("idempotency-key", KEY).send(&world).await;
    world.advance_ms(DAY_MS - 1);
    let last = raw(1).header("idempotency-key", KEY).send(&world).await;
    assert_eq!((last.status, last.field("/id")), (StatusCode::OK, first.field("/id")));
    world.advance_ms(1);
    let new = raw(2).header("idempotency-key", KEY).send(&world).await;
    assert_eq!(new.status, StatusCode::CREATED, "no job need have run: {}", new.text());
    assert_ne!(new.field("/id"), first.field("/id"));
}

#[tokio::test]
async fn the_key_of_a_removed_or_expired_image_answers_that_it_is_gone() {
    let world = World::new();
    let call = || Call::app("POST", "/v1/images?ttl=300").body("image/png", numbered_png(1));
    let first = call().header("idempotency-key", KEY).send(&world).await;
    world.advance_ms(5 * MINUTE_MS);
    // The reaper has not come by: the promise holds all the same.
    assert_problem(&call().header("idempotency-key", KEY).send(&world).await, 410, "image-gone");
    world.run_job("reap_expired").await.expect("runs");
    assert_problem(&call().header("idempotency-key", KEY).send(&world).await, 410, "image-gone");
    assert_problem(&raw(9).header("idempotency-key", KEY).send(&world).await, 422, "idempotency-key-reused");
    assert_eq!(world.view(&first.field("/url")).await.status, StatusCode::GONE);
}

#[tokio::test]
async fn while_an_attempt_is_under_way_a_repeat_waits_and_takes_over_from_a_dead_one() {
    let world = World::new();
    // Dies with the intent and the bytes written, before publishing.
    world.faults.strike_at(12, FaultKind::CrashBefore);
    let crashed = world.attempt(raw(1).header("idempotency-key", KEY).send(&world));
    assert!(crashed.is_none() && world.faults.calm(), "the isolate died");
    assert_eq!(world.sql.query("SELECT state FROM images")[0]["state"], "pending");
    let early = raw(1).header("idempotency-key", KEY).send(&world).await;
    assert_problem(&early, 409, "idempotency-key-in-flight");
    assert_eq!(early.header("retry-after"), "10");
    world.advance_ms(2 * MINUTE_MS - 1);
    assert_problem(&raw(1).header("idempotency-key", KEY).send(&world).await, 409, "idempotency-key-in-flight");
    world.advance_ms(1);
    let taken_over = raw(1).header("idempotency-key", KEY).send(&world).await;
    assert_eq!(taken_over.status, StatusCode::CREATED, "{}", taken_over.text());
    world.settle().await;
    assert_eq!(images(&world), 1, "the dead attempt's draft is swept");
}

#[tokio::test]
async fn an_attempt_that_lost_its_key_to_a_repeat_publishes_nothing() {
    let world = World::new();
    world.faults.interleave(true);
    let mut slow: BoxedOperation<'_, Answer> = Box::pin(raw(1).header("idempotency-key", KEY).send(&world));
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    while world.sql.query("SELECT id FROM images").is_empty() || world.blobs.names(Bucket::Images).is_empty() {
        assert!(slow.as_mut().poll(&mut context).is_pending());
    }
    world.faults.interleave(false);
    world.advance_ms(2 * MINUTE_MS);
    let quick = raw(1).header("idempotency-key", KEY).send(&world).await;
    assert_eq!(quick.status, StatusCode::CREATED);
    let slow = drive(&world.faults, |_| 0, vec![slow]).pop().flatten().expect("it ends");
    assert_problem(&slow, 503, "busy");
    let live = world.sql.query("SELECT id FROM images WHERE state = 'live'");
    assert_eq!(live.len(), 1);
    assert_eq!(live[0]["id"], quick.json()["id"]);
    world.settle().await;
}

#[tokio::test]
async fn of_a_hundred_concurrent_uploads_under_one_key_exactly_one_makes_an_image() {
    for seed in 0..8 {
        let world = World::with_seed(seed);
        world.faults.interleave(true);
        let chance = SeededRng::new(seed);
        let call = |n: u64| from(raw(1).header("idempotency-key", KEY), &format!("198.51.100.{n}"));
        let calls: Vec<BoxedOperation<'_, Answer>> =
            (0..100).map(|n| Box::pin(call(n).send(&world)) as BoxedOperation<'_, Answer>).collect();
        let answers = drive(&world.faults, |running| chance.below(running as u64) as usize, calls);
        world.faults.interleave(false);
        let mut ids = Vec::new();
        let mut created = 0;
        for answer in answers {
            let answer = answer.expect("no one dies");
            match answer.status.as_u16() {
                201 | 200 => {
                    created += usize::from(answer.status == StatusCode::CREATED);
                    ids.push(answer.field("/id"));
                }
                409 => assert_eq!(code(&answer), "idempotency-key-in-flight"),
                _ => panic!("{}", answer.text()),
            }
        }
        ids.dedup();
        assert_eq!((created, ids.len()), (1, 1));
        assert_eq!(images(&world), 1);
        let again = call(100).send(&world).await;
        assert_eq!((again.status, again.field("/id")), (StatusCode::OK, ids[0].clone()));
        world.settle().await;
    }
}

// Limits and pseudonyms.

#[tokio::test]
async fn the_hourly_limit_is_exact_and_ends_with_the_window() {
    let world = World::new();
    for number in 0..20 {
        assert_eq!(raw(number).send(&world).await.status, StatusCode::CREATED);
    }
    let refused = raw(20).send(&world).await;
    assert_problem(&refused, 429, "rate-limited");
    assert_eq!(refused.field("/limit"), "hour");
    assert_eq!(refused.header("ratelimit-policy"), "\"hour\";q=20;w=3600, \"day\";q=100;w=86400");
    let wait: i64 = refused.header("retry-after").parse().expect("seconds");
    assert_eq!(wait, 3_601);
    assert_eq!(refused.json()["action"]["retry_after"], json!(wait));
    assert_eq!(from(raw(21), "198.51.100.1").send(&world).await.status, StatusCode::CREATED, "others go on");
    world.advance_ms(HOUR_MS - 1);
    assert_problem(&raw(22).send(&world).await, 429, "rate-limited");
    world.advance_ms(1);
    assert_eq!(raw(23).send(&world).await.status, StatusCode::CREATED);
}

#[tokio::test]
async fn the_daily_limit_is_exact_and_refusals_by_the_hour_do_not_use_it_up() {
    let world = World::new();
    // From midnight, so that the day's window holds every hour of this test.
    world.advance_ms(12 * HOUR_MS);
    let mut taken = 0;
    for hour in 0..5 {
        // After three hours' allowances one is let through every three minutes (tests/core/anomalies.rs).
        let is_slowed = hour >= 3;
        for _ in 0..20 {
            assert_eq!(raw(taken).send(&world).await.status, StatusCode::CREATED);
            taken += 1;
            world.advance_ms(if is_slowed { 3 * MINUTE_MS } else { 0 });
        }
        for _ in 0..if hour < 2 { 30 } else { 0 } {
            assert_problem(&raw(taken).send(&world).await, 429, "rate-limited");
        }
        world.advance_ms(if is_slowed { 0 } else { HOUR_MS });
    }
    assert_eq!(taken, 100);
    let refused = raw(taken).send(&world).await;
    assert_problem(&refused, 429, "rate-limited");
    assert_eq!(refused.field("/limit"), "day");
    assert_eq!(refused.header("retry-after"), (19 * 3_600 + 1).to_string());
    world.advance_ms(19 * HOUR_MS - 1);
    assert_eq!(raw(taken).send(&world).await.field("/limit"), "day");
    world.advance_ms(1);
    assert_eq!(raw(taken).send(&world).await.status, StatusCode::CREATED);
}

#[tokio::test]
async fn the_limit_holds_exactly_when_uploads_come_at_once() {
    for seed in 0..4 {
        let world = World::with_seed(seed);
        let chance = SeededRng::new(seed);
        raw(99).send(&world).await;
        world.faults.interleave(true);
        let calls: Vec<BoxedOperation<'_, Answer>> =
            (0..40).map(|n| Box::pin(raw(n).send(&world)) as BoxedOperation<'_, Answer>).collect();
        let answers = drive(&world.faults, |running| chance.below(running as u64) as usize, calls);
        let created = answers.iter().flatten().filter(|answer| answer.status == StatusCode::CREATED).count();
        assert_eq!(created, 19, "seed {seed}");
    }
}

#[tokio::test]
async fn a_household_shares_one_allowance_and_its_neighbour_has_another() {
    let world = World::new();
    for number in 0..20 {
        let address = format!("2a00:1450:4001:81b::{number:x}");
        assert_eq!(from(raw(number), &address).send(&world).await.status, StatusCode::CREATED);
    }
    assert_problem(&from(raw(20), "2a00:1450:4001:81b:ffff::1").send(&world).await, 429, "rate-limited");
    assert_eq!(from(raw(21), "2a00:1450:4001:81c::1").send(&world).await.status, StatusCode::CREATED);
}

#[tokio::test]
async fn a_repeat_under_a_key_costs_nothing_of_the_allowance() {
    let world = World::new();
    for _ in 0..50 {
        assert!(raw(1).header("idempotency-key", KEY).send(&world).await.status.is_success());
    }
    let counted = world.sql.query("SELECT uploads FROM rate_counters");
    assert!(counted.iter().all(|row| row["uploads"] == json!(1)), "{counted:?}");
}

#[tokio::test]
async fn a_burst_is_refused_before_it_costs_anything() {
    let world = World::new();
    raw(0).send(&world).await;
    world.burst.shut.store(true, std::sync::atomic::Ordering::Relaxed);
    world.faults.cost();
    assert_problem(&raw(1).send(&world).await, 503, "busy");
    let cost = world.faults.cost();
    assert_eq!((cost.queries, cost.calls), (1, 2), "whether the doors are open, and one look at the day's salt");
}

/// Everything that rests anywhere, as text: tables, objects with their names and facts, queue and log.
async fn everything_stored(world: &World) -> String {
    let mut all = String::new();
    for table in ["images", "idempotency_keys", "rate_counters", "leases", "job_cursors"] {
        all += &format!("{:?}\n", world.sql.query(&format!("SELECT * FROM {table}")));
    }
    for bucket in [Bucket::Images, Bucket::Recovery] {
        for name in world.blobs.names(bucket) {
            let key = BlobKey::listed(name.clone());
            let meta = world.blobs.head(bucket, &key).await.expect("works");
            let bytes = world.blobs.read(bucket, &key).await.expect("works").unwrap_or_default();
            all += &format!("{name} {meta:?} {} {}\n", hex::encode(&bytes), String::from_utf8_lossy(&bytes));
        }
    }
    all += &format!("{:?}\n", world.queue.messages.lock().expect("not poisoned"));
    all += &format!("{:?}\n", world.log.lines.lock().expect("not poisoned"));
    all
}

#[tokio::test]
async fn promise_imp_11_no_address_and_no_plain_hash_of_one_rests_anywhere() {
    let world = World::new();
    let (v4, v6) = ("198.51.100.77", "2a00:1450:4001:81b:dead:beef:cafe:1");
    for (number, address) in [v4, v6].into_iter().enumerate() {
        let answer = from(raw(number as u64), address).header("user-agent", "Canary/9.1").send(&world).await;
        assert_eq!(answer.status, StatusCode::CREATED);
        // Views, deletions and faults must not write one down either.
        from(Call::new("GET", &answer.field("/url")), address).send(&world).await;
        world.faults.strike_at(1, FaultKind::FailBefore);
        from(raw(7), address).send(&world).await;
        world.faults.calm();
    }
    let stored = everything_stored(&world).await;
    for address in [v4, v6, "2a00:1450:4001:81b::", "2a00:1450:4001:81b::/64", "2a00:1450:4001:81b"] {
        assert!(!stored.contains(address), "{address} rests somewhere");
        for plain in [hex::sha256(address.as_bytes()), hex::encode(address.as_bytes())] {
            assert!(!stored.contains(&plain[..32.min(plain.len())]), "a plain hash of {address} rests somewhere");
        }
    }
    assert!(!stored.contains("Canary"), "no user agent either");
}

#[tokio::test]
async fn promise_imp_11_the_salt_of_a_day_is_destroyed_when_its_day_is_over() {
    let world = World::new();
    raw(1).send(&world).await;
    let salts = || -> Vec<String> {
        world.blobs.names(Bucket::Recovery).into_iter().filter(|name| name.starts_with("salts/")).collect()
    };
    assert_eq!(salts(), ["salts/2026-11-24"]);
    world.advance_ms(12 * HOUR_MS - 1);
    world.run_job("forget_ephemeral").await.expect("runs");
    assert_eq!(salts(), ["salts/2026-11-24"], "the day's last millisecond");
    world.advance_ms(1);
    raw(2).send(&world).await;
    assert_eq!(salts(), ["salts/2026-11-24", "salts/2026-11-25"]);
    let pseudonyms = world.burst.seen.lock().expect("not poisoned").clone();
    assert_ne!(pseudonyms[0], pseudonyms[1], "the same caller is another one the next day");
    world.run_job("forget_ephemeral").await.expect("runs");
    assert_eq!(salts(), ["salts/2026-11-25"]);
}

#[tokio::test]
async fn of_two_requests_that_make_the_days_salt_one_wins_and_both_count_alike() {
    for seed in 0..16 {
        let world = World::with_seed(seed);
        world.faults.interleave(true);
        let chance = SeededRng::new(seed);
        let calls: Vec<BoxedOperation<'_, Answer>> =
            (0..3).map(|n| Box::pin(raw(n).send(&world)) as BoxedOperation<'_, Answer>).collect();
        let answers = drive(&world.faults, |running| chance.below(running as u64) as usize, calls);
        assert!(answers.iter().flatten().all(|answer| answer.status == StatusCode::CREATED));
        let mut seen = world.burst.seen.lock().expect("not poisoned").clone();
        seen.dedup();
        assert_eq!(seen.len(), 1, "seed {seed}");
    }
}

#[tokio::test]
async fn promise_imp_02_secrets_rest_as_hashes_only() {
    let world = World::new();
    let answer = raw(1).header("idempotency-key", KEY).send(&world).await;
    let token = answer.field("/delete_token");
    assert!(token.starts_with("del_"));
    let stored = everything_stored(&world).await;
    assert!(!stored.contains(&token) && !stored.contains(KEY));
    assert!(stored.contains(&hex::sha256(token.as_bytes())));
}

#[tokio::test]
async fn deleting_needs_the_images_own_token() {
    let world = World::new();
    let (one, two) = (raw(1).send(&world).await, raw(2).send(&world).await);
    let path = format!("/v1/images/{}", one.field("/id"));
    let missing = Call::app("DELETE", &path).send(&world).await;
    assert_problem(&missing, 401, "delete-token-missing");
    assert_eq!(missing.header("www-authenticate"), "Bearer");
    for scheme in ["Basic abc", "Bearer", "Bearer ", "del_x"] {
        let answer = Call::app("DELETE", &path).header("authorization", scheme).send(&world).await;
        assert_problem(&answer, 401, "delete-token-missing");
    }
    let bearer = |answer: &Answer| format!("Bearer {}", answer.field("/delete_token"));
    for wrong in [bearer(&two), "Bearer del_00".into()] {
        let answer = Call::app("DELETE", &path).header("authorization", &wrong).send(&world).await;
        assert_problem(&answer, 403, "delete-token-wrong");
    }
    assert_eq!(world.view(&one.field("/url")).await.status, StatusCode::OK);
    let delete = || Call::app("DELETE", &path).header("authorization", &bearer(&one));
    assert_problem(&delete().header("origin", "https://evil.example").send(&world).await, 403, "cross-site-form");
    let deleted = delete().send(&world).await;
    assert_eq!((deleted.status, &deleted.json()["deleted"]), (StatusCode::OK, &Value::Bool(true)));
    assert_eq!(deleted.field("/erased_at"), NOON.plus_ms(14 * DAY_MS).rfc3339());
    assert_eq!(world.view(&one.field("/url")).await.status, StatusCode::GONE);
    assert_problem(&delete().send(&world).await, 410, "image-gone");
    assert_eq!(world.view(&two.field("/url")).await.status, StatusCode::OK);
    let unknown = Call::app("DELETE", "/v1/images/000000000000000000000000").header("authorization", &bearer(&one));
    assert_problem(&unknown.send(&world).await, 404, "not-found");
    world.settle().await;
}

#[tokio::test]
async fn an_expired_image_cannot_be_deleted_again_although_no_job_came_by() {
    let world = World::new();
    let answer = raw(1).send(&world).await;
    world.advance_ms(30 * DAY_MS);
    let token = format!("Bearer {}", answer.field("/delete_token"));
    let path = format!("/v1/images/{}", answer.field("/id"));
    let deleted = Call::app("DELETE", &path).header("authorization", &token).send(&world).await;
    assert_problem(&deleted, 410, "image-gone");
}

#[tokio::test]
async fn a_deletion_while_the_storage_is_down_is_accepted_and_finished_by_the_queue_or_the_job() {
    for by_queue in [true, false] {
        let world = World::new();
        let answer = raw(1).send(&world).await;
        // Calls: the doors, find, begin, head.
        world.faults.strike_at(3, FaultKind::FailBefore);
        let token = format!("Bearer {}", answer.field("/delete_token"));
        let path = format!("/v1/images/{}", answer.field("/id"));
        let accepted = Call::app("DELETE", &path).header("authorization", &token).send(&world).await;
        assert!(world.faults.calm());
        assert_eq!((accepted.status, accepted.header("retry-after")), (StatusCode::ACCEPTED, "60"));
        assert_eq!(world.log.faults().len(), 1);
        let facts = Call::app("GET", &path).send(&world).await;
        assert_problem(&facts, 410, "image-gone");
        if by_queue {
            let messages = world.queue.take();
            for _ in 0..2 {
                assert_eq!(tintype::usecases::work_off::work_off(&world.app, &messages).await, [true]);
            }
        } else {
            world.advance_ms(MINUTE_MS);
            world.run_job("finish_removals").await.expect("runs");
        }
        assert_eq!(world.view(&answer.field("/url")).await.status, StatusCode::GONE);
        world.settle().await;
    }
}

#[tokio::test]
async fn times_are_those_of_the_beginning_of_the_upload() {
    let world = World::new();
    let answer = raw(1).send(&world).await;
    assert_eq!(answer.field("/created_at"), NOON.rfc3339());
    assert_eq!(world.clock_now(), Timestamp(NOON.0));
}

#[tokio::test]
async fn an_upload_costs_a_known_number_of_calls() {
    let world = World::new();
    raw(1).send(&world).await;
    for (call, calls, queries) in [
        // The doors, salt, a look at what is unusual, two counts, vision twice, lists, intent with its decision and hashes, bytes, publication; D1 counts each
        // statement of a batch.
        (raw(2), 11, 11),
        // And the key: recalled, claimed (two statements more), settled.
        (raw(3).header("idempotency-key", KEY), 12, 15),
        // A repeat: the doors, the key, the image, a digest.
        (raw(3).header("idempotency-key", KEY), 4, 3),
    ] {
        world.faults.cost();
        assert!(call.send(&world).await.status.is_success());
        let cost = world.faults.cost();
        assert_eq!((cost.calls, cost.queries), (calls, queries));
    }
}

#[tokio::test]
async fn an_attempt_that_was_slower_than_the_sweep_leaves_its_key_free() {
    for is_away in [false, true] {
        let world = World::new();
        world.vision_is(is_away.then_some(tintype::domain::verdict::UnscannedReason::VisionBusy));
        world.faults.interleave(true);
        let mut slow: BoxedOperation<'_, _> =
            Box::pin(async { raw(1).header("idempotency-key", KEY).send(&world).await });
        while world.count("pending") == 0 {
            poll_times(&mut slow, 1);
        }
        world.faults.interleave(false);
        world.advance_ms(HOUR_MS);
        world.run_job("sweep_pending").await.expect("runs");
        let answer = drive(&world.faults, |_| 0, vec![slow]).pop().flatten().expect("it ends");
        assert_eq!((answer.status.as_u16(), answer.field("/code")), (503, "busy".into()), "nothing is acknowledged");
        let again = raw(1).header("idempotency-key", KEY).send(&world).await;
        assert!(again.status.is_success(), "{}", again.text());
    }
}
