//! Nothing is published unjudged, and every judgement is stored with its grounds (promises IMP-20 to IMP-24).

use serde_json::{Value, json};
use tintype::domain::decision::{DecidedBy, Decision, Reviewer, Seen};
use tintype::domain::ground::Ground;
use tintype::domain::ids::ImageId;
use tintype::domain::time::{DAY_MS, HOUR_MS};
use tintype::domain::verdict::{Assessment, FrameScores, Scores, Verdict};
use tintype::ports::blobs::Bucket;
use tintype::ports::sql::Sql as _;
use tintype::store::review_queue::{self, Position};
use tintype::store::{decisions, images};
use tintype::usecases::review::{Review, Reviewed, hold, prohibit, release};

use crate::harness::client::Call;
use crate::harness::images::numbered_png;
use crate::harness::plant::{Row, id};
use crate::harness::{NOON, World};

/// What a model says: so much that is pornographic, so much that is sexual, in one frame.
pub fn scored(porn: f32, sexy: f32) -> Assessment {
    let scores = Scores { drawing: 0.0, hentai: 0.0, neutral: 1.0 - porn - sexy, porn, sexy };
    Assessment::Scored {
        frames: vec![FrameScores { frame: 0, region: None, scores }],
        model_id: "mobilenet_v2".into(),
        model_sha256: "ab".repeat(32),
    }
}

impl World {
    /// Has the classifier say this about the file with a number; answers the file.
    pub fn assess(&self, number: u64, assessment: Assessment) -> Vec<u8> {
        let file = numbered_png(number);
        self.vision.assesses.lock().expect("not poisoned").insert(file.clone().into(), assessment);
        file
    }
}

fn decision_about(world: &World, id: &str) -> tintype::ports::sql::Row {
    let mut found = world.sql.query(&format!("SELECT * FROM decisions WHERE image_id = '{id}' ORDER BY number"));
    assert_eq!(found.len(), 1, "{found:?}");
    found.remove(0)
}

#[tokio::test]
async fn promise_imp_20_an_automated_decision_is_stored_with_model_scores_thresholds_and_edition() {
    let world = World::new();
    let file = world.assess(1, scored(0.25, 0.5));
    let answer = world.upload(&file).await;
    assert_eq!(answer.status.as_u16(), 201, "{}", answer.text());
    let stored = decision_about(&world, &answer.field("/id"));
    assert_eq!((&stored["verdict"], &stored["decided_by"]), (&json!("restricted"), &json!("model")));
    assert_eq!((&stored["model_id"], &stored["model_sha256"]), (&json!("mobilenet_v2"), &json!("ab".repeat(32))));
    assert_eq!(stored["decided_at"], NOON.0);
    let parsed = |name: &str| serde_json::from_str::<Value>(stored[name].as_str().expect("text")).expect("JSON");
    assert_eq!(parsed("scores")[0]["scores"]["sexy"], 0.5);
    assert!(parsed("thresholds").as_array().is_some_and(|rows| rows.len() >= 2));
    assert_eq!(stored["reason"], "sexual content at 0.75 in frame 0, from 0.60 on restricted");
    let told = answer.json();
    assert_eq!(told["moderation"]["state"], "restricted");
    assert_eq!(told["moderation"]["label"], "shown after a warning");
    assert_eq!(told["moderation"]["policy_version"], stored["policy_version"]);
}

#[tokio::test]
async fn promise_imp_20_without_a_classifier_the_policys_value_is_the_stored_decision() {
    let world = World::new();
    let answer = world.upload(&numbered_png(1)).await;
    let stored = decision_about(&world, &answer.field("/id"));
    assert_eq!((&stored["verdict"], &stored["decided_by"]), (&json!("safe"), &json!("policy")));
    assert!(stored["scores"].is_null() && stored["model_id"].is_null());
    assert_eq!(stored["thresholds"], "[]");
    assert_eq!(answer.json()["moderation"]["label"], "no objection");
}

#[tokio::test]
async fn promise_imp_21_a_draft_becomes_live_only_under_a_decision_that_allows_it() {
    let (one, other) = (id(1), id(2));
    let decide = |verdict| Decision {
        verdict,
        decided_by: DecidedBy::Operator,
        model: None,
        scores: Vec::new(),
        labels: Vec::new(),
        thresholds: Vec::new(),
        policy_version: 1,
        reviewer: None,
        matched: None,
        ground: None,
        notice: None,
        reason: "a test".into(),
    };
    // What was concluded, one after another; only the last counts.
    for (concluded, end) in [
        (vec![], "pending"),
        (vec![Verdict::Safe], "live"),
        (vec![Verdict::Restricted], "live"),
        (vec![Verdict::Prohibited], "pending"),
        (vec![Verdict::Safe, Verdict::Prohibited], "pending"),
        (vec![Verdict::Prohibited, Verdict::Restricted], "live"),
    ] {
        let world = World::new();
        world.plant_rows(1..3, Row { state: "pending", reason: None, at: NOON }).await;
        world.sql.with_connection(|sql| sql.execute_batch("DELETE FROM decisions").expect("deletes"));
        for verdict in &concluded {
            let append = |id| decisions::append(id, &["pending"], &decide(*verdict), NOON);
            world.sql.batch(vec![append(&one)]).await.expect("appends");
        }
        world.sql.batch(vec![images::publish(&one, None), images::publish(&other, None)]).await.expect("runs");
        assert_eq!(world.state(one.as_str()), end, "{concluded:?}");
        assert_eq!(world.state(other.as_str()), "pending", "a decision about one image is none about another");
    }
}

#[tokio::test]
async fn a_decision_is_added_only_in_the_states_it_was_made_for_and_never_changed() {
    let world = World::new();
    let answer = world.upload(&numbered_png(1)).await;
    let before = decision_about(&world, &answer.field("/id"));
    let decision = Decision {
        verdict: Verdict::Prohibited,
        decided_by: DecidedBy::Operator,
        model: None,
        scores: Vec::new(),
        labels: Vec::new(),
        thresholds: Vec::new(),
        policy_version: 1,
        reviewer: None,
        matched: None,
        ground: None,
        notice: None,
        reason: "a test".into(),
    };
    let image = tintype::domain::ids::ImageId::parse(&answer.field("/id")).expect("an id");
    let append = decisions::append(&image, &["pending", "recovery"], &decision, NOON);
    world.sql.batch(vec![append]).await.expect("runs");
    assert_eq!(decision_about(&world, &answer.field("/id")), before);
    for statement in tintype::store::every_statement() {
        assert!(!statement.contains("UPDATE decisions"), "append-only: {statement}");
    }
}

#[tokio::test]
async fn decisions_stay_as_long_as_the_tombstone_and_leave_with_it() {
    let world = World::new();
    world.upload(&numbered_png(1)).await;
    let count = || world.sql.query("SELECT 1 FROM decisions").len();
    for (ms, job, left) in
        [(30 * DAY_MS, "reap_expired", 1), (14 * DAY_MS, "reap_recovery", 1), (90 * DAY_MS, "forget_tombstones", 0)]
    {
        world.advance_ms(ms);
        world.run_job(job).await.expect("runs");
        assert_eq!(count(), left, "{job}");
    }
    // Those of drafts leave with their drafts.
    world.faults.strike_at(11, crate::harness::faults::FaultKind::CrashBefore);
    assert!(world.attempt(world.upload(&numbered_png(2))).is_none() && world.faults.calm());
    assert_eq!((world.count("pending"), count()), (1, 1));
    world.advance_ms(HOUR_MS);
    world.run_job("sweep_pending").await.expect("runs");
    assert_eq!(count(), 0);
}

#[tokio::test]
async fn images_from_before_the_table_of_decisions_have_one() {
    let connection = rusqlite::Connection::open_in_memory().expect("opens");
    let migrations = crate::harness::sqlite::migrations();
    connection.execute_batch(&migrations[0].1).expect("applies");
    let row = "INSERT INTO images (id, state, surface, verdict, policy_version, created_at, retention_class, retention_reason)
               VALUES ('old', 'live', 'web', 'safe', 1, 7, 'safe', 'r')";
    connection.execute_batch(row).expect("plants");
    for (_, text) in &migrations[1..] {
        connection.execute_batch(text).expect("applies");
    }
    let sql = "SELECT decided_by || verdict || decided_at FROM decisions WHERE image_id = 'old'";
    assert_eq!(connection.query_row(sql, [], |row| row.get::<_, String>(0)), Ok("policysafe7".into()));
    let left = connection.query_row("SELECT state FROM images WHERE id = 'old'", [], |row| row.get::<_, String>(0));
    assert_eq!(left, Ok("live".into()));
}

#[tokio::test]
async fn promise_imp_21_a_flagged_image_is_served_and_waits_for_a_person() {
    let world = World::new();
    let file = world.assess(1, scored(0.3, 0.25));
    let answer = world.upload(&file).await;
    assert_eq!(answer.status.as_u16(), 201, "{}", answer.text());
    assert_eq!(answer.json()["moderation"]["state"], "flagged");
    assert_eq!(answer.json()["retention"]["class"], "safe", "kept as any other until a person has looked");
    assert_eq!(world.view(&answer.field("/url")).await.status.as_u16(), 200);
    let queue = review_queue::open_after(world.sql.as_ref(), &Position::start(), 10).await.expect("reads");
    let entry = queue.first().expect("one entry");
    assert_eq!((entry.image_id.as_str(), queue.len()), (answer.field("/id").as_str(), 1));
    assert_eq!((entry.cause.as_str(), entry.entered_at, entry.verdict), ("flagged", NOON, Verdict::Flagged));
    assert_eq!(entry.reason.as_deref(), Some("sexual content at 0.55 in frame 0, from 0.50 on flagged"));
    assert!(entry.facts.is_some() && entry.sha256.is_some(), "what a reviewer needs: {entry:?}");
}

#[tokio::test]
async fn the_queue_is_read_in_pages_the_severest_first_then_the_longest_waiting() {
    let world = World::new();
    for number in 0..12 {
        let assessment = if number % 3 == 0 { scored(0.99, 0.0) } else { scored(0.3, 0.25) };
        world.upload(&world.assess(number, assessment)).await;
        world.advance_ms(i64::from(number % 2 == 0));
    }
    // Nobody reviews what is safe.
    world.upload(&numbered_png(100)).await;
    let whole = review_queue::open_after(world.sql.as_ref(), &Position::start(), 100).await.expect("reads");
    assert_eq!(whole.len(), 12);
    assert!(whole.is_sorted_by_key(|entry| (-entry.severity, entry.entered_at)));
    let (mut paged, mut position) = (Vec::new(), Position::start());
    loop {
        let page = review_queue::open_after(world.sql.as_ref(), &position, 5).await.expect("reads");
        let Some(last) = page.last() else { break };
        position = Position::after(last);
        paged.extend(page);
    }
    assert_eq!(paged, whole, "nothing twice, nothing left out");
}

#[tokio::test]
async fn promise_imp_33_prohibited_content_is_never_public_and_erased_after_the_recovery_window() {
    let world = World::new();
    let file = world.assess(1, scored(0.99, 0.0));
    let answer = world.upload(&file).await;
    assert_eq!((answer.status.as_u16(), answer.field("/code").as_str()), (422, "content-prohibited"));
    let told = answer.field("/detail");
    assert!(told.contains("explicit content at 0.99 in frame 0"), "the uploader is told why: {told}");
    assert_eq!(answer.json()["automated"], true);
    let id = answer.field("/image_id");
    assert!(answer.field("/delete_token").is_empty() && answer.header("location").is_empty());
    assert_eq!((world.blob_count(Bucket::Images), world.blob_count(Bucket::Recovery)), (0, 1));
    let row = world.sql.query(&format!("SELECT * FROM images WHERE id = '{id}'")).remove(0);
    assert_eq!((&row["state"], &row["removal_reason"]), (&json!("recovery"), &json!("prohibited")));
    assert_eq!(row["erase_after"], NOON.0 + 14 * DAY_MS);
    assert_eq!(decision_about(&world, &id)["verdict"], "prohibited");
    let queue = review_queue::open_after(world.sql.as_ref(), &Position::start(), 10).await.expect("reads");
    assert_eq!(queue.iter().map(|entry| entry.cause.as_str()).collect::<Vec<_>>(), ["prohibited"]);
    // Its address never meant anything to anyone, and does not begin to: not now, not while it waits, not after.
    let nowhere = async |when: &str| {
        for call in [
            Call::images("GET", &format!("/{id}.png")),
            Call::app("GET", &format!("/{id}")),
            Call::app("GET", &format!("/v1/images/{id}")),
            Call::app("DELETE", &format!("/v1/images/{id}")).header("authorization", "Bearer del_0000"),
        ] {
            assert_eq!(call.send(&world).await.status.as_u16(), 404, "{when}");
        }
    };
    nowhere("waiting").await;
    world.advance_ms(14 * DAY_MS - 1);
    world.run_job("reap_recovery").await.expect("runs");
    assert_eq!((world.state(&id).as_str(), world.blob_count(Bucket::Recovery)), ("recovery", 1));
    world.advance_ms(1);
    world.run_job("reap_recovery").await.expect("runs");
    assert_eq!((world.state(&id).as_str(), world.blob_count(Bucket::Recovery)), ("gone", 0));
    nowhere("erased").await;
    let open = review_queue::open_after(world.sql.as_ref(), &Position::start(), 10).await.expect("reads");
    assert!(open.is_empty(), "nothing is left to be looked at");
    world.advance_ms(90 * DAY_MS);
    world.run_job("forget_tombstones").await.expect("runs");
    assert!(world.sql.query("SELECT 1 FROM review_queue").is_empty());
    world.settle().await;
}

#[tokio::test]
async fn a_repeat_of_a_prohibited_upload_is_answered_alike() {
    let world = World::new();
    let file = world.assess(1, scored(0.99, 0.0));
    let send = |bytes: Vec<u8>| {
        let key = "a-key-of-a-prohibited-upload";
        Call::app("POST", "/v1/images").header("idempotency-key", key).body("image/png", bytes).send(&world)
    };
    let (first, second) = (send(file.clone()).await, send(file).await);
    for field in ["/code", "/detail", "/image_id"] {
        assert_eq!(first.field(field), second.field(field), "{field}");
    }
    assert_eq!((first.status, world.count("recovery")), (second.status, 1));
    assert_eq!(send(numbered_png(2)).await.field("/code"), "idempotency-key-reused");
}

#[tokio::test]
async fn a_prohibited_file_among_others_of_a_form_is_refused_alone() {
    let world = World::new();
    let file = world.assess(1, scored(0.99, 0.0));
    let files = [("file", "bad.png", &file[..]), ("file", "good.png", &numbered_png(2)[..])];
    let answer = Call::app("POST", "/").form(&[], &files).header("sec-fetch-site", "same-origin").send(&world).await;
    assert_eq!(answer.status.as_u16(), 200);
    assert!(answer.text().contains("This content is not allowed here") && answer.text().contains("good.png"));
    assert_eq!((world.count("live"), world.count("recovery")), (1, 1));
}

/// What a person says.
pub fn review(reason: &str) -> Review {
    Review {
        reviewer: Reviewer { operator: "ada".into(), seen: Seen::Image },
        ground: Ground::OtherTerms,
        reason: reason.into(),
        notice: None,
    }
}

/// A flagged image: its answer and its id.
pub async fn flagged(world: &World) -> (crate::harness::client::Answer, ImageId) {
    let answer = world.upload(&world.assess(1, scored(0.3, 0.25))).await;
    let id = ImageId::parse(&answer.field("/id")).expect("an id");
    (answer, id)
}

async fn open(world: &World) -> usize {
    review_queue::open_after(world.sql.as_ref(), &Position::start(), 100).await.expect("reads").len()
}

fn latest(world: &World) -> tintype::ports::sql::Row {
    world.sql.query("SELECT * FROM decisions ORDER BY number DESC LIMIT 1").remove(0)
}

#[tokio::test]
async fn promise_imp_22_a_released_image_stays_and_who_saw_and_decided_what_and_why_is_stored() {
    let world = World::new();
    let (answer, id) = flagged(&world).await;
    world.advance_ms(HOUR_MS);
    assert_eq!(release(&world.app, &id, review("a statue")).await, Ok(Reviewed::Released { is_done: true }));
    assert_eq!((world.view(&answer.field("/url")).await.status.as_u16(), open(&world).await), (200, 0));
    let facts = Call::app("GET", &format!("/v1/images/{id}")).send(&world).await;
    assert_eq!(
        (facts.field("/moderation/state"), facts.field("/expires_at")),
        ("safe".into(), answer.field("/expires_at"))
    );
    let stored = latest(&world);
    for (column, value) in [
        ("number", json!(2)),
        ("decided_by", json!("operator")),
        ("operator", json!("ada")),
        ("seen", json!("image")),
        ("reason", json!("a statue")),
        ("verdict", json!("safe")),
        ("decided_at", json!(NOON.0 + HOUR_MS)),
    ] {
        assert_eq!(stored[column], value, "{column}");
    }
    // Once is enough: another click decides nothing and adds nothing.
    assert_eq!(release(&world.app, &id, review("again")).await, Ok(Reviewed::NothingWaits));
    assert_eq!(latest(&world), stored);
    world.settle().await;
}

#[tokio::test]
async fn promise_imp_21_a_public_image_that_a_person_prohibits_leaves_public_view_and_says_so() {
    let world = World::new();
    let (answer, id) = flagged(&world).await;
    let reviewed = prohibit(&world.app, &id, review("no statue")).await;
    assert_eq!(reviewed, Ok(Reviewed::Prohibited { is_done: true }));
    assert_eq!((world.state(id.as_str()).as_str(), open(&world).await), ("recovery", 0));
    assert_eq!((world.blob_count(Bucket::Images), world.blob_count(Bucket::Recovery)), (0, 1));
    assert_eq!(world.view(&answer.field("/url")).await.status.as_u16(), 410, "it was public, so it is gone");
    let page = Call::app("GET", &format!("/{id}")).header("accept", "text/html").send(&world).await;
    assert!(page.status.as_u16() == 410 && page.text().contains("breaks the acceptable use policy"));
    assert_eq!((&latest(&world)["verdict"], &latest(&world)["reason"]), (&json!("prohibited"), &json!("no statue")));
    assert_eq!(prohibit(&world.app, &id, review("again")).await, Ok(Reviewed::NothingWaits));
    world.settle().await;
    world.advance_ms(15 * DAY_MS);
    world.run_job("reap_recovery").await.expect("runs");
    assert_eq!((world.state(id.as_str()).as_str(), world.blob_count(Bucket::Recovery)), ("gone", 0));
}

#[tokio::test]
async fn an_image_that_nobody_flagged_can_be_prohibited_too() {
    let world = World::new();
    let answer = world.upload(&numbered_png(1)).await;
    let id = ImageId::parse(&answer.field("/id")).expect("an id");
    assert_eq!(release(&world.app, &id, review("?")).await, Ok(Reviewed::NothingWaits), "nothing to release");
    assert_eq!(prohibit(&world.app, &id, review("a report")).await, Ok(Reviewed::Prohibited { is_done: true }));
    assert_eq!(world.view(&answer.field("/url")).await.status.as_u16(), 410);
}

#[tokio::test]
async fn a_withheld_image_that_a_person_prohibits_too_waits_for_its_erasure_as_before() {
    let world = World::new();
    let answer = world.upload(&world.assess(1, scored(0.99, 0.0))).await;
    let id = ImageId::parse(&answer.field("/image_id")).expect("an id");
    assert_eq!((world.state(id.as_str()).as_str(), open(&world).await), ("recovery", 1));
    assert_eq!(hold(&world.app, &id, review("?")).await, Ok(Reviewed::NothingWaits), "it is out of view already");
    assert_eq!(prohibit(&world.app, &id, review("seen")).await, Ok(Reviewed::Prohibited { is_done: true }));
    assert_eq!((latest(&world)["number"].clone(), open(&world).await), (json!(2), 0));
    let row = world.sql.query("SELECT removal_reason, erase_after FROM images").remove(0);
    assert_eq!((&row["removal_reason"], &row["erase_after"]), (&json!("prohibited"), &json!(NOON.0 + 14 * DAY_MS)));
    assert_eq!(Call::images("GET", &format!("/{id}.png")).send(&world).await.status.as_u16(), 404);
    world.settle().await;
}
