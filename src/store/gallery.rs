//! The `images` table as an account sees it: what it owns, the latest first.

use super::images::{Found, ImageRow, account_id, owner_tier};
use super::run;
use crate::domain::ids::{AccountId, CollectionId};
use crate::domain::image::{HeldImage, Image};
use crate::domain::listing::Place;
use crate::domain::owner::Owner;
use crate::domain::retention::Retention;
use crate::domain::time::Timestamp;
use crate::ports::sql::{Sql, SqlFailure, Statement, Value, read_row};

/// The columns of [`ImageRow`].
macro_rules! images {
    ($condition:literal) => {
        concat!(
            "
    SELECT id, state, surface, verdict, policy_version, created_at, expires_at, retention_class, retention_reason, facts,
           sha256, details, delete_token_hash, removal_reason, erase_after, held_reason, held_until, ttl_ms, account_id,
           owner_tier, collection_id, is_private
    FROM images
    WHERE ",
            $condition
        )
    };
}

const OF_DIGEST: &str = images!("account_id = ?1 AND sha256 = ?2 AND state = 'live' ORDER BY id LIMIT ?3");

const OLDER: &str = images!(
    "account_id = ?1 AND (created_at, id) < (?2, ?3)
      AND state IN ('live', 'held', 'releasing') AND (expires_at IS NULL OR expires_at > ?4)
    ORDER BY created_at DESC, id DESC LIMIT ?5"
);

const NEWER: &str = images!(
    "account_id = ?1 AND (created_at, id) > (?2, ?3)
      AND state IN ('live', 'held', 'releasing') AND (expires_at IS NULL OR expires_at > ?4)
    ORDER BY created_at, id LIMIT ?5"
);

// The sign before a column keeps its index out of it.
const OLDER_IN_COLLECTION: &str = images!(
    "collection_id = ?1 AND +account_id = ?6 AND (created_at, id) < (?2, ?3)
      AND state IN ('live', 'held', 'releasing') AND (expires_at IS NULL OR expires_at > ?4)
    ORDER BY created_at DESC, id DESC LIMIT ?5"
);

const NEWER_IN_COLLECTION: &str = images!(
    "collection_id = ?1 AND +account_id = ?6 AND (created_at, id) > (?2, ?3)
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

pub(super) const STATEMENTS: &[&str] =
    &[OF_DIGEST, OLDER, NEWER, OLDER_IN_COLLECTION, NEWER_IN_COLLECTION, CLAIM, CLAIM_HELD];

/// At most `limit` public images of an account with these bytes.
///
/// # Errors
/// If the database fails.
pub async fn of_digest(sql: &dyn Sql, account: &AccountId, sha256: &str, limit: i64) -> Result<Vec<Image>, SqlFailure> {
    let params = [account.as_str().into(), sha256.into(), limit.into()];
    let rows = run(sql, Statement::new(OF_DIGEST, params)).await?;
    rows.into_iter().map(|row| read_row::<ImageRow>(row)?.into_image()).collect()
}

/// Which images are listed.
#[derive(Clone, Copy, Debug)]
pub enum Scope<'a> {
    /// Those of an account.
    Account(&'a AccountId),
    /// Those in a collection of an account.
    Collection(&'a AccountId, &'a CollectionId),
}

/// At most `limit` images that came before `place`, the latest first.
///
/// # Errors
/// If the database fails.
pub async fn older(
    sql: &dyn Sql,
    scope: Scope<'_>,
    place: &Place,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<Found>, SqlFailure> {
    match scope {
        Scope::Account(account) => list(sql, OLDER, stretch(account.as_str(), place, now, limit)).await,
        Scope::Collection(account, collection) => {
            let params = [stretch(collection.as_str(), place, now, limit), vec![account.as_str().into()]].concat();
            list(sql, OLDER_IN_COLLECTION, params).await
        }
    }
}

/// At most `limit` images that came after `place`, the earliest first.
///
/// # Errors
/// If the database fails.
pub async fn newer(
    sql: &dyn Sql,
    scope: Scope<'_>,
    place: &Place,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<Found>, SqlFailure> {
    match scope {
        Scope::Account(account) => list(sql, NEWER, stretch(account.as_str(), place, now, limit)).await,
        Scope::Collection(account, collection) => {
            let params = [stretch(collection.as_str(), place, now, limit), vec![account.as_str().into()]].concat();
            list(sql, NEWER_IN_COLLECTION, params).await
        }
    }
}

fn stretch(scope: &str, place: &Place, now: Timestamp, limit: i64) -> Vec<Value> {
    vec![scope.into(), place.created_at.0.into(), place.id_or_last().into(), now.0.into(), limit.into()]
}

async fn list(sql: &dyn Sql, statement: &'static str, params: Vec<Value>) -> Result<Vec<Found>, SqlFailure> {
    let rows = run(sql, Statement { sql: statement, params }).await?;
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
