//! The `consents` table: the ledger of what people allowed. Rows are only added, which a trigger sees to, and leave with
//! their account.

use serde::Deserialize;

use super::run;
use crate::domain::consent::{Act, ConsentRecord, Purpose};
use crate::domain::ids::AccountId;
use crate::domain::time::Timestamp;
use crate::ports::sql::{Sql, SqlFailure, Statement, read_row};

const APPEND: &str = "
    INSERT INTO consents (account_id, purpose, number, act, recorded_at, country, text_version, text_sha256, surface, gpc)
    SELECT ?1, ?2, 1 + coalesce((SELECT max(number) FROM consents WHERE account_id = ?1 AND purpose = ?2), 0),
           ?3, ?4, ?5, ?6, ?7, ?8, ?9
    WHERE ?3 IS NOT (SELECT act FROM consents WHERE account_id = ?1 AND purpose = ?2 ORDER BY number DESC LIMIT 1)";

/// The columns of [`ConsentRow`].
macro_rules! read {
    ($rest:literal) => {
        concat!(
            "
    SELECT account_id, purpose, act, recorded_at, country, text_version, text_sha256, surface, gpc FROM consents
    WHERE account_id = ?1 ",
            $rest
        )
    };
}

const LATEST: &str = read!("AND purpose = ?2 ORDER BY number DESC LIMIT 1");

const HISTORY: &str = read!("ORDER BY purpose, number LIMIT ?2");

// A trigger keeps them as long as there is the account.
const FORGET_OF_ACCOUNT: &str = "DELETE FROM consents WHERE account_id = ?1";

pub(super) const STATEMENTS: &[&str] = &[APPEND, LATEST, HISTORY, FORGET_OF_ACCOUNT];

#[derive(Deserialize)]
struct ConsentRow {
    account_id: AccountId,
    purpose: Purpose,
    act: Act,
    recorded_at: Timestamp,
    country: Option<String>,
    text_version: String,
    text_sha256: String,
    surface: String,
    gpc: i64,
}

impl From<ConsentRow> for ConsentRecord {
    fn from(row: ConsentRow) -> Self {
        Self {
            account_id: row.account_id,
            purpose: row.purpose,
            act: row.act,
            recorded_at: row.recorded_at,
            country: row.country,
            text_version: row.text_version,
            text_sha256: row.text_sha256,
            surface: row.surface,
            gpc: row.gpc == 1,
        }
    }
}

/// Adds an entry, unless the latest one about its purpose says the same: the platform may repeat a write.
#[must_use]
pub fn append(record: &ConsentRecord) -> Statement {
    Statement::new(
        APPEND,
        [
            record.account_id.as_str().into(),
            record.purpose.as_str().into(),
            record.act.as_str().into(),
            record.recorded_at.0.into(),
            record.country.clone().into(),
            record.text_version.as_str().into(),
            record.text_sha256.as_str().into(),
            record.surface.as_str().into(),
            i64::from(record.gpc).into(),
        ],
    )
}

/// The latest entry about a purpose.
///
/// # Errors
/// If the database fails.
pub async fn latest(sql: &dyn Sql, account: &AccountId, purpose: Purpose) -> Result<Option<ConsentRecord>, SqlFailure> {
    let rows = run(sql, Statement::new(LATEST, [account.as_str().into(), purpose.as_str().into()])).await?;
    Ok(rows.into_iter().next().map(read_row::<ConsentRow>).transpose()?.map(Into::into))
}

/// Every entry about an account, by purpose, the oldest first, at most `limit`.
///
/// # Errors
/// If the database fails.
pub async fn history(sql: &dyn Sql, account: &AccountId, limit: i64) -> Result<Vec<ConsentRecord>, SqlFailure> {
    let rows = run(sql, Statement::new(HISTORY, [account.as_str().into(), limit.into()])).await?;
    rows.into_iter().map(|row| read_row::<ConsentRow>(row).map(Into::into)).collect()
}

/// Forgets what an account allowed, for the batch that erases it, after the account itself.
#[must_use]
pub fn forget_of_account(account: &AccountId) -> Statement {
    Statement::new(FORGET_OF_ACCOUNT, [account.as_str().into()])
}
