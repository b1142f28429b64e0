//! The `images` table on the way out: every transition after `live`. Each statement names the state it
//! starts from, so that running it twice, or beside another, does nothing the second time.

use serde::Deserialize;

use super::leases::Lease;
use super::{decisions, json_list, review_queue, run, tickets};
use crate::domain::ids::{AccountId, CollectionId, ImageId};
use crate::domain::image::{RemovalReason, State};
use crate::domain::time::Timestamp;
use crate::ports::sql::{Sql, SqlFailure, Statement, read_row};

const BEGIN: &str = "
    UPDATE images SET state = 'removing', removing_at = ?2, removal_reason = ?3, next_attempt_at = NULL
    WHERE id = ?1 AND state IN ('live', 'held', 'releasing')";

const BEGIN_OWNED: &str = "
    UPDATE images SET state = 'removing', removing_at = ?3, removal_reason = 'deleted', next_attempt_at = NULL
    WHERE id IN (SELECT value FROM json_each(?1)) AND account_id = ?2 AND state IN ('live', 'held', 'releasing')
      AND (?4 IS NULL OR collection_id = ?4)";

const DELETED_OWNED: &str = "
    SELECT id, state FROM images
    WHERE id IN (SELECT value FROM json_each(?1)) AND account_id = ?2 AND state IN ('removing', 'recovery')
      AND removal_reason = 'deleted' AND (?3 IS NULL OR collection_id = ?3)";

const BEGIN_PROHIBITED: &str = "
    UPDATE images SET state = 'removing', removing_at = ?2, removal_reason = 'removed', verdict = 'prohibited',
                      policy_version = ?3, next_attempt_at = NULL
    WHERE id = ?1 AND state IN ('live', 'releasing')";

const EXPIRE_DUE: &str = "
    UPDATE images SET state = 'removing', removing_at = ?1, removal_reason = 'expired', next_attempt_at = NULL
    WHERE id IN (SELECT id FROM images WHERE state = 'live' AND expires_at <= ?1 ORDER BY expires_at LIMIT ?2)
      AND state = 'live' AND EXISTS (SELECT 1 FROM leases WHERE job = ?3 AND fence = ?4)";

const ABANDON_DRAFTS: &str = "
    UPDATE images SET state = 'removing', removing_at = ?1, removal_reason = 'abandoned'
    WHERE id IN (SELECT id FROM images WHERE state = 'pending' AND created_at <= ?2 ORDER BY created_at LIMIT ?3)
      AND state = 'pending' AND EXISTS (SELECT 1 FROM leases WHERE job = ?4 AND fence = ?5)";

const UNFINISHED: &str = "
    SELECT id, removal_reason, (SELECT count(*) FROM holds WHERE image_id = images.id) AS holds
    FROM images WHERE state = 'removing' AND removing_at <= ?1
    ORDER BY removing_at LIMIT ?2";

const REACH_RECOVERY: &str = "
    UPDATE images SET state = 'recovery',
                      erase_after = max(?2,
                        coalesce((SELECT max(until) FROM holds WHERE image_id = images.id AND released_at IS NULL), 0),
                        -- What its account would get back stays as long as that is possible.
                        coalesce((SELECT erase_at FROM leaving_images JOIN accounts ON accounts.id = leaving_images.account_id
                                  WHERE image_id = images.id), 0))
    WHERE id IN (SELECT value FROM json_each(?1)) AND state = 'removing'";

const POSTPONE: &str = "
    UPDATE images SET removing_at = ?2 WHERE id IN (SELECT value FROM json_each(?1)) AND state = 'removing'";

const ERASABLE: &str = "
    SELECT id FROM images
    WHERE state = 'recovery' AND erase_after <= ?1
      AND NOT EXISTS (SELECT 1 FROM holds WHERE image_id = images.id AND released_at IS NULL AND until > ?1)
    ORDER BY erase_after LIMIT ?2 OFFSET ?3";

const ERASE: &str = "
    UPDATE images SET state = 'gone', gone_at = ?2, facts = NULL, sha256 = NULL, held_sha256 = NULL,
                      details = NULL, delete_token_hash = NULL, hashes = NULL, account_id = NULL, owner_tier = NULL,
                      collection_id = NULL, search_text = NULL, stored_bytes = 0
    WHERE id IN (SELECT value FROM json_each(?1)) AND state = 'recovery'
      AND NOT EXISTS (SELECT 1 FROM holds WHERE image_id = images.id AND released_at IS NULL AND until > ?2)
      AND EXISTS (SELECT 1 FROM leases WHERE job = ?3 AND fence = ?4)";

const DECLARE_LOST: &str = "
    UPDATE images SET state = 'gone', gone_at = ?2, removal_reason = coalesce(removal_reason, 'lost'),
                      facts = NULL, sha256 = NULL, held_sha256 = NULL, details = NULL, delete_token_hash = NULL,
                      hashes = NULL, next_attempt_at = NULL, account_id = NULL, owner_tier = NULL,
                      collection_id = NULL, search_text = NULL, stored_bytes = 0
    WHERE id = ?1 AND state IN ('held', 'releasing', 'live', 'removing', 'recovery')";

const REACH_GONE: &str = "
    UPDATE images SET state = 'gone', gone_at = ?2, facts = NULL, sha256 = NULL, held_sha256 = NULL,
                      details = NULL, delete_token_hash = NULL, hashes = NULL, account_id = NULL, owner_tier = NULL,
                      collection_id = NULL, search_text = NULL, stored_bytes = 0
    WHERE id IN (SELECT value FROM json_each(?1)) AND state = 'removing' AND removal_reason IN ('refused', 'unscanned')";

const REACH_GONE_UNDER_HOLD: &str = "
    UPDATE images SET state = 'gone', gone_at = ?2 WHERE id = ?1 AND state = 'removing'";

const WITHHOLD_UNDER_HOLD: &str = "
    UPDATE images SET state = 'recovery', removal_reason = 'prohibited', gone_at = NULL,
                      erase_after = max(?2, coalesce((SELECT max(until) FROM holds WHERE image_id = ?1 AND released_at IS NULL), 0))
    WHERE id = ?1 AND state IN ('removing', 'gone')";

const KEEP_UNTIL: &str = "
    UPDATE images SET erase_after = max(?2, coalesce(erase_after, 0)) WHERE id = ?1 AND state = 'recovery'";

const CLOSE_REVIEW: &str = "
    UPDATE review_queue SET decided_at = ?2, outcome = 'left' WHERE image_id = ?1 AND decided_at IS NULL";

const FORGET_ABANDONED: &str = "
    DELETE FROM images
    WHERE id IN (SELECT value FROM json_each(?1)) AND state = 'removing' AND removal_reason = 'abandoned'";

const FORGET_DECISIONS_OF_GONE: &str = "
    DELETE FROM decisions
    WHERE image_id IN (SELECT id FROM images
      WHERE state = 'gone' AND gone_at <= ?1
        AND NOT EXISTS (SELECT 1 FROM holds WHERE image_id = images.id AND released_at IS NULL AND until > ?5)
        AND NOT EXISTS (SELECT 1 FROM reports WHERE image_id = images.id AND state = 'due')
      ORDER BY gone_at LIMIT ?2)
      AND EXISTS (SELECT 1 FROM leases WHERE job = ?3 AND fence = ?4)";

const FORGET_REVIEWS_OF_GONE: &str = "
    DELETE FROM review_queue
    WHERE image_id IN (SELECT id FROM images
      WHERE state = 'gone' AND gone_at <= ?1
        AND NOT EXISTS (SELECT 1 FROM holds WHERE image_id = images.id AND released_at IS NULL AND until > ?5)
        AND NOT EXISTS (SELECT 1 FROM reports WHERE image_id = images.id AND state = 'due')
      ORDER BY gone_at LIMIT ?2)
      AND EXISTS (SELECT 1 FROM leases WHERE job = ?3 AND fence = ?4)";

const FORGET_HOLDS_OF_GONE: &str = "
    DELETE FROM holds
    WHERE image_id IN (SELECT id FROM images
      WHERE state = 'gone' AND gone_at <= ?1
        AND NOT EXISTS (SELECT 1 FROM holds WHERE image_id = images.id AND released_at IS NULL AND until > ?5)
        AND NOT EXISTS (SELECT 1 FROM reports WHERE image_id = images.id AND state = 'due')
      ORDER BY gone_at LIMIT ?2)
      AND EXISTS (SELECT 1 FROM leases WHERE job = ?3 AND fence = ?4)";

const FORGET_REPORTS_OF_GONE: &str = "
    DELETE FROM reports
    WHERE image_id IN (SELECT id FROM images
      WHERE state = 'gone' AND gone_at <= ?1
        AND NOT EXISTS (SELECT 1 FROM holds WHERE image_id = images.id AND released_at IS NULL AND until > ?5)
        AND NOT EXISTS (SELECT 1 FROM reports WHERE image_id = images.id AND state = 'due')
      ORDER BY gone_at LIMIT ?2)
      AND EXISTS (SELECT 1 FROM leases WHERE job = ?3 AND fence = ?4)";

const FORGET_ORDERS_OF_GONE: &str = "
    DELETE FROM orders
    WHERE image_id IN (SELECT id FROM images
      WHERE state = 'gone' AND gone_at <= ?1
        AND NOT EXISTS (SELECT 1 FROM holds WHERE image_id = images.id AND released_at IS NULL AND until > ?5)
        AND NOT EXISTS (SELECT 1 FROM reports WHERE image_id = images.id AND state = 'due')
      ORDER BY gone_at LIMIT ?2)
      AND EXISTS (SELECT 1 FROM leases WHERE job = ?3 AND fence = ?4)";

const CLOSE_REVIEWS_OF: &str = "
    UPDATE review_queue SET decided_at = ?2, outcome = 'left'
    WHERE image_id IN (SELECT value FROM json_each(?1)) AND decided_at IS NULL";

const CLOSE_REVIEWS: &str = "
    UPDATE review_queue SET decided_at = ?2, outcome = 'left'
    WHERE image_id IN (SELECT value FROM json_each(?1)) AND decided_at IS NULL
      AND EXISTS (SELECT 1 FROM leases WHERE job = ?3 AND fence = ?4)";

const FORGET_GONE: &str = "
    DELETE FROM images
    WHERE id IN (SELECT id FROM images
      WHERE state = 'gone' AND gone_at <= ?1
        AND NOT EXISTS (SELECT 1 FROM holds WHERE image_id = images.id AND released_at IS NULL AND until > ?5)
        AND NOT EXISTS (SELECT 1 FROM reports WHERE image_id = images.id AND state = 'due')
      ORDER BY gone_at LIMIT ?2)
      AND EXISTS (SELECT 1 FROM leases WHERE job = ?3 AND fence = ?4)
    RETURNING id";

pub(super) const STATEMENTS: &[&str] = &[
    BEGIN,
    BEGIN_OWNED,
    DELETED_OWNED,
    BEGIN_PROHIBITED,
    EXPIRE_DUE,
    ABANDON_DRAFTS,
    UNFINISHED,
    REACH_RECOVERY,
    POSTPONE,
    ERASABLE,
    ERASE,
    DECLARE_LOST,
    REACH_GONE,
    REACH_GONE_UNDER_HOLD,
    WITHHOLD_UNDER_HOLD,
    KEEP_UNTIL,
    CLOSE_REVIEW,
    FORGET_ABANDONED,
    FORGET_DECISIONS_OF_GONE,
    FORGET_REVIEWS_OF_GONE,
    FORGET_HOLDS_OF_GONE,
    FORGET_ORDERS_OF_GONE,
    FORGET_REPORTS_OF_GONE,
    CLOSE_REVIEWS_OF,
    CLOSE_REVIEWS,
    FORGET_GONE,
];

/// An image whose removal has begun.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Unfinished {
    /// The image.
    pub id: ImageId,
    /// Why it is being removed.
    pub removal_reason: RemovalReason,
    /// How many holds were placed on it.
    pub holds: u32,
}

/// An image that its owner has deleted.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Deleted {
    /// The image.
    pub id: ImageId,
    /// Whether it is out of public view already.
    pub state: State,
}

#[derive(Deserialize)]
struct IdRow {
    id: ImageId,
}

/// Takes a live or held image out of public promise.
///
/// # Errors
/// If the database fails.
pub async fn begin(sql: &dyn Sql, id: &ImageId, reason: RemovalReason, now: Timestamp) -> Result<(), SqlFailure> {
    let params = [id.as_str().into(), now.0.into(), reason.as_str().into()];
    run(sql, Statement::new(BEGIN, params)).await.map(drop)
}

/// Which images of whom somebody may delete.
#[derive(Clone, Copy, Debug)]
pub struct Owned<'a> {
    /// Whose they are.
    pub account: &'a AccountId,
    /// Only those in this collection.
    pub collection: Option<&'a CollectionId>,
}

/// Begins the removal of those of `ids` that are `owned` and not on their way out. Answers all of them that have been
/// deleted by now and still have bytes, so that asking twice is asking once.
///
/// # Errors
/// If the database fails.
pub async fn delete_owned(
    sql: &dyn Sql,
    ids: &[ImageId],
    owned: Owned<'_>,
    now: Timestamp,
) -> Result<Vec<Deleted>, SqlFailure> {
    let list = json_list(ids.iter().map(ImageId::as_str));
    let (account, collection) = (owned.account.as_str(), owned.collection.map(CollectionId::as_str));
    let begin = Statement::new(BEGIN_OWNED, [list.as_str().into(), account.into(), now.0.into(), collection.into()]);
    let deleted = Statement::new(DELETED_OWNED, [list.as_str().into(), account.into(), collection.into()]);
    let rows = sql.batch(vec![begin, deleted]).await?.into_iter().nth(1).unwrap_or_default();
    rows.into_iter().map(read_row).collect()
}

/// Takes a live image, or one that is about to be, that a person found to be prohibited out of public promise.
#[must_use]
pub fn begin_prohibited(id: &ImageId, policy_version: i64, now: Timestamp) -> Statement {
    Statement::new(BEGIN_PROHIBITED, [id.as_str().into(), now.0.into(), policy_version.into()])
}

/// Begins the removal of at most `limit` images whose window has ended.
///
/// # Errors
/// If the database fails.
pub async fn expire_due(sql: &dyn Sql, lease: &Lease, now: Timestamp, limit: i64) -> Result<(), SqlFailure> {
    let params = [now.0.into(), limit.into(), lease.job.into(), lease.fence.into()];
    run(sql, Statement::new(EXPIRE_DUE, params)).await.map(drop)
}

/// Gives up on at most `limit` drafts begun at or before `begun_until`.
///
/// # Errors
/// If the database fails.
pub async fn abandon_drafts(
    sql: &dyn Sql,
    lease: &Lease,
    now: Timestamp,
    begun_until: Timestamp,
    limit: i64,
) -> Result<(), SqlFailure> {
    let params = [now.0.into(), begun_until.0.into(), limit.into(), lease.job.into(), lease.fence.into()];
    run(sql, Statement::new(ABANDON_DRAFTS, params)).await.map(drop)
}

/// Removals begun at or before `until` and not finished, oldest first.
///
/// # Errors
/// If the database fails.
pub async fn unfinished(sql: &dyn Sql, until: Timestamp, limit: i64) -> Result<Vec<Unfinished>, SqlFailure> {
    let rows = run(sql, Statement::new(UNFINISHED, [until.0.into(), limit.into()])).await?;
    rows.into_iter().map(read_row).collect()
}

/// Records that the bytes of `ids` are in recovery, until `erase_after` or the end of a hold, whichever is later.
///
/// # Errors
/// If the database fails.
pub async fn reach_recovery(sql: &dyn Sql, ids: &[ImageId], erase_after: Timestamp) -> Result<(), SqlFailure> {
    let list = json_list(ids.iter().map(ImageId::as_str));
    run(sql, Statement::new(REACH_RECOVERY, [list.into(), erase_after.0.into()])).await.map(drop)
}

/// Puts removals that could not be finished behind the others, so that they cannot keep them waiting for good.
///
/// # Errors
/// If the database fails; they are then tried first again.
pub async fn postpone(sql: &dyn Sql, ids: &[ImageId], now: Timestamp) -> Result<(), SqlFailure> {
    let list = json_list(ids.iter().map(ImageId::as_str));
    run(sql, Statement::new(POSTPONE, [list.into(), now.0.into()])).await.map(drop)
}

/// Images whose recovery window has ended and that are under no hold, oldest first, without the first `skipped`.
///
/// # Errors
/// If the database fails.
pub async fn erasable(sql: &dyn Sql, now: Timestamp, skipped: i64, limit: i64) -> Result<Vec<ImageId>, SqlFailure> {
    let rows = run(sql, Statement::new(ERASABLE, [now.0.into(), limit.into(), skipped.into()])).await?;
    rows.into_iter().map(|row| read_row::<IdRow>(row).map(|row| row.id)).collect()
}

/// Records that the bytes of `ids` are erased, and forgets all but the tombstone.
///
/// # Errors
/// If the database fails.
pub async fn erase(sql: &dyn Sql, lease: &Lease, ids: &[ImageId], now: Timestamp) -> Result<(), SqlFailure> {
    let list = json_list(ids.iter().map(ImageId::as_str));
    let params = || [list.as_str().into(), now.0.into(), lease.job.into(), lease.fence.into()];
    // Nothing is left to be looked at.
    sql.batch(vec![Statement::new(ERASE, params()), Statement::new(CLOSE_REVIEWS, params())]).await.map(drop)
}

/// Records that an image's bytes are nowhere to be found.
///
/// # Errors
/// If the database fails.
pub async fn declare_lost(sql: &dyn Sql, id: &ImageId, now: Timestamp) -> Result<(), SqlFailure> {
    let params = || [id.as_str().into(), now.0.into()];
    sql.batch(vec![Statement::new(DECLARE_LOST, params()), Statement::new(CLOSE_REVIEW, params())]).await.map(drop)
}

/// Records that the bytes of images that never were public are erased, without a time in recovery.
///
/// # Errors
/// If the database fails.
pub async fn reach_gone(sql: &dyn Sql, ids: &[ImageId], now: Timestamp) -> Result<(), SqlFailure> {
    let list = json_list(ids.iter().map(ImageId::as_str));
    let params = || [list.as_str().into(), now.0.into()];
    sql.batch(vec![Statement::new(REACH_GONE, params()), Statement::new(CLOSE_REVIEWS_OF, params())]).await.map(drop)
}

/// Records that an image which may not be erased has no bytes that could be: an upload that broke off. What is known
/// about it stays.
///
/// # Errors
/// If the database fails.
pub async fn reach_gone_under_hold(sql: &dyn Sql, id: &ImageId, now: Timestamp) -> Result<(), SqlFailure> {
    let params = || [id.as_str().into(), now.0.into()];
    let statements = vec![Statement::new(REACH_GONE_UNDER_HOLD, params()), Statement::new(CLOSE_REVIEW, params())];
    sql.batch(statements).await.map(drop)
}

/// Records that the bytes of an image that may not be erased are in recovery, whatever was to become of them. The
/// caller has found that a hold stands.
///
/// # Errors
/// If the database fails.
pub async fn withhold_under_hold(sql: &dyn Sql, id: &ImageId, erase_after: Timestamp) -> Result<(), SqlFailure> {
    run(sql, Statement::new(WITHHOLD_UNDER_HOLD, [id.as_str().into(), erase_after.0.into()])).await.map(drop)
}

/// Keeps an image that is in recovery already at least until then.
#[must_use]
pub fn keep_until(id: &ImageId, until: Timestamp) -> Statement {
    Statement::new(KEEP_UNTIL, [id.as_str().into(), until.0.into()])
}

/// Forgets abandoned drafts whose bytes are known not to exist, and what was concluded about them; tickets get back what
/// these have used. One on which a hold
/// was placed is not forgotten so.
///
/// # Errors
/// If the database fails.
pub async fn forget_abandoned(sql: &dyn Sql, ids: &[ImageId]) -> Result<(), SqlFailure> {
    let list = json_list(ids.iter().map(ImageId::as_str));
    let [give_back, forget_uses] = tickets::give_back(ids);
    let statements = vec![
        give_back,
        forget_uses,
        Statement::new(FORGET_ABANDONED, [list.into()]),
        decisions::forget_of_nobody(ids),
        review_queue::forget_of_nobody(ids),
    ];
    sql.batch(statements).await.map(drop)
}

/// Forgets at most `limit` tombstones, with what was concluded about them, set at or before `gone_until`; answers how
/// many. Not those under a hold, nor those that are still to be reported.
///
/// # Errors
/// If the database fails.
pub async fn forget_gone(
    sql: &dyn Sql,
    lease: &Lease,
    now: Timestamp,
    gone_until: Timestamp,
    limit: i64,
) -> Result<usize, SqlFailure> {
    let params = || [gone_until.0.into(), limit.into(), lease.job.into(), lease.fence.into(), now.0.into()];
    // In one transaction, so all choose the same images: what is forgotten of them kept none of them.
    let statements = [
        FORGET_DECISIONS_OF_GONE,
        FORGET_REVIEWS_OF_GONE,
        FORGET_ORDERS_OF_GONE,
        FORGET_HOLDS_OF_GONE,
        FORGET_REPORTS_OF_GONE,
        FORGET_GONE,
    ];
    let statements = statements.map(|sql| Statement::new(sql, params())).into();
    Ok(sql.batch(statements).await?.pop().unwrap_or_default().len())
}
