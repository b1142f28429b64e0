//! The auditor: it finds whatever a job leaves that should not be, and nothing where nothing is wrong.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tintype::domain::time::{DAY_MS, HOUR_MS, MINUTE_MS};
use tintype::domain::verdict::UnscannedReason;
use tintype::jobs::{AUDIT, JOBS};
use tintype::policy::audit::{PAGE, RULES, WALK_EVERY_MS, names};
use tintype::ports::blobs::Bucket;

use crate::accounts::one;
use crate::crash_every_call::{at_every_call, now};
use crate::harness::client::{Answer, Call};
use crate::harness::faults::FaultKind;
use crate::harness::images::numbered_png;
use crate::harness::people::{Browser, PASSWORD, form};
use crate::harness::plant::{Row, id};
use crate::harness::{NOON, World};

const JOB: &str = "audit_promises";

async fn audit(world: &World) {
    world.run_job(JOB).await.unwrap_or_else(|faults| panic!("{faults:?}"));
}

/// The rules that are broken.
fn broken(world: &World) -> BTreeSet<String> {
    let rows = world.sql.query("SELECT rule FROM audits WHERE broken > 0");
    rows.iter().map(|row| row["rule"].as_str().unwrap_or_default().to_owned()).collect()
}

fn only(rule: &str) -> BTreeSet<String> {
    BTreeSet::from([rule.to_owned()])
}

/// Everything that there is something to do about, and for whoever looks.
async fn something_of_everything(world: &World) {
    let sql = |text: &str| world.sql.with_connection(|connection| connection.execute_batch(text).expect("SQL"));
    let (_, ada) = world.member("Ada").await;
    let (_, bob) = world.member("Bob").await;
    ada.send(Call::app("POST", "/v1/images").body("image/png", numbered_png(1))).send(world).await;
    bob.send(Call::app("POST", "/v1/images").body("image/png", numbered_png(2))).send(world).await;
    ada.send(Call::app("POST", "/v1/tickets").body("application/json", "{}")).send(world).await;
    let key = json!({ "name": "a", "scopes": ["read"], "expires_in": 86_400 }).to_string();
    ada.send(Call::app("POST", "/v1/keys").body("application/json", key)).send(world).await;
    let brief = Call::app("POST", "/v1/images?ttl=86400").header("idempotency-key", "of-everything-something");
    brief.body("image/png", numbered_png(3)).send(world).await;
    world.vision_is(Some(UnscannedReason::VisionBusy));
    world.upload(&numbered_png(4)).await;
    // Deleted with an account that stays after all, and with one that does not.
    for browser in [&ada, &bob] {
        browser.form("/settings/delete", &[("password", PASSWORD)]).send(world).await;
        world.deliver_messages().await;
        if browser.cookie == ada.cookie {
            let token = world.token_in_letter("account_deletion_requested");
            form("/settings/delete/undo", &[("token", &token)]).send(world).await;
        }
    }
    // Of requests and jobs that died.
    world.plant_rows(100..101, Row { state: "removing", reason: Some("deleted"), at: world.clock_now() }).await;
    world.plant_rows(101..102, Row { state: "pending", reason: None, at: world.clock_now() }).await;
    world.plant_blobs(100..103, Bucket::Images);
    world.blobs.plant(Bucket::Recovery, "personal-keys/0123456789abcdefghjkmnpq", b"of nobody");
    let image = id(104);
    sql(&format!(
        "INSERT INTO teams VALUES ('t0000000000000000000000a', 'Engines', 0, {0});
         INSERT INTO variants (image_id, name, begun_at, used_at) VALUES ('{1}', 'w320', {0}, {0});",
        world.clock_now().0,
        id(105)
    ));
    world.plant_rows(105..106, Row { state: "live", reason: None, at: NOON.plus_ms(700 * DAY_MS) }).await;
    let team = "UPDATE images SET account_id = 't0000000000000000000000a' WHERE id =";
    world.plant_rows(104..105, Row { state: "live", reason: None, at: world.clock_now().plus_ms(900 * DAY_MS) }).await;
    world.plant_blobs(104..106, Bucket::Images);
    sql(&format!("{team} '{image}'; UPDATE images SET owner_tier = 'free', expires_at = NULL WHERE id = '{image}'"));
    form("/reset", &[("email", "ada@example.org")]).send(world).await;
    sql(
        "INSERT INTO subject_requests VALUES ('a', 'other', 'email', 'gdpr', 'mail 1', 0, 1, NULL, NULL, 2, 'done', NULL, NULL)",
    );
    sql("INSERT INTO transparency_counts VALUES (1, 'month', '', NULL)");
    sql("INSERT INTO review_log VALUES (1, 0, 'a', 'opened', 'image', 'b', 'facts', NULL, '')");
    // What was decided and is not carried out yet, is still searched for, is to come back, and is to be forgotten.
    let soon = world.clock_now().0;
    sql(&format!(
        "INSERT INTO notices (id, kind, ground, token_hash, sealed, severity, received_at, valid_at, due_at, search_from,
                              decided_at, outcome, undone_since, forget_after)
         VALUES ('n0000000000000000000000a', 'copyright', 'copyright', 'a', 'b', 1, {soon}, {soon}, {soon} + 3600000, '',
                 {soon}, 'prohibited', {soon}, {soon} + 31622400000);
         INSERT INTO notice_images (notice_id, image_id, found, added_at)
         VALUES ('n0000000000000000000000a', '{0}', 'named', {soon});
         INSERT INTO counter_notices VALUES ('c0000000000000000000000a', 'n0000000000000000000000a', '{0}', 'b', {soon},
                                             {soon}, {soon}, {soon} + 1, NULL, NULL, NULL);",
        id(106)
    ));
    sql(
        "INSERT INTO statements (subject, number, kind, imposed_at, decided_by, is_detected, reason, ended_at, due_at, forget_after)
         VALUES ('s', 1, 'removal', 0, 'model', 1, '', NULL, 1, 1838721600000), ('s', 2, 'removal', 0, 'model', 1, '', 1, NULL, 2);
         INSERT INTO strikes VALUES ('s', 1, 'a', 'hate', 0, 1, NULL);
         INSERT INTO appeals (id, subject, number, words, opened_at, due_at, decided_at, outcome, decided_by, reason)
         VALUES ('a0000000000000000000000a', 's', 2, '', 0, 1, 1, 'upheld', 'a', 'b');",
    );
    // Somebody's copy, and what is left of one.
    let (_, cleo) = world.member("Cleo").await;
    cleo.form("/settings/export", &[]).send(world).await;
    // Who was here before the latest edition.
    sql("UPDATE accounts SET policy_told = policy_told - 1");
    world.blobs.plant(Bucket::Recovery, "exports/0123456789abcdefghjkmnpq/0001-late", b"late");
    sql(&format!(
        "INSERT INTO requests VALUES ('a', 'k', {0}, 'r', 'GET', '/v1/usage', 200, NULL, NULL);
         INSERT INTO statistics VALUES ({0} - {0} % 86400000 - 86400000, 'uploads', '', '', '', '', NULL);",
        world.clock_now().0
    ));
    world.vision_is(None);
}

/// Lets time pass, with all jobs but one; answers which rules were ever broken meanwhile.
async fn live_on(world: &World, without: Option<&str>) -> BTreeSet<String> {
    let steps = [(6, HOUR_MS), (8, 6 * HOUR_MS), (40, DAY_MS), (90, 5 * DAY_MS)];
    let mut found = BTreeSet::new();
    for step_ms in steps.into_iter().flat_map(|(count, step_ms)| std::iter::repeat_n(step_ms, count)) {
        world.advance_ms(step_ms);
        for _ in 0..2 {
            for job in JOBS.iter().filter(|job| job.cron != AUDIT && Some(job.name) != without) {
                let outcome = world.run_job(job.name).await;
                assert!(outcome.is_ok(), "{}: {outcome:?}", job.name);
            }
        }
        audit(world).await;
        found.extend(broken(world));
        // What fails without a job is found once for all.
        if without.is_some() && found.iter().any(|rule| rule != names::JOBS && rule != names::UNCHANGED) {
            break;
        }
    }
    found
}

#[tokio::test]
async fn where_every_job_runs_nothing_is_found_for_more_than_a_year() {
    let world = World::new();
    something_of_everything(&world).await;
    // What is planted is not what its row says.
    assert_eq!(live_on(&world, None).await, only(names::UNCHANGED));
    let unchecked = RULES
        .iter()
        .filter(|rule| one(&world, &format!("SELECT count(*) FROM audits WHERE rule = '{}'", rule.name)) == "0");
    assert_eq!(unchecked.map(|rule| rule.name).collect::<Vec<_>>(), Vec::<&str>::new(), "every rule was checked");
}

#[tokio::test]
async fn whichever_job_is_broken_the_auditor_finds_it_by_what_it_leaves() {
    // These mend what should not be, move what has no time, or do what others do as well: that they run is all that can be seen.
    // Of operators who are not reminded, the auditor tells all the same: what is late is.
    const SEEN_BY_RUNNING: [&str; 6] = [
        "rotate_master_key",
        "recount_storage",
        "finish_removals",
        "replay_journal",
        "remind_reports",
        "watch_anomalies",
    ];
    for job in JOBS.iter().filter(|job| job.cron != AUDIT) {
        let world = World::new();
        something_of_everything(&world).await;
        let found = live_on(&world, Some(job.name)).await;
        let is_by_data = |rule: &&String| *rule != names::JOBS && *rule != names::UNCHANGED;
        let by_data: Vec<&String> = found.iter().filter(is_by_data).collect();
        assert!(found.contains(names::JOBS) || !by_data.is_empty(), "{}: {found:?}", job.name);
        assert_eq!(by_data.is_empty(), SEEN_BY_RUNNING.contains(&job.name), "{}: {found:?}", job.name);
    }
}

// What walking finds.

async fn calm() -> (World, Browser, Answer) {
    let world = World::new();
    let (_, ada) = world.member("Ada").await;
    ada.send(Call::app("POST", "/v1/images").body("image/png", numbered_png(1))).send(&world).await;
    let image = world.upload(&numbered_png(2)).await;
    world.advance_ms(3 * DAY_MS);
    let jobs = JOBS.iter().filter(|job| job.cron != AUDIT);
    for job in jobs {
        world.run_job(job.name).await.expect("runs");
    }
    audit(&world).await;
    assert_eq!(broken(&world), BTreeSet::new());
    (world, ada, image)
}

async fn finds(world: &World, rule: &str) {
    world.advance_ms(WALK_EVERY_MS);
    for job in ["forget_ephemeral", "send_letters", "copy_journal"] {
        world.run_job(job).await.expect("runs");
    }
    audit(world).await;
    let mut found = broken(world);
    // Not every job has run since.
    found.remove(names::JOBS);
    assert_eq!(found, only(rule));
}

#[tokio::test]
async fn what_is_wrong_with_a_row_is_found_whatever_any_job_thinks_of_it() {
    let live = "state = 'live' AND account_id IS NULL";
    for (rule, change) in [
        (names::WINDOWS, format!("UPDATE images SET expires_at = NULL WHERE {live}")),
        (names::WINDOWS, format!("UPDATE images SET expires_at = created_at + {} WHERE {live}", 731 * DAY_MS)),
        (names::PUBLIC_BY_DECISION, format!("UPDATE images SET verdict = 'prohibited' WHERE {live}")),
        (names::PUBLIC_BY_DECISION, "UPDATE decisions SET verdict = 'prohibited'".to_owned()),
        (
            names::OWNERS,
            "UPDATE images SET account_id = 'n0b0dy000000000000000000' WHERE account_id IS NOT NULL".to_owned(),
        ),
        (names::SEALED, "UPDATE accounts SET email = 'ada@example.org'".to_owned()),
        (names::SEALED, "UPDATE accounts SET name = 'Ada'".to_owned()),
    ] {
        let (world, ..) = calm().await;
        world.sql.with_connection(|connection| {
            connection
                .execute_batch(
                    "DROP TRIGGER IF EXISTS decisions_are_only_added; DROP TRIGGER IF EXISTS images_move_room;",
                )
                .expect("SQL");
            connection.execute_batch(&change).unwrap_or_else(|error| panic!("{change}: {error}"));
        });
        finds(&world, rule).await;
    }
}

#[tokio::test]
async fn what_is_wrong_with_what_is_stored_is_found() {
    let (world, _, image) = calm().await;
    let name = format!("images/{}", image.field("/id"));
    world.blobs.lose(Bucket::Images, &name);
    world.blobs.plant(Bucket::Images, &name, b"not what was stored");
    for _ in 0..30 {
        world.advance_ms(HOUR_MS);
        world.run_job("send_letters").await.expect("runs");
        world.run_job("forget_ephemeral").await.expect("runs");
        audit(&world).await;
        if broken(&world).contains(names::UNCHANGED) {
            break;
        }
    }
    assert!(broken(&world).contains(names::UNCHANGED), "other bytes");

    let (world, _, image) = calm().await;
    world.blobs.lose(Bucket::Images, &format!("images/{}", image.field("/id")));
    world.advance_ms(WALK_EVERY_MS);
    audit(&world).await;
    assert!(broken(&world).contains(names::BYTES_THERE), "no bytes: {:?}", broken(&world));

    let (world, ..) = calm().await;
    world.plant_blobs(7..8, Bucket::Images);
    world.plant_blobs(8..9, Bucket::Recovery);
    world.advance_ms(3 * DAY_MS);
    audit(&world).await;
    let found = broken(&world);
    assert!(found.contains(names::PUBLIC_BYTES) && found.contains(names::RECOVERY_BYTES), "of nobody: {found:?}");

    let (world, ..) = calm().await;
    let key = world.blobs.names(Bucket::Recovery).into_iter().find(|name| name.starts_with("personal-keys/"));
    world.blobs.lose(Bucket::Recovery, &key.expect("a key"));
    finds(&world, names::KEYS).await;
}

#[tokio::test]
async fn what_left_public_view_and_is_still_there_is_found() {
    let (world, _, image) = calm().await;
    let name = format!("images/{}", image.field("/id"));
    let bytes: &'static [u8] = Vec::leak(world.blobs.bytes(Bucket::Images, &name).to_vec());
    let token = image.field("/delete_token");
    let delete = Call::app("DELETE", &format!("/v1/images/{}", image.field("/id")));
    delete.header("authorization", &format!("Bearer {token}")).send(&world).await;
    world.blobs.plant(Bucket::Images, &name, bytes);
    world.advance_ms(DAY_MS);
    audit(&world).await;
    assert!(!broken(&world).contains(names::PUBLIC_BYTES), "the reconciler has two days");
    world.advance_ms(2 * DAY_MS);
    audit(&world).await;
    assert!(broken(&world).contains(names::PUBLIC_BYTES));
    // And it is not, once it is mended.
    for _ in 0..3 {
        world.run_job("reconcile_blobs").await.expect("runs");
    }
    world.advance_ms(WALK_EVERY_MS);
    audit(&world).await;
    assert!(!broken(&world).contains(names::PUBLIC_BYTES));
}

#[tokio::test]
async fn a_long_walk_takes_several_runs_and_counts_everything_once() {
    let world = World::new();
    let images = u64::try_from(PAGE).expect("a number") * 2 + 17;
    world.plant_rows(0..images, Row { state: "live", reason: None, at: NOON.plus_ms(90 * DAY_MS) }).await;
    world.plant_blobs(0..images, Bucket::Images);
    world.advance_ms(2 * HOUR_MS);
    world.faults.cost();
    audit(&world).await;
    let cost = world.faults.cost();
    assert!(cost.queries <= 1_000 && cost.calls <= 10_000, "{cost:?}");
    let rows = one(&world, "SELECT count(*) FROM images WHERE state = 'live'");
    for rule in [names::WINDOWS, names::PUBLIC_BY_DECISION, names::BYTES_THERE] {
        assert_eq!(one(&world, &format!("SELECT checked FROM audits WHERE rule = '{rule}'")), rows, "{rule}");
    }
    assert_eq!(one(&world, "SELECT count(*) FROM audit_walks"), "0");
}

#[test]
fn a_walk_that_dies_goes_on_and_counts_nothing_twice() {
    let set = || {
        let world = World::new();
        let images = u64::try_from(PAGE).expect("a number") + 3;
        now(world.plant_rows(0..images, Row { state: "live", reason: None, at: NOON.plus_ms(90 * DAY_MS) }));
        world.plant_blobs(0..images, Bucket::Images);
        world.advance_ms(2 * HOUR_MS);
        (world, ())
    };
    let act = |world: &World, (): &()| {
        drop(world.attempt(world.run_job(JOB)));
        None
    };
    let check = |world: &World, (): &(), _: Option<Answer>, context: &str| {
        for _ in 0..2 {
            world.advance_ms(6 * MINUTE_MS);
            now(world.run_job(JOB)).unwrap_or_else(|faults| panic!("{context}: {faults:?}"));
        }
        let rows: u64 = one(world, "SELECT count(*) FROM images WHERE state = 'live'").parse().expect("a number");
        let checked = one(world, &format!("SELECT checked FROM audits WHERE rule = '{}'", names::WINDOWS));
        let checked: u64 = checked.parse().unwrap_or_else(|_| panic!("{context}: {checked}"));
        // A page whose writing the platform repeats is one page; the walk may have come round once more.
        assert_eq!(checked, rows, "{context}");
        // What is planted is not what its rows say.
        assert!(broken(world).is_subset(&only(names::UNCHANGED)), "{context}: {:?}", broken(world));
    };
    at_every_call("auditing", 40, set, act, check);
}

// Who is told.

#[tokio::test]
async fn operators_are_told_once_a_day_what_is_broken() {
    let (world, _, image) = calm().await;
    world.sql.query("UPDATE accounts SET is_operator = 1 RETURNING id");
    let expires = format!("expires_at = {} WHERE id = '{}'", world.clock_now().0, image.field("/id"));
    world.sql.query(&format!("UPDATE images SET {expires} RETURNING id"));
    let hours = async |count: usize| {
        for _ in 0..count {
            world.advance_ms(HOUR_MS);
            for job in JOBS.iter().filter(|job| job.name != "reap_expired") {
                world.run_job(job.name).await.unwrap_or_else(|faults| panic!("{}: {faults:?}", job.name));
            }
            world.deliver_messages().await;
        }
    };
    hours(24).await;
    let texts: Vec<String> = world.mail.taken().iter().map(|taken| taken.letter.content.text.clone()).collect();
    assert_eq!(world.letters_to("ada@example.org", "promises_broken"), 1, "not every hour: {texts:?}");
    let taken = world.mail.taken();
    let letter = taken.iter().rfind(|taken| taken.letter.kind == "promises_broken").expect("a letter");
    let text = &letter.letter.content.text;
    assert!(text.contains("pictures-leave") && text.contains("/promises"), "{text}");
    assert!(world.log.faults().iter().any(|line| line.outcome.contains("pictures-leave")), "and the log");
    hours(3).await;
    assert_eq!(world.letters_to("ada@example.org", "promises_broken"), 2, "the next day, too");
    world.run_job("reap_expired").await.expect("runs");
    world.advance_ms(HOUR_MS);
    audit(&world).await;
    assert_eq!(one(&world, "SELECT broken_since FROM audits WHERE rule = 'pictures-leave'"), "null");
}

#[tokio::test]
async fn where_one_look_fails_the_others_are_taken_and_told() {
    let (world, ..) = calm().await;
    world.sql.query("UPDATE accounts SET is_operator = 1 RETURNING id");
    world.sql.query("UPDATE accounts SET name = 'Ada' RETURNING id");
    world.advance_ms(WALK_EVERY_MS);
    // The first call after the lease: the first question about what is due.
    world.faults.strike_at(1, FaultKind::FailBefore);
    world.run_job(JOB).await.expect_err("says so");
    assert!(world.faults.calm());
    assert!(broken(&world).contains(names::SEALED), "the walk was taken");
    world.deliver_messages().await;
    let told = world.mail.taken().iter().filter(|taken| taken.letter.kind == "promises_broken").count();
    assert!(told <= 1, "{told}");
    assert_eq!(one(&world, &format!("SELECT told_at IS NOT NULL FROM audits WHERE rule = '{}'", names::SEALED)), "1");
}

// What anybody sees.

async fn status(world: &World) -> Value {
    let answer = Call::app("GET", "/status.json").send(world).await;
    assert_eq!(answer.status.as_u16(), 200);
    answer.json()
}

async fn promises(world: &World) -> String {
    Call::app("GET", "/promises").header("accept", "text/html").send(world).await.text()
}

#[tokio::test]
async fn anybody_sees_what_is_promised_and_whether_it_is_kept() {
    let world = World::new();
    assert_eq!(status(&world).await["kept"], json!(false), "nobody has looked yet");
    assert!(promises(&world).await.contains("still to be checked"));
    let (world, ..) = calm().await;
    assert_eq!(status(&world).await["kept"], json!(true));
    assert!(promises(&world).await.contains(&format!("All {} were kept", RULES.len())), "{}", promises(&world).await);
    world.plant_rows(9..10, Row { state: "live", reason: None, at: world.clock_now() }).await;
    world.advance_ms(2 * HOUR_MS);
    audit(&world).await;
    let told = status(&world).await;
    let rule = told["promises"].as_array().and_then(|all| all.iter().find(|rule| rule["rule"] == "pictures-leave"));
    let rule = rule.expect("the rule");
    assert_eq!(
        (told["kept"].clone(), rule["kept"].clone(), rule["broken"].clone()),
        (json!(false), json!(false), json!(1))
    );
    assert_eq!(rule["worst_lateness_seconds"], json!(105 * 60), "two hours, less what it may take");
    let page = promises(&world).await;
    assert!(page.contains("1 is not so, the worst by 1 hour") && page.contains("Broken"), "{page}");
    // Nobody looks any more: then nobody says that all is well.
    let (world, ..) = calm().await;
    world.advance_ms(6 * HOUR_MS + MINUTE_MS);
    assert_eq!(status(&world).await["kept"], json!(false));
    assert!(promises(&world).await.contains("That is too long ago."));
}

#[test]
fn every_rule_is_checked_in_one_way_and_says_so_in_plain_words() {
    use tintype::policy::audit::Look;
    use tintype::store::audit::DUE;
    let names: BTreeSet<&str> = RULES.iter().map(|rule| rule.name).collect();
    assert_eq!(names.len(), RULES.len());
    for rule in &RULES {
        let is_due = matches!(rule.look, Look::Due(_));
        assert_eq!(DUE.iter().any(|(name, _)| *name == rule.name), is_due, "{}", rule.name);
        assert!(rule.words.ends_with('.') && rule.words.len() > 20, "{}", rule.name);
    }
    assert_eq!(DUE.len(), RULES.iter().filter(|rule| matches!(rule.look, Look::Due(_))).count());
}
