//! The `account_storage` table: how much each account stores. The database counts by itself (triggers of migration 0014):
//! whatever writes an image, counts.

use serde::Deserialize;

use super::{json_list, run};
use crate::domain::ids::AccountId;
use crate::domain::quota::{Quota, Resource, Storage};
use crate::ports::sql::{Sql, SqlFailure, Statement, Value, read_row};

const ALLOW: &str = "
    INSERT INTO account_storage (account_id, images_max, bytes_max, uploads_max) VALUES (?1, ?2, ?3, ?4)
    ON CONFLICT (account_id) DO UPDATE SET
      images_max = excluded.images_max, bytes_max = excluded.bytes_max, uploads_max = excluded.uploads_max
    WHERE (images_max, bytes_max, uploads_max) IS NOT (excluded.images_max, excluded.bytes_max, excluded.uploads_max)";

const FIND: &str = "SELECT images, bytes, month, uploads FROM account_storage WHERE account_id = ?1";

const NEXT: &str = "SELECT account_id FROM account_storage WHERE account_id > ?1 ORDER BY account_id LIMIT ?2";

const RECOUNT: &str = "
    UPDATE account_storage SET
      images = (SELECT count(*) FROM images
                WHERE account_id = account_storage.account_id AND state IN ('pending', 'held', 'releasing', 'live')),
      bytes = (SELECT coalesce(sum(stored_bytes), 0) FROM images
               WHERE account_id = account_storage.account_id AND state IN ('pending', 'held', 'releasing', 'live'))
    WHERE account_id IN (SELECT value FROM json_each(?1))
      AND (images, bytes) IS NOT (SELECT count(*), coalesce(sum(stored_bytes), 0) FROM images
                                  WHERE account_id = account_storage.account_id
                                    AND state IN ('pending', 'held', 'releasing', 'live'))
    RETURNING account_id";

const FORGET_OF_ACCOUNT: &str = "DELETE FROM account_storage WHERE account_id = ?1";

pub(super) const STATEMENTS: &[&str] = &[ALLOW, FIND, NEXT, RECOUNT, FORGET_OF_ACCOUNT];

#[derive(Deserialize)]
struct AccountRow {
    account_id: AccountId,
}

/// Says how much an account may: to be run before what it stores in the same transaction.
#[must_use]
pub fn allow(account: &AccountId, quota: &Quota) -> Statement {
    let max =
        |resource| -> Value { quota.max_of(resource).map(|max| i64::try_from(max).unwrap_or(i64::MAX >> 11)).into() };
    let params = [account.as_str().into(), max(Resource::Images), max(Resource::Bytes), max(Resource::Uploads)];
    Statement::new(ALLOW, params)
}

/// Of what there was no room, if that is why the database refused a transaction.
#[must_use]
pub fn refused(failure: &SqlFailure) -> Option<Resource> {
    let SqlFailure::Refused(words) = failure else { return None };
    Resource::ALL.into_iter().find(|resource| words.contains(&format!("over quota: {}", resource.as_str())))
}

/// How much an account stores.
///
/// # Errors
/// If the database fails.
pub async fn find(sql: &dyn Sql, account: &AccountId) -> Result<Storage, SqlFailure> {
    let row = run(sql, Statement::new(FIND, [account.as_str().into()])).await?.into_iter().next();
    row.map_or(Ok(Storage::default()), read_row)
}

/// The next `limit` accounts after the id `after` that store something or did, in order of ids.
///
/// # Errors
/// If the database fails.
pub async fn next(sql: &dyn Sql, after: &str, limit: i64) -> Result<Vec<AccountId>, SqlFailure> {
    accounts(run(sql, Statement::new(NEXT, [after.into(), limit.into()])).await?)
}

/// Counts the images of `accounts` and mends what was counted wrong; answers whose that was. Uploads of the month cannot
/// be counted again: what was erased meanwhile is nobody's.
///
/// # Errors
/// If the database fails.
pub async fn recount(sql: &dyn Sql, accounts: &[AccountId]) -> Result<Vec<AccountId>, SqlFailure> {
    let list = json_list(accounts.iter().map(AccountId::as_str));
    self::accounts(run(sql, Statement::new(RECOUNT, [list.into()])).await?)
}

/// Forgets what was counted for an account that is erased.
#[must_use]
pub fn forget_of_account(account: &AccountId) -> Statement {
    Statement::new(FORGET_OF_ACCOUNT, [account.as_str().into()])
}

fn accounts(rows: Vec<crate::ports::sql::Row>) -> Result<Vec<AccountId>, SqlFailure> {
    rows.into_iter().map(|row| Ok(read_row::<AccountRow>(row)?.account_id)).collect()
}
