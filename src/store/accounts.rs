//! The `accounts` table: who can sign in. What says who somebody is, is sealed (domain/sealing.rs).

use serde::Deserialize;

use super::{json_list, run};
use crate::domain::account::{Account, AccountTier};
use crate::domain::ids::AccountId;
use crate::domain::time::Timestamp;
use crate::ports::sql::{Sql, SqlFailure, Statement, read_row};

const INSERT: &str = "
    INSERT INTO accounts (id, email, email_lookup, name, password_hash, country, tier, is_operator, declared_age_at,
                          created_at, verified_at)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0, ?8, ?8, NULL)";

/// The columns of [`AccountRow`].
macro_rules! find {
    ($condition:literal) => {
        concat!(
            "
    SELECT id, email, name, password_hash, country, tier, is_operator, created_at, verified_at FROM accounts
    WHERE ",
            $condition
        )
    };
}

const FIND: &str = find!("id = ?1");

const FIND_BY_EMAIL: &str = find!("email_lookup IN (SELECT value FROM json_each(?1)) LIMIT 1");

const VERIFY: &str = "
    UPDATE accounts SET verified_at = coalesce(verified_at, ?2) WHERE id = ?1 RETURNING id";

const RENAME: &str = "UPDATE accounts SET name = ?2 WHERE id = ?1 RETURNING id";

const MOVE: &str = "UPDATE accounts SET country = ?2 WHERE id = ?1 RETURNING id";

const SET_PASSWORD: &str = "UPDATE accounts SET password_hash = ?2 WHERE id = ?1 RETURNING id";

const REHASH: &str = "UPDATE accounts SET password_hash = ?3 WHERE id = ?1 AND password_hash = ?2";

const CHANGE_EMAIL: &str = "
    UPDATE accounts SET email = ?2, email_lookup = ?3, verified_at = ?4 WHERE id = ?1
    RETURNING id";

const KNOWN: &str = "SELECT id FROM accounts WHERE id IN (SELECT value FROM json_each(?1))";

pub(super) const STATEMENTS: &[&str] =
    &[INSERT, FIND, FIND_BY_EMAIL, VERIFY, RENAME, MOVE, SET_PASSWORD, REHASH, CHANGE_EMAIL, KNOWN];

#[derive(Deserialize)]
struct AccountRow {
    id: AccountId,
    email: String,
    name: String,
    password_hash: Option<String>,
    country: Option<String>,
    tier: AccountTier,
    is_operator: i64,
    created_at: Timestamp,
    verified_at: Option<Timestamp>,
}

#[derive(Deserialize)]
struct IdRow {
    id: AccountId,
}

/// A new account with its lookup; fails with a conflict if there is one for that address.
#[must_use]
pub fn insert(account: &Account, email_lookup: &str) -> Statement {
    Statement::new(
        INSERT,
        [
            account.id.as_str().into(),
            account.sealed_email.as_str().into(),
            email_lookup.into(),
            account.sealed_name.as_str().into(),
            account.password_hash.clone().into(),
            account.country.clone().into(),
            account.tier.as_str().into(),
            account.created_at.0.into(),
        ],
    )
}

/// The account with this id.
///
/// # Errors
/// If the database fails.
pub async fn find(sql: &dyn Sql, id: &AccountId) -> Result<Option<Account>, SqlFailure> {
    one(sql, Statement::new(FIND, [id.as_str().into()])).await
}

/// The account under one of these lookups of an address.
///
/// # Errors
/// If the database fails.
pub async fn find_by_email(sql: &dyn Sql, lookups: &[String]) -> Result<Option<Account>, SqlFailure> {
    let list = json_list(lookups.iter().map(String::as_str));
    one(sql, Statement::new(FIND_BY_EMAIL, [list.into()])).await
}

async fn one(sql: &dyn Sql, statement: Statement) -> Result<Option<Account>, SqlFailure> {
    let row = run(sql, statement).await?.into_iter().next().map(read_row::<AccountRow>).transpose()?;
    Ok(row.map(|row| Account {
        id: row.id,
        sealed_email: row.email,
        sealed_name: row.name,
        password_hash: row.password_hash,
        country: row.country,
        tier: row.tier,
        is_operator: row.is_operator == 1,
        created_at: row.created_at,
        verified_at: row.verified_at,
    }))
}

/// Notes that the address is the person's.
#[must_use]
pub fn verify(id: &AccountId, now: Timestamp) -> Statement {
    Statement::new(VERIFY, [id.as_str().into(), now.0.into()])
}

/// Gives the account another name, which is sealed.
#[must_use]
pub fn rename(id: &AccountId, sealed_name: &str) -> Statement {
    Statement::new(RENAME, [id.as_str().into(), sealed_name.into()])
}

/// Notes in which country the person is.
#[must_use]
pub fn move_to(id: &AccountId, country: Option<&str>) -> Statement {
    Statement::new(MOVE, [id.as_str().into(), country.map(str::to_owned).into()])
}

/// Sets another password.
#[must_use]
pub fn set_password(id: &AccountId, hash: &str) -> Statement {
    Statement::new(SET_PASSWORD, [id.as_str().into(), hash.into()])
}

/// Writes the same password's hash anew, unless somebody has set another one.
///
/// # Errors
/// If the database fails.
pub async fn rehash(sql: &dyn Sql, id: &AccountId, old: &str, new: &str) -> Result<(), SqlFailure> {
    run(sql, Statement::new(REHASH, [id.as_str().into(), old.into(), new.into()])).await.map(drop)
}

/// Sets another address, which is proved; fails with a conflict if another account has it.
#[must_use]
pub fn change_email(id: &AccountId, sealed_email: &str, lookup: &str, now: Timestamp) -> Statement {
    Statement::new(CHANGE_EMAIL, [id.as_str().into(), sealed_email.into(), lookup.into(), now.0.into()])
}

/// Those of `ids` that there are.
///
/// # Errors
/// If the database fails.
pub async fn known(sql: &dyn Sql, ids: &[AccountId]) -> Result<Vec<AccountId>, SqlFailure> {
    self::ids(sql, Statement::new(KNOWN, [json_list(ids.iter().map(AccountId::as_str)).into()])).await
}

async fn ids(sql: &dyn Sql, statement: Statement) -> Result<Vec<AccountId>, SqlFailure> {
    let rows = run(sql, statement).await?;
    rows.into_iter().map(|row| read_row::<IdRow>(row).map(|row| row.id)).collect()
}
