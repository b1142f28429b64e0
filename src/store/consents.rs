//! The `consents` table: what was allowed and withdrawn, a ledger.

use serde::Deserialize;

use super::run;
use crate::domain::consent::{Act, ConsentRecord, Purpose};
use crate::domain::ids::AccountId;
use crate::domain::time::Timestamp;
use crate::ports::sql::{Sql, SqlFailure, Statement, read_row};

const LATEST: &str = "
    SELECT act, recorded_at, country, text_version, text_sha256, surface, gpc FROM consents
    WHERE account_id = ?1 AND purpose = ?2 ORDER BY number DESC LIMIT 1";

pub(super) const STATEMENTS: &[&str] = &[LATEST];

#[derive(Deserialize)]
struct ConsentRow {
    act: Act,
    recorded_at: Timestamp,
    country: Option<String>,
    text_version: String,
    text_sha256: String,
    surface: String,
    gpc: i64,
}

/// The latest entry of an account about a purpose.
///
/// # Errors
/// If the database fails.
pub async fn latest(sql: &dyn Sql, account: &AccountId, purpose: Purpose) -> Result<Option<ConsentRecord>, SqlFailure> {
    let rows = run(sql, Statement::new(LATEST, [account.as_str().into(), purpose.as_str().into()])).await?;
    let row = rows.into_iter().next().map(read_row::<ConsentRow>).transpose()?;
    Ok(row.map(|row| ConsentRecord {
        account_id: account.clone(),
        purpose,
        act: row.act,
        recorded_at: row.recorded_at,
        country: row.country,
        text_version: row.text_version,
        text_sha256: row.text_sha256,
        surface: row.surface,
        gpc: row.gpc != 0,
    }))
}
