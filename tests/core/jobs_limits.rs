//! All that can be much is much at once: each trigger stays within the platform's limits, and what is due leaves in time. What is
//! over a limit fails in the harness (`platform_limits`).

use tintype::domain::time::{DAY_MS, HOUR_MS, MINUTE_MS, Timestamp};
use tintype::jobs::{EVERY_HOUR, EVERY_MINUTE, EVERY_NIGHT, EVERY_OTHER_MINUTE};
use tintype::ports::blobs::Bucket;

use crate::harness::people::PASSWORD;
use crate::harness::plant::Row;
use crate::harness::{NOON, World};

const LONG_AGO: Timestamp = Timestamp(NOON.0 - 1_000 * DAY_MS);

fn row(state: &'static str, reason: Option<&'static str>, at: Timestamp) -> Row {
    Row { state, reason, at }
}

#[tokio::test]
async fn every_minute_stays_within_the_platforms_limits_however_much_is_due() {
    let world = World::new();
    world.plant_rows(0..2_900, row("live", None, LONG_AGO)).await;
    world.plant_rows(3_000..4_900, row("removing", Some("deleted"), LONG_AGO)).await;
    world.plant_blobs(0..4_900, Bucket::Images);
    world.plant_rows(10_000..10_900, row("held", None, NOON.plus_ms(-HOUR_MS))).await;
    world.plant_held_blobs(10_000..10_900);
    world.plant_rows(11_000..11_900, row("held", None, LONG_AGO)).await;
    world.plant_held_blobs(11_000..11_900);
    world.plant_rows(30_000..30_900, row("live", None, NOON.plus_ms(DAY_MS))).await;
    world.plant_blobs(30_000..30_900, Bucket::Images);
    world.sql.with_connection(|connection| {
        let closed = "INSERT INTO teams VALUES ('0123456789abcdefghjkmnpq', 'Engines', 0, 1);
                      UPDATE images SET account_id = '0123456789abcdefghjkmnpq' WHERE expires_at > created_at + 80000000";
        connection.execute_batch(closed).expect("a team is closed");
    });
    let (mut runs, mut worst) = (0, world.faults.cost());
    let left = || world.sql.query("SELECT 1 FROM images WHERE account_id IS NULL AND state = 'removing'").len();
    while left() > 0 || runs == 0 {
        world.run_cron(EVERY_MINUTE).await.expect("runs");
        let cost = world.faults.cost();
        println!("{cost:?}");
        worst = if cost.calls > worst.calls { cost } else { worst };
        world.advance_ms(MINUTE_MS);
        runs += 1;
        assert!(runs < 5, "thousands leave in a few minutes");
    }
    assert!(worst.calls > 5_000, "the scene is busy: {worst:?}");
    assert!(world.log.faults().is_empty());
}

#[tokio::test]
async fn every_other_minute_stays_within_the_platforms_limits_however_much_is_due() {
    let world = World::new();
    let (_, ada) = world.member("Ada").await;
    world.plant_rows(0..900, row("live", None, NOON.plus_ms(300 * DAY_MS))).await;
    world.plant_rows(20_000..20_900, row("pending", None, LONG_AGO)).await;
    world.plant_blobs(0..900, Bucket::Images);
    world.sql.with_connection(|connection| {
        let hers = "UPDATE images SET account_id = (SELECT id FROM accounts) WHERE state = 'live';
                    INSERT INTO variants (image_id, name, begun_at, used_at)
                    WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 5000)
                    SELECT id, 'w' || n, 0, 0 FROM n, (SELECT id FROM images WHERE state = 'pending' LIMIT 1);";
        connection.execute_batch(hers).expect("planted");
    });
    ada.form("/settings/delete", &[("password", PASSWORD)]).send(&world).await;
    world.advance_ms(8 * DAY_MS);
    let ago = world.clock_now().plus_ms(-100 * DAY_MS);
    world.plant_rows(100_000..160_000, row("recovery", Some("expired"), ago)).await;
    world.plant_blobs(100_000..160_000, Bucket::Recovery);
    world.plant_rows(200_000..230_000, row("gone", Some("expired"), ago)).await;
    world.faults.cost();
    for run in 0..6 {
        world.run_cron(EVERY_OTHER_MINUTE).await.expect("runs");
        println!("run {run}: {:?}", world.faults.cost());
        world.advance_ms(2 * MINUTE_MS);
    }
    assert_eq!((world.count("pending"), world.count("recovery")), (0, 0));
    assert_eq!(world.blob_count(Bucket::Recovery) + world.count("removing"), 0);
    for table in ["variants", "accounts"] {
        assert_eq!(world.sql.query(&format!("SELECT 1 FROM {table} LIMIT 1")).len(), 0, "{table}");
    }
}

#[tokio::test]
async fn every_hour_and_every_night_stay_within_the_platforms_limits_however_much_is_wrong() {
    // Orphans, misplaced objects and a great loss at once.
    let world = World::new();
    let later = NOON.plus_ms(DAY_MS);
    world.plant_rows(4_000..4_900, row("recovery", Some("deleted"), later)).await;
    world.plant_rows(0..900, row("live", None, later)).await;
    // In the wrong bucket; in none; of nobody.
    world.plant_blobs(4_000..4_900, Bucket::Images);
    world.plant_blobs(7_000..9_500, Bucket::Images);
    world.plant_blobs(9_500..9_900, Bucket::Recovery);
    world.advance_ms(2 * HOUR_MS);
    world.faults.cost();
    let mut worst = 0;
    for _ in 0..60 {
        world.run_cron(EVERY_HOUR).await.expect("runs");
        worst = worst.max(world.faults.cost().queries);
    }
    assert!(worst > 300, "the scene is busy: {worst}");
    // The one image that was really uploaded and the misplaced ones: each where it belongs.
    assert_eq!((world.blob_count(Bucket::Images), world.blob_count(Bucket::Recovery)), (1, 900));
    world.assert_nothing_lost_or_leaked();

    let world = World::new();
    let accounts = "INSERT INTO account_storage (account_id, images)
                    WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 30000)
                    SELECT printf('%024d', n), 1 FROM n";
    world.sql.with_connection(|connection| connection.execute_batch(accounts)).expect("planted");
    let left = || world.sql.query("SELECT count(*) AS n FROM account_storage WHERE images > 0")[0]["n"].as_u64();
    world.faults.cost();
    world.run_cron(EVERY_NIGHT).await.expect("runs");
    assert!((400..500).contains(&world.faults.cost().queries), "two statements for a hundred accounts");
    assert_eq!(left(), Some(10_000), "what was counted wrong is mended, as far as a night goes");
    world.advance_ms(DAY_MS);
    world.run_cron(EVERY_NIGHT).await.expect("runs");
    assert_eq!(left(), Some(0), "the next night goes on");
}

#[tokio::test]
async fn a_hundred_thousand_images_are_erased_in_a_quarter_of_an_hour() {
    let world = World::new();
    world.plant_rows(0..100_000, row("recovery", Some("expired"), world.clock_now())).await;
    world.plant_blobs(0..100_000, Bucket::Recovery);
    for minute in 1..=15 {
        world.advance_ms(MINUTE_MS);
        if minute % 2 == 0 {
            world.run_cron(EVERY_OTHER_MINUTE).await.expect("runs, within the platform's limits");
        }
    }
    assert_eq!((world.count("recovery"), world.blob_count(Bucket::Recovery)), (0, 0));
}
