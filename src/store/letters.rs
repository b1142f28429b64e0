//! The `letters` table: what is to be sent, what was, and what could not be.

use serde::Deserialize;

use super::run;
use crate::domain::ids::{AccountId, LetterId};
use crate::domain::time::Timestamp;
use crate::ports::sql::{Sql, SqlFailure, Statement, read_row};

// A statement that the platform repeats must not bring back what was sent in between.
const WRITE: &str = "
    INSERT INTO letters (id, account_id, kind, sealed, state, next_attempt_at, created_at)
    VALUES (?1, ?2, ?3, ?4, 'waiting', ?5, ?5)
    ON CONFLICT (id) DO NOTHING";

const FIND_DUE: &str = "
    SELECT id, attempts FROM letters WHERE id = ?1 AND state = 'waiting' AND next_attempt_at <= ?2";

const DUE: &str = "
    SELECT id, attempts FROM letters WHERE state = 'waiting' AND next_attempt_at <= ?1
    ORDER BY next_attempt_at LIMIT ?2";

const CLAIM: &str = "
    UPDATE letters SET attempts = ?2 + 1, next_attempt_at = ?4
    WHERE id = ?1 AND state = 'waiting' AND attempts = ?2 AND next_attempt_at <= ?3
    RETURNING id, account_id, sealed, attempts, next_attempt_at, created_at";

const SETTLE_SENT: &str = "
    UPDATE letters SET state = 'sent', sealed = NULL, forget_after = ?2 WHERE id = ?1 AND state = 'waiting'";

const DECLARE_DEAD: &str = "UPDATE letters SET state = 'dead', forget_after = ?2 WHERE id = ?1 AND state = 'waiting'";

const DROP: &str = "DELETE FROM letters WHERE id = ?1 AND state = 'waiting'";

const ERASE_OF_ACCOUNT: &str = "DELETE FROM letters WHERE account_id = ?1";

const FORGET_OLD: &str = "
    DELETE FROM letters
    WHERE id IN (SELECT id FROM letters WHERE forget_after <= ?1 ORDER BY forget_after LIMIT ?2)
    RETURNING id";

pub(super) const STATEMENTS: &[&str] =
    &[WRITE, FIND_DUE, DUE, CLAIM, SETTLE_SENT, DECLARE_DEAD, DROP, ERASE_OF_ACCOUNT, FORGET_OLD];

/// A letter that is sealed and not yet written down.
#[derive(Clone, Debug)]
pub struct SealedLetter {
    /// Its name.
    pub id: LetterId,
    /// Under whose key it is sealed.
    pub account_id: AccountId,
    /// What kind it is.
    pub kind: &'static str,
    /// What it says and to whom.
    pub sealed: String,
    /// When it is written.
    pub created_at: Timestamp,
}

/// A letter that may be tried.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Due {
    /// The letter.
    pub id: LetterId,
    /// How often it was tried before.
    pub attempts: i64,
}

/// A letter that nobody else tries until `next_attempt_at`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Claimed {
    /// The letter.
    pub id: LetterId,
    /// Under whose key it is sealed.
    pub account_id: AccountId,
    /// What it says and to whom, sealed.
    pub sealed: String,
    /// How often it was tried, with this attempt.
    pub attempts: i64,
    /// When it is tried again if nothing comes of this.
    pub next_attempt_at: Timestamp,
    /// When it was written.
    pub created_at: Timestamp,
}

/// Writes a letter; it is due at once.
#[must_use]
pub fn write(letter: &SealedLetter) -> Statement {
    let params = [
        letter.id.as_str().into(),
        letter.account_id.as_str().into(),
        letter.kind.into(),
        letter.sealed.as_str().into(),
        letter.created_at.0.into(),
    ];
    Statement::new(WRITE, params)
}

/// The letter `id`, if it waits and may be tried.
///
/// # Errors
/// If the database fails.
pub async fn find_due(sql: &dyn Sql, id: &LetterId, now: Timestamp) -> Result<Option<Due>, SqlFailure> {
    let rows = run(sql, Statement::new(FIND_DUE, [id.as_str().into(), now.0.into()])).await?;
    rows.into_iter().next().map(read_row).transpose()
}

/// Letters that may be tried, the longest due first.
///
/// # Errors
/// If the database fails.
pub async fn due(sql: &dyn Sql, now: Timestamp, limit: i64) -> Result<Vec<Due>, SqlFailure> {
    let rows = run(sql, Statement::new(DUE, [now.0.into(), limit.into()])).await?;
    rows.into_iter().map(read_row).collect()
}

/// Claims a letter until `until`; none if somebody was first.
///
/// # Errors
/// If the database fails; it may be claimed all the same, and is then tried at `until`.
pub async fn claim(sql: &dyn Sql, due: &Due, now: Timestamp, until: Timestamp) -> Result<Option<Claimed>, SqlFailure> {
    let params = [due.id.as_str().into(), due.attempts.into(), now.0.into(), until.0.into()];
    let rows = run(sql, Statement::new(CLAIM, params)).await?;
    rows.into_iter().next().map(read_row).transpose()
}

/// Records that a letter was sent, and destroys what it said.
///
/// # Errors
/// If the database fails.
pub async fn settle_sent(sql: &dyn Sql, id: &LetterId, forget_after: Timestamp) -> Result<(), SqlFailure> {
    run(sql, Statement::new(SETTLE_SENT, [id.as_str().into(), forget_after.0.into()])).await.map(drop)
}

/// Records that a letter is not tried any more.
///
/// # Errors
/// If the database fails.
pub async fn declare_dead(sql: &dyn Sql, id: &LetterId, forget_after: Timestamp) -> Result<(), SqlFailure> {
    run(sql, Statement::new(DECLARE_DEAD, [id.as_str().into(), forget_after.0.into()])).await.map(drop)
}

/// Drops a letter that nobody is to get any more.
///
/// # Errors
/// If the database fails.
pub async fn drop_unsent(sql: &dyn Sql, id: &LetterId) -> Result<(), SqlFailure> {
    run(sql, Statement::new(DROP, [id.as_str().into()])).await.map(drop)
}

/// Erases all letters of an account.
#[must_use]
pub fn erase_of_account(account: &AccountId) -> Statement {
    Statement::new(ERASE_OF_ACCOUNT, [account.as_str().into()])
}

/// Forgets at most `limit` letters whose time is over; answers how many.
///
/// # Errors
/// If the database fails.
pub async fn forget_old(sql: &dyn Sql, now: Timestamp, limit: i64) -> Result<usize, SqlFailure> {
    Ok(run(sql, Statement::new(FORGET_OLD, [now.0.into(), limit.into()])).await?.len())
}
