//! The `sessions` table: sign-ins, found by the hash of their token.

use serde::Deserialize;

use super::run;
use crate::domain::account::AccountTier;
use crate::domain::ids::{AccountId, SessionId};
use crate::domain::session::SessionEnd;
use crate::domain::time::Timestamp;
use crate::ports::sql::{Sql, SqlFailure, Statement, read_row};

const INSERT: &str = "
    INSERT INTO sessions (id, account_id, token_hash, created_at, used_at, expires_at, ends_at, awaits_factor, ip, user_agent)
    SELECT ?1, ?2, ?3, ?4, ?4, ?5, ?6, ?7, ?8, ?9 FROM accounts WHERE id = ?2 AND erase_at IS NULL
    RETURNING id";

const FIND: &str = "
    SELECT s.id, s.account_id, s.created_at, s.used_at, s.expires_at, s.ends_at, s.awaits_factor,
           a.tier, a.is_operator, a.verified_at, a.policy_seen
    FROM sessions AS s JOIN accounts AS a ON a.id = s.account_id
    WHERE s.token_hash = ?1
      -- Nobody is signed in while a database that was set back is told who should not be.
      AND NOT EXISTS (SELECT 1 FROM restorations WHERE id = 1 AND finished_at IS NULL)";

const USE: &str = "UPDATE sessions SET used_at = ?2, expires_at = ?3 WHERE id = ?1 AND used_at < ?2";

const LIST: &str = "
    SELECT id, created_at, used_at, expires_at, ip, user_agent FROM sessions
    WHERE account_id = ?1 AND awaits_factor = 0 AND expires_at > ?2 ORDER BY created_at DESC LIMIT ?3";

const END: &str = "DELETE FROM sessions WHERE id = ?1 AND account_id = ?2 RETURNING id";

const END_ALL: &str = "DELETE FROM sessions WHERE account_id = ?1 AND id <> ?2 RETURNING id";

const FORGET_ENDED: &str = "
    DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2)
    RETURNING id";

pub(super) const STATEMENTS: &[&str] = &[INSERT, FIND, USE, LIST, END, END_ALL, FORGET_ENDED];

/// A sign-in to be written down.
#[derive(Debug)]
pub struct NewSession<'a> {
    /// Its name.
    pub id: &'a SessionId,
    /// Whose.
    pub account_id: &'a AccountId,
    /// Hash of its token.
    pub token_hash: &'a str,
    /// When it ends.
    pub end: SessionEnd,
    /// Whether a second factor is still to come.
    pub awaits_factor: bool,
    /// Where from, sealed; none if the edge did not tell.
    pub sealed_ip: Option<String>,
    /// With which browser, sealed.
    pub sealed_user_agent: Option<String>,
}

/// A sign-in that a request shows, with what its account may.
#[derive(Clone, Debug, Deserialize)]
pub struct SessionRow {
    /// Its name.
    pub id: SessionId,
    /// Whose.
    pub account_id: AccountId,
    /// When it began.
    pub created_at: Timestamp,
    /// When it was last used, to the day.
    pub used_at: Timestamp,
    /// When it ends, if it is not used.
    pub expires_at: Timestamp,
    /// When it ends in any case.
    pub ends_at: Timestamp,
    /// 1: a second factor is still to come.
    pub awaits_factor: i64,
    /// What the account may store.
    pub tier: AccountTier,
    /// 1: it runs this deployment.
    pub is_operator: i64,
    /// When its address was proved.
    pub verified_at: Option<Timestamp>,
    /// The edition of the policy that its owner has seen.
    pub policy_seen: i64,
}

/// A sign-in as its owner sees it.
#[derive(Clone, Debug, Deserialize)]
pub struct ListedSession {
    /// Its name, to end it by.
    pub id: SessionId,
    /// When it began.
    pub created_at: Timestamp,
    /// When it was last used, to the day.
    pub used_at: Timestamp,
    /// When it ends, if it is not used.
    pub expires_at: Timestamp,
    /// Where from, sealed.
    pub ip: Option<String>,
    /// With which browser, sealed.
    pub user_agent: Option<String>,
}

/// Writes a sign-in down, if there still is such an account and it stays.
#[must_use]
pub fn insert(session: NewSession<'_>, now: Timestamp) -> Statement {
    Statement::new(
        INSERT,
        [
            session.id.as_str().into(),
            session.account_id.as_str().into(),
            session.token_hash.into(),
            now.0.into(),
            session.end.expires_at.0.into(),
            session.end.ends_at.0.into(),
            i64::from(session.awaits_factor).into(),
            session.sealed_ip.into(),
            session.sealed_user_agent.into(),
        ],
    )
}

/// The sign-in whose token has this hash; it may have ended.
///
/// # Errors
/// If the database fails.
pub async fn find(sql: &dyn Sql, token_hash: &str) -> Result<Option<SessionRow>, SqlFailure> {
    run(sql, Statement::new(FIND, [token_hash.into()])).await?.into_iter().next().map(read_row).transpose()
}

/// Moves the end of a sign-in that is used.
///
/// # Errors
/// If the database fails.
pub async fn note_use(sql: &dyn Sql, id: &SessionId, now: Timestamp, expires_at: Timestamp) -> Result<(), SqlFailure> {
    run(sql, Statement::new(USE, [id.as_str().into(), now.0.into(), expires_at.0.into()])).await.map(drop)
}

/// The sign-ins of an account that have not ended at `now`, the latest first, at most `limit`.
///
/// # Errors
/// If the database fails.
pub async fn list(
    sql: &dyn Sql,
    account: &AccountId,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<ListedSession>, SqlFailure> {
    let rows = run(sql, Statement::new(LIST, [account.as_str().into(), now.0.into(), limit.into()])).await?;
    rows.into_iter().map(read_row).collect()
}

/// Ends a sign-in of the account.
#[must_use]
pub fn end(id: &SessionId, account: &AccountId) -> Statement {
    Statement::new(END, [id.as_str().into(), account.as_str().into()])
}

/// Ends all sign-ins of an account but one, if one is named.
#[must_use]
pub fn end_all(account: &AccountId, except: Option<&SessionId>) -> Statement {
    let except = except.map_or("", SessionId::as_str);
    Statement::new(END_ALL, [account.as_str().into(), except.into()])
}

/// Forgets at most `limit` sign-ins that ended at or before `until`; answers how many.
///
/// # Errors
/// If the database fails.
pub async fn forget_ended(sql: &dyn Sql, until: Timestamp, limit: i64) -> Result<usize, SqlFailure> {
    Ok(run(sql, Statement::new(FORGET_ENDED, [until.0.into(), limit.into()])).await?.len())
}
