//! Copies near the visitors: which there are, what they answer, and that they go with their image, in whatever order
//! things happen and whatever fails.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;

use axum::http::StatusCode;
use proptest::prelude::*;
use tintype::domain::hex;
use tintype::domain::ids::ImageId;
use tintype::domain::known_bad::{Category, HashKind};
use tintype::domain::signed_url::{Keyring, SigningKey};
use tintype::domain::time::{DAY_MS, MINUTE_MS, SECOND_MS, Timestamp};
use tintype::http::routes::all as all_routes;
use tintype::ports::blobs::Bucket;
use tintype::ports::queue::Message;
use tintype::usecases::review::{hold, prohibit, release, restrict};
use tintype::usecases::work_off::work_off;

use crate::content_safety::review;
use crate::crash_every_call::now;
use crate::harness::client::{Answer, Call};
use crate::harness::faults::{BoxedOperation, FaultKind, drive};
use crate::harness::image_files::{Png, png};
use crate::harness::images::numbered_png;
use crate::harness::{IMAGES, NOON, World};

/// What it takes to have a cache.
pub const CACHED: [(&str, &str); 2] =
    [("CACHE_ZONE_ID", "0123456789abcdef0123456789abcdef"), ("CACHE_PURGE_TOKEN", "token")];
const KEY: &str = "main:5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a";

fn cached_world() -> World {
    World::with(1, &CACHED)
}

/// An image of which there is a copy, and the answer that brought it there.
struct Scene {
    world: World,
    uploaded: Answer,
    url: String,
    id: ImageId,
    fresh: Answer,
}

impl Scene {
    fn set(world: World) -> Self {
        let uploaded = now(world.upload(&numbered_png(1)));
        let url = uploaded.field("/url");
        let fresh = now(world.view(&url));
        let id = ImageId::parse(&uploaded.field("/id")).expect("an id");
        assert_eq!((fresh.status, world.edge_cache.addresses().len()), (StatusCode::OK, 1));
        Self { world, uploaded, url, id, fresh }
    }

    fn get(&self) -> Answer {
        now(self.world.view(&self.url))
    }

    /// From now on only the copy is left.
    fn lose(&self) {
        self.world.blobs.lose(Bucket::Images, &format!("images/{}", self.id));
    }
}

fn deletion(uploaded: &Answer) -> Call {
    let token = format!("Bearer {}", uploaded.field("/delete_token"));
    Call::app("DELETE", &format!("/v1/images/{}", uploaded.field("/id"))).header("authorization", &token)
}

fn fields(answer: &Answer) -> Vec<(String, String)> {
    let text = |value: &axum::http::HeaderValue| value.to_str().expect("ASCII").to_owned();
    let all = answer.headers.iter().map(|(name, value)| (name.to_string(), text(value)));
    let mut fields: Vec<_> = all.filter(|(name, _)| name != "x-request-id").collect();
    fields.sort();
    fields
}

fn max_age_s(answer: &Answer) -> i64 {
    let field = answer.header("cache-control");
    let digits = field.split("max-age=").nth(1).and_then(|rest| rest.split(',').next());
    digits.and_then(|digits| digits.parse().ok()).unwrap_or_else(|| panic!("a max-age: {field}"))
}

#[test]
fn an_answer_from_a_copy_is_the_answer_from_storage_whatever_is_asked() {
    let scene = Scene::set(cached_world());
    let tag = scene.fresh.header("etag").to_owned();
    let date = scene.fresh.header("last-modified").to_owned();
    let calls = || {
        let get = || Call::new("GET", &scene.url);
        vec![
            get(),
            Call::new("HEAD", &scene.url),
            get().header("if-none-match", &tag),
            get().header("if-none-match", "\"other\""),
            get().header("if-modified-since", &date),
            get().header("range", "bytes=0-9"),
            get().header("range", "bytes=-5"),
            get().header("range", "bytes=5-2"),
            get().header("range", "bytes=9999999-"),
            get().header("range", "bytes=0-9").header("if-range", &tag),
            get().header("range", "bytes=0-9").header("if-range", "\"other\""),
            get().header("range", "bytes=0-9").header("if-none-match", &tag),
        ]
    };
    let answer = |call: Call| now(call.send(&scene.world));
    scene.world.edge_cache.is_down.store(true, Ordering::Relaxed);
    let from_storage: Vec<Answer> = calls().into_iter().map(answer).collect();
    scene.world.edge_cache.is_down.store(false, Ordering::Relaxed);
    scene.lose();
    let from_copy: Vec<Answer> = calls().into_iter().map(answer).collect();
    let statuses: Vec<u16> = from_storage.iter().map(|answer| answer.status.as_u16()).collect();
    assert_eq!(statuses, [200, 200, 304, 200, 304, 206, 206, 200, 416, 206, 200, 304]);
    for (one, other) in from_storage.iter().zip(&from_copy) {
        assert_eq!((one.status, &one.body, fields(one)), (other.status, &other.body, fields(other)));
    }
    for name in ["cache-tag", "tintype-kept", "age"] {
        assert_eq!(from_copy[0].header(name), "", "{name} stays inside");
    }
}

#[test]
fn a_copy_ends_for_edge_and_browsers_together_five_minutes_after_it_was_read() {
    let scene = Scene::set(cached_world());
    scene.lose();
    assert_eq!(max_age_s(&scene.fresh), 300);
    for (age_s, expected) in [(0, 300), (100, 200), (199, 1)] {
        scene.world.advance_ms(age_s * SECOND_MS);
        let copy = scene.get();
        assert_eq!((copy.status, max_age_s(&copy)), (StatusCode::OK, expected));
        assert!(copy.header("cache-control").ends_with("must-revalidate, stale-if-error=0"));
    }
    scene.world.edge_cache.serves_stale.store(true, Ordering::Relaxed);
    scene.world.advance_ms(SECOND_MS);
    assert_eq!(scene.get().status, StatusCode::NOT_FOUND, "also where the zone keeps it longer");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn promise_imp_35_no_copy_outlives_the_date_of_its_image(ttl_s in 300_i64..900, first in 0_i64..900, then in 0_i64..600) {
        let world = cached_world();
        world.edge_cache.serves_stale.store(true, Ordering::Relaxed);
        let call = Call::app("POST", &format!("/v1/images?ttl={ttl_s}")).body("image/png", numbered_png(1));
        let url = now(call.send(&world)).field("/url");
        let mut left_s = ttl_s;
        for wait_s in [first, then] {
            world.advance_ms(wait_s * SECOND_MS);
            left_s -= wait_s;
            let answer = now(world.view(&url));
            if left_s <= 0 {
                prop_assert_eq!(answer.status, StatusCode::GONE);
                prop_assert_eq!(answer.header("cache-control"), "no-store");
            } else {
                prop_assert_eq!(answer.status, StatusCode::OK);
                prop_assert!(max_age_s(&answer) <= left_s.min(300));
            }
        }
    }
}

#[test]
fn one_image_has_one_copy_and_only_what_anyone_may_see_whole_has_any() {
    let scene = Scene::set(cached_world());
    let address = format!("/{}.png", scene.id);
    for query in ["?", "?anything=1", "?format=png", "?utm_source=a&utm_medium=b"] {
        assert_eq!(now(scene.world.view(&format!("{}{query}", scene.url))).status, StatusCode::OK);
        assert_eq!(scene.world.edge_cache.addresses(), std::slice::from_ref(&address), "{query}");
    }
    let world = cached_world();
    let uploaded = now(world.upload(&numbered_png(1)));
    let url = uploaded.field("/url");
    let tag = scene.fresh.header("etag").to_owned();
    let nothing = format!("{IMAGES}/000000000000000000000000.png");
    for call in [
        Call::new("HEAD", &url),
        Call::new("GET", &url).header("range", "bytes=0-9"),
        Call::new("GET", &url).header("range", "bytes=999999-"),
        Call::new("GET", &url).header("if-none-match", &tag),
        Call::new("GET", &format!("{url}?view")),
        Call::new("GET", &format!("{url}?download")),
        Call::new("GET", &url.replace(".png", ".jpg")),
        Call::new("GET", &nothing),
        Call::app("GET", &format!("/{}", uploaded.field("/id"))),
    ] {
        now(call.send(&world));
        assert_eq!(world.edge_cache.addresses(), Vec::<String>::new());
    }
    let id = ImageId::parse(&uploaded.field("/id")).expect("an id");
    now(restrict(&world.app, &id, review("a nude"))).expect("works");
    assert_eq!(now(world.view(&url)).header("rating").len(), 27);
    assert_eq!(world.edge_cache.addresses(), Vec::<String>::new(), "nor a placeholder");
}

#[test]
fn without_a_way_to_purge_nothing_is_kept_and_nothing_is_queued() {
    let world = World::new();
    let uploaded = now(world.upload(&numbered_png(1)));
    now(world.view(&uploaded.field("/url")));
    assert_eq!(now(deletion(&uploaded).send(&world)).status, StatusCode::OK);
    assert!(world.edge_cache.addresses().is_empty() && world.edge_cache.purged().is_empty());
    assert!(world.queue.take().is_empty());
    let left_over = [Message::PurgeEdge { id: ImageId::from_random([1; 15]) }];
    assert_eq!(now(work_off(&world.app, &left_over)), [true], "from before the settings were removed");
}

#[test]
fn variants_are_kept_under_their_canonical_address() {
    let world = cached_world();
    let uploaded = now(world.upload(&png(640, 400, Png::Rgb)));
    let (url, id) = (uploaded.field("/url"), uploaded.field("/id"));
    let made = now(world.view(&format!("{url}?w=100&h=50")));
    assert_eq!(made.status, StatusCode::OK, "{}", made.text());
    let stored = now(world.view(&format!("{url}?h=50&w=100")));
    let [address] = world.edge_cache.addresses().try_into().expect("one copy");
    assert!(address.starts_with(&format!("/{id}.png?")) && address.contains("h=50") && address.contains("w=100"));
    for name in world.blobs.names(Bucket::Images) {
        world.blobs.lose(Bucket::Images, &name);
    }
    let noted = now(world.view(&format!("{url}?w=100&h=50&blur=much")));
    assert!(noted.header("transform-notes").contains("blur"), "{:?}", noted.headers);
    for query in ["?w=100&h=50", "?h=50&w=100"] {
        let copy = now(world.view(&format!("{url}{query}")));
        assert_eq!((copy.status, &copy.body), (StatusCode::OK, &made.body), "{query}");
        assert_eq!(fields(&copy), fields(&stored), "{query}: what is said about another request is not kept");
    }
    assert_eq!(world.vision.transformed.load(Ordering::Relaxed), 1);
}

#[test]
fn what_browsers_take_is_decided_before_the_copy_is_looked_for() {
    let world = cached_world();
    let uploaded = now(world.upload(&png(640, 400, Png::Rgb)));
    let url = format!("{}?w=64&format=auto", uploaded.field("/url"));
    let get = |accept: &str| now(Call::new("GET", &url).header("accept", accept).send(&world));
    for _ in 0..3 {
        let (webp, plain) = (get("image/webp,*/*"), get("image/*"));
        assert_eq!((webp.header("content-type"), plain.header("content-type")), ("image/webp", "image/png"));
        assert_eq!((webp.header("vary"), plain.header("vary")), ("accept", "accept"));
    }
    assert_eq!(world.edge_cache.addresses().len(), 2);
    assert!(world.edge_cache.addresses().iter().all(|address| !address.contains("auto")));
}

fn signed(url: &str, query: &str, until: Timestamp) -> String {
    let (id, secret) = KEY.split_once(':').expect("a key");
    let key = SigningKey::new(id, hex::decode(secret).expect("hex"));
    let path = url.strip_prefix(IMAGES).expect("on the image host");
    let signed = Keyring(key.into_iter().collect()).signed_query(path, query, Some(until)).expect("a key");
    format!("{url}?{signed}")
}

#[test]
fn a_signed_address_gets_at_the_common_copy_no_longer_than_it_holds() {
    let world = || World::with(1, &[&CACHED[..], &[("URL_SIGNING_KEYS", KEY)]].concat());
    let scene = Scene::set(world());
    scene.lose();
    let short = signed(&scene.url, "", NOON.plus_ms(30 * SECOND_MS));
    assert_eq!(max_age_s(&now(scene.world.view(&short))), 30, "the copy lives longer than the address");
    let changed = short.replace("sig=", "sig=0");
    assert_eq!(now(scene.world.view(&changed)).field("/code"), "signature-wrong");
    scene.world.advance_ms(30 * SECOND_MS);
    assert_eq!(now(scene.world.view(&short)).field("/code"), "url-expired");
    assert_eq!(max_age_s(&scene.get()), 270, "and the copy is still there");

    let world = world();
    let url = now(world.upload(&numbered_png(1))).field("/url");
    assert_eq!(max_age_s(&now(world.view(&signed(&url, "", NOON.plus_ms(10 * SECOND_MS))))), 10);
    assert_eq!(max_age_s(&now(world.view(&url))), 300, "nor does the first to ask shorten it for others");
    assert_eq!(world.edge_cache.addresses().len(), 1);
}

#[test]
fn a_site_that_may_not_show_an_image_may_not_show_its_copy() {
    let scene = Scene::set(World::with(1, &[&CACHED[..], &[("HOTLINK_HOSTS", "blog.example")]].concat()));
    scene.lose();
    let from = |site: &str| now(Call::new("GET", &scene.url).header("referer", site).send(&scene.world));
    assert_eq!(from("https://evil.example/").field("/code"), "hotlink-refused");
    let shown = from("https://blog.example/");
    assert_eq!((shown.status, shown.header("vary")), (StatusCode::OK, "referer"));
}

#[test]
fn transforms_that_are_not_allowed_are_not_answered_by_a_copy_either() {
    let settings = [&CACHED[..], &[("TRANSFORMS", "signed"), ("URL_SIGNING_KEYS", KEY)]].concat();
    let world = World::with(1, &settings);
    let url = now(world.upload(&png(640, 400, Png::Rgb))).field("/url");
    for _ in 0..2 {
        assert_eq!(now(world.view(&signed(&url, "w=64", NOON.plus_ms(DAY_MS)))).status, StatusCode::OK);
    }
    assert_eq!(world.edge_cache.addresses().len(), 1);
    assert_eq!(now(world.view(&format!("{url}?w=64"))).field("/code"), "transform-not-allowed");
}

#[test]
fn a_view_fails_only_where_the_storage_does() {
    for kind in FaultKind::ALL {
        let mut faulty = BTreeSet::new();
        for call in 0.. {
            let world = cached_world();
            let url = now(world.upload(&numbered_png(1))).field("/url");
            world.faults.strike_at(call, kind);
            let answer = world.attempt(world.view(&url));
            if !world.faults.calm() {
                // The cache, the storage, and both again for the copy.
                assert_eq!(call, 4, "{kind:?}");
                break;
            }
            faulty.extend(answer.filter(|answer| !answer.status.is_success()).map(|_| call));
            let again = now(world.view(&url));
            assert_eq!((again.status, &again.body[..]), (StatusCode::OK, &numbered_png(1)[..]), "{kind:?} {call}");
        }
        let expected = matches!(kind, FaultKind::FailBefore | FaultKind::FailAfter).then_some(1);
        assert_eq!(faulty, expected.into_iter().collect(), "{kind:?}: the storage is the second to be asked");
    }
    let scene = Scene::set(cached_world());
    scene.world.faults.strike_at(1, FaultKind::FailBefore);
    let part = now(Call::new("GET", &scene.url).header("range", "bytes=0-9").send(&scene.world));
    assert!(scene.world.faults.calm());
    assert_eq!((part.status, part.body.len()), (StatusCode::PARTIAL_CONTENT, 10), "cut from what is stored");
    assert!(scene.world.log.faults()[0].attempted.contains("near the visitor"));
}

#[test]
fn a_view_from_a_copy_asks_neither_storage_nor_database() {
    let scene = Scene::set(cached_world());
    scene.world.faults.cost();
    scene.get();
    let cost = scene.world.faults.cost();
    assert_eq!((cost.calls, cost.blob_calls, cost.queries), (1, 0, 0));
}

/// What takes an image out of view, or changes what is shown at its address, other than its date.
const CHANGES: [&str; 5] = ["deleted", "held", "prohibited", "restricted", "listed"];

async fn change(scene: &Scene, how: &str) {
    let (app, id) = (&scene.world.app, &scene.id);
    match how {
        "deleted" => drop(deletion(&scene.uploaded).send(&scene.world).await),
        "held" => drop(hold(app, id, review("a report")).await),
        "prohibited" => drop(prohibit(app, id, review("seen")).await),
        "restricted" => drop(restrict(app, id, review("a nude")).await),
        _ => {
            if scene.world.sql.query("SELECT 1 FROM known_bad").is_empty() {
                scene.world.list(HashKind::Sha256, &hex::sha256(&numbered_png(1)), Category::Operator);
            }
            drop(release(app, id, review("fine")).await);
        }
    }
}

/// Nothing of the image as it was is served: neither from storage nor from a copy.
fn assert_hidden(scene: &Scene, context: &str) {
    let answer = scene.get();
    assert_ne!(answer.body, scene.fresh.body, "{context}");
    assert!(matches!(answer.status.as_u16(), 404 | 410) || !answer.header("rating").is_empty(), "{context}");
}

#[test]
fn whatever_becomes_of_an_image_it_is_purged_at_once_and_again_after_a_minute() {
    for how in CHANGES {
        let scene = Scene::set(cached_world());
        now(change(&scene, how));
        assert_hidden(&scene, how);
        let id = vec![scene.id.to_string()];
        assert_eq!(scene.world.edge_cache.purged(), std::slice::from_ref(&id), "{how}");
        assert_eq!(*scene.world.queue.delays_s.lock().expect("not poisoned"), [60], "{how}");
        now(scene.world.deliver_messages());
        assert_eq!(scene.world.edge_cache.purged(), [id.clone(), id], "{how}");
        assert!(scene.world.queue.take().is_empty() && scene.world.log.faults().is_empty(), "{how}");
    }
}

#[test]
fn what_is_released_is_shown_at_once_and_what_expires_needs_no_purge() {
    let scene = Scene::set(cached_world());
    now(change(&scene, "restricted"));
    assert_hidden(&scene, "restricted");
    now(release(&scene.world.app, &scene.id, review("fine"))).expect("works");
    assert_eq!(scene.get().body, scene.fresh.body);
    assert_eq!(scene.world.edge_cache.addresses().len(), 1);

    let scene = Scene::set(cached_world());
    scene.world.advance_ms(30 * DAY_MS);
    now(scene.world.run_job("reap_expired")).expect("runs");
    assert_eq!((scene.get().status, scene.world.state(scene.id.as_str())), (StatusCode::GONE, "recovery".into()));
    assert!(scene.world.edge_cache.purged().is_empty() && scene.world.queue.take().is_empty());
}

#[test]
fn a_purge_that_is_refused_delays_no_removal_and_is_made_up_for() {
    for how in CHANGES {
        let scene = Scene::set(cached_world());
        scene.world.edge_cache.refuses_purges.store(true, Ordering::Relaxed);
        now(change(&scene, how));
        assert_eq!(scene.world.log.faults().len(), 1, "{how}");
        assert!(!matches!(scene.world.state(scene.id.as_str()).as_str(), "removing" | "releasing"), "{how}");
        assert_eq!(scene.get().body, scene.fresh.body, "{how}: this is what purging is for");
        scene.world.advance_ms(MINUTE_MS);
        now(scene.world.deliver_messages());
        assert_eq!(scene.world.queue.messages.lock().expect("not poisoned").len(), 1, "{how}: it comes again");
        scene.world.edge_cache.refuses_purges.store(false, Ordering::Relaxed);
        now(scene.world.deliver_messages());
        assert_hidden(&scene, how);
    }
    // Even if it never works again.
    let scene = Scene::set(cached_world());
    scene.world.edge_cache.refuses_purges.store(true, Ordering::Relaxed);
    now(change(&scene, "deleted"));
    scene.world.advance_ms(4 * MINUTE_MS);
    assert_eq!(max_age_s(&scene.get()), 60);
    scene.world.advance_ms(MINUTE_MS);
    assert_hidden(&scene, "five minutes later");
}

#[test]
fn a_copy_that_arrives_after_the_first_purge_goes_with_the_second() {
    for how in CHANGES {
        let mut late = 0;
        for steps in 0.. {
            let world = cached_world();
            let uploaded = now(world.upload(&numbered_png(1)));
            let (url, id) = (uploaded.field("/url"), ImageId::parse(&uploaded.field("/id")).expect("an id"));
            let fresh = now(world.view(&format!("{url}?view")));
            let scene = Scene { world, uploaded, url, id, fresh };
            let world = &scene.world;
            // A view begins, and stands still after so many steps until everything else is done.
            world.faults.interleave(true);
            let operations: Vec<BoxedOperation<()>> =
                vec![Box::pin(async { drop(scene.world.view(&scene.url).await) }), Box::pin(change(&scene, how))];
            let mut taken = 0;
            drive(
                &world.faults,
                |running| {
                    taken += 1;
                    usize::from(running == 2 && taken > steps)
                },
                operations,
            );
            world.faults.interleave(false);
            late += usize::from(!world.edge_cache.addresses().is_empty());
            world.advance_ms(61 * SECOND_MS);
            now(world.deliver_messages());
            assert_hidden(&scene, &format!("{how}, a view of {steps} steps"));
            if steps > 12 {
                break;
            }
        }
        assert!(late > 0, "{how}: no copy arrived late, so nothing was shown");
    }
}

#[test]
fn a_removal_may_fail_at_every_call_and_no_copy_is_left_a_minute_after_it_is_taken_up_again() {
    for how in CHANGES {
        let mut struck = 0;
        for kind in FaultKind::ALL {
            for call in 0.. {
                let scene = Scene::set(cached_world());
                let world = &scene.world;
                world.faults.strike_at(call, kind);
                world.attempt(change(&scene, how));
                if !world.faults.calm() {
                    struck += call;
                    break;
                }
                let context = format!("{how}, call {call}, {kind:?}");
                // Whoever began it comes again, or the jobs do, while copies still live.
                if untouched(&scene) {
                    now(change(&scene, how));
                }
                world.advance_ms(61 * SECOND_MS);
                for job in ["finish_removals", "judge_held"] {
                    now(world.run_job(job)).unwrap_or_else(|faults| panic!("{context}: {faults:?}"));
                }
                world.advance_ms(61 * SECOND_MS);
                now(world.deliver_messages());
                assert_hidden(&scene, &context);
                assert!(world.edge_cache.addresses().is_empty(), "{context}");
                now(world.settle());
            }
        }
        assert!(struck > 5 * 6, "{how}: {struck} calls were spoilt");
    }
}

/// Whether nothing was decided about the image: then nobody but who asked can go on.
fn untouched(scene: &Scene) -> bool {
    scene.world.state(scene.id.as_str()) == "live"
        && scene.world.sql.query("SELECT 1 FROM images WHERE verdict = 'restricted'").is_empty()
}

#[test]
fn purges_that_come_together_are_one_call_and_no_more_than_the_platform_takes() {
    let world = cached_world();
    let ids: Vec<ImageId> = (0..150_u8).map(|number| ImageId::from_random([number; 15])).collect();
    let twice = ids.iter().chain(&ids).map(|id| Message::PurgeEdge { id: id.clone() });
    let mut messages: Vec<Message> = twice.collect();
    messages.push(Message::FinishRemoval { id: ids[0].clone() });
    assert_eq!(now(work_off(&world.app, &messages)), vec![true; 301]);
    assert_eq!(world.edge_cache.purged().iter().map(Vec::len).collect::<Vec<_>>(), [100, 50]);
    world.edge_cache.refuses_purges.store(true, Ordering::Relaxed);
    let done = now(work_off(&world.app, &messages[299..]));
    assert_eq!(done, [false, true], "each on its own");
    assert_eq!(now(work_off(&world.app, &messages[300..])), [true], "nothing is purged, nothing fails");
}

#[test]
fn every_answer_says_whether_it_may_be_kept_and_failures_say_no() {
    for route in all_routes() {
        let file = |path: &str| path.replace("{id}", "0123456789abcdefghjkmnpq").replace("{slug}", "none");
        let path = file(route.path).replace("{file}", "0123456789abcdefghjkmnpq.png");
        let origin = if route.host == tintype::http::Host::App { crate::harness::APP } else { IMAGES };
        for method in ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"] {
            for call in 0..3 {
                let world = cached_world();
                world.faults.strike_at(call, FaultKind::FailBefore);
                let answer = now(Call::new(method, &format!("{origin}{path}")).send(&world));
                let context = format!("{method} {origin}{path}: {}", answer.status);
                assert_ne!(answer.header("cache-control"), "", "{context}");
                if !answer.status.is_success() {
                    assert_eq!(answer.header("cache-control"), "no-store", "{context}");
                }
            }
        }
    }
}
