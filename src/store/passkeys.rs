//! The `passkeys` table.

use serde::Deserialize;

use super::run;
use crate::domain::ids::AccountId;
use crate::domain::passkey::assertion::PasskeyUse;
use crate::domain::time::Timestamp;
use crate::ports::sql::{Sql, SqlFailure, Statement, read_row};

const ADD: &str = "
    INSERT INTO passkeys (credential_hash, account_id, credential_id, public_key, name, sign_count,
                          backup_eligible, backed_up, created_at)
    SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9
    WHERE (SELECT count(*) FROM passkeys WHERE account_id = ?2) < ?10
    RETURNING account_id";

const FIND: &str = "
    SELECT account_id, public_key, sign_count, backup_eligible FROM passkeys
    WHERE credential_hash = ?1 AND flagged_at IS NULL";

const OF_ACCOUNT: &str = "
    SELECT credential_hash, credential_id, name, created_at, last_used_day, backed_up, flagged_at FROM passkeys
    WHERE account_id = ?1 ORDER BY created_at, credential_hash";

const USE: &str = "
    UPDATE passkeys SET sign_count = ?2, backed_up = ?3, last_used_day = ?4
    WHERE credential_hash = ?1 AND flagged_at IS NULL AND (sign_count < ?2 OR (sign_count = 0 AND ?2 = 0))
    RETURNING account_id";

const FLAG: &str = "UPDATE passkeys SET flagged_at = ?2 WHERE credential_hash = ?1 AND flagged_at IS NULL";

const REMOVE: &str = "DELETE FROM passkeys WHERE credential_hash = ?2 AND account_id = ?1 RETURNING account_id";

pub(super) const STATEMENTS: &[&str] = &[ADD, FIND, OF_ACCOUNT, USE, FLAG, REMOVE];

/// A new passkey, as it will rest.
#[derive(Clone, Debug)]
pub struct NewRow {
    /// SHA-256 of its id.
    pub credential_hash: String,
    /// Its id, sealed.
    pub credential_id: String,
    /// `PublicKey::stored`.
    pub public_key: String,
    /// Its name, sealed.
    pub name: String,
    /// How often it has signed.
    pub sign_count: u32,
    /// Whether it may be copied.
    pub backup_eligible: bool,
    /// Whether it has been.
    pub backed_up: bool,
}

/// What is known of a passkey that somebody uses.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct InUse {
    /// Whose it is.
    pub account_id: AccountId,
    /// `PublicKey::stored`.
    pub public_key: String,
    /// How often it had signed.
    pub sign_count: u32,
    /// 1 if it may be copied.
    pub backup_eligible: u8,
}

/// A passkey in its owner's list.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Listed {
    /// What it is removed by.
    pub credential_hash: String,
    /// Its id, sealed.
    pub credential_id: String,
    /// Its name, sealed.
    pub name: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// The UTC day on which it was used last.
    pub last_used_day: Option<String>,
    /// 1 if it was copied to other devices of its owner.
    pub backed_up: u8,
    /// Since when it is not accepted, because there may be a copy of its authenticator.
    pub flagged_at: Option<Timestamp>,
}

/// Adds a passkey unless the account has `most`; answers whether it was added.
///
/// # Errors
/// [`SqlFailure::Conflict`] if somebody has this credential already, or if the database fails.
pub async fn add(
    sql: &dyn Sql,
    account: &AccountId,
    row: &NewRow,
    most: i64,
    now: Timestamp,
) -> Result<bool, SqlFailure> {
    let params = [
        row.credential_hash.as_str().into(),
        account.as_str().into(),
        row.credential_id.as_str().into(),
        row.public_key.as_str().into(),
        row.name.as_str().into(),
        i64::from(row.sign_count).into(),
        i64::from(row.backup_eligible).into(),
        i64::from(row.backed_up).into(),
        now.0.into(),
        most.into(),
    ];
    Ok(!run(sql, Statement::new(ADD, params)).await?.is_empty())
}

/// The passkey of this hash, unless it is flagged.
///
/// # Errors
/// If the database fails.
pub async fn find(sql: &dyn Sql, credential_hash: &str) -> Result<Option<InUse>, SqlFailure> {
    let rows = run(sql, Statement::new(FIND, [credential_hash.into()])).await?;
    rows.into_iter().next().map(read_row).transpose()
}

/// The passkeys of an account, the oldest first.
///
/// # Errors
/// If the database fails.
pub async fn of_account(sql: &dyn Sql, account: &AccountId) -> Result<Vec<Listed>, SqlFailure> {
    let rows = run(sql, Statement::new(OF_ACCOUNT, [account.as_str().into()])).await?;
    rows.into_iter().map(read_row).collect()
}

/// Remembers a use; false if the passkey was used with this count or a higher one meanwhile.
///
/// # Errors
/// If the database fails.
pub async fn remember(
    sql: &dyn Sql,
    credential_hash: &str,
    used: PasskeyUse,
    now: Timestamp,
) -> Result<bool, SqlFailure> {
    let params = [
        credential_hash.into(),
        i64::from(used.sign_count).into(),
        i64::from(used.is_backed_up).into(),
        now.day().into(),
    ];
    Ok(!run(sql, Statement::new(USE, params)).await?.is_empty())
}

/// Notes that there may be a copy of the authenticator: the passkey is not accepted any more.
///
/// # Errors
/// If the database fails.
pub async fn flag(sql: &dyn Sql, credential_hash: &str, now: Timestamp) -> Result<(), SqlFailure> {
    run(sql, Statement::new(FLAG, [credential_hash.into(), now.0.into()])).await.map(drop)
}

/// Removes a passkey of this account.
#[must_use]
pub fn remove(account: &AccountId, credential_hash: &str) -> Statement {
    Statement::new(REMOVE, [account.as_str().into(), credential_hash.into()])
}
