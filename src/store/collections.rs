//! The `collections` table: what images are gathered in.

use serde::Deserialize;

use super::run;
use crate::domain::ids::{AccountId, CollectionId};
use crate::domain::listing::Place;
use crate::domain::time::Timestamp;
use crate::ports::sql::{Sql, SqlFailure, Statement, read_row};

const FIND: &str = "SELECT id, account_id, name, created_at FROM collections WHERE id = ?1";

const INSERT_UNLESS_FULL: &str = "
    INSERT INTO collections (id, account_id, name, created_at)
    SELECT ?1, ?2, ?3, ?4 WHERE (SELECT count(*) FROM collections WHERE account_id = ?2) < ?5
    RETURNING id";

const LIST: &str = "
    SELECT id, account_id, name, created_at,
           (SELECT count(*) FROM images
            WHERE collection_id = collections.id AND state IN ('live', 'held', 'releasing')) AS images
    FROM collections WHERE account_id = ?1 AND (created_at, id) < (?2, ?3)
    ORDER BY created_at DESC, id DESC LIMIT ?4";

const COUNT_IMAGES: &str = "
    SELECT count(*) AS images FROM images WHERE collection_id = ?1 AND state IN ('live', 'held', 'releasing')";

const RENAME: &str = "UPDATE collections SET name = ?3 WHERE id = ?1 AND account_id = ?2 RETURNING id";

// As many rows as are in it, in one statement: all of them, or none.
const TAKE_EVERYTHING_OUT: &str = "
    UPDATE images SET collection_id = NULL
    WHERE collection_id = ?1 AND EXISTS (SELECT 1 FROM collections WHERE id = ?1 AND account_id = ?2)";

const DELETE: &str = "DELETE FROM collections WHERE id = ?1 AND account_id = ?2";

const FORGET_OF_ACCOUNT: &str = "DELETE FROM collections WHERE account_id = ?1";

const FORGET_OF_CLOSED: &str = "
    DELETE FROM collections
    WHERE account_id = ?1 AND EXISTS (SELECT 1 FROM teams WHERE id = ?1 AND closed_at IS NOT NULL)";

pub(super) const STATEMENTS: &[&str] = &[
    FIND,
    INSERT_UNLESS_FULL,
    LIST,
    COUNT_IMAGES,
    RENAME,
    TAKE_EVERYTHING_OUT,
    DELETE,
    FORGET_OF_ACCOUNT,
    FORGET_OF_CLOSED,
];

/// A collection.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Collection {
    /// Its name in addresses.
    pub id: CollectionId,
    /// Whose it is.
    pub account_id: AccountId,
    /// What its owner calls it.
    pub name: String,
    /// When it was made.
    pub created_at: Timestamp,
}

/// A collection with how many images are in it: public and held ones.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct CountedCollection {
    /// The collection.
    #[serde(flatten)]
    pub collection: Collection,
    /// How many.
    pub images: u64,
}

#[derive(Deserialize)]
struct CountRow {
    images: u64,
}

/// The collection of this name, whosever it is.
///
/// # Errors
/// If the database fails.
pub async fn find(sql: &dyn Sql, id: &CollectionId) -> Result<Option<Collection>, SqlFailure> {
    run(sql, Statement::new(FIND, [id.as_str().into()])).await?.into_iter().next().map(read_row).transpose()
}

/// Keeps a collection unless its account has `collections_max`; answers whether it was kept.
///
/// # Errors
/// If the database fails; a conflict means that this very collection is kept already.
pub async fn insert_unless_full(
    sql: &dyn Sql,
    collection: &Collection,
    collections_max: i64,
) -> Result<bool, SqlFailure> {
    let params = [
        collection.id.as_str().into(),
        collection.account_id.as_str().into(),
        collection.name.as_str().into(),
        collection.created_at.0.into(),
        collections_max.into(),
    ];
    Ok(!run(sql, Statement::new(INSERT_UNLESS_FULL, params)).await?.is_empty())
}

/// At most `limit` collections of an account that were made before `place`, the latest first.
///
/// # Errors
/// If the database fails.
pub async fn list(
    sql: &dyn Sql,
    account: &AccountId,
    place: &Place<CollectionId>,
    limit: i64,
) -> Result<Vec<CountedCollection>, SqlFailure> {
    let params = [account.as_str().into(), place.created_at.0.into(), place.id_or_last().into(), limit.into()];
    let rows = run(sql, Statement::new(LIST, params)).await?;
    rows.into_iter().map(read_row).collect()
}

/// How many images are in a collection.
///
/// # Errors
/// If the database fails.
pub async fn count_images(sql: &dyn Sql, id: &CollectionId) -> Result<u64, SqlFailure> {
    let row = run(sql, Statement::new(COUNT_IMAGES, [id.as_str().into()])).await?.into_iter().next();
    row.map_or(Ok(0), |row| read_row::<CountRow>(row).map(|row| row.images))
}

/// Calls a collection of `account` otherwise; answers whether there is one.
///
/// # Errors
/// If the database fails.
pub async fn rename(sql: &dyn Sql, id: &CollectionId, account: &AccountId, name: &str) -> Result<bool, SqlFailure> {
    let params = [id.as_str().into(), account.as_str().into(), name.into()];
    Ok(!run(sql, Statement::new(RENAME, params)).await?.is_empty())
}

/// Deletes a collection of `account`; what is in it stays its owner's, in no collection.
///
/// # Errors
/// If the database fails; then nothing was done, or all of it.
pub async fn delete(sql: &dyn Sql, id: &CollectionId, account: &AccountId) -> Result<(), SqlFailure> {
    let params = || [id.as_str().into(), account.as_str().into()];
    sql.batch(vec![Statement::new(TAKE_EVERYTHING_OUT, params()), Statement::new(DELETE, params())]).await.map(drop)
}

/// Forgets every collection of an account, with the account.
#[must_use]
pub fn forget_of_account(account: &AccountId) -> Statement {
    Statement::new(FORGET_OF_ACCOUNT, [account.as_str().into()])
}

/// Forgets the collections of a team that is closed.
#[must_use]
pub fn forget_of_closed(team: &AccountId) -> Statement {
    Statement::new(FORGET_OF_CLOSED, [team.as_str().into()])
}
