//! The harness is as strict as the platform: each of its limits is passed once here, and what passes it fails.

use tintype::domain::time::MINUTE_MS;
use tintype::jobs::{EVERY_MINUTE, EVERY_OTHER_MINUTE};
use tintype::ports::blobs::{BlobKey, Bucket};
use tintype::ports::sql::{Statement, Value};

use crate::harness::World;
use crate::harness::images::numbered_png;
use crate::harness::plant::id;
use crate::harness::platform_limits::{Limits, invocation};

fn one() -> Statement {
    Statement::new("SELECT 1", [])
}

fn with_params(sql: &'static str, count: usize) -> Statement {
    Statement { sql, params: vec![Value::Integer(1); count] }
}

#[tokio::test]
async fn a_statement_has_a_hundred_parameters_at_most() {
    let world = World::new();
    let sql: &'static str = Box::leak(format!("SELECT {}", vec!["?"; 101].join(", ")).into_boxed_str());
    let refused = world.app.ports.sql.batch(vec![with_params(sql, 101)]).await.expect_err("too many");
    assert!(refused.to_string().contains("too many parameters"), "{refused}");
    let sql: &'static str = Box::leak(format!("SELECT {}", vec!["?"; 100].join(", ")).into_boxed_str());
    world.app.ports.sql.batch(vec![with_params(sql, 100)]).await.expect("as many as fit");
}

#[tokio::test]
async fn a_statement_and_what_is_bound_have_a_length() {
    let world = World::new();
    let long: &'static str = Box::leak(format!("SELECT '{}'", "a".repeat(100_000)).into_boxed_str());
    world.app.ports.sql.batch(vec![Statement::new(long, [])]).await.expect_err("too long");
    let bind = |bytes: usize| Statement::new("SELECT length(?1)", ["a".repeat(bytes).into()]);
    world.app.ports.sql.batch(vec![bind(2_000_001)]).await.expect_err("too long");
    world.app.ports.sql.batch(vec![bind(2_000_000)]).await.expect("fits");
}

#[tokio::test]
async fn a_deletion_and_a_page_have_a_thousand_names_at_most() {
    let world = World::new();
    let keys: Vec<BlobKey> = (0..1_001).map(|number| BlobKey::image(&id(number))).collect();
    let blobs = &world.app.ports.blobs;
    blobs.delete(Bucket::Images, &keys).await.expect_err("too many");
    blobs.delete(Bucket::Images, &keys[1..]).await.expect("as many as fit");
    blobs.list(Bucket::Images, "images/", None, 1_001).await.expect_err("too many");
}

#[tokio::test]
async fn an_invocation_has_a_thousand_queries() {
    let world = World::new();
    let sql = &world.app.ports.sql;
    let ask = |count: usize| sql.batch(vec![one(); count]);
    invocation(async {
        ask(999).await.expect("fits");
        ask(1).await.expect("fits");
        ask(1).await.expect_err("one too many");
    })
    .await;
    // Each counts its own, also side by side.
    let half = || invocation(async { (ask(500).await.is_ok(), ask(501).await.is_ok()) });
    assert_eq!(futures::future::join(half(), half()).await, ((true, false), (true, false)));
}

#[tokio::test]
async fn an_invocation_has_ten_thousand_subrequests() {
    let world = World::new();
    let blobs = &world.app.ports.blobs;
    let key = BlobKey::image(&id(1));
    invocation(async {
        for _ in 0..10_000 {
            blobs.head(Bucket::Images, &key).await.expect("fits");
        }
        blobs.head(Bucket::Images, &key).await.expect_err("one too many");
    })
    .await;
}

#[tokio::test]
async fn a_request_a_trigger_and_a_batch_of_messages_are_invocations() {
    let world = World::new();
    let answer = world.upload(&numbered_png(1)).await;
    assert!(answer.status.is_success());
    world.faults.limit(Limits { queries: 3, subrequests: 10_000 });
    assert_eq!(world.upload(&numbered_png(2)).await.status.as_u16(), 503);
    world.advance_ms(MINUTE_MS);
    for cron in [EVERY_MINUTE, EVERY_OTHER_MINUTE] {
        let faults = world.run_cron(cron).await.expect_err("all jobs of a trigger share one invocation");
        assert!(faults.len() > 4, "{faults:?}");
        // The first of them had what there was.
        assert!(faults.iter().skip(1).all(|fault| fault.attempted == "take a lease"), "{faults:?}");
    }
    world.faults.limit(Limits::default());
    assert!(world.upload(&numbered_png(2)).await.status.is_success());
    world.run_cron(EVERY_MINUTE).await.expect("runs");
}
