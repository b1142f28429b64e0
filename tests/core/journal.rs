//! The journal: what must not come undone is copied within minutes to where no backup takes it back, and is forgotten in time.

use tintype::domain::journal::{Entry, from_file};
use tintype::domain::time::{DAY_MS, HOUR_MS, MINUTE_MS};
use tintype::policy::journal::{ASPECTS, BACKUP_AGE_MAX_MS, EMAIL, ENTRIES_MAX, JOURNAL_KEPT_MS, KEYS_AGE_MAX_MS};
use tintype::ports::blobs::Bucket;

use crate::accounts::one;
use crate::harness::World;
use crate::harness::client::Call;
use crate::harness::images::numbered_png;

pub fn parts(world: &World) -> Vec<String> {
    world.blobs.names(Bucket::Recovery).into_iter().filter(|name| name.starts_with("journal/")).collect()
}

pub fn entries(world: &World) -> Vec<Entry> {
    let read = |name: &String| from_file(&world.blobs.bytes(Bucket::Recovery, name)).expect("a part of the journal");
    parts(world).iter().flat_map(read).collect()
}

async fn copy(world: &World) {
    world.run_job("copy_journal").await.expect("runs");
}

#[tokio::test]
async fn what_was_deleted_is_written_down_by_name_and_copied_once() {
    let world = World::new();
    let image = world.upload(&numbered_png(1)).await;
    let (id, token) = (image.field("/id"), image.field("/delete_token"));
    copy(&world).await;
    assert_eq!(entries(&world), Vec::new(), "an upload is nothing that could come undone");
    let delete = Call::app("DELETE", &format!("/v1/images/{id}")).header("authorization", &format!("Bearer {token}"));
    delete.send(&world).await;
    for _ in 0..3 {
        world.advance_ms(2 * MINUTE_MS);
        copy(&world).await;
    }
    let left = Entry { kind: "image_left".into(), subject: id, detail: Some("deleted".into()) };
    assert_eq!(entries(&world), [left]);
    assert_eq!(one(&world, "SELECT count(*) FROM journal"), "0");
}

#[tokio::test]
async fn what_leaves_by_its_date_is_not_written_down() {
    let world = World::new();
    Call::app("POST", "/v1/images?ttl=300").body("image/png", numbered_png(1)).send(&world).await;
    world.advance_ms(HOUR_MS);
    world.run_job("reap_expired").await.expect("runs");
    world.advance_ms(20 * DAY_MS);
    world.run_job("reap_recovery").await.expect("runs");
    assert_eq!(one(&world, "SELECT state || removal_reason FROM images"), "goneexpired");
    assert_eq!(one(&world, "SELECT count(*) FROM journal"), "0");
}

#[tokio::test]
async fn an_empty_part_is_written_every_hour_and_names_grow_whatever_the_clock_says() {
    let world = World::new();
    for _ in 0..90 {
        copy(&world).await;
        world.advance_ms(2 * MINUTE_MS);
    }
    assert_eq!(parts(&world).len(), 3, "one for each hour: {:?}", parts(&world));
    let last = parts(&world).last().cloned();
    // A clock that was ahead, and is set right.
    world.advance_ms(-50 * HOUR_MS);
    world.sql.query("INSERT INTO journal (kind, subject) VALUES ('team_closed', 'x') RETURNING number");
    copy(&world).await;
    assert_eq!(parts(&world).len(), 4);
    assert!(parts(&world).last() > last.as_ref());
    assert_eq!(entries(&world).len(), 1);
}

#[tokio::test]
async fn much_at_once_goes_into_several_parts() {
    let world = World::new();
    let many = 2 * ENTRIES_MAX + 3;
    world.sql.query(&format!(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {many})
         INSERT INTO journal (kind, subject) SELECT 'team_closed', printf('%05d', i) FROM n RETURNING number"
    ));
    copy(&world).await;
    assert_eq!((parts(&world).len(), entries(&world).len()), (3, usize::try_from(many).expect("a number")));
    assert!(entries(&world).is_sorted_by_key(|entry| entry.subject.clone()), "in order");
}

#[tokio::test]
async fn parts_are_forgotten_when_no_backup_is_left_that_they_could_be_needed_for() {
    let world = World::new();
    world.sql.query("INSERT INTO journal (kind, subject) VALUES ('team_closed', 'x') RETURNING number");
    copy(&world).await;
    world.advance_ms(JOURNAL_KEPT_MS - 1);
    world.run_job("forget_journal").await.expect("runs");
    assert_eq!(entries(&world).len(), 1);
    world.advance_ms(1);
    world.run_job("forget_journal").await.expect("runs");
    assert_eq!(parts(&world), Vec::<String>::new());
    const { assert!(JOURNAL_KEPT_MS >= 31 * DAY_MS, "D1's own history reaches 30 days back") };
}

#[test]
fn every_kind_that_a_trigger_writes_has_an_aspect_and_every_kind_a_trigger() {
    let read = |name: &str| std::fs::read_to_string(format!("{}/migrations/{name}", env!("CARGO_MANIFEST_DIR")));
    let written = ["0024_journal.sql", "0029_statements.sql", "0030_authority_and_anomalies.sql"]
        .map(|name| read(name).expect("readable"))
        .concat();
    // Of the later ones only what writes into the journal.
    let is_of_journal = |trigger: &&str| trigger.starts_with("journal_");
    let triggers: Vec<&str> = written.split("CREATE TRIGGER ").filter(is_of_journal).collect();
    let migration = format!("CREATE TRIGGER {}", triggers.join("CREATE TRIGGER "));
    for kind in ASPECTS.iter().chain([&EMAIL]).flat_map(|aspect| aspect.kinds) {
        let is_consent = kind.starts_with("consent_") && migration.contains("'consent_' || new.act");
        assert!(is_consent || migration.contains(&format!("'{kind}'")), "{kind} is written by nobody");
    }
    for trigger in migration.split("CREATE TRIGGER ").skip(1) {
        let values = trigger.split("VALUES (").nth(1).unwrap_or_default();
        let kinds = ASPECTS.iter().chain([&EMAIL]).flat_map(|aspect| aspect.kinds);
        let known = kinds.filter(|kind| values.contains(&format!("'{kind}'"))).count();
        assert!(known > 0 || values.starts_with("'consent_' ||"), "{trigger}");
    }
}

#[test]
fn the_scripts_know_how_old_a_backup_may_be() {
    let script = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/backup/policy.mjs"));
    let script = script.expect("readable");
    for (name, ms) in [("BACKUP_DAYS_MAX", BACKUP_AGE_MAX_MS), ("KEYS_DAYS_MAX", KEYS_AGE_MAX_MS)] {
        let days = format!("{name} = {};", ms / DAY_MS);
        assert!(script.contains(&days), "{days}");
    }
}
