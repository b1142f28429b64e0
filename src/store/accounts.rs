//! The `accounts` table: who can sign in. What says who somebody is, is sealed (domain/sealing.rs).

use serde::Deserialize;

use super::{json_list, run};
use crate::domain::account::{Account, AccountTier};
use crate::domain::ids::AccountId;
use crate::domain::time::Timestamp;
use crate::ports::sql::{Sql, SqlFailure, Statement, read_row};

const INSERT: &str = "
    INSERT INTO accounts (id, email, email_lookup, name, password_hash, country, tier, is_operator, declared_age_at,
                          created_at, verified_at, policy_told, policy_seen)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0, ?8, ?8, NULL, ?9, ?9)";

/// The columns of [`AccountRow`].
macro_rules! find {
    ($condition:literal) => {
        concat!(
            "
    SELECT id, email, name, password_hash, country, tier, is_operator, created_at, verified_at, erase_at,
           billing_customer, restricted_at
    FROM accounts
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

const BEGIN_ERASURE: &str = "
    UPDATE accounts SET erase_at = ?2, hides_images = ?3 WHERE id = ?1 AND erase_at IS NULL";

const WITHDRAW_ERASURE: &str = "
    UPDATE accounts SET erase_at = NULL, hides_images = 0, subscription_cancelled_at = NULL WHERE id = ?1 AND erase_at > ?2";

const SUBSCRIBED: &str = "
    SELECT id FROM accounts
    WHERE erase_at IS NOT NULL AND billing_customer IS NOT NULL AND subscription_cancelled_at IS NULL
    ORDER BY erase_at LIMIT ?1";

const NOTE_CANCELLED: &str = "
    UPDATE accounts SET subscription_cancelled_at = ?2 WHERE id = ?1 AND erase_at IS NOT NULL";

const ERASABLE: &str = "
    SELECT accounts.id AS id FROM accounts LEFT JOIN erasures ON erasures.account_id = accounts.id
    WHERE accounts.erase_at <= ?1
      AND NOT EXISTS (SELECT 1 FROM images
                      WHERE account_id = accounts.id AND state IN ('pending', 'live', 'held', 'releasing', 'removing'))
      AND NOT EXISTS (SELECT 1 FROM images
                      WHERE account_id = accounts.id AND state = 'recovery'
                        AND NOT EXISTS (SELECT 1 FROM holds
                                        WHERE image_id = images.id AND released_at IS NULL AND until > ?1))
      AND NOT EXISTS (SELECT 1 FROM images JOIN reports ON reports.image_id = images.id
                      WHERE images.account_id = accounts.id AND reports.state = 'due')
    ORDER BY coalesce(erasures.tried_at, 0), accounts.erase_at LIMIT ?2";

const ERASE: &str = "DELETE FROM accounts WHERE id = ?1 AND erase_at <= ?2";

const RESTRICT: &str = "
    UPDATE accounts SET restricted_at = CASE WHEN ?2 IS NULL THEN NULL ELSE coalesce(restricted_at, ?2) END WHERE id = ?1";

const OPERATORS: &str = "SELECT id FROM accounts WHERE is_operator = 1 AND erase_at IS NULL ORDER BY id LIMIT ?1";

const KNOWN: &str = "SELECT id FROM accounts WHERE id IN (SELECT value FROM json_each(?1))";

pub(super) const STATEMENTS: &[&str] = &[
    INSERT,
    FIND,
    FIND_BY_EMAIL,
    VERIFY,
    RENAME,
    MOVE,
    SET_PASSWORD,
    REHASH,
    CHANGE_EMAIL,
    BEGIN_ERASURE,
    WITHDRAW_ERASURE,
    SUBSCRIBED,
    NOTE_CANCELLED,
    ERASABLE,
    ERASE,
    RESTRICT,
    OPERATORS,
    KNOWN,
];

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
    erase_at: Option<Timestamp>,
    billing_customer: Option<String>,
    restricted_at: Option<Timestamp>,
}

#[derive(Deserialize)]
struct IdRow {
    id: AccountId,
}

/// A new account with its lookup; fails with a conflict if there is one for that address.
#[must_use]
pub fn insert(account: &Account, email_lookup: &str, policy_edition: i64) -> Statement {
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
            policy_edition.into(),
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
        erase_at: row.erase_at,
        billing_customer: row.billing_customer,
        restricted_at: row.restricted_at,
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

/// Notes from when on an account is erased, and whether its images are out of public view until then; not if it is to be
/// erased already.
#[must_use]
pub fn begin_erasure(id: &AccountId, erase_at: Timestamp, hides_images: bool) -> Statement {
    Statement::new(BEGIN_ERASURE, [id.as_str().into(), erase_at.0.into(), i64::from(hides_images).into()])
}

/// Notes that an account stays after all, unless its time has come.
#[must_use]
pub fn withdraw_erasure(id: &AccountId, now: Timestamp) -> Statement {
    Statement::new(WITHDRAW_ERASURE, [id.as_str().into(), now.0.into()])
}

/// At most `limit` accounts that are to be erased and whose subscriptions are not known to be cancelled.
///
/// # Errors
/// If the database fails.
pub async fn subscribed(sql: &dyn Sql, limit: i64) -> Result<Vec<AccountId>, SqlFailure> {
    ids(sql, Statement::new(SUBSCRIBED, [limit.into()])).await
}

/// Notes that the subscription of an account that is to be erased is cancelled.
///
/// # Errors
/// If the database fails; it is then cancelled once more.
pub async fn note_cancelled(sql: &dyn Sql, id: &AccountId, now: Timestamp) -> Result<(), SqlFailure> {
    run(sql, Statement::new(NOTE_CANCELLED, [id.as_str().into(), now.0.into()])).await.map(drop)
}

/// At most `limit` accounts, those first that were not tried for the longest time, whose time has come and of which no image has bytes any more, but for those that a hold keeps. Not
/// one of whose images is still to be reported: the law may ask whose it was (GDPR Art. 17(3)(b)).
///
/// # Errors
/// If the database fails.
pub async fn erasable(sql: &dyn Sql, now: Timestamp, limit: i64) -> Result<Vec<AccountId>, SqlFailure> {
    ids(sql, Statement::new(ERASABLE, [now.0.into(), limit.into()])).await
}

/// Erases an account whose time has come. What says something about it elsewhere goes in the same batch.
#[must_use]
pub fn erase(id: &AccountId, now: Timestamp) -> Statement {
    Statement::new(ERASE, [id.as_str().into(), now.0.into()])
}

/// Writes down since when processing is paused for an account; none: it is not, or not any more.
#[must_use]
pub fn restrict(id: &AccountId, since: Option<Timestamp>) -> Statement {
    Statement::new(RESTRICT, [id.as_str().into(), since.map(|at| at.0).into()])
}

/// Accounts of operators, at most `limit`.
///
/// # Errors
/// If the database fails.
pub async fn operators(sql: &dyn Sql, limit: i64) -> Result<Vec<AccountId>, SqlFailure> {
    ids(sql, Statement::new(OPERATORS, [limit.into()])).await
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
