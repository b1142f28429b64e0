//! What `npm run bench -- reaper` measures natively: how many objects leave in one invocation, and how long a hundred thousand
//! take, where calls take their time. It prints lines for benches/reaper.mjs; as a test it is too long.

use std::sync::Arc;

use tintype::domain::time::{MINUTE_MS, Timestamp};
use tintype::jobs::{EVERY_MINUTE, EVERY_OTHER_MINUTE};
use tintype::ports::blobs::{BlobKey, Bucket};
use tintype::ports::sql::{Statement, Value};

use crate::harness::World;
use crate::harness::plant::{Row, id};

/// What a call of D1 takes, and one of R2, in milliseconds: assumed, for both sides alike.
const D1_MS: i64 = 20;
const R2_MS: i64 = 50;
/// The wall time that the platform allows a trigger, in milliseconds.
const WALL_MS: i64 = 15 * MINUTE_MS;

const NAIVE_FIND: &str =
    "SELECT id FROM images WHERE state = 'recovery' AND erase_after <= ?1 ORDER BY erase_after LIMIT 1000";
const NAIVE_ERASE: &str = "
    UPDATE images SET state = 'gone', gone_at = ?2, facts = NULL, sha256 = NULL, details = NULL, delete_token_hash = NULL,
                      hashes = NULL, stored_bytes = 0
    WHERE id = ?1 AND state = 'recovery'";

async fn world(objects: u64, state: &'static str, bucket: Bucket) -> World {
    let world = World::new();
    let reason = (state == "recovery").then_some("expired");
    world.plant_rows(0..objects, Row { state, reason, at: Timestamp(world.clock_now().0) }).await;
    world.plant_blobs(0..objects, bucket);
    world.faults.take_time(world.clock.clone(), (D1_MS, R2_MS));
    world
}

/// One key and one row in each call, until the platform allows no more.
async fn erase_one_by_one(world: &World) {
    let (sql, blobs) = (&world.app.ports.sql, &world.app.ports.blobs);
    let began = world.clock_now();
    loop {
        let now = || Value::Integer(began.0);
        let Ok(found) = sql.batch(vec![Statement::new(NAIVE_FIND, [now()])]).await else { return };
        let rows = found.into_iter().next().unwrap_or_default();
        if rows.is_empty() {
            return;
        }
        for row in rows {
            let text = row["id"].as_str().unwrap_or_default().to_owned();
            let key = [BlobKey::image(&tintype::domain::ids::ImageId::parse(&text).expect("an id"))];
            let erase = vec![Statement::new(NAIVE_ERASE, [Value::Text(text), now()])];
            let is_over = world.clock_now().0 - began.0 > WALL_MS;
            if is_over
                || blobs.delete(Bucket::Recovery, &key).await.is_err()
                || blobs.delete(Bucket::Images, &key).await.is_err()
                || sql.batch(erase).await.is_err()
            {
                return;
            }
        }
    }
}

/// Invocations until nothing is left, as `every_ms` allows them; a line for the table.
fn measure(name: &str, objects: u64, world: &World, left: impl Fn() -> usize, every_ms: i64, run: impl Fn(&World)) {
    let (began, mut invocations, mut calls, mut queries, mut longest_ms) = (world.clock_now().0, 0_i64, 0, 0, 0);
    let mut first = 0;
    world.faults.cost();
    while left() > 0 {
        let started = world.clock_now().0;
        run(world);
        let took = world.clock_now().0 - started;
        let cost = world.faults.cost();
        (calls, queries, longest_ms) = (calls + cost.calls, queries + cost.queries, longest_ms.max(took));
        invocations += 1;
        if invocations == 1 {
            first = objects as usize - left();
        }
        // The next run is that of the next tick after this one has ended.
        let next = began + ((world.clock_now().0 - began) / every_ms + 1) * every_ms;
        if left() > 0 {
            world.advance_ms(next - world.clock_now().0);
        }
    }
    let minutes = (world.clock_now().0 - began) as f64 / MINUTE_MS as f64;
    println!(
        "reaper {{\"name\":\"{name}\",\"objects\":{objects},\"per_invocation\":{first},\"invocations\":{invocations},\"calls\":{calls},\"queries\":{queries},\"longest_s\":{:.1},\"minutes\":{minutes:.1}}}",
        longest_ms as f64 / 1_000.0,
    );
}

#[test]
#[ignore = "a benchmark: npm run bench -- reaper"]
fn a_hundred_thousand_objects_one_by_one_and_together() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let objects = 100_000;
    println!("reaper {{\"d1_ms\":{D1_MS},\"r2_ms\":{R2_MS}}}");
    let ours = Arc::new(runtime.block_on(world(objects, "recovery", Bucket::Recovery)));
    let left = || ours.blob_count(Bucket::Recovery);
    measure("erase, together", objects, &ours, left, 2 * MINUTE_MS, |world| {
        world.faults.run_in_time(world.run_cron(EVERY_OTHER_MINUTE)).expect("runs");
    });
    assert_eq!(ours.state(id(99_999).as_str()), "gone");
    let naive = Arc::new(runtime.block_on(world(objects, "recovery", Bucket::Recovery)));
    let left = || naive.blob_count(Bucket::Recovery);
    measure("erase, one by one", objects, &naive, left, 2 * MINUTE_MS, |world| {
        world.faults.run_in_time(world.invocation(erase_one_by_one(world)));
    });
    let moving = 20_000;
    let ours = Arc::new(runtime.block_on(world(moving, "live", Bucket::Images)));
    let left = || ours.count("live") + ours.count("removing") - 1;
    measure("move to recovery", moving, &ours, left, MINUTE_MS, |world| {
        world.faults.run_in_time(world.run_cron(EVERY_MINUTE)).expect("runs");
    });
}
