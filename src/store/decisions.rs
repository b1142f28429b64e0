//! The `decisions` table: what was concluded about an image, by whom, on what grounds. Rows are only added, and
//! leave with their image's row.

use serde::Deserialize;

use super::{json_list, run};
use crate::domain::decision::{DecidedBy, Decision};
use crate::domain::ground::Ground;
use crate::domain::ids::{ImageId, NoticeId};
use crate::domain::time::Timestamp;
use crate::domain::verdict::{FrameScores, Verdict};
use crate::ports::sql::{Sql, SqlFailure, Statement, Value, read_row};

/// Adds a decision about an image in one of the states, under a further condition.
macro_rules! append {
    ($condition:literal) => {
        concat!(
            "
    INSERT INTO decisions (image_id, number, decided_at, decided_by, verdict, model_id, model_sha256, scores,
                           thresholds, policy_version, reason, operator, seen, matched, ground, notice_id)
    SELECT id, 1 + coalesce((SELECT max(number) FROM decisions WHERE image_id = ?1), 0), ?3, ?4, ?5, ?6, ?7, ?8, ?9,
           ?10, ?11, ?12, ?13, ?14, ?15, ?16
    FROM images WHERE id = ?1 AND state IN (SELECT value FROM json_each(?2))",
            $condition
        )
    };
}

const APPEND: &str = append!("");

const APPEND_IF_NEW: &str = append!(
    "
      AND (verdict <> ?5 OR EXISTS (SELECT 1 FROM review_queue WHERE image_id = ?1 AND decided_at IS NULL))
    RETURNING image_id"
);

const APPEND_ONCE: &str = append!(
    "
      AND coalesce((SELECT decided_by FROM decisions WHERE image_id = ?1 ORDER BY number DESC LIMIT 1), '') <> ?4"
);

const APPEND_AFTER_MODEL: &str = append!(
    "
      AND verdict = 'flagged'
      AND (SELECT decided_by FROM decisions WHERE image_id = ?1 ORDER BY number DESC LIMIT 1) = 'model'"
);

const LATEST_SCORES: &str = "
    SELECT scores FROM decisions WHERE image_id = ?1 AND decided_by = 'model' ORDER BY number DESC LIMIT 1";

const FORGET_OF_NOBODY: &str = "
    DELETE FROM decisions
    WHERE image_id IN (SELECT value FROM json_each(?1)) AND NOT EXISTS (SELECT 1 FROM images WHERE id = image_id)";

const LATEST_REASON: &str = "SELECT reason FROM decisions WHERE image_id = ?1 ORDER BY number DESC LIMIT 1";

const LATEST_DECIDED_BY: &str = "SELECT decided_by FROM decisions WHERE image_id = ?1 ORDER BY number DESC LIMIT 1";

const HISTORY: &str = "
    SELECT decided_at, decided_by, verdict, operator, ground, reason FROM decisions
    WHERE image_id = ?1 ORDER BY number DESC LIMIT ?2";

pub(super) const STATEMENTS: &[&str] = &[
    HISTORY,
    APPEND,
    APPEND_IF_NEW,
    APPEND_ONCE,
    APPEND_AFTER_MODEL,
    LATEST_SCORES,
    FORGET_OF_NOBODY,
    LATEST_REASON,
    LATEST_DECIDED_BY,
];

#[derive(Deserialize)]
struct ReasonRow {
    reason: String,
}

#[derive(Deserialize)]
struct ScoresRow {
    scores: Option<String>,
}

#[derive(Deserialize)]
struct DecidedByRow {
    decided_by: DecidedBy,
}

/// A decision, as whoever decides about an appeal reads it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Decided {
    /// When.
    pub decided_at: Timestamp,
    /// By whom or what.
    pub decided_by: DecidedBy,
    /// What was concluded.
    pub verdict: Verdict,
    /// Which operator, if one did.
    pub operator: Option<String>,
    /// What it rests on.
    pub ground: Option<Ground>,
    /// Why, in words.
    pub reason: String,
}

/// What was decided about an image, the latest first.
///
/// # Errors
/// If the database fails.
pub async fn history(sql: &dyn Sql, id: &ImageId, limit: i64) -> Result<Vec<Decided>, SqlFailure> {
    let rows = run(sql, Statement::new(HISTORY, [id.as_str().into(), limit.into()])).await?;
    rows.into_iter().map(read_row).collect()
}

/// The grounds of the latest decision about an image.
///
/// # Errors
/// If the database fails.
pub async fn latest_reason(sql: &dyn Sql, id: &ImageId) -> Result<Option<String>, SqlFailure> {
    let rows = run(sql, Statement::new(LATEST_REASON, [id.as_str().into()])).await?;
    let row = rows.into_iter().next().map(read_row::<ReasonRow>).transpose()?;
    Ok(row.map(|row| row.reason))
}

/// Who made the latest decision about an image.
///
/// # Errors
/// If the database fails.
pub async fn latest_decided_by(sql: &dyn Sql, id: &ImageId) -> Result<Option<DecidedBy>, SqlFailure> {
    let rows = run(sql, Statement::new(LATEST_DECIDED_BY, [id.as_str().into()])).await?;
    let row = rows.into_iter().next().map(read_row::<DecidedByRow>).transpose()?;
    Ok(row.map(|row| row.decided_by))
}

/// Adds a decision to those about an image, if the image is in one of `states`; a batch that also changes the
/// state adds it once, however often it runs.
#[must_use]
pub fn append(id: &ImageId, states: &[&'static str], decision: &Decision, now: Timestamp) -> Statement {
    Statement::new(APPEND, params(id, states, decision, now))
}

/// As [`append`], if it says something new: the verdict is another one than before, or somebody waits for it. A batch
/// that also changes the verdict and closes the review adds it once. Answers a row if it did.
#[must_use]
pub fn append_if_new(id: &ImageId, states: &[&'static str], decision: &Decision, now: Timestamp) -> Statement {
    Statement::new(APPEND_IF_NEW, params(id, states, decision, now))
}

/// As [`append`], unless the latest decision was made by the same.
#[must_use]
pub fn append_once(id: &ImageId, states: &[&'static str], decision: &Decision, now: Timestamp) -> Statement {
    Statement::new(APPEND_ONCE, params(id, states, decision, now))
}

/// As [`append`], to a live image that is flagged and about which a model has spoken last.
#[must_use]
pub fn append_after_model(id: &ImageId, decision: &Decision, now: Timestamp) -> Statement {
    Statement::new(APPEND_AFTER_MODEL, params(id, &["live"], decision, now))
}

/// What the model said about each frame, the last time that it decided; nothing if it never did.
///
/// # Errors
/// If the database fails.
pub async fn latest_scores(sql: &dyn Sql, id: &ImageId) -> Result<Vec<FrameScores>, SqlFailure> {
    let rows = run(sql, Statement::new(LATEST_SCORES, [id.as_str().into()])).await?;
    let Some(row) = rows.into_iter().next() else { return Ok(Vec::new()) };
    let scores = read_row::<ScoresRow>(row)?.scores.unwrap_or_else(|| "[]".into());
    serde_json::from_str(&scores).map_err(|error| SqlFailure::Failed(format!("column scores: {error}")))
}

fn params(id: &ImageId, states: &[&'static str], decision: &Decision, now: Timestamp) -> [Value; 16] {
    let reviewer = decision.reviewer.as_ref();
    let model = decision.model.as_ref();
    let text = |value: Option<&str>| -> Value { value.map(str::to_owned).into() };
    let of_model = (!decision.scores.is_empty()).then(|| json_text(&decision.scores)).flatten();
    let scores = of_model.or_else(|| (!decision.labels.is_empty()).then(|| json_text(&decision.labels)).flatten());
    // NULL, which the column refuses, rather than a decision without its grounds.
    let thresholds: Value = json_text(&decision.thresholds).into();
    [
        id.as_str().into(),
        json_list(states.iter().copied()).into(),
        now.0.into(),
        decision.decided_by.as_str().into(),
        decision.verdict.as_str().into(),
        text(model.map(|model| model.id.as_str())),
        text(model.and_then(|model| model.sha256.as_deref())),
        scores.into(),
        thresholds,
        decision.policy_version.into(),
        decision.reason.as_str().into(),
        text(reviewer.map(|reviewer| reviewer.operator.as_str())),
        text(reviewer.map(|reviewer| reviewer.seen.as_str())),
        decision.matched.as_ref().and_then(json_text).into(),
        text(decision.ground.map(Ground::as_str)),
        text(decision.notice.as_ref().map(NoticeId::as_str)),
    ]
}

/// Forgets the decisions about those of `ids` that have no row any more.
#[must_use]
pub fn forget_of_nobody(ids: &[ImageId]) -> Statement {
    let list = json_list(ids.iter().map(ImageId::as_str));
    Statement::new(FORGET_OF_NOBODY, [list.into()])
}

fn json_text(value: &impl serde::Serialize) -> Option<String> {
    serde_json::to_string(value).ok()
}
