//! Images on lists of known material are never public, and what the law asks for is kept (promise IMP-24).

use std::sync::atomic::Ordering;

use serde_json::json;
use tintype::domain::hex;
use tintype::domain::ids::ImageId;
use tintype::domain::known_bad::{Category, HashKind, Likeness, PdqHash};
use tintype::domain::time::DAY_MS;
use tintype::domain::verdict::{Assessment, UnscannedReason};
use tintype::imaging;
use tintype::jobs::{EVERY_HOUR, EVERY_MINUTE, EVERY_NIGHT, EVERY_OTHER_MINUTE};
use tintype::policy::limits::ANONYMOUS;
use tintype::ports::blobs::Bucket;
use tintype::store::known_bad::candidates;
use tintype::usecases::review::{Reviewed, hold, prohibit, release, restrict};

use crate::content_safety::{review, scored};
use crate::harness::World;
use crate::harness::client::{Answer, Call};
use crate::harness::image_files::{Jpeg, jpeg_of, png_of, texture};
use crate::harness::images::numbered_png;
use crate::harness::plant::{Row, id};
use crate::harness::small_ports::SeededRng;

const SIDES: (u32, u32) = (320, 240);

fn picture(seed: u64) -> Vec<u8> {
    png_of(&texture(seed, SIDES.0, SIDES.1), SIDES.0, SIDES.1)
}

fn likeness(file: &[u8]) -> Likeness {
    imaging::examine(file, &ANONYMOUS).expect("acceptable").pdq[0]
}

/// The hash with `count` bits flipped: two in each band, so that they are as hard to find as can be.
fn off_by(hash: PdqHash, count: usize) -> String {
    let mut bytes = hash.0;
    for at in 0..count {
        let bit = at / 2 * 16 + at % 2;
        bytes[bit / 8] ^= 0x80 >> (bit % 8);
    }
    PdqHash(bytes).to_string()
}

async fn send(world: &World, file: &[u8]) -> Answer {
    Call::app("POST", "/v1/images").body("image/png", file.to_vec()).send(world).await
}

fn assert_refused(world: &World, answer: &Answer) -> String {
    assert_eq!(
        (answer.status.as_u16(), answer.field("/code").as_str()),
        (422, "content-prohibited"),
        "{}",
        answer.text()
    );
    assert_eq!(world.blob_count(Bucket::Images), 0, "it never is where images are served from");
    answer.field("/image_id")
}

fn one(world: &World, sql: &str) -> tintype::ports::sql::Row {
    let mut rows = world.sql.query(sql);
    assert_eq!(rows.len(), 1, "{sql}: {rows:?}");
    rows.remove(0)
}

#[tokio::test]
async fn promise_imp_24_what_must_be_reported_is_blocked_kept_and_recorded_in_one_step() {
    let world = World::new();
    let file = numbered_png(1);
    world.list(HashKind::Sha256, &hex::sha256(&file), Category::Csam);
    let make = || {
        Call::app("POST", "/v1/images")
            .body("image/png", numbered_png(1))
            .header("idempotency-key", "a-key-of-mine-1234")
    };
    let refused = make().send(&world).await;
    let id = assert_refused(&world, &refused);
    assert!(refused.text().contains("its content is not allowed here"), "{}", refused.text());
    for word in ["list", "csam", "known", &hex::sha256(&file)] {
        assert!(!refused.text().contains(word), "{word} tips off: {}", refused.text());
    }
    assert_eq!(world.state(&id), "recovery");
    let decision = one(&world, "SELECT * FROM decisions");
    assert_eq!((&decision["decided_by"], &decision["verdict"]), (&json!("known_bad"), &json!("prohibited")));
    let matched: serde_json::Value = serde_json::from_str(decision["matched"].as_str().expect("text")).expect("JSON");
    assert_eq!(matched, json!({"list": "test list", "category": "csam", "kind": "sha256", "distance": 0}));
    let entry = one(&world, "SELECT * FROM review_queue");
    assert_eq!((&entry["cause"], &entry["severity"]), (&json!("known_bad"), &json!(9)));
    let hold = one(&world, "SELECT * FROM holds");
    let now = world.clock_now().0;
    assert_eq!((&hold["image_id"], &hold["until"]), (&json!(id), &json!(now + 365 * DAY_MS)));
    let report = one(&world, "SELECT * FROM reports");
    assert_eq!(
        (&report["state"], &report["surface"], &report["uploaded_at"]),
        (&json!("due"), &json!("api"), &json!(now))
    );
    let repeated = make().send(&world).await;
    assert_eq!(repeated.field("/detail"), refused.field("/detail"), "a repeat is told the same");
    assert_eq!(Call::images("GET", &format!("/{id}.png")).send(&world).await.status.as_u16(), 404);
    world.settle().await;
}

#[tokio::test]
async fn promise_imp_24_nothing_erases_what_is_under_a_hold() {
    let world = World::new();
    world.list(HashKind::Sha256, &hex::sha256(&numbered_png(1)), Category::Csam);
    let id = assert_refused(&world, &send(&world, &numbered_png(1)).await);
    for _ in 0..12 {
        world.advance_ms(30 * DAY_MS);
        for cron in [EVERY_MINUTE, EVERY_OTHER_MINUTE, EVERY_HOUR, EVERY_NIGHT] {
            world.run_cron(cron).await.expect("runs");
        }
        assert_eq!((world.state(&id).as_str(), world.blob_count(Bucket::Recovery)), ("recovery", 1));
    }
    world.advance_ms(6 * DAY_MS);
    world.run_job("reap_recovery").await.expect("runs");
    assert_eq!((world.state(&id).as_str(), world.blob_count(Bucket::Recovery)), ("gone", 0), "a year is over");
    assert!(one(&world, "SELECT hashes FROM images")["hashes"].is_null());
}

#[tokio::test]
async fn a_hold_that_is_placed_late_keeps_an_image_that_is_due_and_its_release_lets_it_go() {
    let world = World::new();
    let file = world.assess(1, scored(0.99, 0.0));
    let id = assert_refused(&world, &send(&world, &file).await);
    let place = format!("INSERT INTO holds VALUES ('{id}', 'legal', 0, {}, 'a court', NULL)", i64::MAX / 4);
    world.sql.with_connection(|sql| sql.execute_batch(&place)).expect("places");
    world.advance_ms(100 * DAY_MS);
    world.run_job("reap_recovery").await.expect("runs");
    assert_eq!(world.blob_count(Bucket::Recovery), 1);
    world.sql.with_connection(|sql| sql.execute_batch("UPDATE holds SET released_at = 1")).expect("releases");
    world.run_job("reap_recovery").await.expect("runs");
    assert_eq!((world.state(&id).as_str(), world.blob_count(Bucket::Recovery)), ("gone", 0));
    world.advance_ms(91 * DAY_MS);
    world.run_job("forget_tombstones").await.expect("runs");
    assert!(world.sql.query("SELECT image_id FROM holds").is_empty());
}

#[tokio::test]
async fn bytes_that_arrive_after_their_upload_was_given_up_are_kept_if_a_hold_stands() {
    let world = World::new();
    world.plant_rows(1..2, Row { state: "pending", reason: None, at: world.clock_now().plus_ms(-2 * DAY_MS) }).await;
    let place = format!("INSERT INTO holds VALUES ('{}', 'legal', 0, {}, 'a test', NULL)", id(1), i64::MAX / 4);
    world.sql.with_connection(|sql| sql.execute_batch(&place)).expect("places");
    world.settle().await;
    assert_eq!(world.state(id(1).as_str()), "gone", "nothing had arrived");
    world.plant_blobs(1..2, Bucket::Recovery);
    world.settle().await;
    assert_eq!((world.state(id(1).as_str()).as_str(), world.blob_count(Bucket::Recovery)), ("recovery", 1));
}

#[tokio::test]
async fn other_categories_name_their_list_and_are_erased_like_any_refusal() {
    for category in [Category::Terrorism, Category::IntimateImagery, Category::Operator] {
        let world = World::new();
        world.list(HashKind::Sha256, &hex::sha256(&numbered_png(1)), category);
        let refused = send(&world, &numbered_png(1)).await;
        assert_refused(&world, &refused);
        let words = match category {
            // In the same words as of what must be reported, which would else be known by them.
            Category::Operator => "its content is not allowed here".to_owned(),
            _ => format!("it is on the list \\\"test list\\\" ({})", category.as_str()),
        };
        assert!(refused.text().contains(&words), "{}", refused.text());
        assert!(world.sql.query("SELECT image_id FROM holds UNION ALL SELECT image_id FROM reports").is_empty());
        world.advance_ms(15 * DAY_MS);
        world.run_job("reap_recovery").await.expect("runs");
        assert_eq!(world.blob_count(Bucket::Recovery), 0);
    }
}

#[tokio::test]
async fn the_bytes_as_they_came_and_as_they_are_stored_are_both_compared() {
    // A file with metadata: what is stored is another file.
    let file = std::fs::read("tests/fixtures/private.png").expect("a fixture");
    let stored = imaging::examine(&file, &ANONYMOUS).expect("acceptable").stripped.to_vec(&file);
    assert_ne!(hex::sha256(&file), hex::sha256(&stored));
    for digest in [hex::sha256(&file), hex::sha256(&stored)] {
        let world = World::new();
        world.list(HashKind::Sha256, &digest, Category::Operator);
        assert_refused(&world, &send(&world, &file).await);
    }
}

#[tokio::test]
async fn the_same_picture_is_recognised_after_it_was_encoded_anew_and_another_is_not() {
    let world = World::new();
    world.list(HashKind::Pdq, &likeness(&picture(1)).hash.to_string(), Category::Operator);
    let again = jpeg_of(&texture(1, SIDES.0, SIDES.1), SIDES.0, SIDES.1, Jpeg::Baseline);
    assert_refused(&world, &send(&world, &again).await);
    let matched = one(&world, "SELECT matched FROM decisions");
    assert!(matched["matched"].as_str().expect("text").contains(r#""kind":"pdq""#));
    assert_eq!(send(&world, &picture(2)).await.status.as_u16(), 201);
}

#[tokio::test]
async fn thirty_one_bits_are_the_same_picture_and_thirty_two_are_not() {
    for (bits, status) in [(0, 422), (30, 422), (31, 422), (32, 201)] {
        let world = World::new();
        world.list(HashKind::Pdq, &off_by(likeness(&picture(1)).hash, bits), Category::Operator);
        assert_eq!(send(&world, &picture(1)).await.status.as_u16(), status, "{bits} bits");
        // 32 bits within the same bands are found by the index, and still too many.
        let world = World::new();
        let mut bytes = likeness(&picture(1)).hash.0;
        bytes[..4].iter_mut().for_each(|byte| *byte ^= 0xff);
        world.list(HashKind::Pdq, &PdqHash(bytes).to_string(), Category::Operator);
        assert_eq!(send(&world, &picture(1)).await.status.as_u16(), 201);
    }
}

#[tokio::test]
async fn a_picture_that_shows_nothing_resembles_nothing() {
    let plain = png_of(&vec![[90; 3]; 100 * 100], 100, 100);
    let world = World::new();
    world.list(HashKind::Pdq, &likeness(&plain).hash.to_string(), Category::Operator);
    assert_eq!(send(&world, &plain).await.status.as_u16(), 201);
    world.list(HashKind::Sha256, &hex::sha256(&plain), Category::Operator);
    world.sql.with_connection(|sql| sql.execute("UPDATE known_bad SET added_at = 1", [])).expect("runs");
    assert_eq!(send(&world, &plain).await.status.as_u16(), 422, "its bytes are its bytes");
}

#[tokio::test]
async fn a_list_outranks_whatever_the_classifier_says_or_does_not_say() {
    for assessment in
        [scored(0.0, 0.0), Assessment::NotClassified, Assessment::Unscanned { reason: UnscannedReason::ModelFailed }]
    {
        let world = World::new();
        let file = world.assess(1, assessment);
        world.list(HashKind::Sha256, &hex::sha256(&file), Category::Csam);
        assert_refused(&world, &send(&world, &file).await);
        assert_eq!(one(&world, "SELECT decided_by FROM decisions")["decided_by"], "known_bad");
    }
}

#[tokio::test]
async fn an_image_that_was_held_is_looked_up_when_it_is_judged() {
    let world = World::new();
    world.vision_is(Some(UnscannedReason::VisionBusy));
    let held = send(&world, &numbered_png(1)).await;
    assert_eq!(held.status.as_u16(), 202);
    world.list(HashKind::Sha256, &hex::sha256(&numbered_png(1)), Category::Csam);
    world.vision_is(None);
    world.settle().await;
    let id = held.field("/id");
    assert_eq!((world.state(&id).as_str(), world.blob_count(Bucket::Images)), ("recovery", 0));
    assert_eq!(one(&world, "SELECT image_id FROM holds")["image_id"], id);
    assert_eq!(one(&world, "SELECT cause FROM review_queue WHERE decided_at IS NULL")["cause"], "known_bad");
    world.advance_ms(300 * DAY_MS);
    world.run_job("reap_recovery").await.expect("runs");
    assert_eq!(world.blob_count(Bucket::Recovery), 1);
}

#[tokio::test]
async fn no_operator_releases_what_is_on_a_list_and_trying_takes_it_out_of_view() {
    // Live; held by a person; refused by the model; removed by a person.
    for scene in 0..4 {
        let world = World::new();
        if scene == 2 {
            world.assess(1, scored(0.99, 0.0));
        }
        let answer = send(&world, &numbered_png(1)).await;
        let named = if scene == 2 { answer.field("/image_id") } else { answer.field("/id") };
        let id = ImageId::parse(&named).expect("an id");
        match scene {
            1 => drop(hold(&world.app, &id, review("a report")).await),
            3 => drop(prohibit(&world.app, &id, review("a report")).await),
            _ => {}
        }
        world.assess(1, Assessment::NotClassified);
        world.list(HashKind::Sha256, &hex::sha256(&numbered_png(1)), Category::Csam);
        world.sql.with_connection(|sql| sql.execute("UPDATE known_bad SET added_at = 1", [])).expect("runs");
        for _ in 0..2 {
            assert_eq!(release(&world.app, &id, review("fine")).await, Ok(Reviewed::Listed), "scene {scene}");
            assert_eq!(restrict(&world.app, &id, review("fine")).await, Ok(Reviewed::Listed), "scene {scene}");
        }
        world.settle().await;
        assert_eq!(
            (world.state(id.as_str()).as_str(), world.blob_count(Bucket::Images)),
            ("recovery", 0),
            "scene {scene}"
        );
        assert_eq!(one(&world, "SELECT state FROM reports")["state"], "due");
        assert_eq!(world.sql.query("SELECT 1 FROM decisions WHERE decided_by = 'known_bad'").len(), 1);
        world.advance_ms(300 * DAY_MS);
        world.run_job("reap_recovery").await.expect("runs");
        assert_eq!(world.blob_count(Bucket::Recovery), 1, "scene {scene}");
    }
}

const OUTSIDE: &[(&str, &str)] =
    &[("KNOWN_BAD_LOOKUP_URL", "https://lists.example/m/lookup"), ("KNOWN_BAD_LOOKUP_CATEGORY", "terrorism")];

#[tokio::test]
async fn an_outside_list_is_asked_about_telling_hashes_only() {
    let world = World::with(1, OUTSIDE);
    assert_eq!(send(&world, &picture(1)).await.status.as_u16(), 201);
    assert_eq!(*world.hash_lists.asked.lock().expect("not poisoned"), [likeness(&picture(1)).hash]);
    send(&world, &png_of(&vec![[90; 3]; 100 * 100], 100, 100)).await;
    assert_eq!(world.hash_lists.asked.lock().expect("not poisoned").len(), 1);
    world.hash_lists.names.lock().expect("not poisoned").push("A BANK".into());
    let refused = send(&world, &picture(3)).await;
    assert!(refused.text().contains("A BANK") && refused.text().contains("(terrorism)"), "{}", refused.text());
    let without = World::new();
    send(&without, &picture(1)).await;
    assert!(without.hash_lists.asked.lock().expect("not poisoned").is_empty(), "off unless a setting names one");
}

#[tokio::test]
async fn the_privacy_page_says_what_is_compared_and_whether_hashes_leave() {
    for (settings, leaves) in [(OUTSIDE, true), (&[][..], false)] {
        let text = Call::app("GET", "/privacy").send(&World::with(1, settings)).await.text();
        assert!(text.contains("kept for the authorities for 365 days"), "{text}");
        assert_eq!(text.contains("a service that gets the second hash"), leaves);
    }
}

#[tokio::test]
async fn what_cannot_be_looked_up_is_not_published() {
    let world = World::with(1, OUTSIDE);
    world.hash_lists.is_down.store(true, Ordering::Relaxed);
    let answer = send(&world, &picture(1)).await;
    assert_eq!((answer.status.as_u16(), answer.field("/code").as_str()), (503, "unavailable"));
    assert!(world.sql.query("SELECT id FROM images").is_empty());
    assert_eq!(world.blob_count(Bucket::Images) + world.blob_count(Bucket::Recovery), 0);
}

#[tokio::test]
async fn the_database_finds_every_listed_hash_within_31_bits_and_keeps_bands_by_itself() {
    let world = World::new();
    let chance = SeededRng::new(5);
    let random = || {
        let mut bytes = [0; 32];
        bytes.iter_mut().for_each(|byte| *byte = chance.below(256) as u8);
        PdqHash(bytes)
    };
    let listed: Vec<PdqHash> = (0..300).map(|_| random()).collect();
    for hash in &listed {
        world.list(HashKind::Pdq, &hash.to_string(), Category::Operator);
    }
    assert_eq!(world.sql.query("SELECT band FROM known_bad_bands").len(), 300 * 16);
    for hash in &listed {
        let mut bytes = hash.0;
        for _ in 0..31 {
            bytes[chance.below(32) as usize] ^= 1 << chance.below(8);
        }
        let near = PdqHash(bytes);
        let found = candidates(world.sql.as_ref(), &[], &[near]).await.expect("looks");
        let expected: Vec<String> = listed.iter().filter(|l| l.distance(&near) <= 31).map(PdqHash::to_string).collect();
        assert!(expected.iter().all(|value| found.iter().any(|entry| entry.value == *value)), "{near}");
    }
    world.sql.with_connection(|sql| {
        sql.execute("UPDATE known_bad SET value = '0'", []).expect_err("an entry is not changed");
        sql.execute("UPDATE known_bad SET note = 'a note'", []).expect("but noted on");
        sql.execute("DELETE FROM known_bad", []).expect("and removed");
    });
    assert!(world.sql.query("SELECT band FROM known_bad_bands").is_empty());
}

#[tokio::test]
async fn a_release_that_did_not_finish_is_looked_up_again_before_it_goes_on() {
    let world = World::new();
    world.vision_is(Some(UnscannedReason::VisionBusy));
    let id = send(&world, &numbered_png(1)).await.field("/id");
    world.vision_is(None);
    world.advance_ms(60_000);
    // Decided, and then the storage takes no bytes.
    let mut call = 0;
    while world.state(&id) != "releasing" || world.blob_count(Bucket::Images) > 0 {
        assert!(call < 20, "it never stands between decision and publication");
        world.advance_ms(3_600_000);
        world.faults.strike_at(call, crate::harness::faults::FaultKind::FailBefore);
        drop(world.run_job("judge_held").await);
        world.faults.calm();
        call += 1;
        if world.state(&id) == "live" {
            panic!("no fault at call {call} stopped it");
        }
    }
    world.list(HashKind::Sha256, &hex::sha256(&numbered_png(1)), Category::Csam);
    world.settle().await;
    assert_eq!((world.state(&id).as_str(), world.blob_count(Bucket::Images)), ("recovery", 0));
    assert_eq!(one(&world, "SELECT state FROM reports")["state"], "due");
}
