//! What rows owe to a master key: the lookups of `accounts` and `team_invitations`, and the signing secrets of `api_keys`.

use serde::Deserialize;

use super::{json_list, run};
use crate::domain::ids::{AccountId, ApiKeyId, InvitationId};
use crate::ports::sql::{Sql, SqlFailure, Statement, read_row};

const LOOKUPS: &str = "SELECT id, email, email_lookup FROM accounts WHERE id IN (SELECT value FROM json_each(?1))";

const LOOK_UP_BY: &str = "UPDATE accounts SET email_lookup = ?3 WHERE id = ?1 AND email_lookup = ?2";

const INVITATIONS: &str = "
    SELECT id, invited_by, email, email_lookup FROM team_invitations
    WHERE invited_by IN (SELECT value FROM json_each(?1))";

const LOOK_UP_INVITATION_BY: &str = "UPDATE team_invitations SET email_lookup = ?3 WHERE id = ?1 AND email_lookup = ?2";

const DERIVED: &str = "
    SELECT id, account_id, master_key FROM api_keys
    WHERE account_id IN (SELECT value FROM json_each(?1)) AND master_key <> ?2
      AND ed25519_public IS NULL AND sealed_secret IS NULL AND revoked_at IS NULL";

const KEEP_SECRET: &str = "UPDATE api_keys SET sealed_secret = ?2 WHERE id = ?1 AND sealed_secret IS NULL";

pub(super) const STATEMENTS: &[&str] = &[LOOKUPS, LOOK_UP_BY, INVITATIONS, LOOK_UP_INVITATION_BY, DERIVED, KEEP_SECRET];

/// An account's address, and what it is found by.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Lookup {
    /// The account.
    pub id: AccountId,
    /// The address, sealed.
    pub email: String,
    /// Its keyed hash, after the name of the master key.
    pub email_lookup: String,
}

/// The address to which an invitation went, and what it is found by.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Invited {
    /// The invitation.
    pub id: InvitationId,
    /// Who invited.
    pub invited_by: AccountId,
    /// The address, sealed under their key.
    pub email: String,
    /// Its keyed hash, after the name of the master key.
    pub email_lookup: String,
}

/// An API key that signs with a secret which is derived from a master key.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Derived {
    /// The key.
    pub id: ApiKeyId,
    /// Whose it is.
    pub account_id: AccountId,
    /// The name of the master key.
    pub master_key: String,
}

/// What those of `accounts` that there are, are found by.
///
/// # Errors
/// If the database fails.
pub async fn lookups(sql: &dyn Sql, accounts: &[AccountId]) -> Result<Vec<Lookup>, SqlFailure> {
    let list = json_list(accounts.iter().map(AccountId::as_str));
    run(sql, Statement::new(LOOKUPS, [list.into()])).await?.into_iter().map(read_row).collect()
}

/// What the invitations of `accounts` are found by.
///
/// # Errors
/// If the database fails.
pub async fn invitations(sql: &dyn Sql, accounts: &[AccountId]) -> Result<Vec<Invited>, SqlFailure> {
    let list = json_list(accounts.iter().map(AccountId::as_str));
    run(sql, Statement::new(INVITATIONS, [list.into()])).await?.into_iter().map(read_row).collect()
}

/// The API keys of `accounts` whose secrets are derived from another master key than `current`.
///
/// # Errors
/// If the database fails.
pub async fn derived_from_others(
    sql: &dyn Sql,
    accounts: &[AccountId],
    current: &str,
) -> Result<Vec<Derived>, SqlFailure> {
    let list = json_list(accounts.iter().map(AccountId::as_str));
    run(sql, Statement::new(DERIVED, [list.into(), current.into()])).await?.into_iter().map(read_row).collect()
}

/// Finds an account by another lookup, unless its address has changed meanwhile.
#[must_use]
pub fn look_up_by(old: &Lookup, new: &str) -> Statement {
    Statement::new(LOOK_UP_BY, [old.id.as_str().into(), old.email_lookup.as_str().into(), new.into()])
}

/// Finds an invitation by another lookup, unless it has changed meanwhile.
#[must_use]
pub fn look_up_invitation_by(old: &Invited, new: &str) -> Statement {
    let params = [old.id.as_str().into(), old.email_lookup.as_str().into(), new.into()];
    Statement::new(LOOK_UP_INVITATION_BY, params)
}

/// Keeps what a key signs with, sealed.
#[must_use]
pub fn keep_secret(key: &ApiKeyId, sealed: &str) -> Statement {
    Statement::new(KEEP_SECRET, [key.as_str().into(), sealed.into()])
}
