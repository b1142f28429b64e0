//! Variants: made once, kept for the next, bounded, and gone with their image.

use axum::http::StatusCode;
use std::sync::atomic::Ordering;
use tintype::domain::facts::Rejection;
use tintype::domain::ids::ImageId;
use tintype::domain::time::{DAY_MS, HOUR_MS, MINUTE_MS};
use tintype::policy::variants::{BEGUN_PER_HOUR_MAX, STORED_MAX};
use tintype::ports::blobs::Bucket;
use tintype::ports::vision::VisionFailure;
use tintype::usecases::review::{hold, prohibit};

use crate::content_safety::{review, scored};
use crate::crash_every_call::{at_every_call, now};
use crate::harness::World;
use crate::harness::client::{Answer, Call};
use crate::harness::image_files::{Png, png};
use crate::harness::images::numbered_png;

/// A picture of 8 x 8 pixels.
async fn one_image(world: &World) -> Answer {
    let answer = world.upload(&numbered_png(1)).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
    answer
}

async fn delete(world: &World, image: &Answer) -> StatusCode {
    let token = format!("Bearer {}", image.field("/delete_token"));
    let call = Call::app("DELETE", &format!("/v1/images/{}", image.field("/id")));
    call.header("authorization", &token).send(world).await.status
}

fn stored(world: &World) -> Vec<String> {
    let names = world.blobs.names(Bucket::Images);
    names.into_iter().filter(|name| name.starts_with("variants/")).collect()
}

fn made(world: &World) -> u32 {
    world.vision.transformed.load(Ordering::Relaxed)
}

fn size_of(file: &[u8]) -> (u32, u32) {
    let reader = ::png::Decoder::new(std::io::Cursor::new(file)).read_info().expect("a PNG");
    (reader.info().width, reader.info().height)
}

#[tokio::test]
async fn a_variant_is_made_once_and_served_as_an_image_is() {
    let world = World::new();
    let image = one_image(&world).await;
    let (url, id) = (image.field("/url"), image.field("/id"));
    let original = world.view(&url).await;
    let first = world.view(&format!("{url}?w=4&h=2&fit=cover")).await;
    assert_eq!((first.status, made(&world)), (StatusCode::OK, 1), "{}", first.text());
    assert_eq!(size_of(&first.body), (4, 2));
    let again = world.view(&format!("{url}?fit=crop&h=2&w=4&gravity=center")).await;
    assert_eq!((again.body, made(&world)), (first.body.clone(), 1), "the same in other words");
    assert_eq!(stored(&world), [format!("variants/{id}/fit=cover&format=png&h=2&w=4")]);
    for name in ["cache-control", "sunset", "last-modified", "x-robots-tag", "accept-ranges", "content-security-policy"]
    {
        assert_eq!(first.header(name), original.header(name), "{name}");
        assert_eq!(again.headers.get(name), first.headers.get(name), "{name}");
    }
    assert_ne!(first.header("etag"), original.header("etag"));
    assert_eq!(first.header("content-length"), first.body.len().to_string());
    let named = format!("inline; filename=\"{id}.png\"");
    assert_eq!((first.header("content-type"), first.header("content-disposition")), ("image/png", named.as_str()));
    let webp = world.view(&format!("{url}?w=4&format=webp&download")).await;
    let named = format!("attachment; filename=\"{id}.webp\"");
    assert_eq!((webp.header("content-type"), webp.header("content-disposition")), ("image/webp", named.as_str()));
}

#[tokio::test]
async fn conditions_hold_for_variants_also_for_one_that_is_not_there_yet() {
    let world = World::new();
    let url = format!("{}?w=4", one_image(&world).await.field("/url"));
    let head = Call::new("HEAD", &url).send(&world).await;
    assert_eq!((head.status, head.body.len(), made(&world)), (StatusCode::OK, 0, 1));
    let full = world.view(&url).await;
    assert_eq!(head.header("content-length"), full.body.len().to_string());
    let tag = full.header("etag").to_owned();
    let fresh = Call::new("GET", &url).header("if-none-match", &tag).send(&world).await;
    assert_eq!((fresh.status, fresh.body.len()), (StatusCode::NOT_MODIFIED, 0));
    let part = Call::new("GET", &url).header("range", "bytes=1-3").send(&world).await;
    assert_eq!((part.status, &part.body[..]), (StatusCode::PARTIAL_CONTENT, &full.body[1..4]));
    assert_eq!(made(&world), 1);
    for name in world.blobs.names(Bucket::Images).iter().filter(|name| name.starts_with("variants/")) {
        world.blobs.lose(Bucket::Images, name);
    }
    let fresh = Call::new("GET", &url).header("if-none-match", &tag).send(&world).await;
    assert_eq!((fresh.status, made(&world)), (StatusCode::NOT_MODIFIED, 2), "made anew, it is the same");
}

#[tokio::test]
async fn what_is_not_done_as_it_is_said_is_said_each_time() {
    let world = World::new();
    let url = one_image(&world).await.field("/url");
    for _ in 0..2 {
        let answer = world.view(&format!("{url}?w=wide&h=4&colour=red")).await;
        assert_eq!(answer.status, StatusCode::OK);
        let expected = "\"w: ignored: it is a number from 1 to 4096\", \"colour: is no parameter\"";
        assert_eq!(answer.header("transform-notes"), expected);
    }
    let answer = world.view(&format!("{url}?w=2&utm%22%0d%0a=x")).await;
    assert_eq!(answer.header("transform-notes"), "\"?: is no parameter\"");
    assert_eq!(world.view(&url).await.header("transform-notes"), "");
}

#[tokio::test]
async fn a_format_is_negotiated_if_asked_for_and_caches_are_told() {
    let world = World::new();
    let url = format!("{}?w=4&format=auto", one_image(&world).await.field("/url"));
    for (accept, media_type) in [("image/avif,image/webp,*/*", "image/webp"), ("*/*", "image/png")] {
        let answer = Call::new("GET", &url).header("accept", accept).send(&world).await;
        assert_eq!((answer.header("content-type"), answer.header("vary")), (media_type, "accept"), "{accept}");
    }
    assert_eq!(stored(&world).len(), 2);
    let plain = Call::new("GET", &url.replace("&format=auto", "")).header("accept", "image/webp").send(&world).await;
    assert_eq!((plain.header("content-type"), plain.header("vary")), ("image/png", ""));
}

#[tokio::test]
async fn variants_leave_with_their_image() {
    let ways: [&str; 4] = ["deleted", "expired", "held", "prohibited"];
    for way in ways {
        let world = World::new();
        let image = one_image(&world).await;
        let url = image.field("/url");
        for width in 1..=3 {
            world.view(&format!("{url}?w={width}")).await;
        }
        assert_eq!(stored(&world).len(), 3);
        let id = ImageId::parse(&image.field("/id")).expect("an id");
        let expected = match way {
            "deleted" => {
                assert_eq!(delete(&world, &image).await, StatusCode::OK);
                410
            }
            "expired" => {
                world.advance_ms(31 * DAY_MS);
                assert_eq!(world.view(&format!("{url}?w=1")).await.status.as_u16(), 410, "also before the job");
                world.run_job("reap_expired").await.expect("runs");
                410
            }
            "held" => {
                hold(&world.app, &id, review("a report")).await.expect("works");
                404
            }
            _ => {
                prohibit(&world.app, &id, review("a report")).await.expect("works");
                410
            }
        };
        assert!(stored(&world).is_empty(), "{way}");
        for width in [1, 7] {
            assert_eq!(world.view(&format!("{url}?w={width}")).await.status.as_u16(), expected, "{way}");
        }
        assert!(stored(&world).is_empty(), "{way}: none comes back");
        world.settle().await;
        assert!(world.sql.query("SELECT * FROM variants").is_empty(), "{way}: no row outlives it");
    }
}

/// The answer is sent, and what is to be kept is still on its way when the image is deleted.
#[tokio::test]
async fn a_variant_that_comes_too_late_is_not_kept() {
    let world = World::new();
    let image = one_image(&world).await;
    let path = format!("{}?w=4", image.field("/url"));
    let request = axum::http::Request::builder().uri(&path).body(axum::body::Body::empty()).expect("a request");
    let answer = tintype::http::serve(world.app.clone(), request).await;
    assert_eq!(answer.status(), StatusCode::OK);
    let row = "UPDATE images SET state = 'removing', removing_at = 0, removal_reason = 'deleted'";
    world.sql.with_connection(|connection| connection.execute_batch(row)).expect("updates");
    world.background.run_all().await;
    assert!(stored(&world).is_empty(), "it saw that the image was leaving");
}

#[tokio::test]
async fn a_flood_of_sizes_costs_a_bounded_amount() {
    let world = World::new();
    let image = one_image(&world).await;
    let url = image.field("/url");
    for n in 0..BEGUN_PER_HOUR_MAX {
        let answer = world.view(&format!("{url}?w={}&blur={}", 1 + n % 8, (n + 1) as f64 / 2.0)).await;
        assert_eq!(answer.status, StatusCode::OK, "{n}");
        world.advance_ms(if n % 20 == 0 { 6 * MINUTE_MS } else { 0 });
    }
    assert!(stored(&world).len() as i64 <= STORED_MAX, "{}", stored(&world).len());
    let refused = world.view(&format!("{url}?w=8&blur=99.5")).await;
    assert_eq!((refused.status, refused.field("/code")), (StatusCode::TOO_MANY_REQUESTS, "too-many-variants".into()));
    let wait_s: i64 = refused.header("retry-after").parse().expect("seconds");
    assert!((1..=3_600).contains(&wait_s), "{wait_s}");
    let before = made(&world);
    let last = BEGUN_PER_HOUR_MAX - 1;
    let kept = world.view(&format!("{url}?w={}&blur={}", 1 + last % 8, (last + 1) as f64 / 2.0)).await;
    assert_eq!((kept.status, made(&world)), (StatusCode::OK, before), "what is there is served");
    world.advance_ms(wait_s * 1_000);
    assert_eq!(world.view(&format!("{url}?w=8&blur=99.5")).await.status, StatusCode::OK);
    let other = world.upload(&numbered_png(2)).await.field("/url");
    assert_eq!(world.view(&format!("{other}?w=2")).await.status, StatusCode::OK, "another image has its own budget");
    world.advance_ms(3 * HOUR_MS);
    world.run_job("forget_ephemeral").await.expect("runs");
    assert!(world.sql.query("SELECT * FROM variant_budgets").is_empty());
}

#[tokio::test]
async fn a_client_who_asks_for_too_many_new_ones_is_slowed_down_and_not_known() {
    let world = World::new();
    let url = one_image(&world).await.field("/url");
    assert_eq!(world.view(&format!("{url}?w=4")).await.status, StatusCode::OK);
    world.variant_burst.shut.store(true, Ordering::Relaxed);
    let refused = world.view(&format!("{url}?w=5")).await;
    assert_eq!((refused.status.as_u16(), refused.header("retry-after")), (429, "60"));
    assert_eq!(world.view(&format!("{url}?w=4")).await.status, StatusCode::OK, "what is there is served");
    assert_eq!(world.view(&url).await.status, StatusCode::OK);
    let seen = world.variant_burst.seen.lock().expect("not poisoned").clone();
    assert_eq!(seen.len(), 2);
    assert!(seen.iter().all(|client| client.len() == 32 && !client.contains("203.0.113")), "{seen:?}");
}

#[tokio::test]
async fn a_variant_that_nobody_uses_is_erased_and_one_in_use_stays() {
    let world = World::with(1, &[("RETENTION_ANONYMOUS_DAYS", "365")]);
    let url = one_image(&world).await.field("/url");
    for width in [2, 4] {
        world.view(&format!("{url}?w={width}")).await;
    }
    for _ in 0..30 {
        world.advance_ms(2 * DAY_MS);
        for _ in 0..20 {
            assert_eq!(world.view(&format!("{url}?w=4")).await.status, StatusCode::OK);
        }
        world.run_job("reap_variants").await.expect("runs");
    }
    assert_eq!(made(&world), 2, "the used one was never made again");
    assert_eq!(stored(&world).len(), 1);
    assert!(stored(&world)[0].ends_with("w=4"));
    assert_eq!(world.sql.query("SELECT name FROM variants").len(), 1);
}

#[tokio::test]
async fn what_is_there_is_served_without_the_database() {
    let world = World::new();
    let url = format!("{}?w=4", one_image(&world).await.field("/url"));
    world.view(&url).await;
    world.faults.cost();
    assert_eq!(world.view(&url).await.status, StatusCode::OK);
    let cost = world.faults.cost();
    assert!(cost.queries <= 1, "a use may be noted, after the answer");
    assert_eq!(cost.blob_calls, 2, "the image and the variant, side by side");
}

#[tokio::test]
async fn a_restricted_image_has_no_variant_for_who_did_not_ask_to_see_it() {
    let world = World::new();
    let file = png(64, 40, Png::Rgb);
    world.vision.assesses.lock().expect("not poisoned").insert(file.clone().into(), scored(0.25, 0.5));
    let image = world.upload(&file).await;
    let url = image.field("/url");
    let plain = world.view(&url).await;
    let hidden = world.view(&format!("{url}?w=32")).await;
    assert_eq!((hidden.body, made(&world)), (plain.body, 0), "its placeholder");
    let seen = world.view(&format!("{url}?w=32&view")).await;
    assert_eq!((size_of(&seen.body), seen.header("cache-control")), ((32, 20), "no-store"));
    assert_eq!(seen.header("rating"), "RTA-5042-1996-1400-1577-RTA");
    let hidden = world.view(&format!("{url}?w=32")).await;
    assert_ne!(hidden.body, seen.body, "also when it is there");
}

#[tokio::test]
async fn when_it_cannot_be_made_the_client_is_told_why() {
    let world = World::new();
    let url = format!("{}?w=4", one_image(&world).await.field("/url"));
    for (failure, status, code) in [
        (VisionFailure::Busy { retry_after_s: 5 }, 503, "busy"),
        (VisionFailure::Unavailable("it died".into()), 503, "unavailable"),
        (VisionFailure::Rejected(Rejection::OutOfMemory), 422, "transform-impossible"),
        (VisionFailure::Rejected(Rejection::TooMuchWork), 422, "transform-impossible"),
        (VisionFailure::Rejected(Rejection::Empty), 503, "unavailable"),
    ] {
        *world.vision.says.lock().expect("not poisoned") = Some(failure.clone());
        let answer = world.view(&url).await;
        assert_eq!((answer.status.as_u16(), answer.field("/code").as_str()), (status, code), "{failure:?}");
        assert_eq!(answer.header("cache-control"), "no-store", "{failure:?}");
        assert!(stored(&world).is_empty());
    }
    *world.vision.says.lock().expect("not poisoned") = None;
    assert_eq!(world.view(&url).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_stray_variant_is_found_and_erased() {
    let world = World::new();
    let image = one_image(&world).await;
    let id = image.field("/id");
    world.blobs.plant(Bucket::Images, &format!("variants/{id}/w=2"), b"of a live image, unknown to the database");
    world.blobs.plant(Bucket::Images, "variants/0000000000000000000000ab/w=2", b"of no image");
    world.advance_ms(61 * MINUTE_MS);
    world.run_job("reconcile_blobs").await.expect("runs");
    assert_eq!(stored(&world), [format!("variants/{id}/w=2")]);
    delete(&world, &image).await;
    assert!(stored(&world).is_empty());
}

#[test]
fn making_a_variant_survives_every_fault() {
    let set = || {
        let world = World::new();
        let url = format!("{}?w=4", now(one_image(&world)).field("/url"));
        (world, url)
    };
    let act = |world: &World, url: &String| world.attempt(world.view(url));
    at_every_call("variant", 7, set, act, |world, url, answer, context| {
        if let Some(answer) = answer {
            assert!(matches!(answer.status.as_u16(), 200 | 503), "{context}: {}", answer.text());
        }
        world.assert_nothing_lost_or_leaked();
        let again = now(world.view(url));
        assert_eq!((again.status, size_of(&again.body)), (StatusCode::OK, (4, 4)), "{context}");
        now(world.settle());
        assert_eq!(stored(world).len(), 1, "{context}");
        assert_eq!(world.sql.query("SELECT * FROM variants").len(), 1, "{context}");
    });
}

#[test]
fn deleting_an_image_with_variants_survives_every_fault() {
    let set = || {
        let world = World::new();
        let image = now(one_image(&world));
        for width in 1..=3 {
            now(world.view(&format!("{}?w={width}", image.field("/url"))));
        }
        (world, image)
    };
    let act = |world: &World, image: &Answer| {
        let token = format!("Bearer {}", image.field("/delete_token"));
        let call = Call::app("DELETE", &format!("/v1/images/{}", image.field("/id")));
        world.attempt(call.header("authorization", &token).send(world))
    };
    at_every_call("deletion with variants", 7, set, act, |world, image, answer, context| {
        let gone = answer.is_some_and(|answer| answer.status.is_success());
        now(world.settle());
        if gone {
            assert_eq!(now(world.view(&image.field("/url"))).status, StatusCode::GONE, "{context}");
        }
        let is_live = world.count("live") == 1;
        assert_eq!(stored(world).len(), if is_live { 3 } else { 0 }, "{context}");
    });
}
