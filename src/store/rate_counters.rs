//! The `rate_counters` table: how often a pseudonymous caller uploaded or tried something in the current windows.

use serde::Deserialize;

use super::run;
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

pub(super) const STATEMENTS: &[&str] = &[COUNT_UNLESS_FULL, COUNTS, FORGET_OLD];

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
    let windows: Vec<serde_json::Value> = limits
        .iter()
        .map(|limit| {
            serde_json::json!({
                "name": limit.name,
                "started_at": now.window_start(limit.window_ms).0,
                "count_max": limit.count_max,
            })
        })
        .collect();
    let windows = serde_json::Value::from(windows).to_string();
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

/// Forgets at most `limit` counters of windows begun at or before `until`; answers how many.
///
/// # Errors
/// If the database fails.
pub async fn forget_old(sql: &dyn Sql, until: Timestamp, limit: i64) -> Result<usize, SqlFailure> {
    Ok(run(sql, Statement::new(FORGET_OLD, [until.0.into(), limit.into()])).await?.len())
}
