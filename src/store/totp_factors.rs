//! The `totp_factors` table: the authenticator app of an account. It has one, or none.

use serde::Deserialize;

use super::run;
use crate::domain::ids::AccountId;
use crate::domain::time::Timestamp;
use crate::ports::sql::{Sql, SqlFailure, Statement, read_row};

const BEGIN: &str = "
    INSERT INTO totp_factors (account_id, secret, created_at) VALUES (?1, ?2, ?3)
    ON CONFLICT (account_id) DO UPDATE SET secret = ?2, created_at = ?3 WHERE confirmed_at IS NULL
    RETURNING account_id";

const FIND: &str = "
    SELECT secret, created_at, confirmed_at, last_step, last_used_day FROM totp_factors WHERE account_id = ?1";

const CONFIRM: &str = "
    UPDATE totp_factors SET confirmed_at = ?3, last_step = ?4, last_used_day = ?5
    WHERE account_id = ?1 AND secret = ?2 AND confirmed_at IS NULL
    RETURNING account_id";

const ACCEPT: &str = "
    UPDATE totp_factors SET last_step = ?2, last_used_day = ?3
    WHERE account_id = ?1 AND confirmed_at IS NOT NULL AND last_step < ?2
    RETURNING account_id";

const REMOVE: &str = "DELETE FROM totp_factors WHERE account_id = ?1";

const FORGET_UNCONFIRMED: &str = "
    DELETE FROM totp_factors
    WHERE account_id IN (SELECT account_id FROM totp_factors
                         WHERE confirmed_at IS NULL AND created_at <= ?1 ORDER BY created_at LIMIT ?2)
    RETURNING account_id";

pub(super) const STATEMENTS: &[&str] = &[BEGIN, FIND, CONFIRM, ACCEPT, REMOVE, FORGET_UNCONFIRMED];

/// An authenticator app, as it rests.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct StoredTotp {
    /// Sealed under the account's personal key.
    pub secret: String,
    /// When it was begun.
    pub created_at: Timestamp,
    /// When its first code was seen; none: it counts for nothing.
    pub confirmed_at: Option<Timestamp>,
    /// The step that was accepted last.
    pub last_step: Option<i64>,
    /// The UTC day on which it was used last.
    pub last_used_day: Option<String>,
}

/// Begins with a new secret, unless the account has an app already; answers whether it has not.
///
/// # Errors
/// If the database fails.
pub async fn begin(sql: &dyn Sql, account: &AccountId, secret: &str, now: Timestamp) -> Result<bool, SqlFailure> {
    let params = [account.as_str().into(), secret.into(), now.0.into()];
    Ok(!run(sql, Statement::new(BEGIN, params)).await?.is_empty())
}

/// The app of an account, confirmed or not.
///
/// # Errors
/// If the database fails.
pub async fn find(sql: &dyn Sql, account: &AccountId) -> Result<Option<StoredTotp>, SqlFailure> {
    let rows = run(sql, Statement::new(FIND, [account.as_str().into()])).await?;
    rows.into_iter().next().map(read_row).transpose()
}

/// Confirms the app that has this secret, by the code of `step`; false if there is another by now, or it was confirmed.
///
/// # Errors
/// If the database fails.
pub async fn confirm(
    sql: &dyn Sql,
    account: &AccountId,
    secret: &str,
    step: i64,
    now: Timestamp,
) -> Result<bool, SqlFailure> {
    let params = [account.as_str().into(), secret.into(), now.0.into(), step.into(), now.day().into()];
    Ok(!run(sql, Statement::new(CONFIRM, params)).await?.is_empty())
}

/// Uses up `step`; false if it was used up already, or a later one.
///
/// # Errors
/// If the database fails.
pub async fn accept(sql: &dyn Sql, account: &AccountId, step: i64, now: Timestamp) -> Result<bool, SqlFailure> {
    let params = [account.as_str().into(), step.into(), now.day().into()];
    Ok(!run(sql, Statement::new(ACCEPT, params)).await?.is_empty())
}

/// Removes the app.
#[must_use]
pub fn remove(account: &AccountId) -> Statement {
    Statement::new(REMOVE, [account.as_str().into()])
}

/// Forgets at most `limit` apps begun at or before `until` and never confirmed; answers how many.
///
/// # Errors
/// If the database fails.
pub async fn forget_unconfirmed(sql: &dyn Sql, until: Timestamp, limit: i64) -> Result<usize, SqlFailure> {
    Ok(run(sql, Statement::new(FORGET_UNCONFIRMED, [until.0.into(), limit.into()])).await?.len())
}
