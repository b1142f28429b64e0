//! What an account proves itself with, over the tables of each kind.

use serde::Deserialize;

use super::{challenges, factor_attempts, recovery_codes, run, totp_factors};
use crate::domain::ids::AccountId;
use crate::ports::sql::{Sql, SqlFailure, Statement, read_row};

// A flagged passkey is not accepted, and still one that must be made up for: otherwise whoever has a copy of it could
// do away with the second factor by showing it.
const WHICH: &str = "
    SELECT EXISTS (SELECT 1 FROM totp_factors WHERE account_id = ?1 AND confirmed_at IS NOT NULL) AS totp,
           EXISTS (SELECT 1 FROM passkeys WHERE account_id = ?1) AS passkey";

const REMOVE_PASSKEYS: &str = "DELETE FROM passkeys WHERE account_id = ?1";

pub(super) const STATEMENTS: &[&str] = &[WHICH, REMOVE_PASSKEYS];

/// Which kinds of second factor an account has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Which {
    /// An authenticator app, confirmed.
    pub totp: bool,
    /// One passkey or more.
    pub passkey: bool,
}

/// Which kinds of second factor an account has.
///
/// # Errors
/// If the database fails.
pub async fn which(sql: &dyn Sql, account: &AccountId) -> Result<Which, SqlFailure> {
    #[derive(Deserialize)]
    struct WhichRow {
        totp: u8,
        passkey: u8,
    }
    let row = run(sql, Statement::new(WHICH, [account.as_str().into()])).await?.into_iter().next();
    let row: Option<WhichRow> = row.map(read_row).transpose()?;
    Ok(row.map(|row| Which { totp: row.totp == 1, passkey: row.passkey == 1 }).unwrap_or_default())
}

/// Removes whatever an account proves itself with, for the batch that deletes the account.
#[must_use]
pub fn remove_all(account: &AccountId) -> Vec<Statement> {
    vec![
        totp_factors::remove(account),
        Statement::new(REMOVE_PASSKEYS, [account.as_str().into()]),
        recovery_codes::remove(account),
        challenges::remove(account),
        factor_attempts::remove(account),
    ]
}
