//! The `anomaly_counters` table: how often something happened in the current windows, by whomever.

use serde::Deserialize;

use super::run;
use crate::domain::time::Timestamp;
use crate::policy::rates::RateLimit;
use crate::ports::sql::{Sql, SqlFailure, Statement, read_row};

const COUNT: &str = "
    INSERT INTO anomaly_counters (rule, started_at, events) VALUES (?1, ?2, 1)
    ON CONFLICT (rule, started_at) DO UPDATE SET events = events + 1";

const UNTOLD: &str = "
    SELECT rule, started_at, events FROM anomaly_counters INDEXED BY anomaly_counters_by_started_at
    WHERE started_at > ?1 AND told_at IS NULL ORDER BY started_at LIMIT ?2";

const NOTE_TOLD: &str = "UPDATE anomaly_counters SET told_at = ?3 WHERE rule = ?1 AND started_at = ?2";

const FORGET_OLD: &str = "
    DELETE FROM anomaly_counters
    WHERE (rule, started_at) IN
          (SELECT rule, started_at FROM anomaly_counters WHERE started_at <= ?1 ORDER BY started_at LIMIT ?2)
    RETURNING rule";

pub(super) const STATEMENTS: &[&str] = &[COUNT, UNTOLD, NOTE_TOLD, FORGET_OLD];

/// What was counted in one window.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Counter {
    /// The rule that counts.
    pub rule: String,
    /// When the window began.
    pub started_at: Timestamp,
    /// How often it happened.
    pub events: i64,
}

/// Counts something in the current window of `limit`.
#[must_use]
pub fn count(limit: &RateLimit, now: Timestamp) -> Statement {
    Statement::new(COUNT, [limit.name.into(), now.window_start(limit.window_ms).0.into()])
}

/// At most `limit` counters of windows begun after `since` of which nobody was told, the oldest first.
///
/// # Errors
/// If the database fails.
pub async fn untold(sql: &dyn Sql, since: Timestamp, limit: i64) -> Result<Vec<Counter>, SqlFailure> {
    run(sql, Statement::new(UNTOLD, [since.0.into(), limit.into()])).await?.into_iter().map(read_row).collect()
}

/// Writes down that operators are told of a counter.
#[must_use]
pub fn note_told(counter: &Counter, now: Timestamp) -> Statement {
    Statement::new(NOTE_TOLD, [counter.rule.as_str().into(), counter.started_at.0.into(), now.0.into()])
}

/// Forgets at most `limit` counters of windows begun at or before `until`; answers how many.
///
/// # Errors
/// If the database fails.
pub async fn forget_old(sql: &dyn Sql, until: Timestamp, limit: i64) -> Result<usize, SqlFailure> {
    Ok(run(sql, Statement::new(FORGET_OLD, [until.0.into(), limit.into()])).await?.len())
}
