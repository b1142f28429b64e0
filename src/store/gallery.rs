//! The `images` table as an account sees it: what it owns, the latest first.

use serde::Deserialize;

use super::images::{Found, ImageRow};
use super::run;
use crate::domain::ids::AccountId;
use crate::domain::image::Image;
use crate::domain::listing::Place;
use crate::domain::time::Timestamp;
use crate::ports::sql::{Sql, SqlFailure, Statement, read_row};

const OF_DIGEST: &str = "
    SELECT * FROM images WHERE account_id = ?1 AND sha256 = ?2 AND state = 'live' ORDER BY id LIMIT ?3";

const OLDER: &str = "
    SELECT * FROM images
    WHERE account_id = ?1 AND (created_at, id) < (?2, ?3)
      AND state IN ('live', 'held', 'releasing') AND (expires_at IS NULL OR expires_at > ?4)
    ORDER BY created_at DESC, id DESC LIMIT ?5";

const NEWER: &str = "
    SELECT * FROM images
    WHERE account_id = ?1 AND (created_at, id) > (?2, ?3)
      AND state IN ('live', 'held', 'releasing') AND (expires_at IS NULL OR expires_at > ?4)
    ORDER BY created_at, id LIMIT ?5";

const USAGE: &str = "
    SELECT count(*) FILTER (WHERE state IN ('live', 'held', 'releasing')) AS images,
           coalesce(sum(json_extract(facts, '$.bytes')) FILTER (WHERE state IN ('live', 'held', 'releasing')), 0) AS bytes,
           count(*) FILTER (WHERE created_at >= ?2 AND state <> 'pending') AS uploads
    FROM images WHERE account_id = ?1";

pub(super) const STATEMENTS: &[&str] = &[OF_DIGEST, OLDER, NEWER, USAGE];

/// What an account stores.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct Usage {
    /// Images that are public or held.
    pub images: u64,
    /// Their bytes as they are stored; of those that nothing has looked at yet, none.
    pub bytes: u64,
    /// Uploads since a point in time, also of what is in recovery meanwhile.
    pub uploads: u64,
}

/// At most `limit` public images of an account with these bytes.
///
/// # Errors
/// If the database fails.
pub async fn of_digest(sql: &dyn Sql, account: &AccountId, sha256: &str, limit: i64) -> Result<Vec<Image>, SqlFailure> {
    let params = [account.as_str().into(), sha256.into(), limit.into()];
    let rows = run(sql, Statement::new(OF_DIGEST, params)).await?;
    rows.into_iter().map(|row| read_row::<ImageRow>(row)?.into_image()).collect()
}

/// At most `limit` images of an account that came before `place`, the latest first.
///
/// # Errors
/// If the database fails.
pub async fn older(
    sql: &dyn Sql,
    account: &AccountId,
    place: &Place,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<Found>, SqlFailure> {
    list(sql, OLDER, account, place, now, limit).await
}

/// At most `limit` images of an account that came after `place`, the earliest first.
///
/// # Errors
/// If the database fails.
pub async fn newer(
    sql: &dyn Sql,
    account: &AccountId,
    place: &Place,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<Found>, SqlFailure> {
    list(sql, NEWER, account, place, now, limit).await
}

async fn list(
    sql: &dyn Sql,
    statement: &'static str,
    account: &AccountId,
    place: &Place,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<Found>, SqlFailure> {
    let id = place.id.as_ref().map_or("~", |id| id.as_str());
    let params = [account.as_str().into(), place.created_at.0.into(), id.into(), now.0.into(), limit.into()];
    let rows = run(sql, Statement::new(statement, params)).await?;
    let found = rows.into_iter().map(|row| read_row::<ImageRow>(row)?.into_found());
    found.filter_map(Result::transpose).collect()
}

/// What an account stores, and how much of it came at or after `since`.
///
/// # Errors
/// If the database fails.
pub async fn usage(sql: &dyn Sql, account: &AccountId, since: Timestamp) -> Result<Usage, SqlFailure> {
    let row = run(sql, Statement::new(USAGE, [account.as_str().into(), since.0.into()])).await?.into_iter().next();
    row.map_or(Ok(Usage { images: 0, bytes: 0, uploads: 0 }), read_row)
}
