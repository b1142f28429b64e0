//! Serving images: conditions, ranges, caching, expiry, and what a view costs.

use axum::http::StatusCode;
use proptest::prelude::*;
use tintype::domain::ids::ImageId;
use tintype::domain::time::{DAY_MS, MINUTE_MS, SECOND_MS, Timestamp};
use tintype::ports::blobs::Bucket;

use crate::harness::client::{Answer, Call};
use crate::harness::faults::FaultKind;
use crate::harness::images::numbered_png;
use crate::harness::{IMAGES, NOON, World};

async fn one_image(world: &World) -> (String, Vec<u8>) {
    let bytes = numbered_png(1);
    let answer = world.upload(&bytes).await;
    (answer.field("/url"), bytes)
}

fn get(url: &str) -> Call {
    Call::new("GET", url)
}

#[tokio::test]
async fn an_image_is_served_whole_with_every_field_that_describes_it() {
    let world = World::new();
    let (url, bytes) = one_image(&world).await;
    let answer = get(&url).send(&world).await;
    let file = url.rsplit('/').next().expect("a file");
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.body, bytes);
    for (name, value) in [
        ("content-type", "image/png"),
        ("content-length", bytes.len().to_string().as_str()),
        ("accept-ranges", "bytes"),
        ("last-modified", NOON.http_date().as_str()),
        ("sunset", NOON.plus_ms(30 * DAY_MS).http_date().as_str()),
        ("cache-control", "public, max-age=300, must-revalidate, stale-if-error=0"),
        ("content-disposition", format!("inline; filename=\"{file}\"").as_str()),
        ("content-security-policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox"),
        ("x-content-type-options", "nosniff"),
        ("cross-origin-resource-policy", "cross-origin"),
        ("access-control-allow-origin", "*"),
        ("x-robots-tag", "noindex"),
        ("set-cookie", ""),
        ("vary", ""),
    ] {
        assert_eq!(answer.header(name), value, "{name}");
    }
    let tag = answer.header("etag");
    assert!(tag.starts_with('"') && tag.ends_with('"') && tag.len() == 34, "{tag}");
}

#[tokio::test]
async fn head_answers_the_fields_of_get_without_the_bytes() {
    let world = World::new();
    let (url, _) = one_image(&world).await;
    let (full, head) = (get(&url).send(&world).await, Call::new("HEAD", &url).send(&world).await);
    assert_eq!((head.status, head.body.len()), (StatusCode::OK, 0));
    for name in ["content-length", "content-type", "etag", "last-modified", "cache-control", "sunset"] {
        assert_eq!(head.header(name), full.header(name), "{name}");
    }
}

#[tokio::test]
async fn whoever_has_the_image_is_told_so_in_a_few_bytes() {
    let world = World::new();
    let (url, _) = one_image(&world).await;
    let tag = get(&url).send(&world).await.header("etag").to_owned();
    let (weak, list) = (format!("W/{tag}"), format!("\"other\", {tag}"));
    let (now, later) = (NOON.http_date(), NOON.plus_ms(DAY_MS).http_date());
    for (name, value) in [
        ("if-none-match", tag.as_str()),
        ("if-none-match", &weak),
        ("if-none-match", &list),
        ("if-none-match", "*"),
        ("if-modified-since", &now),
        ("if-modified-since", &later),
    ] {
        for method in ["GET", "HEAD"] {
            let answer = Call::new(method, &url).header(name, value).send(&world).await;
            assert_eq!(answer.status, StatusCode::NOT_MODIFIED, "{method} {name}: {value}");
            assert!(answer.body.is_empty());
            assert_eq!((answer.header("etag"), answer.header("content-type")), (tag.as_str(), ""));
            assert_ne!(answer.header("cache-control"), "", "a 304 renews the cached answer");
        }
    }
    let earlier = NOON.plus_ms(-SECOND_MS).http_date();
    for (name, value) in [
        ("if-none-match", "\"other\""),
        ("if-none-match", ""),
        ("if-modified-since", &earlier),
        ("if-modified-since", "yesterday"),
    ] {
        let answer = get(&url).header(name, value).send(&world).await;
        assert_eq!(answer.status, StatusCode::OK, "{name}: {value}");
    }
    // RFC 9110 §13.1.3: with a tag given, the date is not looked at.
    let both = get(&url).header("if-none-match", "\"other\"").header("if-modified-since", &later);
    assert_eq!(both.send(&world).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_part_is_served_as_the_rfc_says() {
    let world = World::new();
    let (url, bytes) = one_image(&world).await;
    let size = bytes.len();
    for (range, from, to) in [
        ("bytes=0-0".to_owned(), 0, 1),
        ("bytes=5-9".into(), 5, 10),
        ("bytes=10-".into(), 10, size),
        ("bytes=-4".into(), size - 4, size),
        ("bytes=-99999".into(), 0, size),
        (format!("bytes=0-{}", size + 100), 0, size),
    ] {
        let answer = get(&url).header("range", &range).send(&world).await;
        assert_eq!(answer.status, StatusCode::PARTIAL_CONTENT, "{range}");
        assert_eq!(answer.body, bytes[from..to], "{range}");
        assert_eq!(answer.header("content-range"), format!("bytes {from}-{}/{size}", to - 1));
        assert_eq!(answer.header("content-length"), (to - from).to_string());
        assert_eq!(answer.header("content-type"), "image/png");
    }
    for range in [format!("bytes={size}-"), "bytes=-0".into(), "bytes=99999999999999999999999-".into()] {
        let answer = get(&url).header("range", &range).send(&world).await;
        assert_eq!(answer.status, StatusCode::RANGE_NOT_SATISFIABLE, "{range}");
        assert_eq!(answer.header("content-range"), format!("bytes */{size}"));
        assert_eq!(answer.header("cache-control"), "no-store");
    }
    for range in ["bytes=4-2", "bytes=0-1,3-4", "lines=1-2", "bytes", "bytes=x-y"] {
        let answer = get(&url).header("range", range).send(&world).await;
        assert_eq!((answer.status, answer.body.len()), (StatusCode::OK, size), "{range}");
    }
    let head = Call::new("HEAD", &url).header("range", "bytes=0-0").send(&world).await;
    assert_eq!((head.status, head.header("content-length")), (StatusCode::OK, size.to_string().as_str()));
}

#[tokio::test]
async fn a_part_of_another_version_is_never_mixed_in() {
    let world = World::new();
    let (url, bytes) = one_image(&world).await;
    let tag = get(&url).send(&world).await.header("etag").to_owned();
    let (date, other_date) = (NOON.http_date(), NOON.plus_ms(-DAY_MS).http_date());
    let weak = format!("W/{tag}");
    for (if_range, is_part) in
        [(tag.as_str(), true), ("\"other\"", false), (&weak, false), (&date, true), (&other_date, false), ("", false)]
    {
        let answer = get(&url).header("range", "bytes=0-3").header("if-range", if_range).send(&world).await;
        let expected = if is_part { (206, 4) } else { (200, bytes.len()) };
        assert_eq!((answer.status.as_u16(), answer.body.len()), expected, "{if_range}");
    }
}

#[tokio::test]
async fn any_part_of_a_large_object_is_opened_without_the_rest() {
    const SIZE: usize = 12_000_000;
    static LARGE: std::sync::OnceLock<Vec<u8>> = std::sync::OnceLock::new();
    let bytes = LARGE.get_or_init(|| (0..SIZE).map(|n| (n % 251) as u8).collect());
    let world = World::new();
    let id = ImageId::from_random([7; 15]);
    world.blobs.plant(Bucket::Images, &format!("images/{id}"), bytes);
    let url = format!("{IMAGES}/{id}.png");
    world.faults.cost();
    let answer = get(&url).header("range", "bytes=11000000-11000099").send(&world).await;
    assert_eq!(answer.status, StatusCode::PARTIAL_CONTENT);
    assert_eq!(answer.body, bytes[11_000_000..11_000_100]);
    assert_eq!(answer.header("content-range"), format!("bytes 11000000-11000099/{SIZE}"));
    let cost = world.faults.cost();
    assert_eq!((cost.calls, cost.blob_calls), (2, 2), "one look, one opening");
}

#[tokio::test]
async fn a_view_asks_the_bucket_and_never_the_database() {
    let world = World::new();
    let (url, _) = one_image(&world).await;
    let tag = get(&url).send(&world).await.header("etag").to_owned();
    for (call, status, calls) in [
        (get(&url), 200, 1),
        (Call::new("HEAD", &url), 200, 1),
        (get(&url).header("if-none-match", &tag), 304, 1),
        (get(&url).header("range", "bytes=0-9"), 206, 2),
        (get(&url).header("range", "bytes=9999999-"), 416, 1),
    ] {
        world.faults.cost();
        let answer = call.send(&world).await;
        let cost = world.faults.cost();
        assert_eq!((answer.status.as_u16(), cost.queries, cost.calls), (status, 0, calls));
    }
}

#[tokio::test]
async fn images_are_served_while_the_database_is_down() {
    let world = World::new();
    let (url, _) = one_image(&world).await;
    world.sql.with_connection(|sql| sql.execute_batch("ALTER TABLE images RENAME TO elsewhere")).expect("renames");
    assert_eq!(get(&url).send(&world).await.status, StatusCode::OK);
    let unknown = get(&format!("{IMAGES}/000000000000000000000000.png")).send(&world).await;
    assert_eq!((unknown.status.as_u16(), unknown.field("/code")), (503, "unavailable".into()));
}

#[tokio::test]
async fn promise_imp_35_an_expired_image_is_gone_to_the_millisecond_however_late_the_reaper() {
    let world = World::new();
    let (url, _) = one_image(&world).await;
    world.advance_ms(30 * DAY_MS - 1);
    let last = get(&url).send(&world).await;
    assert_eq!(
        (last.status, last.header("cache-control")),
        (StatusCode::OK, "public, max-age=0, must-revalidate, stale-if-error=0")
    );
    world.advance_ms(1);
    for days_late in [0, 1, 40] {
        world.advance_ms(days_late * DAY_MS);
        for call in [
            get(&url),
            Call::new("HEAD", &url),
            get(&url).header("range", "bytes=0-1"),
            get(&url).header("if-none-match", "*"),
        ] {
            let answer = call.send(&world).await;
            assert_eq!(answer.status, StatusCode::GONE, "{days_late} days late");
            assert_eq!(answer.header("cache-control"), "no-store");
            assert_eq!((answer.header("etag"), answer.header("sunset")), ("", ""));
        }
    }
    world.run_job("reap_expired").await.expect("runs");
    assert!(world.blobs.names(Bucket::Images).is_empty(), "expired_anonymous_image_is_gone_after_one_sweep");
    assert_eq!(get(&url).send(&world).await.status, StatusCode::GONE);
}

#[tokio::test]
async fn only_the_exact_address_of_an_image_names_it() {
    let world = World::new();
    let (url, _) = one_image(&world).await;
    let bare = url.strip_suffix(".png").expect("a PNG");
    let id = bare.rsplit('/').next().expect("an id");
    for wrong in [
        bare.to_owned(),
        format!("{bare}.jpg"),
        format!("{bare}.PNG"),
        format!("{bare}.png.png"),
        format!("{bare}."),
        format!("{bare}.svg"),
        format!("{url}/"),
        format!("{IMAGES}/images/{id}.png"),
        format!("{IMAGES}/{}.png", id.to_uppercase()),
        format!("{IMAGES}/000000000000000000000000.png"),
        format!("{IMAGES}/salts%2F2026-11-24.png"),
        format!("{IMAGES}/..%2Frecovery%2F{id}.png"),
        format!("{IMAGES}/"),
        format!("{IMAGES}/favicon.ico"),
    ] {
        let answer = get(&wrong).send(&world).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{wrong}");
        assert_eq!(answer.header("cache-control"), "no-store");
    }
    assert_eq!(get(&format!("{url}?anything=1")).send(&world).await.status, StatusCode::OK);
}

#[tokio::test]
async fn promise_imp_36_bytes_in_recovery_are_never_served() {
    let world = World::new();
    let (url, _) = one_image(&world).await;
    world.advance_ms(30 * DAY_MS);
    world.run_job("reap_expired").await.expect("runs");
    assert_eq!(world.blobs.names(Bucket::Recovery).iter().filter(|name| name.starts_with("images/")).count(), 1);
    assert_eq!(get(&url).send(&world).await.status, StatusCode::GONE);
    world.advance_ms(14 * DAY_MS);
    world.run_job("reap_recovery").await.expect("runs");
    assert!(!world.blobs.names(Bucket::Recovery).iter().any(|name| name.starts_with("images/")));
    assert_eq!(get(&url).send(&world).await.status, StatusCode::GONE);
}

#[tokio::test]
async fn an_upload_that_was_not_acknowledged_is_public_to_nobody() {
    let world = World::new();
    // Without a key, the thirteenth call is the publication.
    world.faults.strike_at(12, FaultKind::CrashBefore);
    assert!(world.attempt(world.upload(&numbered_png(1))).is_none());
    world.faults.calm();
    // Its bytes lie under a name of 120 random bits that was told to nobody; its page knows nothing.
    let id = world.sql.query("SELECT id FROM images")[0]["id"].as_str().expect("an id").to_owned();
    assert_eq!(world.blobs.names(Bucket::Images), [format!("images/{id}")]);
    let facts = Call::app("GET", &format!("/v1/images/{id}")).send(&world).await;
    assert_eq!(facts.status, StatusCode::NOT_FOUND);
    world.settle().await;
    assert!(world.blobs.names(Bucket::Images).is_empty());
}

async fn view_at(now: Timestamp, ttl_s: i64, age_ms: i64) -> Answer {
    let world = World::new();
    world.advance_ms(now.ms_since(NOON));
    let call = Call::app("POST", &format!("/v1/images?ttl={ttl_s}")).body("image/png", numbered_png(1));
    let url = call.send(&world).await.field("/url");
    world.advance_ms(age_ms);
    get(&url).send(&world).await
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn promise_imp_35_no_cache_may_keep_an_image_beyond_its_date(
        start_ms in 0_i64..4 * 365 * DAY_MS,
        ttl_s in 300_i64..2_592_000,
        part in 0_u64..=1_000_000,
    ) {
        let now = NOON.plus_ms(start_ms);
        let age_ms = (i128::from(ttl_s) * 1_000 * i128::from(part) / 1_000_000) as i64;
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let answer = runtime.block_on(view_at(now, ttl_s, age_ms));
        let left_ms = ttl_s * 1_000 - age_ms;
        if left_ms <= 0 {
            prop_assert_eq!(answer.status, StatusCode::GONE);
            prop_assert_eq!(answer.header("cache-control"), "no-store");
        } else {
            prop_assert_eq!(answer.status, StatusCode::OK);
            let field = answer.header("cache-control");
            let seconds: i64 = field.split("max-age=").nth(1).and_then(|rest| rest.split(',').next())
                .and_then(|digits| digits.parse().ok()).expect("a max-age");
            prop_assert!(seconds * 1_000 <= left_ms.min(5 * MINUTE_MS), "{} with {} ms left", field, left_ms);
            prop_assert!(field.contains("must-revalidate") && field.contains("stale-if-error=0"));
        }
    }

    #[test]
    fn any_range_answers_a_part_that_lies_within_the_image(first in any::<u64>(), last in any::<u64>(), form in 0..4) {
        let range = match form {
            0 => format!("bytes={first}-{last}"),
            1 => format!("bytes={}-{}", first % 200, last % 200),
            2 => format!("bytes={}-", first % 200),
            _ => format!("bytes=-{}", last % 200),
        };
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let (answer, bytes) = runtime.block_on(async {
            let world = World::new();
            let (url, bytes) = one_image(&world).await;
            (get(&url).header("range", &range).send(&world).await, bytes)
        });
        match answer.status.as_u16() {
            200 => prop_assert_eq!(&answer.body[..], &bytes[..]),
            416 => prop_assert!(answer.body.is_empty()),
            206 => {
                let field = answer.header("content-range").strip_prefix("bytes ").expect("bytes");
                let (part, size) = field.split_once('/').expect("a size");
                let (from, to) = part.split_once('-').expect("two ends");
                let (from, to): (usize, usize) = (from.parse().expect("a number"), to.parse().expect("a number"));
                prop_assert_eq!(size, bytes.len().to_string());
                prop_assert_eq!(&answer.body[..], &bytes[from..=to]);
            }
            other => prop_assert!(false, "status {}", other),
        }
    }
}
