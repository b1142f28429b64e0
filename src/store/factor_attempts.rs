//! The `factor_attempts` table: attempts at a second factor, by account and window, without saying from where.

use serde::Deserialize;

use super::run;
use crate::domain::ids::AccountId;
use crate::domain::time::Timestamp;
use crate::ports::sql::{Sql, SqlFailure, Statement, read_row};

// Counted before the attempt is looked at, so that many at once are counted one by one.
const COUNT: &str = "
    INSERT INTO factor_attempts (account_id, started_at, failures)
    SELECT ?1, ?2, 1
    WHERE (SELECT coalesce(sum(failures), 0) FROM factor_attempts WHERE account_id = ?1 AND started_at > ?4) < ?5
    ON CONFLICT (account_id, started_at) DO UPDATE SET failures = failures + 1 WHERE failures < ?3
    RETURNING failures";

const OLDEST: &str = "
    SELECT coalesce(min(started_at), ?2) AS oldest, coalesce(sum(failures), 0) AS failures
    FROM factor_attempts WHERE account_id = ?1 AND started_at > ?2";

const REMOVE: &str = "DELETE FROM factor_attempts WHERE account_id = ?1";

const FORGET_OLD: &str = "
    DELETE FROM factor_attempts
    WHERE (account_id, started_at) IN
          (SELECT account_id, started_at FROM factor_attempts WHERE started_at <= ?1 ORDER BY started_at LIMIT ?2)
    RETURNING failures";

pub(super) const STATEMENTS: &[&str] = &[COUNT, OLDEST, REMOVE, FORGET_OLD];

/// How many attempts may fail (`policy::factors`).
#[derive(Clone, Copy, Debug)]
pub struct Allowance {
    /// Length of a window in milliseconds.
    pub window_ms: i64,
    /// In one window.
    pub window_max: i64,
    /// Length of the longer stretch in milliseconds.
    pub day_ms: i64,
    /// In it.
    pub day_max: i64,
}

/// Counts an attempt that is about to be made, or says from when on there may be one again.
///
/// # Errors
/// If the database fails.
pub async fn count(
    sql: &dyn Sql,
    account: &AccountId,
    allowance: &Allowance,
    now: Timestamp,
) -> Result<Result<(), Timestamp>, SqlFailure> {
    #[derive(Deserialize)]
    struct OldestRow {
        oldest: Timestamp,
        failures: i64,
    }
    let (window, day) = (now.window_start(allowance.window_ms), now.plus_ms(-allowance.day_ms));
    let account = account.as_str();
    let count = [account.into(), window.0.into(), allowance.window_max.into(), day.0.into(), allowance.day_max.into()];
    let statements = vec![Statement::new(COUNT, count), Statement::new(OLDEST, [account.into(), day.0.into()])];
    let mut results = sql.batch(statements).await?.into_iter();
    if results.next().is_some_and(|counted| !counted.is_empty()) {
        return Ok(Ok(()));
    }
    let row = results.next().unwrap_or_default().into_iter().next().unwrap_or_default();
    let OldestRow { oldest, failures } = read_row(row)?;
    let next_window = window.plus_ms(allowance.window_ms);
    Ok(Err(if failures < allowance.day_max { next_window } else { next_window.max(oldest.plus_ms(allowance.day_ms)) }))
}

/// Forgets the attempts of an account: it has proved itself, or is no more.
#[must_use]
pub fn remove(account: &AccountId) -> Statement {
    Statement::new(REMOVE, [account.as_str().into()])
}

/// Forgets at most `limit` windows begun at or before `until`; answers how many.
///
/// # Errors
/// If the database fails.
pub async fn forget_old(sql: &dyn Sql, until: Timestamp, limit: i64) -> Result<usize, SqlFailure> {
    Ok(run(sql, Statement::new(FORGET_OLD, [until.0.into(), limit.into()])).await?.len())
}
