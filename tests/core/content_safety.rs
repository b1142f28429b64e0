//! Nothing is published unjudged, and every judgement is stored with its grounds (promises IMP-20 to IMP-24).

use serde_json::{Value, json};
use tintype::domain::decision::{DecidedBy, Decision};
use tintype::domain::time::{DAY_MS, HOUR_MS};
use tintype::domain::verdict::{Assessment, FrameScores, Scores, Verdict};
use tintype::ports::sql::Sql as _;
use tintype::store::{decisions, images};

use crate::harness::images::numbered_png;
use crate::harness::plant::{Row, id};
use crate::harness::{NOON, World};

/// What a model says: so much that is pornographic, so much that is sexual, in one frame.
pub fn scored(porn: f32, sexy: f32) -> Assessment {
    let scores = Scores { drawing: 0.0, hentai: 0.0, neutral: 1.0 - porn - sexy, porn, sexy };
    Assessment::Scored {
        frames: vec![FrameScores { frame: 0, scores }],
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
    assert_eq!(stored["reason"], "sexual content at 0.75 in frame 0, from 0.70 on restricted");
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
        thresholds: Vec::new(),
        policy_version: 1,
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
        thresholds: Vec::new(),
        policy_version: 1,
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
    world.faults.strike_at(7, crate::harness::faults::FaultKind::CrashBefore);
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
