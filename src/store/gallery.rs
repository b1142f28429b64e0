//! The `images` table as an account sees it: what it owns, the latest first.

use super::images::{Found, ImageRow, account_id, owner_tier};
use super::run;
use crate::domain::ids::AccountId;
use crate::domain::image::{HeldImage, Image};
use crate::domain::listing::Place;
use crate::domain::owner::Owner;
use crate::domain::retention::Retention;
use crate::domain::time::Timestamp;
use crate::ports::sql::{Sql, SqlFailure, Statement, read_row};

/// The columns of [`ImageRow`].
macro_rules! images {
    ($condition:literal) => {
        concat!(
            "
    SELECT id, state, surface, verdict, policy_version, created_at, expires_at, retention_class, retention_reason, facts,
           sha256, details, delete_token_hash, removal_reason, erase_after, held_reason, held_until, ttl_ms, account_id,
           owner_tier, collection_id, is_private
    FROM images
    WHERE account_id = ?1 AND ",
            $condition
        )
    };
}

const OF_DIGEST: &str = images!("sha256 = ?2 AND state = 'live' ORDER BY id LIMIT ?3");

const OLDER: &str = images!(
    "(created_at, id) < (?2, ?3)
      AND state IN ('live', 'held', 'releasing') AND (expires_at IS NULL OR expires_at > ?4)
    ORDER BY created_at DESC, id DESC LIMIT ?5"
);

const NEWER: &str = images!(
    "(created_at, id) > (?2, ?3)
      AND state IN ('live', 'held', 'releasing') AND (expires_at IS NULL OR expires_at > ?4)
    ORDER BY created_at, id LIMIT ?5"
);

const CLAIM: &str = "
    UPDATE images SET account_id = ?2, owner_tier = ?3, expires_at = ?4, retention_class = ?5, retention_reason = ?6,
                      next_attempt_at = coalesce(next_attempt_at, ?7)
    WHERE id = ?1 AND state = 'live' AND account_id IS NULL AND verdict = ?8 AND expires_at IS ?9
    RETURNING id";

const CLAIM_HELD: &str = "
    UPDATE images SET account_id = ?2, owner_tier = ?3, expires_at = ?4, retention_class = ?5, retention_reason = ?6
    WHERE id = ?1 AND state = 'held' AND account_id IS NULL AND expires_at IS ?7
    RETURNING id";

pub(super) const STATEMENTS: &[&str] = &[OF_DIGEST, OLDER, NEWER, CLAIM, CLAIM_HELD];

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

/// Makes a live image that is nobody's what `claimed` says, if it still is as `image` says; answers whether. What is
/// stored beside its bytes is written by a job at `next_attempt_at`, if nobody does before.
///
/// # Errors
/// If the database fails.
pub async fn claim(
    sql: &dyn Sql,
    image: &Image,
    claimed: &Image,
    next_attempt_at: Option<Timestamp>,
) -> Result<bool, SqlFailure> {
    let params = [
        image.id.as_str().into(),
        account_id(claimed.owner.as_ref()),
        owner_tier(claimed.owner.as_ref()),
        claimed.retention.expires_at.map(|at| at.0).into(),
        claimed.retention.class.as_str().into(),
        claimed.retention.reason.as_str().into(),
        next_attempt_at.map(|at| at.0).into(),
        image.verdict.as_str().into(),
        image.retention.expires_at.map(|at| at.0).into(),
    ];
    Ok(!run(sql, Statement::new(CLAIM, params)).await?.is_empty())
}

/// Makes a held image that is nobody's an account's, if it still is as `image` says; answers whether.
///
/// # Errors
/// If the database fails.
pub async fn claim_held(
    sql: &dyn Sql,
    image: &HeldImage,
    owner: &Owner,
    retention: &Retention,
) -> Result<bool, SqlFailure> {
    let params = [
        image.id.as_str().into(),
        account_id(Some(owner)),
        owner_tier(Some(owner)),
        retention.expires_at.map(|at| at.0).into(),
        retention.class.as_str().into(),
        retention.reason.as_str().into(),
        image.retention.expires_at.map(|at| at.0).into(),
    ];
    Ok(!run(sql, Statement::new(CLAIM_HELD, params)).await?.is_empty())
}
