//! The `api_keys` table: what programs may do for which account.

use serde::Deserialize;

use super::{json_list, run};
use crate::domain::api_key::{ApiKeyText, KeyUse, Scopes};
use crate::domain::ids::{AccountId, ApiKeyId, CollectionId};
use crate::domain::time::Timestamp;
use crate::ports::sql::{Sql, SqlFailure, Statement, read_row};

const INSERT_UNLESS_FULL: &str = "
    INSERT INTO api_keys (id, account_id, name, hash, scopes, master_key, ed25519_public, collection_id, created_at,
                          expires_at)
    SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10
    WHERE (SELECT count(*) FROM api_keys
           WHERE account_id = ?2 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?9)) < ?11
    RETURNING id";

const LIST: &str = "
    SELECT id, name, scopes, ed25519_public, collection_id, created_at, expires_at, last_used_day, revoked_at,
           (SELECT name FROM collections WHERE id = api_keys.collection_id) AS collection_name
    FROM api_keys WHERE account_id = ?1 ORDER BY created_at DESC, id DESC LIMIT ?2";

const FIND_BY_HASH: &str = "
    SELECT id, account_id, scopes, master_key, sealed_secret, ed25519_public, collection_id, last_used_day
    FROM api_keys
    WHERE hash = ?1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?2)
      AND (collection_id IS NULL OR EXISTS (SELECT 1 FROM collections WHERE id = api_keys.collection_id))
      AND NOT EXISTS (SELECT 1 FROM accounts WHERE id = api_keys.account_id AND erase_at IS NOT NULL)
      -- No key opens anything while a database that was set back is told which do not.
      AND NOT EXISTS (SELECT 1 FROM restorations WHERE id = 1 AND finished_at IS NULL)";

const FIND_BY_IDS: &str = "
    SELECT id, account_id, scopes, master_key, sealed_secret, ed25519_public, collection_id, last_used_day
    FROM api_keys
    WHERE id IN (SELECT value FROM json_each(?1)) AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?2)
      AND (collection_id IS NULL OR EXISTS (SELECT 1 FROM collections WHERE id = api_keys.collection_id))
      AND NOT EXISTS (SELECT 1 FROM accounts WHERE id = api_keys.account_id AND erase_at IS NOT NULL)
      -- No key opens anything while a database that was set back is told which do not.
      AND NOT EXISTS (SELECT 1 FROM restorations WHERE id = 1 AND finished_at IS NULL)";

const NAME_OF: &str = "SELECT name FROM api_keys WHERE id = ?1 AND account_id = ?2";

const NOTE_USE: &str = "
    UPDATE api_keys SET last_used_day = ?2 WHERE id = ?1 AND (last_used_day IS NULL OR last_used_day < ?2)";

const REVOKE: &str = "
    UPDATE api_keys SET revoked_at = coalesce(revoked_at, ?3) WHERE id = ?1 AND account_id = ?2 RETURNING id";

const FORGET_REVOKED: &str = "
    DELETE FROM api_keys
    WHERE id IN (SELECT id FROM api_keys WHERE revoked_at <= ?1 ORDER BY revoked_at LIMIT ?2)
    RETURNING id";

const FORGET_EXPIRED: &str = "
    DELETE FROM api_keys
    WHERE id IN (SELECT id FROM api_keys WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2)
    RETURNING id";

const FORGET_OF_ACCOUNT: &str = "DELETE FROM api_keys WHERE account_id = ?1";

pub(super) const STATEMENTS: &[&str] = &[
    INSERT_UNLESS_FULL,
    LIST,
    FIND_BY_HASH,
    FIND_BY_IDS,
    NAME_OF,
    NOTE_USE,
    REVOKE,
    FORGET_REVOKED,
    FORGET_EXPIRED,
    FORGET_OF_ACCOUNT,
];

/// A key that is being made.
#[derive(Clone, Debug)]
pub struct NewApiKey<'a> {
    /// Its name.
    pub id: &'a ApiKeyId,
    /// Whose it is.
    pub account_id: &'a AccountId,
    /// What its owner calls it, sealed.
    pub sealed_name: &'a str,
    /// The key, of which the hash is kept.
    pub text: &'a ApiKeyText,
    /// What it allows.
    pub scopes: &'a Scopes,
    /// The name of the master key from which its signing secret is derived.
    pub master_key: &'a str,
    /// The public key that its owner registered.
    pub ed25519_public: Option<&'a str>,
    /// The collection to which it is confined.
    pub collection_id: Option<&'a CollectionId>,
    /// When it stops working by itself.
    pub expires_at: Option<Timestamp>,
}

/// A key as its owner sees it in a list.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ListedApiKey {
    /// Its name.
    pub id: ApiKeyId,
    /// What its owner calls it, sealed.
    pub name: String,
    /// What it allows.
    pub scopes: Scopes,
    /// The public key that its owner registered.
    pub ed25519_public: Option<String>,
    /// The collection to which it is confined.
    pub collection_id: Option<CollectionId>,
    /// What that is called; none though there is an id: it was deleted, and the key opens nothing any more.
    pub collection_name: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it stops working by itself.
    pub expires_at: Option<Timestamp>,
    /// The UTC day on which it was last used.
    pub last_used_day: Option<String>,
    /// When its owner ended it.
    pub revoked_at: Option<Timestamp>,
}

/// A key that is neither revoked nor expired, and whose collection is there if it is confined to one.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ValidApiKey {
    /// Its name.
    pub id: ApiKeyId,
    /// Whose it is.
    pub account_id: AccountId,
    /// What it allows.
    pub scopes: Scopes,
    /// The name of the master key from which its signing secret is derived.
    pub master_key: String,
    /// That secret, sealed, since there is another master key.
    pub sealed_secret: Option<String>,
    /// The public key that its owner registered.
    pub ed25519_public: Option<String>,
    /// The collection to which it is confined.
    pub collection_id: Option<CollectionId>,
    /// The UTC day on which it was last used.
    pub last_used_day: Option<String>,
}

impl ValidApiKey {
    /// What using it means.
    #[must_use]
    pub fn into_use(self) -> KeyUse {
        KeyUse { account_id: self.account_id, key_id: self.id, scopes: self.scopes, collection: self.collection_id }
    }
}

/// Keeps a key unless its account has `keys_max` valid ones; answers whether it was kept.
///
/// # Errors
/// If the database fails; a conflict means that this very key is kept already.
pub async fn insert_unless_full(
    sql: &dyn Sql,
    key: &NewApiKey<'_>,
    keys_max: i64,
    now: Timestamp,
) -> Result<bool, SqlFailure> {
    let params = [
        key.id.as_str().into(),
        key.account_id.as_str().into(),
        key.sealed_name.into(),
        key.text.hash().into(),
        key.scopes.to_string().into(),
        key.master_key.into(),
        key.ed25519_public.into(),
        key.collection_id.map(CollectionId::as_str).into(),
        now.0.into(),
        key.expires_at.map(|at| at.0).into(),
        keys_max.into(),
    ];
    Ok(!run(sql, Statement::new(INSERT_UNLESS_FULL, params)).await?.is_empty())
}

/// At most `limit` keys of an account, the latest first.
///
/// # Errors
/// If the database fails.
pub async fn list(sql: &dyn Sql, account_id: &AccountId, limit: i64) -> Result<Vec<ListedApiKey>, SqlFailure> {
    let rows = run(sql, Statement::new(LIST, [account_id.as_str().into(), limit.into()])).await?;
    rows.into_iter().map(read_row).collect()
}

/// The valid key of this text.
///
/// # Errors
/// If the database fails.
pub async fn find_valid(sql: &dyn Sql, text: &ApiKeyText, now: Timestamp) -> Result<Option<ValidApiKey>, SqlFailure> {
    let rows = run(sql, Statement::new(FIND_BY_HASH, [text.hash().into(), now.0.into()])).await?;
    rows.into_iter().next().map(read_row).transpose()
}

/// The valid ones of these keys.
///
/// # Errors
/// If the database fails.
pub async fn find_all_valid(sql: &dyn Sql, ids: &[ApiKeyId], now: Timestamp) -> Result<Vec<ValidApiKey>, SqlFailure> {
    let ids = json_list(ids.iter().map(ApiKeyId::as_str));
    let rows = run(sql, Statement::new(FIND_BY_IDS, [ids.into(), now.0.into()])).await?;
    rows.into_iter().map(read_row).collect()
}

/// What its owner calls a key of the account, sealed; also of one that has ended.
///
/// # Errors
/// If the database fails.
pub async fn name_of(sql: &dyn Sql, id: &ApiKeyId, account_id: &AccountId) -> Result<Option<String>, SqlFailure> {
    #[derive(Deserialize)]
    struct NameRow {
        name: String,
    }
    let rows = run(sql, Statement::new(NAME_OF, [id.as_str().into(), account_id.as_str().into()])).await?;
    let row: Option<NameRow> = rows.into_iter().next().map(read_row).transpose()?;
    Ok(row.map(|row| row.name))
}

/// Notes that a key was used on this UTC day; nothing if that is noted already.
#[must_use]
pub fn note_use(key: &ValidApiKey, day: &str) -> Option<Statement> {
    let is_noted = key.last_used_day.as_deref().is_some_and(|noted| noted >= day);
    (!is_noted).then(|| Statement::new(NOTE_USE, [key.id.as_str().into(), day.into()]))
}

/// Ends a key of the account; answers whether there is one. One that has ended stays ended when it did.
///
/// # Errors
/// If the database fails.
pub async fn revoke(sql: &dyn Sql, id: &ApiKeyId, account_id: &AccountId, now: Timestamp) -> Result<bool, SqlFailure> {
    let params = [id.as_str().into(), account_id.as_str().into(), now.0.into()];
    Ok(!run(sql, Statement::new(REVOKE, params)).await?.is_empty())
}

/// Forgets at most `limit` keys that were revoked, and as many that expired, at or before `until`; answers how many.
///
/// # Errors
/// If the database fails.
pub async fn forget_ended(sql: &dyn Sql, until: Timestamp, limit: i64) -> Result<usize, SqlFailure> {
    let of = |statement| Statement::new(statement, [until.0.into(), limit.into()]);
    let results = sql.batch(vec![of(FORGET_REVOKED), of(FORGET_EXPIRED)]).await?;
    Ok(results.iter().map(Vec::len).sum())
}

/// Forgets every key of an account, with the account.
#[must_use]
pub fn forget_of_account(account_id: &AccountId) -> Statement {
    Statement::new(FORGET_OF_ACCOUNT, [account_id.as_str().into()])
}
