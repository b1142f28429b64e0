//! The `rate_counters` table: how often a pseudonymous caller uploaded or tried something in the current windows.

use serde::Deserialize;

use super::{json_list, run};
use crate::domain::time::Timestamp;
use crate::policy::rates::RateLimit;
use crate::ports::sql::{Sql, SqlFailure, Statement, read_row};

const COUNT_UNLESS_FULL: &str = "
    INSERT INTO rate_counters (caller, window, started_at, uploads)
    SELECT ?1, value ->> 'name', value ->> 'started_at', 1 FROM json_each(?2)
    WHERE NOT EXISTS (
      SELECT 1 FROM json_each(?2) AS w JOIN rate_counters AS r
        ON r.caller = ?1 AND r.window = w.value ->> 'name' AND r.started_at = w.value ->> 'started_at'
      WHERE r.uploads >= w.value ->> 'count_max')
    ON CONFLICT (caller, window, started_at) DO UPDATE SET uploads = uploads + 1
    RETURNING window";

const COUNTS: &str = "
    SELECT r.window, r.uploads FROM json_each(?2) AS w JOIN rate_counters AS r
      ON r.caller = ?1 AND r.window = w.value ->> 'name' AND r.started_at = w.value ->> 'started_at'";

const FORGET_OLD: &str = "
    DELETE FROM rate_counters
    WHERE (caller, window, started_at) IN
          (SELECT caller, window, started_at FROM rate_counters WHERE started_at <= ?1 ORDER BY started_at LIMIT ?2)
    RETURNING uploads";

const FORGET: &str = "
    DELETE FROM rate_counters WHERE caller = ?1 AND window IN (SELECT value FROM json_each(?2))";

pub(super) const STATEMENTS: &[&str] = &[COUNT_UNLESS_FULL, COUNTS, FORGET_OLD, FORGET];

#[derive(Deserialize)]
struct CountRow {
    window: String,
    uploads: i64,
}

/// Counts one upload in the current window of every limit, unless one of them is full: then nothing is
/// counted, so that being refused by the hour does not use up the day. Answers the full limit, if any.
///
/// # Errors
/// If the database fails.
pub async fn count_unless_full(
    sql: &dyn Sql,
    caller: &str,
    limits: &[RateLimit],
    now: Timestamp,
) -> Result<Option<RateLimit>, SqlFailure> {
    let windows = current(limits, now);
    let params = || [caller.into(), windows.as_str().into()];
    let statements = vec![Statement::new(COUNT_UNLESS_FULL, params()), Statement::new(COUNTS, params())];
    let mut results = sql.batch(statements).await?.into_iter();
    if results.next().is_some_and(|counted| !counted.is_empty()) {
        return Ok(None);
    }
    let counts: Vec<CountRow> =
        results.next().unwrap_or_default().into_iter().map(read_row).collect::<Result<_, _>>()?;
    let is_full =
        |limit: &&RateLimit| counts.iter().any(|count| count.window == limit.name && count.uploads >= limit.count_max);
    // The longest full window decides how long the caller waits.
    let full = limits.iter().filter(is_full).max_by_key(|limit| limit.window_ms).copied();
    full.map(Some).ok_or_else(|| SqlFailure::Failed("an upload was neither counted nor refused".into()))
}

/// Counts something in the current window of every limit that is not full yet, provided that none is.
#[must_use]
pub fn count(caller: &str, limits: &[RateLimit], now: Timestamp) -> Statement {
    Statement::new(COUNT_UNLESS_FULL, [caller.into(), current(limits, now).into()])
}

/// The names of the limits whose current windows are full for a caller; nothing is counted.
///
/// # Errors
/// If the database fails.
pub async fn full(
    sql: &dyn Sql,
    caller: &str,
    limits: &[RateLimit],
    now: Timestamp,
) -> Result<Vec<&'static str>, SqlFailure> {
    let counts = run(sql, Statement::new(COUNTS, [caller.into(), current(limits, now).into()])).await?;
    let counts: Vec<CountRow> = counts.into_iter().map(read_row).collect::<Result<_, _>>()?;
    let is_full =
        |limit: &&RateLimit| counts.iter().any(|count| count.window == limit.name && count.uploads >= limit.count_max);
    Ok(limits.iter().filter(is_full).map(|limit| limit.name).collect())
}

/// Forgets what was counted of a caller in the windows of these names.
#[must_use]
pub fn forget(caller: &str, windows: &[&str]) -> Statement {
    Statement::new(FORGET, [caller.into(), json_list(windows.iter().copied()).into()])
}

/// The current window of every limit, as the statements read them.
fn current(limits: &[RateLimit], now: Timestamp) -> String {
    let window = |limit: &RateLimit| {
        serde_json::json!({
            "name": limit.name,
            "started_at": now.window_start(limit.window_ms).0,
            "count_max": limit.count_max,
        })
    };
    serde_json::Value::from_iter(limits.iter().map(window)).to_string()
}

/// Forgets at most `limit` counters of windows begun at or before `until`; answers how many.
///
/// # Errors
/// If the database fails.
pub async fn forget_old(sql: &dyn Sql, until: Timestamp, limit: i64) -> Result<usize, SqlFailure> {
    Ok(run(sql, Statement::new(FORGET_OLD, [until.0.into(), limit.into()])).await?.len())
}
