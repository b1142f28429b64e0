//! What was decided is told by the month, in tens, of nobody; it outlives what it was counted from, and is forgotten in its time.

use tintype::domain::time::{DAY_MS, Timestamp};
use tintype::policy::transparency::{TOLD_MS, WAITS};
use tintype::store::transparency::MEASURES;

use crate::accounts::one;
use crate::crash_every_call::{at_every_call, now};
use crate::harness::World;
use crate::harness::client::{Answer, Call};

/// 2026-11-10T00:00:00Z, within the month in which worlds begin.
const IN_NOVEMBER: i64 = 1_794_268_800_000;

fn sql(world: &World, text: &str) {
    world.sql.with_connection(|connection| connection.execute_batch(text).expect("SQL"));
}

/// So many decisions, each about an image of its own.
fn decide(world: &World, count: i64, by: &str, verdict: &str, ground: &str, at: i64) {
    sql(
        world,
        &format!(
            "INSERT INTO decisions (image_id, number, decided_at, decided_by, verdict, thresholds, policy_version, reason, ground)
             WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < {count})
             SELECT 'image {by} {verdict} {ground} ' || n, 1, {at}, '{by}', '{verdict}', '[]', 1, '', nullif('{ground}', '') FROM n"
        ),
    );
}

/// A person's word after a model's, about so many images.
fn review(world: &World, count: i64, model: &str, person: &str) {
    sql(
        world,
        &format!(
            "INSERT INTO decisions (image_id, number, decided_at, decided_by, verdict, thresholds, policy_version, reason)
             WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < {count})
             SELECT 'seen {model} {person} ' || n, 1, 5, 'model', '{model}', '[]', 1, '' FROM n
             UNION ALL SELECT 'seen {model} {person} ' || n, 2, {IN_NOVEMBER}, 'operator', '{person}', '[]', 1, '' FROM n"
        ),
    );
}

fn wait(world: &World, count: i64, ms: i64) {
    sql(
        world,
        &format!(
            "INSERT INTO review_queue (image_id, cause, severity, entered_at, decided_at, outcome)
             WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < {count})
             SELECT 'waits {ms} ' || n, 'flagged', 1, {IN_NOVEMBER} - {ms}, {IN_NOVEMBER}, 'released' FROM n"
        ),
    );
}

/// Lets it be a moment, and the night with it.
async fn night(world: &World, at: Timestamp) {
    world.advance_ms(at.ms_since(world.clock_now()));
    world.run_job("count_transparency").await.unwrap_or_else(|faults| panic!("{faults:?}"));
}

fn december() -> Timestamp {
    Timestamp(IN_NOVEMBER).next_month_start()
}

async fn told(world: &World) -> Vec<(String, String, u64)> {
    let object = Call::app("GET", "/transparency.json").send(world).await.json();
    let counts = object["months"].as_array().cloned().unwrap_or_default();
    let counts = counts.iter().filter(|month| month["month"] == "2026-11").flat_map(|month| {
        month["counts"].as_array().cloned().unwrap_or_default().into_iter().map(|count| {
            let text = |name: &str| count[name].as_str().unwrap_or_default().to_owned();
            (text("measure"), text("kind"), count["count"].as_u64().unwrap_or_default())
        })
    });
    counts.collect()
}

fn number(told: &[(String, String, u64)], measure: &str, kind: &str) -> Option<u64> {
    told.iter().find(|(m, k, _)| m == measure && k == kind).map(|(_, _, count)| *count)
}

#[tokio::test]
async fn a_month_is_told_once_it_has_ended_in_tens_and_few_of_a_kind_are_not() {
    let world = World::new();
    let last_moment = december().0 - 1;
    decide(&world, 25, "model", "prohibited", "", last_moment);
    decide(&world, 12, "operator", "prohibited", "hate", IN_NOVEMBER);
    decide(&world, 9, "operator", "prohibited", "fraud", IN_NOVEMBER);
    decide(&world, 99, "model", "safe", "", IN_NOVEMBER);
    decide(&world, 40, "model", "restricted", "", december().0);
    night(&world, Timestamp(last_moment)).await;
    assert!(told(&world).await.is_empty(), "it has not ended");
    night(&world, december()).await;
    let first = told(&world).await;
    assert_eq!(number(&first, "actions", "model prohibited "), Some(20), "{first:?}");
    assert_eq!(number(&first, "actions", "operator prohibited hate"), Some(10));
    assert_eq!(first.len(), 2, "nine are not told, and what is not kept from anybody is no action: {first:?}");
    let page = Call::app("GET", "/transparency").send(&world).await.text();
    assert!(page.contains("Not allowed, by a person: Hatred against a group"), "{page}");
    assert!(page.contains("About 66 in a hundred of these were decided by a program alone."), "{page}");
    assert!(!page.contains("Fraud"), "{page}");
    // Told once: what is written later about that month changes nothing.
    decide(&world, 50, "operator", "prohibited", "spam", IN_NOVEMBER);
    night(&world, december().plus_ms(DAY_MS)).await;
    assert_eq!(told(&world).await, first);
    // Nor does it when what was counted is forgotten.
    sql(&world, "DELETE FROM decisions");
    night(&world, december().plus_ms(40 * DAY_MS)).await;
    assert_eq!(told(&world).await, first);
}

#[tokio::test]
async fn how_often_the_classifier_was_wrong_is_told_from_what_people_said_after_it() {
    let world = World::new();
    review(&world, 20, "prohibited", "prohibited");
    review(&world, 10, "prohibited", "safe");
    review(&world, 4, "restricted", "safe");
    review(&world, 10, "flagged", "restricted");
    review(&world, 11, "flagged", "safe");
    review(&world, 30, "unscanned", "safe");
    night(&world, december()).await;
    let told = told(&world).await;
    let of = |kind| number(&told, "agreement", kind);
    assert_eq!((of("agreed"), of("too strict"), of("too lenient")), (Some(30), Some(10), Some(10)), "{told:?}");
    let page = Call::app("GET", "/transparency").send(&world).await.text();
    assert!(page.contains("About 40 in a hundred of what people looked at was judged wrongly before."), "{page}");
}

#[tokio::test]
async fn waits_are_told_by_the_bounds_of_the_policy_to_the_millisecond() {
    let world = World::new();
    for (index, (until_ms, _)) in WAITS.iter().enumerate().filter(|(_, (until_ms, _))| *until_ms < i64::MAX) {
        wait(&world, 10 * (i64::try_from(index).expect("a few") + 1), *until_ms);
        wait(&world, 100, until_ms + 1);
    }
    night(&world, december()).await;
    let told = told(&world).await;
    let of = |kind| number(&told, "waits", kind);
    let expected = [Some(10), Some(120), Some(130), Some(140), Some(100)];
    assert_eq!(WAITS.map(|(_, words)| of(words)), expected, "{told:?}");
    let page = Call::app("GET", "/transparency").send(&world).await.text();
    assert!(page.contains("Half of them: within three days."), "{page}");
}

#[tokio::test]
async fn what_was_taken_back_and_what_authorities_had_is_counted_from_the_log() {
    let world = World::new();
    for (act, about, count) in [
        ("undone", "image", 12),
        ("filed", "report", 10),
        ("decided", "report", 9),
        ("decided", "notice", 30),
        ("preserved", "image", 10),
    ] {
        sql(
            &world,
            &format!(
                "INSERT INTO review_log (at, operator, act, about, subject, reason)
                 WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < {count})
                 SELECT {IN_NOVEMBER}, 'a', '{act}', '{about}', 'b', '' FROM n"
            ),
        );
    }
    night(&world, december()).await;
    let told = told(&world).await;
    let (undone, reported) = (number(&told, "reversals", "undone"), number(&told, "authorities", "reported"));
    assert_eq!((undone, reported, number(&told, "authorities", "ordered")), (Some(10), Some(10), Some(10)), "{told:?}");
    assert_eq!(told.len(), 3, "{told:?}");
}

#[tokio::test]
async fn a_month_that_nobody_counted_in_time_is_never_told_and_what_was_is_for_five_years() {
    let world = World::new();
    decide(&world, 20, "model", "prohibited", "", IN_NOVEMBER);
    night(&world, december().plus_ms(56 * DAY_MS)).await;
    assert!(told(&world).await.is_empty(), "some of it may be forgotten");
    assert_eq!(one(&world, "SELECT count(*) FROM transparency_counts"), "1", "that December was counted");
    let until = Timestamp(IN_NOVEMBER).next_month_start().plus_ms(TOLD_MS);
    night(&world, until.plus_ms(-1)).await;
    let december_told =
        || one(&world, &format!("SELECT count(*) FROM transparency_counts WHERE month = {}", december().0));
    assert_eq!(december_told(), "1");
    night(&world, until).await;
    assert_eq!(december_told(), "0");
}

#[test]
fn a_month_is_told_whole_or_not_whatever_fails() {
    let set = || {
        let world = World::new();
        decide(&world, 20, "model", "prohibited", "", IN_NOVEMBER);
        wait(&world, 10, 5);
        world.advance_ms(december().ms_since(world.clock_now()));
        (world, ())
    };
    let act = |world: &World, (): &()| {
        drop(world.attempt(world.run_job("count_transparency")));
        None
    };
    let check = |world: &World, (): &(), _: Option<Answer>, context: &str| {
        let rows = one(
            world,
            &format!(
                "SELECT count(*) FROM transparency_counts WHERE month = {}",
                Timestamp(IN_NOVEMBER).month_start().0
            ),
        );
        assert!(rows == "0" || rows == "3", "{context}: {rows}");
        world.advance_ms(DAY_MS);
        now(world.run_job("count_transparency")).unwrap_or_else(|faults| panic!("{faults:?}"));
        assert_eq!(now(told(world)).len(), 2, "{context}");
    };
    at_every_call("counting a month", 5 + MEASURES.len(), set, act, check);
}
