//! The `review_log` table: what operators looked at and decided (promise IMP-22). The database refuses to change a line, or to
//! forget one before its time.

use serde::Deserialize;

use super::run;
use crate::domain::review::{About, Act};
use crate::domain::time::Timestamp;
use crate::ports::sql::{Sql, SqlFailure, Statement, Value, read_row};

const APPEND: &str = "
    INSERT INTO review_log (at, operator, act, about, subject, seen, ground, reason)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";

const OF_SUBJECT: &str = "
    SELECT number, at, operator, act, about, subject, seen, ground, reason FROM review_log
    WHERE subject = ?1 ORDER BY number DESC LIMIT ?2";

const BEFORE: &str = "
    SELECT number, at, operator, act, about, subject, seen, ground, reason FROM review_log
    WHERE number < ?1 ORDER BY number DESC LIMIT ?2";

const LOOKED: &str = "
    SELECT number FROM review_log WHERE subject = ?1 AND operator = ?2 AND act = 'looked' AND at > ?3 LIMIT 1";

// Whoever forgets says so first: without that line, the database refuses.
const NOTE_FORGETTING: &str = "
    INSERT INTO review_log (at, operator, act, about, subject, reason)
    SELECT ?1, '', 'forgot', 'log', 'review_log', 'lines of 366 days ago and older'
    WHERE EXISTS (SELECT 1 FROM review_log WHERE at < ?2)";

const FORGET: &str = "
    DELETE FROM review_log
    WHERE number IN (SELECT number FROM review_log WHERE at < ?1 ORDER BY at LIMIT ?2) RETURNING number";

pub(super) const STATEMENTS: &[&str] = &[APPEND, OF_SUBJECT, BEFORE, LOOKED, NOTE_FORGETTING, FORGET];

/// A line to be added.
#[derive(Clone, Debug)]
pub struct NewLine<'a> {
    /// The operator's account.
    pub operator: &'a str,
    /// What was done.
    pub act: Act,
    /// What it is about.
    pub about: About,
    /// The name of that.
    pub subject: &'a str,
    /// What was seen: `facts`, `image` or `text`.
    pub seen: Option<&'static str>,
    /// The ground of a decision (`domain/ground.rs`).
    pub ground: Option<&'static str>,
    /// Why, in words; empty where there is nothing to say.
    pub reason: &'a str,
}

/// A line of the log.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Line {
    /// Its place; later lines have larger ones.
    pub number: i64,
    /// When.
    pub at: Timestamp,
    /// The operator's account; empty where a job did it.
    pub operator: String,
    /// What was done.
    pub act: String,
    /// What it is about.
    pub about: String,
    /// The name of that.
    pub subject: String,
    /// What was seen.
    pub seen: Option<String>,
    /// The ground of a decision.
    pub ground: Option<String>,
    /// Why, in words.
    pub reason: String,
}

/// Adds a line. It belongs into the batch of what it is about.
#[must_use]
pub fn append(line: &NewLine<'_>, now: Timestamp) -> Statement {
    let params: [Value; 8] = [
        now.0.into(),
        line.operator.into(),
        line.act.as_str().into(),
        line.about.as_str().into(),
        line.subject.into(),
        line.seen.map(str::to_owned).into(),
        line.ground.map(str::to_owned).into(),
        line.reason.into(),
    ];
    Statement::new(APPEND, params)
}

/// The latest lines about one thing, the latest first.
///
/// # Errors
/// If the database fails.
pub async fn of_subject(sql: &dyn Sql, subject: &str, limit: i64) -> Result<Vec<Line>, SqlFailure> {
    let rows = run(sql, Statement::new(OF_SUBJECT, [subject.into(), limit.into()])).await?;
    rows.into_iter().map(read_row).collect()
}

/// Lines before the one of this number, the latest first.
///
/// # Errors
/// If the database fails.
pub async fn before(sql: &dyn Sql, number: i64, limit: i64) -> Result<Vec<Line>, SqlFailure> {
    let rows = run(sql, Statement::new(BEFORE, [number.into(), limit.into()])).await?;
    rows.into_iter().map(read_row).collect()
}

/// Whether an operator has looked at a picture since `since`.
///
/// # Errors
/// If the database fails.
pub async fn has_looked(sql: &dyn Sql, subject: &str, operator: &str, since: Timestamp) -> Result<bool, SqlFailure> {
    let params = [subject.into(), operator.into(), since.0.into()];
    Ok(!run(sql, Statement::new(LOOKED, params)).await?.is_empty())
}

/// Forgets at most `limit` lines from before `until`, and says so in the log; answers how many.
///
/// # Errors
/// If the database fails.
pub async fn forget_old(sql: &dyn Sql, until: Timestamp, limit: i64, now: Timestamp) -> Result<usize, SqlFailure> {
    let batch = vec![
        Statement::new(NOTE_FORGETTING, [now.0.into(), until.0.into()]),
        Statement::new(FORGET, [until.0.into(), limit.into()]),
    ];
    Ok(sql.batch(batch).await?.into_iter().nth(1).unwrap_or_default().len())
}
