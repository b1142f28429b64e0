//! Every port call of every operation fails, dies or is repeated by the platform, one at a time: before it
//! did its work and after. Whatever happens, what was acknowledged is kept, what was deleted stays deleted,
//! and one sweep and one reconcile leave nothing behind.

use futures::FutureExt as _;
use serde_json::json;
use tintype::domain::hex;
use tintype::domain::ids::ImageId;
use tintype::domain::known_bad::{Category, HashKind};
use tintype::domain::time::{DAY_MS, HOUR_MS, MINUTE_MS, Timestamp};
use tintype::ports::blobs::Bucket;
use tintype::usecases::review::{Reviewed, release};
use tintype::usecases::work_off::work_off;

use crate::content_safety::{review, scored};
use crate::harness::client::{Answer, Call};
use crate::harness::faults::FaultKind;
use crate::harness::images::numbered_png;
use crate::harness::plant::Row;
use crate::harness::{IMAGES, NOON, World};

pub const KEY: &str = "every-call-of-every-operation";

/// Runs to the end: nothing waits here.
pub fn now<T>(operation: impl Future<Output = T>) -> T {
    operation.now_or_never().expect("nothing waits")
}

/// States and places, without times.
pub fn snapshot(world: &World) -> String {
    let rows = world.sql.query("SELECT id, state, removal_reason, facts IS NULL AS bare FROM images ORDER BY id");
    let rest = [
        "SELECT count(*), count(DISTINCT image_id) FROM decisions",
        "SELECT count(*) FROM idempotency_keys",
        "SELECT count(*) FROM rate_counters",
        "SELECT * FROM job_cursors WHERE 0",
    ];
    let rest = rest.map(|sql| format!("{:?}", world.sql.query(sql)));
    let places = [Bucket::Images, Bucket::Recovery].map(|bucket| world.blobs.names(bucket).join("\n"));
    format!("{rows:?}\n{}\n{}", rest.join("\n"), places.join("\n--\n"))
}

fn assert_no_loss_reported(world: &World, context: &str) {
    let lines = world.log.faults();
    assert!(!lines.iter().any(|line| line.outcome.contains("declared lost")), "{context}: {lines:?}");
}

/// Strikes at each call in turn, in each way, until the operation is over before the fault.
pub fn at_every_call<S>(
    name: &str,
    calls_min: usize,
    set: impl Fn() -> (World, S),
    act: impl Fn(&World, &S) -> Option<Answer>,
    check: impl Fn(&World, &S, Option<Answer>, &str),
) {
    for kind in FaultKind::ALL {
        let mut call = 0;
        loop {
            let (world, scene) = set();
            let context = format!("{name}, call {call}, {kind:?}");
            world.faults.strike_at(call, kind);
            let answer = act(&world, &scene);
            if !world.faults.calm() {
                break;
            }
            check(&world, &scene, answer, &context);
            assert_no_loss_reported(&world, &context);
            call += 1;
        }
        assert!(call >= calls_min, "{name} {kind:?}: only {call} calls");
    }
}

// Uploads.

pub type MakeCall = fn() -> Call;

pub const SURFACES: [(&str, MakeCall, usize); 3] = [
    ("raw upload", || Call::app("POST", "/v1/images?ttl=86400").body("image/png", numbered_png(1)), 8),
    (
        "form upload",
        || Call::app("POST", "/v1/images").form(&[("ttl", "86400")], &[("file", "a.png", &numbered_png(1))]),
        8,
    ),
    (
        "import",
        || {
            let body = json!({"url": "https://a.example/x.png", "ttl": 86_400});
            Call::app("POST", "/v1/images").body("application/json", body.to_string())
        },
        10,
    ),
];

pub fn network(world: &World) {
    world.outbound.name("a.example", &["93.184.215.14"]);
    world.outbound.answer("https://a.example/x.png", 200, None, &numbered_png(1));
}

pub fn check_upload(world: &World, make: MakeCall, with_key: bool, answer: Option<Answer>, context: &str) {
    let with = |call: Call| if with_key { call.header("idempotency-key", KEY) } else { call };
    world.assert_every_object_has_a_row();
    world.assert_live_only_by_decision();
    let acknowledged = answer.as_ref().filter(|answer| answer.status.is_success());
    if let Some(answer) = &answer {
        let told = answer.status.is_success()
            || answer.status.is_server_error()
            || matches!(answer.status.as_u16(), 409 | 422);
        assert!(told, "{context}: {}", answer.text());
    }
    // What is held has no address yet; it is a PNG, and will have this one.
    let is_held = acknowledged.is_some_and(|answer| answer.status.as_u16() == 202);
    let address = |answer: &Answer| match is_held {
        true => format!("{IMAGES}/{}.png", answer.field("/id")),
        false => answer.field("/url"),
    };
    let url = acknowledged.map(address);
    if let Some(url) = &url {
        let expected = if is_held { 404 } else { 200 };
        assert_eq!(now(world.view(url)).status.as_u16(), expected, "{context}: acknowledged and not there");
    }
    now(world.settle());
    if let Some(url) = &url {
        assert_eq!(now(world.view(url)).status.as_u16(), 200, "{context}: acknowledged and lost");
    }
    let live = world.count("live");
    assert!(live <= 1, "{context}: two images of one upload");
    let again = now(with(make()).send(world));
    assert!(again.status.is_success(), "{context}: a repeat does not succeed: {}", again.text());
    assert_eq!(now(world.view(&again.field("/url"))).status.as_u16(), 200, "{context}");
    if with_key {
        assert_eq!(world.count("live"), 1, "{context}: a repeat under the key makes no second image");
        assert_eq!(again.status.as_u16() == 200, live == 1, "{context}");
        if let Some(url) = url {
            assert_eq!(again.field("/url"), url, "{context}");
        }
    }
    now(world.settle());
}

#[test]
fn an_upload_may_fail_at_every_call() {
    for (name, make, calls) in SURFACES {
        for with_key in [false, true] {
            let set = || {
                let world = World::new();
                network(&world);
                (world, ())
            };
            let act = |world: &World, (): &()| {
                let call = make();
                let call = if with_key { call.header("idempotency-key", KEY) } else { call };
                world.attempt(call.send(world))
            };
            let check = |world: &World, (): &(), answer, context: &str| {
                check_upload(world, make, with_key, answer, context);
            };
            let name = format!("{name}{}", if with_key { " under a key" } else { "" });
            at_every_call(&name, calls + usize::from(with_key), set, act, check);
        }
    }
}

#[test]
fn promise_imp_33_a_prohibited_upload_may_fail_at_every_call_and_is_never_public() {
    for with_key in [false, true] {
        let send = |world: &World| {
            let call = SURFACES[0].1();
            let call = if with_key { call.header("idempotency-key", KEY) } else { call };
            world.attempt(call.send(world))
        };
        let set = || {
            let world = World::new();
            world.assess(1, scored(0.99, 0.0));
            (world, ())
        };
        let check = |world: &World, (): &(), answer: Option<Answer>, context: &str| {
            world.assert_live_only_by_decision();
            let told = answer.filter(|answer| answer.field("/code") == "content-prohibited");
            let kept = |id: &str| world.sql.query(&format!("SELECT removal_reason FROM images WHERE id = '{id}'"));
            now(world.settle());
            if let Some(told) = &told {
                let rows = kept(&told.field("/image_id"));
                assert_eq!(rows[0]["removal_reason"], "prohibited", "{context}: told and not kept");
            }
            let before = world.count("recovery");
            let again = send(world).expect("no fault now");
            assert_eq!(again.field("/code"), "content-prohibited", "{context}: {}", again.text());
            assert_eq!(kept(&again.field("/image_id")).len(), 1, "{context}");
            if with_key {
                assert_eq!(world.count("recovery"), 1, "{context}: a repeat under the key keeps no second one");
                if let Some(told) = told {
                    assert_eq!(told.text().contains(&again.field("/image_id")), before == 1, "{context}");
                }
            }
            assert_eq!(world.blob_count(Bucket::Images), 0, "{context}");
            now(world.settle());
            world.advance_ms(15 * DAY_MS);
            now(world.run_job("reap_recovery")).expect("runs");
            assert_eq!((world.count("recovery"), world.blob_count(Bucket::Recovery)), (0, 0), "{context}");
        };
        at_every_call("a prohibited upload", 6 + usize::from(with_key), set, |world, ()| send(world), check);
    }
}

#[test]
fn promise_imp_24_a_listed_upload_may_fail_at_every_call_and_what_was_kept_of_it_stays() {
    for with_key in [false, true] {
        let send = |world: &World| {
            let call = SURFACES[0].1();
            let call = if with_key { call.header("idempotency-key", KEY) } else { call };
            world.attempt(call.send(world))
        };
        let set = || {
            let world = World::new();
            world.list(HashKind::Sha256, &hex::sha256(&numbered_png(1)), Category::Csam);
            (world, ())
        };
        let check = |world: &World, (): &(), answer: Option<Answer>, context: &str| {
            world.assert_live_only_by_decision();
            let told = answer.filter(|answer| answer.field("/code") == "content-prohibited");
            let kept = world.blob_count(Bucket::Recovery);
            let (holds, reports) = ("SELECT image_id FROM holds", "SELECT image_id FROM reports WHERE state = 'due'");
            assert!(told.is_none() || kept == 1, "{context}: told and not kept");
            now(world.settle());
            // What could only be held at first has been recognised since.
            assert!(world.blob_count(Bucket::Recovery) >= kept, "{context}: what had arrived is kept");
            let kept = world.count("recovery");
            assert_eq!(world.blob_count(Bucket::Recovery), kept, "{context}");
            let held = world.sql.query(holds);
            assert!(held.len() >= kept && held == world.sql.query(reports), "{context}: kept, held and reported alike");
            let again = send(world).expect("no fault now");
            assert_eq!(again.field("/code"), "content-prohibited", "{context}: {}", again.text());
            if let (true, Some(told)) = (with_key, told) {
                assert!(told.text().contains(&again.field("/image_id")), "{context}: a repeat under the key");
            }
            now(world.settle());
            world.advance_ms(364 * DAY_MS);
            for job in ["reap_recovery", "reconcile_blobs", "forget_tombstones"] {
                now(world.run_job(job)).expect("runs");
            }
            assert_eq!(world.blob_count(Bucket::Images), 0, "{context}");
            let kept = world.blob_count(Bucket::Recovery);
            assert!(kept >= 1 && world.count("recovery") == kept, "{context}: a year has not passed");
            world.advance_ms(DAY_MS);
            now(world.run_job("reap_recovery")).expect("runs");
            assert_eq!(world.blob_count(Bucket::Recovery), 0, "{context}");
            world.advance_ms(91 * DAY_MS);
            now(world.run_job("forget_tombstones")).expect("runs");
            assert!(!world.sql.query(reports).is_empty(), "{context}: what is due is not forgotten");
            world.sql.with_connection(|sql| sql.execute("UPDATE reports SET state = 'filed'", [])).expect("files");
            now(world.run_job("forget_tombstones")).expect("runs");
            let left =
                "SELECT image_id FROM holds UNION ALL SELECT image_id FROM reports UNION ALL SELECT id FROM images";
            assert_eq!(world.sql.query(left).len(), 0, "{context}");
        };
        at_every_call("a listed upload", 7 + usize::from(with_key), set, |world, ()| send(world), check);
    }
}

#[test]
fn a_listed_image_that_is_found_later_may_fail_at_every_call() {
    let set = || {
        let world = World::new();
        let id = ImageId::parse(&now(world.upload(&numbered_png(1))).field("/id")).expect("an id");
        world.list(HashKind::Sha256, &hex::sha256(&numbered_png(1)), Category::Csam);
        world.sql.with_connection(|sql| sql.execute("UPDATE known_bad SET added_at = 1", [])).expect("runs");
        (world, id)
    };
    let act = |world: &World, id: &ImageId| {
        drop(world.attempt(release(&world.app, id, review("fine"))));
        None
    };
    let check = |world: &World, id: &ImageId, _: Option<Answer>, context: &str| {
        let holds = world.sql.query("SELECT image_id FROM holds").len();
        assert_eq!(holds == 1, world.state(id.as_str()) != "live", "{context}: decided, held and reported at once");
        now(world.settle());
        assert_eq!(now(release(&world.app, id, review("fine"))), Ok(Reviewed::Listed), "{context}");
        now(world.settle());
        assert_eq!((world.state(id.as_str()).as_str(), world.blob_count(Bucket::Images)), ("recovery", 0), "{context}");
        assert_eq!(world.sql.query("SELECT 1 FROM decisions WHERE decided_by = 'known_bad'").len(), 1, "{context}");
        assert_eq!(world.sql.query("SELECT 1 FROM reports").len(), 1, "{context}");
        world.advance_ms(300 * DAY_MS);
        now(world.run_job("reap_recovery")).expect("runs");
        assert_eq!(world.blob_count(Bucket::Recovery), 1, "{context}");
    };
    at_every_call("a listed image", 6, set, act, check);
}

#[test]
fn the_pages_form_may_fail_at_every_call_and_its_repeat_makes_no_second_image() {
    let send = |world: &World| {
        let files = [("file", "a.png", &numbered_png(1)[..]), ("file", "b.png", &numbered_png(2)[..])];
        let form = Call::app("POST", "/").form(&[("idempotency_key", KEY)], &files);
        world.attempt(form.header("sec-fetch-site", "same-origin").send(world))
    };
    let check = |world: &World, (): &(), _: Option<Answer>, context: &str| {
        now(world.settle());
        let live = world.count("live");
        let again = send(world).expect("no fault now");
        assert_eq!(again.status.as_u16(), 200, "{context}: {}", again.text());
        assert!(live <= 2 && world.count("live") == 2, "{context}: {live}, then {}", world.count("live"));
        now(world.settle());
    };
    at_every_call("the page's form", 15, || (World::new(), ()), |world, ()| send(world), check);
}

#[test]
fn a_repeated_upload_may_fail_at_every_call() {
    let set = || {
        let world = World::new();
        let make = SURFACES[0].1;
        let first = now(make().header("idempotency-key", KEY).send(&world));
        (world, first.field("/url"))
    };
    let act = |world: &World, _: &String| world.attempt(SURFACES[0].1().header("idempotency-key", KEY).send(world));
    let check = |world: &World, url: &String, answer: Option<Answer>, context: &str| {
        if let Some(answer) = answer.filter(|answer| answer.status.is_success()) {
            assert_eq!(&answer.field("/url"), url, "{context}");
        }
        check_upload(world, SURFACES[0].1, true, None, context);
    };
    at_every_call("a repeated upload", 3, set, act, check);
}

#[test]
fn an_answer_that_gets_lost_does_not_lose_the_upload() {
    // Where the platform did the work and only its answer failed, the caller need not even repeat.
    let mut recovered = 0;
    for call in 0..10 {
        for kind in [FaultKind::FailAfter, FaultKind::Repeat] {
            let world = World::new();
            world.faults.strike_at(call, kind);
            let answer = now(SURFACES[0].1().header("idempotency-key", KEY).send(&world));
            world.faults.calm();
            if answer.status.is_success() {
                recovered += 1;
            }
            if kind == FaultKind::Repeat {
                assert_eq!(answer.status.as_u16(), 201, "repeating call {call} does no harm: {}", answer.text());
            }
        }
    }
    assert!(recovered >= 11, "{recovered}");
}

// Deletion.

fn delete(world: &World, answer: &Answer) -> Option<Answer> {
    let token = format!("Bearer {}", answer.field("/delete_token"));
    let path = format!("/v1/images/{}", answer.field("/id"));
    world.attempt(Call::app("DELETE", &path).header("authorization", &token).send(world))
}

#[test]
fn a_deletion_may_fail_at_every_call_and_what_is_deleted_stays_deleted() {
    let set = || {
        let world = World::new();
        let uploaded = now(world.upload(&numbered_png(1)));
        (world, uploaded)
    };
    let check = |world: &World, uploaded: &Answer, answer: Option<Answer>, context: &str| {
        let view = || now(world.view(&uploaded.field("/url"))).status.as_u16();
        let status = answer.as_ref().map(|answer| answer.status.as_u16());
        match status {
            Some(200) => assert_eq!(view(), 410, "{context}: said to be gone"),
            Some(202 | 500..=599) | None => assert!(matches!(view(), 200 | 410), "{context}"),
            other => panic!("{context}: {other:?}"),
        }
        let begun = world.state(&uploaded.field("/id")) != "live";
        assert!(begun || !matches!(status, Some(200 | 202)), "{context}: accepted and forgotten");
        now(world.deliver_messages());
        now(world.settle());
        assert_eq!(view(), if begun { 410 } else { 200 }, "{context}");
        let again = delete(world, uploaded).expect("no fault now");
        assert_eq!(again.status.as_u16(), if begun { 410 } else { 200 }, "{context}: {}", again.text());
        for _ in 0..3 {
            assert_eq!(view(), 410, "{context}: deleted stays deleted");
            now(world.settle());
        }
        world.advance_ms(15 * DAY_MS);
        now(world.run_job("reap_recovery")).expect("runs");
        assert_eq!((view(), world.state(&uploaded.field("/id"))), (410, "gone".into()), "{context}");
        assert_eq!((world.blob_count(Bucket::Images), world.blob_count(Bucket::Recovery)), (0, 0), "{context}");
    };
    at_every_call("a deletion", 6, set, delete, check);
}

#[test]
fn a_queue_message_may_fail_at_every_call() {
    let set = || {
        let world = World::new();
        let uploaded = now(world.upload(&numbered_png(1)));
        // The storage is down after the row says so.
        world.faults.strike_at(3, FaultKind::FailBefore);
        assert_eq!(delete(&world, &uploaded).map(|a| a.status.as_u16()), Some(202));
        world.faults.calm();
        (world, uploaded)
    };
    let act = |world: &World, _: &Answer| {
        let messages = world.queue.messages.lock().expect("not poisoned").clone();
        drop(world.attempt(work_off(&world.app, &messages)));
        None
    };
    let check = |world: &World, uploaded: &Answer, _: Option<Answer>, context: &str| {
        // Delivered again, and once too often.
        let messages = world.queue.take();
        for _ in 0..3 {
            assert_eq!(now(work_off(&world.app, &messages)), [true], "{context}");
        }
        assert_eq!(now(world.view(&uploaded.field("/url"))).status.as_u16(), 410, "{context}");
        assert_eq!(world.state(&uploaded.field("/id")), "recovery", "{context}");
        now(world.settle());
    };
    at_every_call("a queue message", 6, set, act, check);
}

// Jobs.

const LONG_AGO: Timestamp = Timestamp(NOON.0 - 1_000 * DAY_MS);

/// A world in which every job has something to do, and something to leave alone.
fn busy_world() -> World {
    let world = World::new();
    let later = NOON.plus_ms(10 * DAY_MS);
    let keyed = SURFACES[0].1().header("idempotency-key", KEY);
    assert!(now(keyed.send(&world)).status.is_success());
    let row = |state, reason, at| Row { state, reason, at };
    now(world.plant_rows(0..2, row("live", None, LONG_AGO)));
    now(world.plant_rows(2..4, row("live", None, later)));
    now(world.plant_rows(4..6, row("removing", Some("deleted"), LONG_AGO)));
    now(world.plant_rows(6..9, row("pending", None, LONG_AGO)));
    now(world.plant_rows(9..11, row("recovery", Some("expired"), LONG_AGO)));
    now(world.plant_rows(11..14, row("recovery", Some("deleted"), later)));
    now(world.plant_rows(14..16, row("gone", Some("expired"), LONG_AGO)));
    now(world.plant_rows(16..17, row("removing", Some("abandoned"), LONG_AGO)));
    world.plant_blobs(0..6, Bucket::Images);
    // A draft with bytes, two without; an abandoned one with bytes.
    world.plant_blobs(6..7, Bucket::Images);
    world.plant_blobs(16..17, Bucket::Images);
    world.plant_blobs(9..13, Bucket::Recovery);
    // In both buckets; in the wrong one.
    world.plant_blobs(12..14, Bucket::Images);
    // Of nobody, and of a tombstone.
    world.plant_blobs(20..22, Bucket::Images);
    world.plant_blobs(22..24, Bucket::Recovery);
    world.plant_blobs(14..15, Bucket::Images);
    now(world.plant_rows(30..32, row("held", None, LONG_AGO)));
    now(world.plant_rows(32..34, row("held", None, later)));
    world.plant_held_blobs(30..34);
    // Of nobody, and of one that is public.
    world.plant_held_blobs(36..37);
    world.plant_held_blobs(2..3);
    world.blobs.plant(Bucket::Recovery, "salts/2026-11-20", b"an old salt");
    world.sql.with_connection(|sql| {
        let old = "INSERT INTO idempotency_keys VALUES ('old', 'f', 'i', 0, 1);
                   INSERT INTO rate_counters VALUES ('old', 'hour', 0, 20)";
        sql.execute_batch(old).expect("plants");
    });
    world.advance_ms(2 * HOUR_MS);
    world
}

#[test]
fn every_job_may_fail_at_every_call_and_comes_to_the_same_end() {
    for (job, calls) in [
        ("judge_held", 12),
        ("reap_expired", 20),
        ("finish_removals", 15),
        ("sweep_pending", 15),
        ("reap_recovery", 5),
        ("forget_ephemeral", 6),
        ("reconcile_blobs", 20),
        ("forget_tombstones", 3),
    ] {
        let finish = |world: &World| {
            // Longer than a dead run's lease.
            for _ in 0..3 {
                world.advance_ms(6 * MINUTE_MS);
                now(world.run_job(job)).unwrap_or_else(|faults| panic!("{job}: {faults:?}"));
            }
            snapshot(world)
        };
        let undisturbed = busy_world();
        now(undisturbed.run_job(job)).unwrap_or_else(|faults| panic!("{job}: {faults:?}"));
        let before = snapshot(&busy_world());
        let expected = finish(&undisturbed);
        assert_ne!(expected, before, "{job} has something to do");
        let act = |world: &World, (): &()| {
            drop(world.attempt(world.run_job(job)));
            world.assert_nothing_live_is_lost();
            None
        };
        let check = |world: &World, (): &(), _: Option<Answer>, context: &str| {
            assert_eq!(finish(world), expected, "{context}");
        };
        at_every_call(job, calls, || (busy_world(), ()), act, check);
    }
}
