//! The `erasures` table: which accounts are to be erased, and receipts of those that were.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::run;
use crate::domain::ids::{AccountId, ErasureId};
use crate::domain::time::Timestamp;
use crate::ports::sql::{Sql, SqlFailure, Statement, read_row};

const INSERT: &str = "
    INSERT INTO erasures (id, account_id, requested_at, erase_at) VALUES (?1, ?2, ?3, ?4)";

const FIND: &str = "SELECT requested_at, erase_at, finished_at, counts FROM erasures WHERE id = ?1";

const OF_ACCOUNT: &str = "SELECT id FROM erasures WHERE account_id = ?1";

// Only once it is: a change of mind that came too late changes nothing.
const WITHDRAW: &str = "
    DELETE FROM erasures
    WHERE account_id = ?1 AND EXISTS (SELECT 1 FROM accounts WHERE id = ?1 AND erase_at IS NULL)";

const COUNT_IMAGES: &str = "
    UPDATE erasures SET counts = (
      SELECT json_object('images', count(*), 'image_bytes', coalesce(sum(stored_bytes), 0)) FROM images
      WHERE account_id = erasures.account_id AND state <> 'gone')
    WHERE account_id IN (SELECT id FROM accounts WHERE erase_at <= ?1) AND counts IS NULL";

const NOTE_TRIED: &str = "UPDATE erasures SET tried_at = ?2 WHERE account_id = ?1";

const FINISH: &str = "
    UPDATE erasures SET account_id = NULL, finished_at = ?2, counts = json_patch(coalesce(counts, '{}'), json_object(
      'sessions', (SELECT count(*) FROM sessions WHERE account_id = ?1),
      'consents', (SELECT count(*) FROM consents WHERE account_id = ?1),
      'collections', (SELECT count(*) FROM collections WHERE account_id = ?1),
      'api_keys', (SELECT count(*) FROM api_keys WHERE account_id = ?1),
      'tickets', (SELECT count(*) FROM tickets WHERE account_id = ?1),
      'passkeys', (SELECT count(*) FROM passkeys WHERE account_id = ?1),
      'letters', (SELECT count(*) FROM letters WHERE account_id = ?1),
      'personal_keys', 1,
      'billing_customers', CAST(?3 AS INTEGER)))
    WHERE account_id = ?1";

const FORGET_OLD: &str = "
    DELETE FROM erasures
    WHERE id IN (SELECT id FROM erasures WHERE finished_at <= ?1 ORDER BY finished_at LIMIT ?2)
    RETURNING id";

pub(super) const STATEMENTS: &[&str] =
    &[INSERT, FIND, OF_ACCOUNT, WITHDRAW, COUNT_IMAGES, NOTE_TRIED, FINISH, FORGET_OLD];

/// What is known of an erasure. It says nothing about a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Erasure {
    /// When it was asked for.
    pub requested_at: Timestamp,
    /// From when on it is done.
    pub erase_at: Timestamp,
    /// When it was done; none: it was not yet.
    pub finished_at: Option<Timestamp>,
    /// How much of what was erased.
    pub counts: BTreeMap<String, u64>,
}

#[derive(Deserialize)]
struct ErasureRow {
    requested_at: Timestamp,
    erase_at: Timestamp,
    finished_at: Option<Timestamp>,
    counts: Option<String>,
}

#[derive(Deserialize)]
struct IdRow {
    id: ErasureId,
}

/// Writes down that an account is to be erased; fails with a conflict if it already is.
#[must_use]
pub fn insert(id: &ErasureId, account: &AccountId, now: Timestamp, erase_at: Timestamp) -> Statement {
    Statement::new(INSERT, [id.as_str().into(), account.as_str().into(), now.0.into(), erase_at.0.into()])
}

/// The erasure of this name.
///
/// # Errors
/// If the database fails.
pub async fn find(sql: &dyn Sql, id: &ErasureId) -> Result<Option<Erasure>, SqlFailure> {
    let Some(row) = run(sql, Statement::new(FIND, [id.as_str().into()])).await?.into_iter().next() else {
        return Ok(None);
    };
    let row: ErasureRow = read_row(row)?;
    let counts = row.counts.map(|counts| serde_json::from_str(&counts)).transpose();
    Ok(Some(Erasure {
        requested_at: row.requested_at,
        erase_at: row.erase_at,
        finished_at: row.finished_at,
        counts: counts.map_err(|error| SqlFailure::Failed(format!("column counts: {error}")))?.unwrap_or_default(),
    }))
}

/// The name of the erasure of an account that is to be erased.
///
/// # Errors
/// If the database fails.
pub async fn of_account(sql: &dyn Sql, account: &AccountId) -> Result<Option<ErasureId>, SqlFailure> {
    let row = run(sql, Statement::new(OF_ACCOUNT, [account.as_str().into()])).await?.into_iter().next();
    row.map(|row| read_row::<IdRow>(row).map(|row| row.id)).transpose()
}

/// Forgets that an account was to be erased, if it is not any more.
#[must_use]
pub fn withdraw(account: &AccountId) -> Statement {
    Statement::new(WITHDRAW, [account.as_str().into()])
}

/// Counts the images of accounts whose time has come, before they are erased.
///
/// # Errors
/// If the database fails.
pub async fn count_images(sql: &dyn Sql, now: Timestamp) -> Result<(), SqlFailure> {
    run(sql, Statement::new(COUNT_IMAGES, [now.0.into()])).await.map(drop)
}

/// Notes that erasing an account is tried.
///
/// # Errors
/// If the database fails.
pub async fn note_tried(sql: &dyn Sql, account: &AccountId, now: Timestamp) -> Result<(), SqlFailure> {
    run(sql, Statement::new(NOTE_TRIED, [account.as_str().into(), now.0.into()])).await.map(drop)
}

/// Writes the receipt, for the batch that erases the account, before anything of it is.
#[must_use]
pub fn finish(account: &AccountId, billing_customers: i64, now: Timestamp) -> Statement {
    Statement::new(FINISH, [account.as_str().into(), now.0.into(), billing_customers.into()])
}

/// Forgets at most `limit` receipts written at or before `until`; answers how many.
///
/// # Errors
/// If the database fails.
pub async fn forget_old(sql: &dyn Sql, until: Timestamp, limit: i64) -> Result<usize, SqlFailure> {
    Ok(run(sql, Statement::new(FORGET_OLD, [until.0.into(), limit.into()])).await?.len())
}
