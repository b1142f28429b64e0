//! The column `is_trusted_reporter` of `accounts`: whose notices can be relied on (Regulation (EU) 2022/2065, Art. 22).

use serde::Deserialize;

use super::run;
use crate::domain::ids::AccountId;
use crate::ports::sql::{Sql, SqlFailure, Statement, read_row};

const IS_TRUSTED: &str = "SELECT is_trusted_reporter AS count FROM accounts WHERE id = ?1";

const TRUST: &str = "UPDATE accounts SET is_trusted_reporter = ?2 WHERE id = ?1";

const TRUSTED: &str = "SELECT id FROM accounts WHERE is_trusted_reporter = 1 ORDER BY id LIMIT ?1";

pub(super) const STATEMENTS: &[&str] = &[IS_TRUSTED, TRUST, TRUSTED];

/// Whether an account's notices can be relied on.
///
/// # Errors
/// If the database fails.
pub async fn is_trusted(sql: &dyn Sql, account: &AccountId) -> Result<bool, SqlFailure> {
    #[derive(Deserialize)]
    struct CountRow {
        count: i64,
    }
    let row = run(sql, Statement::new(IS_TRUSTED, [account.as_str().into()])).await?.into_iter().next();
    row.map_or(Ok(false), |row| read_row::<CountRow>(row).map(|row| row.count == 1))
}

/// Says whether an account's notices can be relied on.
#[must_use]
pub fn trust(account: &AccountId, is_trusted: bool) -> Statement {
    Statement::new(TRUST, [account.as_str().into(), i64::from(is_trusted).into()])
}

/// At most `limit` accounts whose notices can be relied on.
///
/// # Errors
/// If the database fails.
pub async fn trusted(sql: &dyn Sql, limit: i64) -> Result<Vec<AccountId>, SqlFailure> {
    #[derive(Deserialize)]
    struct AccountRow {
        id: AccountId,
    }
    let rows = run(sql, Statement::new(TRUSTED, [limit.into()])).await?;
    rows.into_iter().map(|row| read_row::<AccountRow>(row).map(|row| row.id)).collect()
}
