//! The `transparency_counts` table, and what is counted for it: how often something was decided in a month.

use serde::Deserialize;

use super::leases::Lease;
use super::run;
use crate::domain::time::Timestamp;
use crate::ports::sql::{Sql, SqlFailure, Statement, read_row};

// What keeps an image from somebody or everybody, and by whom and on which ground that was decided.
const ACTIONS: &str = "
    SELECT decided_by || ' ' || verdict || ' ' || coalesce(ground, matched ->> '$.category', '') AS kind, count(*) AS count
    FROM decisions WHERE decided_at >= ?1 AND decided_at < ?2 AND verdict IN ('restricted', 'prohibited')
    GROUP BY 1 LIMIT ?3";

// What a person said after a model: it, or something milder or severer.
const AGREEMENT: &str = "
    SELECT CASE
        WHEN d.verdict = m.verdict OR (d.verdict = 'safe' AND m.verdict = 'flagged') THEN 'agreed'
        WHEN instr('safe flagged restricted prohibited', d.verdict) < instr('safe flagged restricted prohibited', m.verdict)
        THEN 'too strict' ELSE 'too lenient' END AS kind,
      count(*) AS count
    FROM decisions AS d JOIN decisions AS m
      ON m.image_id = d.image_id AND m.decided_by = 'model'
         AND m.number = (SELECT max(number) FROM decisions WHERE image_id = d.image_id AND number < d.number AND decided_by <> 'operator')
    WHERE d.decided_at >= ?1 AND d.decided_at < ?2 AND d.decided_by = 'operator'
      AND d.verdict <> 'unscanned' AND m.verdict <> 'unscanned'
    GROUP BY 1 LIMIT ?3";

// How long an image waited for a person. The bounds are those of the policy, which a test compares.
const WAITS: &str = "
    SELECT CASE
        WHEN decided_at - entered_at <= 3600000 THEN 'within an hour'
        WHEN decided_at - entered_at <= 86400000 THEN 'within a day'
        WHEN decided_at - entered_at <= 259200000 THEN 'within three days'
        WHEN decided_at - entered_at <= 604800000 THEN 'within a week'
        ELSE 'later' END AS kind,
      count(*) AS count
    FROM review_queue WHERE decided_at >= ?1 AND decided_at < ?2 AND outcome IN ('released', 'restricted', 'prohibited')
    GROUP BY 1 LIMIT ?3";

// What people report (Regulation (EU) 2022/2065, Art. 15(1)(b)).
const NOTICES: &str = "
    SELECT kind, count(*) AS count FROM notices WHERE received_at >= ?1 AND received_at < ?2 GROUP BY 1 LIMIT ?3";

// What was decided about that, by persons.
const NOTICE_OUTCOMES: &str = "
    SELECT kind || ' ' || outcome AS kind, count(*) AS count FROM notices
    WHERE decided_at >= ?1 AND decided_at < ?2 GROUP BY 1 LIMIT ?3";

// How long that took, from when nothing was missing any more. The bounds are those of the policy.
const NOTICE_WAITS: &str = "
    SELECT CASE
        WHEN decided_at - valid_at <= 3600000 THEN 'within an hour'
        WHEN decided_at - valid_at <= 86400000 THEN 'within a day'
        WHEN decided_at - valid_at <= 259200000 THEN 'within three days'
        WHEN decided_at - valid_at <= 604800000 THEN 'within a week'
        ELSE 'later' END AS kind,
      count(*) AS count
    FROM notices WHERE decided_at >= ?1 AND decided_at < ?2 AND outcome <> 'withdrawn' GROUP BY 1 LIMIT ?3";

// What came of complaints about decisions (Art. 15(1)(d)).
const APPEALS: &str = "
    SELECT outcome AS kind, count(*) AS count FROM appeals
    WHERE decided_at >= ?1 AND decided_at < ?2 GROUP BY 1 LIMIT ?3";

const REVERSALS: &str = "
    SELECT act AS kind, count(*) AS count FROM review_log
    WHERE at >= ?1 AND at < ?2 AND act IN ('undone', 'restored') GROUP BY 1 LIMIT ?3";

const AUTHORITIES: &str = "
    SELECT CASE act WHEN 'filed' THEN 'reported' WHEN 'decided' THEN 'dismissed' ELSE 'ordered' END AS kind, count(*) AS count
    FROM review_log
    WHERE at >= ?1 AND at < ?2 AND ((about = 'report' AND act IN ('filed', 'decided')) OR (about = 'image' AND act = 'preserved'))
    GROUP BY 1 LIMIT ?3";

/// Everything that is counted of a month: the measure, and the statement that answers its kinds and how often there was each,
/// from `?1` on and before `?2`. What else is to be told has a row here and words in `http/pages/transparency.rs`.
pub const MEASURES: [(&str, &str); 9] = [
    ("notices", NOTICES),
    ("notice-outcomes", NOTICE_OUTCOMES),
    ("notice-waits", NOTICE_WAITS),
    ("appeals", APPEALS),
    ("actions", ACTIONS),
    ("agreement", AGREEMENT),
    ("waits", WAITS),
    ("reversals", REVERSALS),
    ("authorities", AUTHORITIES),
];

const TELL: &str = "
    INSERT INTO transparency_counts (month, measure, kind, count)
    SELECT ?1, value ->> 'measure', value ->> 'kind', value ->> 'count' FROM json_each(?2)
    WHERE NOT EXISTS (SELECT 1 FROM transparency_counts WHERE month = ?1)
      AND EXISTS (SELECT 1 FROM leases WHERE job = ?3 AND fence = ?4)
    RETURNING 1 AS told";

const IS_TOLD: &str = "SELECT month FROM transparency_counts WHERE month = ?1 LIMIT 1";

const ALL: &str = "
    SELECT month, measure, kind, count FROM transparency_counts WHERE month > ?1 ORDER BY month, measure, kind LIMIT ?2";

const FORGET_OLD: &str = "
    DELETE FROM transparency_counts
    WHERE (month, measure, kind) IN
          (SELECT month, measure, kind FROM transparency_counts WHERE month <= ?1 ORDER BY month LIMIT ?2)
    RETURNING 1 AS gone";

pub(super) const STATEMENTS: &[&str] = &[
    NOTICES,
    NOTICE_OUTCOMES,
    NOTICE_WAITS,
    APPEALS,
    ACTIONS,
    AGREEMENT,
    WAITS,
    REVERSALS,
    AUTHORITIES,
    TELL,
    IS_TOLD,
    ALL,
    FORGET_OLD,
];

#[derive(Deserialize)]
struct KindRow {
    kind: String,
    count: i64,
}

/// A number that is told; without a kind: that the month was counted.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ToldRow {
    /// When the month began.
    pub month: Timestamp,
    /// What was counted.
    pub measure: String,
    /// Of which kind.
    pub kind: String,
    /// How often there was it, or up to nine times more.
    pub count: Option<u64>,
}

/// How often there was each kind of a measure, by its statement, from `from` on and before `until`.
///
/// # Errors
/// If the database fails.
pub async fn count(
    sql: &dyn Sql,
    statement: &'static str,
    (from, until): (Timestamp, Timestamp),
    kinds_max: i64,
) -> Result<Vec<(String, i64)>, SqlFailure> {
    let rows = run(sql, Statement::new(statement, [from.0.into(), until.0.into(), kinds_max.into()])).await?;
    rows.into_iter().map(|row| read_row::<KindRow>(row).map(|row| (row.kind, row.count))).collect()
}

/// Writes down what is told of a month, once; answers whether it was not before.
///
/// # Errors
/// If the database fails.
pub async fn tell(
    sql: &dyn Sql,
    lease: &Lease,
    month: Timestamp,
    told: &[(&str, String, i64)],
) -> Result<bool, SqlFailure> {
    let counted = serde_json::json!({ "measure": "month", "kind": "", "count": null });
    let numbers = told
        .iter()
        .map(|(measure, kind, count)| serde_json::json!({ "measure": measure, "kind": kind, "count": count }));
    let list = serde_json::Value::from_iter(std::iter::once(counted).chain(numbers)).to_string();
    let params = [month.0.into(), list.into(), lease.job.into(), lease.fence.into()];
    Ok(!run(sql, Statement::new(TELL, params)).await?.is_empty())
}

/// Whether a month was counted.
///
/// # Errors
/// If the database fails.
pub async fn is_told(sql: &dyn Sql, month: Timestamp) -> Result<bool, SqlFailure> {
    Ok(!run(sql, Statement::new(IS_TOLD, [month.0.into()])).await?.is_empty())
}

/// Everything that is told of months begun after `since`, the earliest first.
///
/// # Errors
/// If the database fails.
pub async fn all(sql: &dyn Sql, since: Timestamp, limit: i64) -> Result<Vec<ToldRow>, SqlFailure> {
    run(sql, Statement::new(ALL, [since.0.into(), limit.into()])).await?.into_iter().map(read_row).collect()
}

/// Forgets at most `limit` numbers of months begun at or before `until`; answers how many.
///
/// # Errors
/// If the database fails.
pub async fn forget_old(sql: &dyn Sql, until: Timestamp, limit: i64) -> Result<usize, SqlFailure> {
    Ok(run(sql, Statement::new(FORGET_OLD, [until.0.into(), limit.into()])).await?.len())
}
