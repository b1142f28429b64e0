//! What happens by itself: each job at its boundary, bounded, leased, repeatable.

use std::path::Path;

use tintype::domain::time::{DAY_MS, HOUR_MS, MINUTE_MS, Timestamp};
use tintype::jobs::{AUDIT, EVERY_HOUR, EVERY_MINUTE, EVERY_NIGHT, EVERY_OTHER_MINUTE, JOBS};
use tintype::policy::retention::TOMBSTONE_MS;
use tintype::ports::blobs::Bucket;

use crate::harness::client::Call;
use crate::harness::faults::{BoxedOperation, FaultKind, drive, poll_times};
use crate::harness::images::numbered_png;
use crate::harness::plant::{Row, id};
use crate::harness::small_ports::SeededRng;
use crate::harness::{NOON, World};

const LONG_AGO: Timestamp = Timestamp(NOON.0 - 1_000 * DAY_MS);

fn row(state: &'static str, reason: Option<&'static str>, at: Timestamp) -> Row {
    Row { state, reason, at }
}

async fn run(world: &World, job: &str) {
    world.run_job(job).await.unwrap_or_else(|faults| panic!("{job}: {faults:?}"));
}

// Boundaries, to the millisecond.

#[tokio::test]
async fn promise_imp_35_an_image_is_reaped_at_its_date_and_not_before() {
    let world = World::new();
    let answer = world.upload(&numbered_png(1)).await;
    let id = answer.field("/id");
    world.advance_ms(30 * DAY_MS - 1);
    run(&world, "reap_expired").await;
    assert_eq!(world.state(&id), "live", "no early deletion");
    world.advance_ms(1);
    run(&world, "reap_expired").await;
    assert_eq!(world.state(&id), "recovery", "expired_anonymous_image_is_gone_after_one_sweep");
    let row = world.sql.query("SELECT removal_reason, removing_at, erase_after FROM images").remove(0);
    assert_eq!(row["removal_reason"], "expired");
    assert_eq!(row["erase_after"], (NOON.0 + 44 * DAY_MS));
    assert_eq!(world.view(&answer.field("/url")).await.status.as_u16(), 410);
}

#[tokio::test]
async fn promise_imp_36_recovered_bytes_are_erased_when_their_window_ends_and_not_before() {
    let world = World::new();
    let answer = world.upload(&numbered_png(1)).await;
    let id = answer.field("/id");
    world.advance_ms(30 * DAY_MS);
    run(&world, "reap_expired").await;
    world.advance_ms(14 * DAY_MS - 1);
    run(&world, "reap_recovery").await;
    assert_eq!((world.state(&id).as_str(), world.blob_count(Bucket::Recovery)), ("recovery", 1));
    world.advance_ms(1);
    run(&world, "reap_recovery").await;
    assert_eq!((world.state(&id).as_str(), world.blob_count(Bucket::Recovery)), ("gone", 0));
    let row = world.sql.query("SELECT facts, sha256, details, delete_token_hash FROM images").remove(0);
    assert!(row.values().all(serde_json::Value::is_null), "what described it is forgotten: {row:?}");
    // The address still tells the truth, until the tombstone goes too.
    world.advance_ms(TOMBSTONE_MS - 1);
    run(&world, "forget_tombstones").await;
    assert_eq!(world.view(&answer.field("/url")).await.status.as_u16(), 410);
    world.advance_ms(1);
    run(&world, "forget_tombstones").await;
    assert_eq!(world.view(&answer.field("/url")).await.status.as_u16(), 404);
    assert!(world.sql.query("SELECT id FROM images").is_empty());
}

#[tokio::test]
async fn promise_msf_07_what_is_deleted_is_erased_well_within_thirty_days() {
    let world = World::with(1, &[("RECOVERY_DAYS", "29")]);
    let answer = world.upload(&numbered_png(1)).await;
    let token = format!("Bearer {}", answer.field("/delete_token"));
    Call::app("DELETE", &format!("/v1/images/{}", answer.field("/id")))
        .header("authorization", &token)
        .send(&world)
        .await;
    world.advance_ms(29 * DAY_MS + HOUR_MS);
    run(&world, "reap_recovery").await;
    assert_eq!((world.blob_count(Bucket::Images), world.blob_count(Bucket::Recovery)), (0, 0));
}

#[tokio::test]
async fn a_deployment_without_a_recovery_window_erases_with_the_next_run() {
    let world = World::with(1, &[("RECOVERY_DAYS", "0")]);
    let answer = world.upload(&numbered_png(1)).await;
    let token = format!("Bearer {}", answer.field("/delete_token"));
    Call::app("DELETE", &format!("/v1/images/{}", answer.field("/id")))
        .header("authorization", &token)
        .send(&world)
        .await;
    run(&world, "reap_recovery").await;
    assert_eq!((world.state(&answer.field("/id")).as_str(), world.blob_count(Bucket::Recovery)), ("gone", 0));
    world.settle().await;
}

#[tokio::test]
async fn a_draft_is_swept_when_no_request_can_still_be_at_work_on_it() {
    let world = World::new();
    // With its bytes written, before its publication.
    world.faults.strike_at(12, FaultKind::CrashBefore);
    assert!(world.attempt(world.upload(&numbered_png(1))).is_none() && world.faults.calm());
    assert_eq!((world.count("pending"), world.blob_count(Bucket::Images)), (1, 1));
    world.advance_ms(HOUR_MS - 1);
    run(&world, "sweep_pending").await;
    assert_eq!(world.count("pending"), 1);
    world.advance_ms(1);
    run(&world, "sweep_pending").await;
    assert_eq!(world.blob_count(Bucket::Images), 0);
    assert!(world.sql.query("SELECT id FROM images").is_empty(), "a draft leaves no tombstone");
}

#[tokio::test]
async fn a_removal_under_way_is_left_alone_for_a_minute() {
    let world = World::new();
    world.plant_rows(0..1, row("removing", Some("deleted"), NOON)).await;
    world.plant_blobs(0..1, Bucket::Images);
    world.advance_ms(MINUTE_MS - 1);
    run(&world, "finish_removals").await;
    assert_eq!(world.state(id(0).as_str()), "removing");
    world.advance_ms(1);
    run(&world, "finish_removals").await;
    assert_eq!(world.state(id(0).as_str()), "recovery");
}

#[tokio::test]
async fn a_removal_that_fails_goes_behind_the_others() {
    let world = World::new();
    world.plant_rows(0..1, row("removing", Some("deleted"), LONG_AGO)).await;
    world.plant_blobs(0..1, Bucket::Images);
    world.sql.with_connection(|connection| {
        let poison = "CREATE TEMP TRIGGER poison BEFORE UPDATE ON main.images WHEN new.state = 'recovery'
                      BEGIN SELECT RAISE(ABORT, 'poison'); END";
        connection.execute_batch(poison).expect("planted");
    });
    world.run_job("finish_removals").await.expect_err("says so");
    let one = format!("SELECT state, removing_at FROM images WHERE id = '{}'", id(0));
    let row = world.sql.query(&one).remove(0);
    assert_eq!((row["state"].as_str(), row["removing_at"].as_i64()), (Some("removing"), Some(NOON.0)));
}

#[tokio::test]
async fn what_is_meant_to_last_a_day_is_forgotten_after_a_day() {
    let world = World::new();
    let call = Call::app("POST", "/v1/images").body("image/png", numbered_png(1));
    call.header("idempotency-key", "a-key-of-some-length").send(&world).await;
    let counts = |world: &World| {
        ["idempotency_keys", "rate_counters"].map(|t| world.sql.query(&format!("SELECT 1 FROM {t}")).len())
    };
    // Of the limits two, and what may become unusual.
    assert_eq!(counts(&world), [1, 3]);
    world.advance_ms(DAY_MS - 1);
    run(&world, "forget_ephemeral").await;
    // The day's window began at midnight, twelve hours before the upload; the hour's with it.
    assert_eq!(counts(&world), [1, 1]);
    world.advance_ms(1);
    run(&world, "forget_ephemeral").await;
    assert_eq!(counts(&world), [0, 0]);
}

// Bounds.

#[tokio::test]
async fn each_run_does_a_bounded_amount_and_the_next_goes_on() {
    // Job, state of what is due, its reason, where its bytes are, the bound, the state after.
    type Case = (&'static str, &'static str, Option<&'static str>, &'static [Bucket], usize, &'static str);
    let cases: [Case; 5] = [
        ("reap_expired", "live", None, &[Bucket::Images], 1_600, "recovery"),
        ("finish_removals", "removing", Some("deleted"), &[Bucket::Images], 1_600, "recovery"),
        ("sweep_pending", "pending", None, &[Bucket::Images], 500, "unknown"),
        ("reap_recovery", "recovery", Some("expired"), &[Bucket::Recovery], 50_000, "gone"),
        ("forget_tombstones", "gone", Some("expired"), &[], 20_000, "unknown"),
    ];
    for (job, state, reason, buckets, bound, after) in cases {
        let world = World::new();
        let planted = bound as u64 + 7;
        world.plant_rows(0..planted, row(state, reason, LONG_AGO)).await;
        for bucket in buckets {
            world.plant_blobs(0..planted, *bucket);
        }
        let others = world.count(state) - planted as usize;
        run(&world, job).await;
        assert_eq!(world.count(state), 7 + others, "{job}");
        assert_eq!(world.state(id(0).as_str()), after, "{job}");
        run(&world, job).await;
        assert_eq!(world.count(state), others, "{job}");
        let before = crate::crash_every_call::snapshot(&world);
        run(&world, job).await;
        assert_eq!(crate::crash_every_call::snapshot(&world), before, "{job} has nothing left to do");
    }
}

#[tokio::test]
async fn what_cannot_be_erased_keeps_nothing_else_waiting() {
    let world = World::new();
    world.plant_rows(0..1_000, row("recovery", Some("expired"), LONG_AGO)).await;
    world.plant_rows(1_000..2_500, row("recovery", Some("expired"), LONG_AGO.plus_ms(1))).await;
    world.plant_blobs(0..2_500, Bucket::Recovery);
    // The lease, what is due, and then the first names.
    world.faults.strike_at(2, FaultKind::FailBefore);
    world.run_job("reap_recovery").await.expect_err("says so");
    assert!(world.faults.calm());
    assert_eq!((world.count("recovery"), world.count("gone")), (1_000, 1_500));
    run(&world, "reap_recovery").await;
    assert_eq!(world.count("recovery"), 0);
}

#[tokio::test]
async fn a_removal_that_cannot_be_finished_together_keeps_none_of_the_others() {
    let world = World::new();
    world.plant_rows(0..20, row("removing", Some("deleted"), LONG_AGO)).await;
    world.plant_rows(20..40, row("removing", Some("abandoned"), LONG_AGO)).await;
    world.plant_blobs(0..40, Bucket::Images);
    // Something of the database's that only one of each kind meets.
    world.sql.with_connection(|connection| {
        let poison = format!(
            "CREATE TEMP TRIGGER poison BEFORE UPDATE ON main.images WHEN old.id = '{}' AND new.state = 'recovery'
             BEGIN SELECT RAISE(ABORT, 'poison'); END;
             CREATE TEMP TRIGGER poison_too BEFORE DELETE ON main.images WHEN old.id = '{}'
             BEGIN SELECT RAISE(ABORT, 'poison'); END;",
            id(7),
            id(27),
        );
        connection.execute_batch(&poison).expect("planted");
    });
    world.run_job("finish_removals").await.expect_err("says so");
    assert_eq!((world.count("removing"), world.count("recovery"), world.count("pending")), (2, 19, 0));
    assert_eq!(world.blob_count(Bucket::Images), 1, "the real one: no bytes wait for the database");
}

// Leases and fences.

#[tokio::test]
async fn of_fifty_overlapping_runs_one_works_and_nothing_happens_twice() {
    for seed in 0..10 {
        let world = World::with_seed(seed);
        world.plant_rows(0..20, row("live", None, LONG_AGO)).await;
        world.plant_blobs(0..20, Bucket::Images);
        world.faults.interleave(true);
        let chance = SeededRng::new(seed);
        let runs: Vec<BoxedOperation<'_, _>> =
            (0..50).map(|_| Box::pin(world.run_job("reap_expired")) as BoxedOperation<'_, _>).collect();
        let outcomes = drive(&world.faults, |running| chance.below(running as u64) as usize, runs);
        assert!(outcomes.iter().all(|outcome| matches!(outcome, Some(Ok(())))), "{outcomes:?}");
        let lines = world.log.lines.lock().expect("not poisoned").clone();
        let done: Vec<&str> = lines.iter().map(|line| line.outcome.as_str()).collect();
        assert_eq!(done, ["20 done"], "seed {seed}");
        assert_eq!(world.blob_count(Bucket::Recovery), 20);
        world.faults.interleave(false);
        world.settle().await;
    }
}

/// Polls an operation so often, each time up to its next call.
#[tokio::test]
async fn a_lease_is_held_against_others_until_it_ends() {
    let world = World::new();
    world.plant_rows(0..1, row("live", None, LONG_AGO)).await;
    world.plant_blobs(0..1, Bucket::Images);
    world.faults.strike_at(1, FaultKind::CrashBefore);
    assert!(world.attempt(world.run_job("reap_expired")).is_none(), "dies holding the lease");
    world.faults.calm();
    world.advance_ms(2 * MINUTE_MS - 1);
    run(&world, "reap_expired").await;
    assert_eq!(world.state(id(0).as_str()), "live", "still held");
    world.advance_ms(1);
    run(&world, "reap_expired").await;
    assert_eq!(world.state(id(0).as_str()), "recovery", "taken over");
}

#[tokio::test]
async fn a_lease_of_a_clock_that_was_ahead_keeps_nobody_out() {
    let world = World::new();
    world.plant_rows(0..1, row("live", None, LONG_AGO)).await;
    world.plant_blobs(0..1, Bucket::Images);
    world.advance_ms(DAY_MS);
    world.faults.strike_at(1, FaultKind::CrashBefore);
    assert!(world.attempt(world.run_job("reap_expired")).is_none(), "dies holding the lease, until tomorrow");
    world.faults.calm();
    world.advance_ms(MINUTE_MS - DAY_MS);
    run(&world, "reap_expired").await;
    assert_eq!(world.state(id(0).as_str()), "recovery", "taken over today");
}

#[tokio::test]
async fn a_run_that_lost_its_lease_writes_nothing() {
    // Job, state of what is due, polls until its fenced write is next.
    for (job, state, reason, bucket, polls) in [
        ("reap_expired", "live", None, Some(Bucket::Images), 2),
        ("sweep_pending", "pending", None, Some(Bucket::Images), 2),
        ("reap_recovery", "recovery", Some("expired"), Some(Bucket::Recovery), 5),
        ("forget_tombstones", "gone", Some("expired"), None, 2),
    ] {
        let world = World::new();
        world.plant_rows(0..1, row(state, reason, LONG_AGO)).await;
        bucket.into_iter().for_each(|bucket| world.plant_blobs(0..1, bucket));
        world.faults.interleave(true);
        let mut late: BoxedOperation<'_, _> = Box::pin(world.run_job(job));
        poll_times(&mut late, polls);
        world.faults.interleave(false);
        world.advance_ms(5 * MINUTE_MS);
        run(&world, job).await;
        assert_ne!(world.state(id(0).as_str()), state, "{job}: the other run did it");
        // Only the late run could touch this one now.
        world.plant_rows(1..2, row(state, reason, LONG_AGO)).await;
        bucket.into_iter().for_each(|bucket| world.plant_blobs(1..2, bucket));
        let outcome = drive(&world.faults, |_| 0, vec![late]).pop().flatten().expect("it ends");
        assert!(outcome.is_ok(), "{outcome:?}");
        assert_eq!(world.state(id(1).as_str()), state, "{job} wrote without a lease");
        let held = world.sql.query(&format!("SELECT fence, held_until FROM leases WHERE job = '{job}'"));
        assert_eq!((&held[0]["fence"], &held[0]["held_until"]), (&2.into(), &0.into()), "{job}");
    }
}

#[tokio::test]
async fn a_late_reconciler_does_not_set_the_scan_back() {
    let world = World::new();
    world.plant_blobs(0..1_500, Bucket::Images);
    world.faults.interleave(true);
    let mut late: BoxedOperation<'_, _> = Box::pin(world.run_job("reconcile_blobs"));
    // Lease, whether the database was set back, cursor, list, states: the next call moves the cursor.
    poll_times(&mut late, 6);
    world.faults.interleave(false);
    world.advance_ms(5 * MINUTE_MS);
    run(&world, "reconcile_blobs").await;
    run(&world, "reconcile_blobs").await;
    let position =
        || world.sql.query("SELECT position FROM job_cursors WHERE scan = 'blobs:images'")[0]["position"].clone();
    assert_eq!(position(), serde_json::Value::Null, "two runs saw both pages");
    drive(&world.faults, |_| 0, vec![late]).pop().flatten().expect("it ends").expect("works");
    assert_eq!(position(), serde_json::Value::Null);
}

// Reconciling.

#[tokio::test]
async fn an_object_that_no_row_knows_is_erased_once_it_cannot_be_an_upload_any_more() {
    let world = World::new();
    world.upload(&numbered_png(1)).await;
    for bucket in [Bucket::Images, Bucket::Recovery] {
        world.plant_blobs(0..3, bucket);
    }
    world.advance_ms(HOUR_MS - 1);
    run(&world, "reconcile_blobs").await;
    assert_eq!(world.blob_count(Bucket::Images), 4, "young ones may belong to a request at work");
    world.advance_ms(1);
    run(&world, "reconcile_blobs").await;
    assert_eq!((world.blob_count(Bucket::Images), world.blob_count(Bucket::Recovery)), (1, 0));
    assert!(
        world.blobs.names(Bucket::Recovery).iter().any(|name| name.starts_with("salts/")),
        "salts are not its business"
    );
}

#[tokio::test]
async fn bytes_written_after_the_draft_was_swept_are_erased() {
    let world = World::new();
    world.faults.interleave(true);
    let mut slow: BoxedOperation<'_, _> = Box::pin(async { world.upload(&numbered_png(1)).await });
    // The doors, salt three times, a look at what is unusual, two counts, vision twice, lists, intent: the next call writes the bytes.
    poll_times(&mut slow, 12);
    world.faults.interleave(false);
    assert_eq!((world.count("pending"), world.blob_count(Bucket::Images)), (1, 0));
    world.advance_ms(HOUR_MS);
    run(&world, "sweep_pending").await;
    assert_eq!(world.count("pending"), 0);
    let answer = drive(&world.faults, |_| 0, vec![slow]).pop().flatten().expect("it ends");
    assert_eq!((answer.status.as_u16(), answer.field("/code")), (503, "busy".into()), "nothing is acknowledged");
    assert_eq!(world.blob_count(Bucket::Images), 1, "the late bytes");
    world.settle().await;
    assert_eq!(world.blob_count(Bucket::Images), 0);
}

#[tokio::test]
async fn an_image_whose_bytes_are_nowhere_is_reported_and_declared_lost() {
    let world = World::new();
    let live = world.upload(&numbered_png(1)).await;
    let removed = world.upload(&numbered_png(2)).await;
    let token = format!("Bearer {}", removed.field("/delete_token"));
    let path = format!("/v1/images/{}", removed.field("/id"));
    Call::app("DELETE", &path).header("authorization", &token).send(&world).await;
    world.blobs.lose(Bucket::Images, &format!("images/{}", live.field("/id")));
    world.blobs.lose(Bucket::Recovery, &format!("images/{}", removed.field("/id")));
    run(&world, "reconcile_blobs").await;
    let lost: Vec<String> = world.log.faults().into_iter().map(|line| line.attempted).collect();
    assert_eq!(lost.len(), 2, "{lost:?}");
    for answer in [&live, &removed] {
        assert!(lost.iter().any(|line| line.contains(&answer.field("/id"))));
        assert_eq!(world.state(&answer.field("/id")), "gone");
        assert_eq!(world.view(&answer.field("/url")).await.status.as_u16(), 410);
    }
    run(&world, "reconcile_blobs").await;
    assert_eq!(world.log.faults().len(), 2, "reported once");
}

#[tokio::test]
async fn an_erasure_that_died_halfway_is_not_reported_as_a_loss() {
    let world = World::new();
    world.plant_rows(0..3, row("recovery", Some("expired"), LONG_AGO)).await;
    world.plant_blobs(0..3, Bucket::Recovery);
    // One that is due by the clock of who erases, which is ahead, and not by ours.
    world.plant_rows(3..4, row("recovery", Some("expired"), NOON.plus_ms(9 * MINUTE_MS))).await;
    world.plant_blobs(3..4, Bucket::Recovery);
    // Lease, find, delete: dies before the rows say so.
    world.faults.skew(10 * MINUTE_MS);
    world.faults.strike_at(2, FaultKind::CrashAfter);
    assert!(world.attempt(world.run_job("reap_recovery")).is_none());
    world.faults.calm();
    world.faults.skew(0);
    assert_eq!(world.blob_count(Bucket::Recovery), 0);
    run(&world, "reconcile_blobs").await;
    assert!(world.log.faults().is_empty(), "{:?}", world.log.faults());
    world.advance_ms(5 * MINUTE_MS);
    run(&world, "reap_recovery").await;
    assert_eq!(world.count("gone"), 3);
    world.advance_ms(5 * MINUTE_MS);
    run(&world, "reap_recovery").await;
    assert_eq!(world.count("gone"), 4);
}

#[tokio::test]
async fn every_object_and_every_row_is_looked_at_however_many_there_are() {
    let world = World::new();
    let later = NOON.plus_ms(90 * DAY_MS);
    world.plant_rows(0..2_500, row("live", None, later)).await;
    world.plant_blobs(0..2_500, Bucket::Images);
    world.plant_blobs(2_500..2_503, Bucket::Images);
    world.blobs.lose(Bucket::Images, &format!("images/{}", id(2_499)));
    world.advance_ms(HOUR_MS);
    for _ in 0..9 {
        run(&world, "reconcile_blobs").await;
    }
    // 2,499 planted and the real one; the three strangers erased, the lost one declared.
    assert_eq!(world.blob_count(Bucket::Images), 2_500);
    assert_eq!(world.state(id(2_499).as_str()), "gone");
}

#[tokio::test]
async fn an_object_that_cannot_be_mended_does_not_stop_the_scan() {
    let world = World::new();
    world.blobs.plant(Bucket::Images, "images/00-not-an-id", b"foreign");
    world.plant_rows(0..1, row("recovery", Some("deleted"), NOON.plus_ms(DAY_MS))).await;
    world.blobs.plant(Bucket::Images, &format!("images/{}", id(0)), b"bytes");
    world.plant_blobs(5..6, Bucket::Images);
    world.advance_ms(2 * HOUR_MS);
    let faults = world.run_job("reconcile_blobs").await.expect_err("says so");
    assert!(faults[0].attempted.contains("00-not-an-id"));
    assert_eq!(world.log.faults().len(), 1);
    assert!(!world.blobs.names(Bucket::Images).contains(&format!("images/{}", id(5))), "the orphan is erased");
    assert_eq!(world.blobs.names(Bucket::Recovery).iter().filter(|n| n.ends_with(id(0).as_str())).count(), 1);
}

#[tokio::test]
async fn after_the_database_was_set_back_deleted_images_stay_out_of_public_view() {
    let world = World::new();
    let answer = world.upload(&numbered_png(1)).await;
    let yesterday: Vec<_> = world.sql.query("SELECT id FROM images");
    let token = format!("Bearer {}", answer.field("/delete_token"));
    let path = format!("/v1/images/{}", answer.field("/id"));
    Call::app("DELETE", &path).header("authorization", &token).send(&world).await;
    let id = yesterday[0]["id"].as_str().expect("an id");
    world.sql.with_connection(|sql| {
        let back = "UPDATE images SET state = 'live', removing_at = NULL, removal_reason = NULL, erase_after = NULL";
        sql.execute_batch(back).expect("sets back");
    });
    assert_eq!(world.view(&answer.field("/url")).await.status.as_u16(), 404, "no bytes, no image");
    world.advance_ms(2 * HOUR_MS);
    run(&world, "reconcile_blobs").await;
    assert_eq!(world.state(id), "recovery", "the row is made to say what is true");
    assert_eq!(world.view(&answer.field("/url")).await.status.as_u16(), 410);
    world.settle().await;
}

// The table.

#[test]
fn every_job_runs_on_a_trigger_that_the_deployment_has() {
    let mut names: Vec<&str> = JOBS.iter().map(|job| job.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), JOBS.len());
    let crons = [EVERY_MINUTE, EVERY_OTHER_MINUTE, EVERY_HOUR, AUDIT, EVERY_NIGHT];
    assert!(JOBS.iter().all(|job| crons.contains(&job.cron)));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("wrangler.toml");
    let Ok(text) = std::fs::read_to_string(path) else { return };
    let line = text.lines().find(|line| line.trim_start().starts_with("crons")).expect("wrangler.toml has triggers");
    let configured: Vec<&str> = line.split('"').skip(1).step_by(2).collect();
    assert_eq!(configured, crons, "every trigger has jobs, and every job a trigger");
}

#[tokio::test]
async fn a_trigger_runs_its_own_jobs_and_one_that_fails_does_not_keep_the_others() {
    let world = World::new();
    world.plant_rows(0..1, row("live", None, LONG_AGO)).await;
    world.plant_rows(1..2, row("removing", Some("deleted"), LONG_AGO)).await;
    world.plant_blobs(0..2, Bucket::Images);
    // The lease of the first job, once it is known that the database was not set back.
    world.faults.strike_at(2, FaultKind::FailBefore);
    let faults = world.run_cron(EVERY_MINUTE).await.expect_err("says so");
    assert!(world.faults.calm());
    assert_eq!((faults.len(), world.log.faults().len()), (1, 1), "logged once");
    assert_eq!((world.state(id(0).as_str()).as_str(), world.state(id(1).as_str()).as_str()), ("live", "recovery"));
    for trigger in ["5 5 5 5 5", "job:no_such_job"] {
        world.run_cron(trigger).await.expect_err("a trigger without a job is a mistake");
    }
    assert_eq!(world.state(id(0).as_str()), "live");
}
