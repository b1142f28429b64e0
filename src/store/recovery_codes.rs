//! The `recovery_codes` table: the hashes of codes that were not used yet.

use serde::Deserialize;

use super::{json_list, run};
use crate::domain::ids::AccountId;
use crate::domain::time::Timestamp;
use crate::ports::sql::{Sql, SqlFailure, Statement, read_row};

const ADD: &str = "
    INSERT INTO recovery_codes (code_hash, account_id, created_at) SELECT value, ?1, ?3 FROM json_each(?2)
    WHERE EXISTS (SELECT 1 FROM totp_factors WHERE account_id = ?1 AND confirmed_at IS NOT NULL)
       OR EXISTS (SELECT 1 FROM passkeys WHERE account_id = ?1)
    RETURNING code_hash";

const ADD_FIRST: &str = "
    INSERT INTO recovery_codes (code_hash, account_id, created_at) SELECT value, ?1, ?3 FROM json_each(?2)
    WHERE NOT EXISTS (SELECT 1 FROM recovery_codes WHERE account_id = ?1)
    RETURNING code_hash";

const USE: &str = "DELETE FROM recovery_codes WHERE code_hash = ?2 AND account_id = ?1 RETURNING code_hash";

const LEFT: &str = "SELECT count(*) AS left FROM recovery_codes WHERE account_id = ?1";

const REMOVE: &str = "DELETE FROM recovery_codes WHERE account_id = ?1";

const REMOVE_WITHOUT_FACTOR: &str = "
    DELETE FROM recovery_codes
    WHERE account_id = ?1
      AND NOT EXISTS (SELECT 1 FROM totp_factors WHERE account_id = ?1 AND confirmed_at IS NOT NULL)
      AND NOT EXISTS (SELECT 1 FROM passkeys WHERE account_id = ?1)";

pub(super) const STATEMENTS: &[&str] = &[ADD, ADD_FIRST, USE, LEFT, REMOVE, REMOVE_WITHOUT_FACTOR];

/// Puts new codes in the place of all there were, if the account has a factor to recover; answers whether it has.
///
/// # Errors
/// If the database fails.
pub async fn replace(
    sql: &dyn Sql,
    account: &AccountId,
    hashes: &[String],
    now: Timestamp,
) -> Result<bool, SqlFailure> {
    let hashes = json_list(hashes.iter().map(String::as_str));
    let params = [account.as_str().into(), hashes.into(), now.0.into()];
    let results = sql.batch(vec![remove(account), Statement::new(ADD, params)]).await?;
    Ok(results.get(1).is_some_and(|added| !added.is_empty()))
}

/// Adds codes unless the account has some; answers whether they were added.
///
/// # Errors
/// If the database fails.
pub async fn add_first(
    sql: &dyn Sql,
    account: &AccountId,
    hashes: &[String],
    now: Timestamp,
) -> Result<bool, SqlFailure> {
    let hashes = json_list(hashes.iter().map(String::as_str));
    let params = [account.as_str().into(), hashes.into(), now.0.into()];
    Ok(!run(sql, Statement::new(ADD_FIRST, params)).await?.is_empty())
}

/// Uses up a code; false if there is none such, or not any more.
///
/// # Errors
/// If the database fails.
pub async fn use_up(sql: &dyn Sql, account: &AccountId, hash: &str) -> Result<bool, SqlFailure> {
    Ok(!run(sql, Statement::new(USE, [account.as_str().into(), hash.into()])).await?.is_empty())
}

/// How many codes are left.
///
/// # Errors
/// If the database fails.
pub async fn left(sql: &dyn Sql, account: &AccountId) -> Result<u32, SqlFailure> {
    #[derive(Deserialize)]
    struct LeftRow {
        left: u32,
    }
    let row = run(sql, Statement::new(LEFT, [account.as_str().into()])).await?.into_iter().next();
    row.map(read_row).transpose().map(|row| row.map_or(0, |LeftRow { left }| left))
}

/// Removes all codes of an account.
#[must_use]
pub fn remove(account: &AccountId) -> Statement {
    Statement::new(REMOVE, [account.as_str().into()])
}

/// Removes all codes of an account that has no factor any more.
#[must_use]
pub fn remove_without_factor(account: &AccountId) -> Statement {
    Statement::new(REMOVE_WITHOUT_FACTOR, [account.as_str().into()])
}
