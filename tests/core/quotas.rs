//! How much an account stores: counted in the transaction that changes it, never more than it may, and given back.

use proptest::prelude::*;
use serde_json::{Value, json};
use tintype::domain::account::AccountTier;
use tintype::domain::time::{DAY_MS, HOUR_MS};
use tintype::domain::verdict::UnscannedReason;
use tintype::policy::quotas;

use crate::crash_every_call::{at_every_call, now};
use crate::harness::World;
use crate::harness::client::{Answer, Call};
use crate::harness::faults::{BoxedOperation, drive};
use crate::harness::images::numbered_png;
use crate::harness::people::Browser;
use crate::harness::small_ports::SeededRng;
use crate::harness::sqlite::SqliteSql;

fn upload(browser: &Browser, number: u64) -> Call {
    browser.send(Call::app("POST", "/v1/images").body("image/png", numbered_png(number)))
}

fn execute(world: &World, sql: &str) {
    world.sql.with_connection(|connection| connection.execute_batch(sql)).expect("a test's statement is right");
}

/// What is counted: images, bytes, uploads.
fn counted(world: &World) -> [u64; 3] {
    let rows = world.sql.query("SELECT images, bytes, uploads FROM account_storage");
    let row = rows.first().cloned().unwrap_or_default();
    ["images", "bytes", "uploads"].map(|name| row.get(name).and_then(Value::as_u64).unwrap_or_default())
}

fn rows(world: &World) -> usize {
    world.sql.query("SELECT id FROM images").len()
}

fn assert_full(answer: &Answer, quota: &str, context: &str) {
    assert_eq!((answer.status.as_u16(), answer.field("/code")), (403, "quota-exceeded".into()), "{context}");
    assert_eq!(answer.field("/quota"), quota, "{context}");
}

#[tokio::test]
async fn who_has_all_that_an_account_may_is_told_what_and_keeps_nothing_of_the_next() {
    let quota = quotas::of(AccountTier::Free);
    let cases = [
        ("images", quota.images_max.expect("a limit") - 1),
        ("bytes", quota.bytes_max.expect("a limit") - 10),
        ("uploads", quota.uploads_max.expect("a limit") - 1),
    ];
    for (resource, left_one) in cases {
        let world = World::new();
        let (_, ada) = world.member("Ada").await;
        assert_eq!(upload(&ada, 1).send(&world).await.status.as_u16(), 201);
        execute(&world, &format!("UPDATE account_storage SET {resource} = {left_one}"));
        let last = upload(&ada, 2).header("idempotency-key", "another-word-for-two").send(&world).await;
        let refused = upload(&ada, 3).header("idempotency-key", "another-word-for-three").send(&world).await;
        if resource == "bytes" {
            assert_full(&last, resource, "it is larger than what is left");
        } else {
            assert_eq!(last.status.as_u16(), 201, "{resource}: there was room for one");
        }
        assert_full(&refused, resource, resource);
        assert_eq!(refused.header("retry-after").is_empty(), resource != "uploads");
        assert_eq!(rows(&world), if resource == "bytes" { 1 } else { 2 }, "{resource}: nothing of it is there");
        // Others, and nobody in particular, have their own room.
        let (_, bob) = world.member("Bob").await;
        assert_eq!(upload(&bob, 1).send(&world).await.status.as_u16(), 201);
        assert_eq!(world.upload(&numbered_png(1)).await.status.as_u16(), 201);
        if resource == "uploads" {
            world.advance_ms(31 * DAY_MS);
            let ada = world.sign_in(&crate::harness::people::Person::named("Ada")).await;
            assert_eq!(upload(&ada, 4).send(&world).await.status.as_u16(), 201, "another month");
        }
        // The night finds what a test put there.
        world.run_job("recount_storage").await.expect("runs");
        let again = upload(&ada, 3).header("idempotency-key", "another-word-for-three").send(&world).await;
        if resource != "uploads" {
            assert_eq!(again.status.as_u16(), 201, "{resource}: the key was not used up");
        }
        world.settle().await;
    }
}

#[tokio::test]
async fn of_forty_uploads_at_once_as_many_are_taken_as_there_is_room_for() {
    for seed in 0..6 {
        let world = World::with_seed(seed);
        let (_, ada) = world.member("Ada").await;
        assert_eq!(upload(&ada, 1_000).send(&world).await.status.as_u16(), 201);
        let max = quotas::of(AccountTier::Free).images_max.expect("a limit");
        execute(&world, &format!("UPDATE account_storage SET images = {}", max - 3));
        world.faults.interleave(true);
        let chance = SeededRng::new(seed);
        let calls: Vec<BoxedOperation<'_, Answer>> =
            (0..40).map(|n| Box::pin(upload(&ada, n).send(&world)) as BoxedOperation<'_, Answer>).collect();
        let answers = drive(&world.faults, |running| chance.below(running as u64) as usize, calls);
        world.faults.interleave(false);
        let mut made = 0;
        for answer in answers {
            let answer = answer.expect("nobody dies");
            match answer.status.as_u16() {
                201 => made += 1,
                503 => assert_eq!(answer.field("/code"), "busy"),
                _ => assert_full(&answer, "images", "no room"),
            }
        }
        assert_eq!((made, rows(&world)), (3, 4), "seed {seed}");
        assert_eq!(counted(&world)[0], max);
        world.run_job("recount_storage").await.expect("runs");
        assert_eq!(counted(&world)[0], 4);
        world.settle().await;
    }
}

#[tokio::test]
async fn room_is_given_back_by_whatever_takes_an_image_away_and_taken_by_what_brings_one() {
    let world = World::new();
    let (_, ada) = world.member("Ada").await;
    let made = upload(&ada, 1).send(&world).await;
    let bytes = made.json()["bytes"].as_u64().expect("a size");
    assert_eq!(counted(&world), [1, bytes, 1]);
    // Held: as it came; released: as it is stored.
    *world.vision.is_away.lock().expect("not poisoned") = Some(UnscannedReason::VisionBusy);
    let file = numbered_png(2);
    let held = upload(&ada, 2).send(&world).await;
    assert_eq!((held.status.as_u16(), counted(&world)), (202, [2, bytes + file.len() as u64, 2]));
    *world.vision.is_away.lock().expect("not poisoned") = None;
    world.advance_ms(HOUR_MS);
    world.run_job("judge_held").await.expect("runs");
    let usage = ada.send(Call::app("GET", "/v1/usage")).send(&world).await.json();
    let shown = ada.send(Call::app("GET", &format!("/v1/images/{}", held.field("/id")))).send(&world).await;
    let second = shown.json()["bytes"].as_u64().expect("a size");
    assert_eq!((&usage["images"], &usage["bytes"]), (&json!(2), &json!(bytes + second)));
    assert_eq!(usage["limits"]["images_max"], json!(quotas::of(AccountTier::Free).images_max));
    // Claimed: somebody's from then on, but no upload of hers.
    let found = world.upload(&numbered_png(3)).await;
    let third = found.json()["bytes"].as_u64().expect("a size");
    ada.form("/gallery/claim", &[("link", &found.field("/delete_url"))]).send(&world).await;
    assert_eq!(counted(&world), [3, bytes + second + third, 2]);
    ada.send(Call::app("DELETE", &format!("/v1/images/{}", made.field("/id")))).send(&world).await;
    assert_eq!(counted(&world), [2, second + third, 2], "at once, also while its bytes wait in recovery");
    world.advance_ms(15 * DAY_MS);
    world.run_job("reap_recovery").await.expect("runs");
    assert_eq!(counted(&world), [2, second + third, 2]);
    assert_eq!(rows(&world), 3, "one is a tombstone");
    world.settle().await;
}

#[tokio::test]
async fn a_claim_needs_room_too() {
    let world = World::new();
    let (_, ada) = world.member("Ada").await;
    let found = world.upload(&numbered_png(1)).await;
    upload(&ada, 2).send(&world).await;
    let max = quotas::of(AccountTier::Free).images_max.expect("a limit");
    execute(&world, &format!("UPDATE account_storage SET images = {max}"));
    let claimed = ada.form("/gallery/claim", &[("link", &found.field("/delete_url"))]).send(&world).await;
    assert_eq!(claimed.status.as_u16(), 403, "{}", claimed.text());
    assert_eq!(world.sql.query("SELECT id FROM images WHERE account_id IS NULL").len(), 1, "it stays nobody's");
    world.run_job("recount_storage").await.expect("runs");
    let claimed = ada.form("/gallery/claim", &[("link", &found.field("/delete_url"))]).send(&world).await;
    assert_eq!(claimed.status.as_u16(), 303);
    world.settle().await;
}

#[test]
fn whatever_happens_to_an_upload_room_is_taken_for_what_is_there_and_for_nothing_else() {
    let set = || {
        let world = World::new();
        let (_, ada) = now(world.member("Ada"));
        (world, ada)
    };
    let act = |world: &World, ada: &Browser| world.attempt(upload(ada, 1).send(world));
    let check = |world: &World, ada: &Browser, answer: Option<Answer>, context: &str| {
        world.assert_storage_is_counted();
        if answer.is_some_and(|answer| answer.status.as_u16() == 201) {
            assert_eq!(counted(world)[0], 1, "{context}");
        }
        now(world.settle());
        let there = rows(world) as u64;
        let [images, _, uploads] = counted(world);
        assert_eq!((images, uploads), (there, there), "{context}: a draft that was swept is none");
        now(upload(ada, 1).send(world));
        assert_eq!(counted(world)[0], 1, "{context}: the same picture once more is the one that is there");
    };
    at_every_call("a member's upload", 8, set, act, check);
}

#[derive(Clone, Debug)]
enum Change {
    Insert(u8, u16),
    State(u8, u8),
    Owner(u8, Option<u8>),
    Size(u8, u16),
    Delete(u8),
}

const STATES: [&str; 7] = ["pending", "held", "releasing", "live", "removing", "recovery", "gone"];

fn change() -> impl Strategy<Value = Change> {
    let image = 0_u8..8;
    prop_oneof![
        (image.clone(), any::<u16>()).prop_map(|(image, bytes)| Change::Insert(image, bytes)),
        (image.clone(), 0_u8..7).prop_map(|(image, state)| Change::State(image, state)),
        (image.clone(), proptest::option::of(0_u8..3)).prop_map(|(image, owner)| Change::Owner(image, owner)),
        (image.clone(), any::<u16>()).prop_map(|(image, bytes)| Change::Size(image, bytes)),
        image.prop_map(Change::Delete),
    ]
}

impl Change {
    fn sql(&self) -> String {
        let account = |owner: &Option<u8>| owner.map_or("NULL".to_owned(), |owner| format!("'account {owner}'"));
        match self {
            Self::Insert(image, bytes) => format!(
                "INSERT INTO images (id, state, surface, verdict, policy_version, created_at, retention_class,
                                     retention_reason, attempts, account_id, stored_bytes)
                 VALUES ('{image}', 'pending', 'web', 'safe', 1, 0, 'safe', '', 0, {}, {bytes})
                 ON CONFLICT (id) DO NOTHING",
                account(&Some(image % 3))
            ),
            Self::State(image, state) => {
                format!("UPDATE images SET state = '{}' WHERE id = '{image}'", STATES[usize::from(*state)])
            }
            Self::Owner(image, owner) => {
                format!("UPDATE images SET account_id = {} WHERE id = '{image}'", account(owner))
            }
            Self::Size(image, bytes) => format!("UPDATE images SET stored_bytes = {bytes} WHERE id = '{image}'"),
            Self::Delete(image) => format!("DELETE FROM images WHERE id = '{image}'"),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_written_is_counted_as_counting_would(changes in proptest::collection::vec(change(), 1..60)) {
        let sql = SqliteSql::migrated();
        for change in &changes {
            sql.with_connection(|connection| connection.execute_batch(&change.sql())).expect("a statement");
            let wrong = "SELECT s.account_id FROM account_storage AS s
                         WHERE (s.images, s.bytes) IS NOT
                               (SELECT count(*), coalesce(sum(stored_bytes), 0) FROM images
                                WHERE account_id = s.account_id AND state IN ('pending', 'held', 'releasing', 'live'))";
            prop_assert!(sql.query(wrong).is_empty(), "after {:?} of {:?}", change, changes);
        }
        let counted = sql.query("SELECT sum(images) AS images FROM account_storage");
        let there = sql.query("SELECT count(*) AS images FROM images WHERE account_id IS NOT NULL
                                 AND state IN ('pending', 'held', 'releasing', 'live')");
        let number = |rows: &[tintype::ports::sql::Row]| rows.first().and_then(|row| row["images"].as_u64()).unwrap_or(0);
        prop_assert_eq!(number(&counted), number(&there));
    }
}
