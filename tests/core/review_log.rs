//! The review log, which nothing alters, and the review queue, however long it is.

use tintype::domain::time::Timestamp;
use tintype::policy::review::{LOG_MS, PAGE};
use tintype::store::review_queue::{self, Position};
use tintype::store::{appeals, notices};

use crate::accounts::one;
use crate::content_safety::flagged;
use crate::harness::{NOON, World};
use crate::operate::{PROHIBIT, decide};

#[tokio::test]
async fn the_review_log_cannot_be_altered_nor_shortened_before_its_time() {
    let world = World::new();
    let operator = world.operator("Olive").await;
    let (_, id) = flagged(&world).await;
    decide(&world, &operator, id.as_str(), &PROHIBIT).await;
    world.sql.with_connection(|connection| {
        for change in [
            "UPDATE review_log SET reason = 'another'",
            "UPDATE review_log SET at = 0",
            "DELETE FROM review_log",
            "REPLACE INTO review_log (number, at, operator, act, about, subject, reason) SELECT 1, 0, '', '', 'log', '', ''",
        ] {
            assert!(connection.execute_batch(change).is_err(), "{change}");
        }
    });
    let lines = world.sql.query("SELECT * FROM review_log");
    world.advance_ms(LOG_MS - 1);
    world.run_job("forget_review_log").await.expect("runs");
    assert_eq!(world.sql.query("SELECT * FROM review_log"), lines);
    world.advance_ms(2);
    world.run_job("forget_review_log").await.expect("runs");
    assert_eq!(one(&world, "SELECT group_concat(act) FROM review_log"), "forgot", "which is written down itself");
}

#[tokio::test]
async fn no_statement_of_the_product_changes_the_review_log() {
    for statement in tintype::store::every_statement() {
        let text = statement.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
        assert!(!text.contains("update review_log"), "{statement}");
        assert!(!text.contains("delete from review_log") || text.contains("where at < ?1"), "{statement}");
    }
}

#[tokio::test]
async fn the_log_is_read_page_after_page() {
    let world = World::new();
    let operator = world.operator("Olive").await;
    world.sql.with_connection(|connection| {
        let planted = "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 120)
             INSERT INTO review_log (at, operator, act, about, subject, reason) SELECT n, 'x', 'opened', 'image', 'p' || n, '' FROM n";
        connection.execute_batch(planted).expect("SQL");
    });
    let (mut path, mut found) = ("/operate/log".to_owned(), 0);
    for _ in 0..3 {
        let page = operator.page(&path).send(&world).await.text();
        found += page.matches("<li class=\"row\">").count();
        let next = page.split("/operate/log?before=").nth(1).and_then(|rest| rest.split('"').next());
        path = format!("/operate/log?before={}", next.unwrap_or("0"));
    }
    assert_eq!(found, 120);
}

/// Puts so many pictures into the queue, all of one severity but a few.
fn plant_queue(world: &World, count: u64) {
    world.sql.with_connection(|connection| {
        let rows = format!(
            "WITH RECURSIVE n(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM n WHERE n < {count} - 1)
             INSERT INTO review_queue (image_id, cause, severity, entered_at)
             SELECT printf('%024d', n), 'flagged', CASE WHEN n < 10 THEN 3 ELSE 1 END, {at} + n / 7 FROM n;
             WITH RECURSIVE n(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM n WHERE n < {count} - 1)
             INSERT INTO images (id, state, surface, verdict, policy_version, created_at, retention_class, retention_reason)
             SELECT printf('%024d', n), 'live', 'web', 'flagged', 1, {at}, 'a', 'b' FROM n;",
            at = NOON.0
        );
        connection.execute_batch(&rows).expect("SQL");
    });
}

#[tokio::test]
async fn a_queue_of_100_000_pages_in_constant_time_wherever_one_is_in_it() {
    const COUNT: u64 = 100_000;
    let world = World::new();
    plant_queue(&world, COUNT);
    let sql = world.sql.as_ref();
    let steps = async |position: &Position| {
        let before = world.sql.steps();
        let entries = review_queue::open_after(sql, position, PAGE + 1).await.expect("reads");
        (entries, world.sql.steps() - before)
    };
    let (first, at_first) = steps(&Position::start()).await;
    assert_eq!(first.len(), 51);
    let deep = Position::parse(&format!("1.{}.{:024}.flagged", NOON.0 + 99_000 / 7, 99_000)).expect("a position");
    let (last, at_last) = steps(&deep).await;
    assert_eq!((last.len(), last[0].image_id.as_str()), (51, format!("{:024}", 99_001).as_str()));
    assert!(
        at_last < 2 * at_first && at_first < 20_000,
        "steps of the database: {at_first} at first, {at_last} deep in it"
    );
    // And all of it is found, once each.
    let (mut position, mut seen) = (Position::start(), std::collections::HashSet::new());
    loop {
        let page = review_queue::open_after(sql, &position, 5_000).await.expect("reads");
        let Some(last) = page.last() else { break };
        position = Position::parse(&Position::after(last).to_text()).expect("reads back");
        seen.extend(page.into_iter().map(|entry| entry.image_id));
    }
    assert_eq!(seen.len() as u64, COUNT);
}

/// Many that wait, of which many are due at the same moment.
fn plant(world: &World, into: &str, count: u64) {
    world.sql.with_connection(|connection| {
        let rows = format!(
            "WITH RECURSIVE n (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM n WHERE n < {count} - 1)
             INSERT INTO {into} FROM n"
        );
        connection.execute_batch(&rows).expect("SQL");
    });
}

#[tokio::test]
async fn queues_of_100_000_reports_and_appeals_page_in_constant_time_too() {
    const COUNT: u64 = 100_000;
    let world = World::new();
    plant(
        &world,
        "notices (id, kind, ground, token_hash, sealed, severity, received_at, valid_at, due_at)
         SELECT printf('%024d', n), 'abuse', 'other_terms', '', '', 3, 0, 0, n / 5000",
        COUNT,
    );
    plant(
        &world,
        "appeals (id, subject, number, words, opened_at, due_at)
         SELECT printf('%024d', n), printf('%024d', n), 1, '', 0, n / 5000",
        COUNT,
    );
    let sql = world.sql.as_ref();
    // In the midst of five thousand that are due at the same moment.
    let (start, deep) = ((Timestamp(0), String::new()), (Timestamp(17), format!("{:024}", 89_000)));
    let mut steps = Vec::new();
    for (at, id) in [&start, &deep] {
        let before = world.sql.steps();
        let reports = notices::queue(sql, (*at, id), PAGE + 1).await.expect("reads");
        let between = world.sql.steps();
        let waiting = appeals::waiting(sql, (*at, id), PAGE + 1).await.expect("reads");
        steps.push((between - before, world.sql.steps() - between));
        let expected = format!("{:024}", if id.is_empty() { 0 } else { 89_001 });
        assert_eq!((reports.len(), reports[0].id.as_str()), (51, expected.as_str()));
        assert_eq!((waiting.len(), waiting[0].id.as_str()), (51, expected.as_str()));
    }
    let (first, last) = (steps[0], steps[1]);
    assert!(last.0 < 2 * first.0 && last.1 < 2 * first.1 && first.0 + first.1 < 40_000, "{first:?}, {last:?}");
}
