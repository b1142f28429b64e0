//! The `links` table: links that were sent by mail, each for one use, found by the hash of their token.

use serde::Deserialize;

use super::run;
use crate::domain::ids::{AccountId, LinkId};
use crate::domain::link::LinkPurpose;
use crate::domain::time::Timestamp;
use crate::ports::sql::{Sql, SqlFailure, Statement, read_row};

const INSERT: &str = "
    INSERT INTO links (id, account_id, purpose, token_hash, email, created_at, expires_at)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";

const FIND: &str = "
    SELECT id, account_id, purpose, email, created_at FROM links WHERE token_hash = ?1 AND expires_at > ?2";

const SPEND: &str = "DELETE FROM links WHERE token_hash = ?1 AND expires_at > ?2 RETURNING id";

const REVOKE: &str = "DELETE FROM links WHERE account_id = ?1 AND purpose = ?2";

const REVOKE_SINCE: &str = "DELETE FROM links WHERE account_id = ?1 AND purpose = ?2 AND created_at >= ?3";

const FORGET_OF_ACCOUNT: &str = "DELETE FROM links WHERE account_id = ?1";

const FORGET_EXPIRED: &str = "
    DELETE FROM links WHERE id IN (SELECT id FROM links WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2)
    RETURNING id";

pub(super) const STATEMENTS: &[&str] = &[INSERT, FIND, SPEND, REVOKE, REVOKE_SINCE, FORGET_OF_ACCOUNT, FORGET_EXPIRED];

/// A link to be written down.
#[derive(Debug)]
pub struct NewLink<'a> {
    /// Its name.
    pub id: &'a LinkId,
    /// Whose.
    pub account_id: &'a AccountId,
    /// What it does.
    pub purpose: LinkPurpose,
    /// Hash of its token.
    pub token_hash: &'a str,
    /// The address it goes to, where that is not yet the account's, sealed.
    pub email: Option<String>,
    /// Until when it works.
    pub expires_at: Timestamp,
}

/// A link that works.
#[derive(Clone, Debug, Deserialize)]
pub struct LinkRow {
    /// Its name.
    pub id: LinkId,
    /// Whose.
    pub account_id: AccountId,
    /// What it does.
    pub purpose: LinkPurpose,
    /// The address it went to, sealed.
    pub email: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// Writes a link down.
#[must_use]
pub fn insert(link: NewLink<'_>, now: Timestamp) -> Statement {
    Statement::new(
        INSERT,
        [
            link.id.as_str().into(),
            link.account_id.as_str().into(),
            link.purpose.as_str().into(),
            link.token_hash.into(),
            link.email.into(),
            now.0.into(),
            link.expires_at.0.into(),
        ],
    )
}

/// The link whose token has this hash, if it works at `now`.
///
/// # Errors
/// If the database fails.
pub async fn find(sql: &dyn Sql, token_hash: &str, now: Timestamp) -> Result<Option<LinkRow>, SqlFailure> {
    run(sql, Statement::new(FIND, [token_hash.into(), now.0.into()]))
        .await?
        .into_iter()
        .next()
        .map(read_row)
        .transpose()
}

/// Uses a link up; answers a row if it worked.
#[must_use]
pub fn spend(token_hash: &str, now: Timestamp) -> Statement {
    Statement::new(SPEND, [token_hash.into(), now.0.into()])
}

/// Takes an account's links for one purpose back.
#[must_use]
pub fn revoke(account: &AccountId, purpose: LinkPurpose) -> Statement {
    Statement::new(REVOKE, [account.as_str().into(), purpose.as_str().into()])
}

/// Takes back those of an account's links for one purpose that were made at or after `since`.
#[must_use]
pub fn revoke_since(account: &AccountId, purpose: LinkPurpose, since: Timestamp) -> Statement {
    Statement::new(REVOKE_SINCE, [account.as_str().into(), purpose.as_str().into(), since.0.into()])
}

/// Forgets every link of an account, for the batch that erases it.
#[must_use]
pub fn forget_of_account(account: &AccountId) -> Statement {
    Statement::new(FORGET_OF_ACCOUNT, [account.as_str().into()])
}

/// Forgets at most `limit` links that stopped working at or before `until`; answers how many.
///
/// # Errors
/// If the database fails.
pub async fn forget_expired(sql: &dyn Sql, until: Timestamp, limit: i64) -> Result<usize, SqlFailure> {
    Ok(run(sql, Statement::new(FORGET_EXPIRED, [until.0.into(), limit.into()])).await?.len())
}
