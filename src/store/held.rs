//! The `images` table for images that are held until they are judged: how they come to be held, and how they cease to
//! be without becoming public. How they become public is in `standings`.

use serde::Deserialize;

use super::images::{account_id, collection_id, is_private, json_text, owner_tier};
use super::leases::Lease;
use super::run;
use crate::domain::facts::ImageFacts;
use crate::domain::ids::{IdempotencyKey, ImageId};
use crate::domain::image::HeldImage;
use crate::domain::time::Timestamp;
use crate::domain::verdict::Verdict;
use crate::ports::sql::{Sql, SqlFailure, Statement, read_row};

const INSERT_PENDING: &str = "
    INSERT INTO images (id, state, surface, verdict, policy_version, created_at, expires_at, retention_class,
                        retention_reason, details, delete_token_hash, held_reason, held_until, ttl_ms, account_id,
                        owner_tier, collection_id, is_private, stored_bytes)
    VALUES (?1, 'pending', ?2, 'unscanned', ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14,
            -- It may have been deleted since it was found.
            (SELECT id FROM collections WHERE id = ?15 AND account_id = ?13), ?16, ?17)";

const HOLD: &str = "
    UPDATE images SET state = 'held', held_sha256 = ?2, next_attempt_at = ?3
    WHERE id = ?1 AND state = 'pending'
    RETURNING id";

const HOLD_UNDER_KEY: &str = "
    UPDATE images SET state = 'held', held_sha256 = ?2, next_attempt_at = ?3
    WHERE id = ?1 AND state = 'pending'
      AND EXISTS (SELECT 1 FROM idempotency_keys WHERE key_hash = ?4 AND image_id = ?1)
    RETURNING id";

const HOLD_FOR_REVIEW: &str = "
    UPDATE images SET state = 'held', held_reason = 'review', held_sha256 = sha256, held_until = ?2
    WHERE id = ?1 AND state = 'pending'
    RETURNING id";

const HOLD_FOR_REVIEW_UNDER_KEY: &str = "
    UPDATE images SET state = 'held', held_reason = 'review', held_sha256 = sha256, held_until = ?2
    WHERE id = ?1 AND state = 'pending'
      AND EXISTS (SELECT 1 FROM idempotency_keys WHERE key_hash = ?3 AND image_id = ?1)
    RETURNING id";

const KEEP_FOR_REVIEW: &str = "
    UPDATE images SET verdict = ?2, policy_version = ?3, facts = ?4, held_reason = 'review',
                      held_until = coalesce(expires_at, held_until), attempts = 0, next_attempt_at = NULL
    WHERE id = ?1 AND state = 'held' AND held_reason = 'unscanned'
    RETURNING id";

const HOLD_LIVE: &str = "
    UPDATE images SET state = 'held', verdict = 'unscanned', held_reason = 'review', held_sha256 = sha256,
                      held_until = coalesce(expires_at, ?3), attempts = 0, next_attempt_at = ?2
    WHERE id = ?1 AND state = 'live'
    RETURNING id";

const COUNT_UNJUDGED: &str = "
    SELECT count(*) AS unjudged FROM images WHERE state IN ('held', 'releasing') AND held_reason = 'unscanned'";

const DIGEST: &str = "SELECT held_sha256 FROM images WHERE id = ?1 AND held_sha256 IS NOT NULL";

const PROHIBIT: &str = "
    UPDATE images SET state = 'removing', removing_at = ?2, removal_reason = 'prohibited', verdict = 'prohibited',
                      policy_version = ?3, facts = coalesce(?4, facts), sha256 = held_sha256,
                      retention_class = 'prohibited', next_attempt_at = NULL
    WHERE id = ?1 AND state = 'held'
    RETURNING id";

const REFUSE: &str = "
    UPDATE images SET state = 'removing', removing_at = ?2, removal_reason = 'refused', next_attempt_at = NULL
    WHERE id = ?1 AND state = 'held'
    RETURNING id";

const EXPIRE_DUE: &str = "
    UPDATE images SET state = 'removing', removing_at = ?1, next_attempt_at = NULL,
                      removal_reason = CASE WHEN expires_at <= ?1 OR held_reason = 'review' THEN 'expired'
                                            ELSE 'unscanned' END
    WHERE id IN (SELECT id FROM images WHERE state IN ('held', 'releasing') AND held_until <= ?1
                 ORDER BY held_until LIMIT ?2)
      AND state IN ('held', 'releasing') AND EXISTS (SELECT 1 FROM leases WHERE job = ?3 AND fence = ?4)";

pub(super) const STATEMENTS: &[&str] = &[
    INSERT_PENDING,
    HOLD,
    HOLD_UNDER_KEY,
    HOLD_FOR_REVIEW,
    HOLD_FOR_REVIEW_UNDER_KEY,
    KEEP_FOR_REVIEW,
    HOLD_LIVE,
    COUNT_UNJUDGED,
    DIGEST,
    PROHIBIT,
    REFUSE,
    EXPIRE_DUE,
];

#[derive(Deserialize)]
struct CountRow {
    unjudged: u64,
}

#[derive(Deserialize)]
struct DigestRow {
    held_sha256: String,
}

/// Writes the intent to hold an image of so many bytes. `policy_version` is the edition of the rules that could not be
/// applied yet.
#[must_use]
pub fn insert_pending(image: &HeldImage, policy_version: i64, bytes: i64) -> Statement {
    Statement::new(
        INSERT_PENDING,
        [
            image.id.as_str().into(),
            image.surface.as_str().into(),
            policy_version.into(),
            image.created_at.0.into(),
            image.retention.expires_at.map(|at| at.0).into(),
            image.retention.class.as_str().into(),
            image.retention.reason.as_str().into(),
            json_text(&image.details),
            image.delete_token_hash.as_str().into(),
            image.reason.as_str().into(),
            image.held_until.0.into(),
            image.ttl_ms.into(),
            account_id(image.owner.as_ref()),
            owner_tier(image.owner.as_ref()),
            collection_id(&image.placement),
            is_private(&image.placement),
            bytes.into(),
        ],
    )
}

/// Records that the bytes of a pending image, with this digest, wait to be judged; answers its row if it did. Not
/// if the sweep or a repeat under the key was quicker.
#[must_use]
pub fn hold(id: &ImageId, key: Option<&IdempotencyKey>, sha256: &str, next_attempt_at: Timestamp) -> Statement {
    match key {
        Some(key) => {
            let params = [id.as_str().into(), sha256.into(), next_attempt_at.0.into(), key.hash().into()];
            Statement::new(HOLD_UNDER_KEY, params)
        }
        None => Statement::new(HOLD, [id.as_str().into(), sha256.into(), next_attempt_at.0.into()]),
    }
}

/// Holds a pending image, whose bytes are where held bytes are, until a person has looked, at most until `held_until`;
/// answers its row if it did. Not if the sweep or a repeat under the key was quicker.
#[must_use]
pub fn hold_for_review(id: &ImageId, key: Option<&IdempotencyKey>, held_until: Timestamp) -> Statement {
    match key {
        Some(key) => {
            let params = [id.as_str().into(), held_until.0.into(), key.hash().into()];
            Statement::new(HOLD_FOR_REVIEW_UNDER_KEY, params)
        }
        None => Statement::new(HOLD_FOR_REVIEW, [id.as_str().into(), held_until.0.into()]),
    }
}

/// Keeps an image that was held until it could be judged, and was judged now, until a person has looked; answers its
/// row if it did.
#[must_use]
pub fn keep_for_review(id: &ImageId, verdict: Verdict, policy_version: i64, facts: &ImageFacts) -> Statement {
    let params = [id.as_str().into(), verdict.as_str().into(), policy_version.into(), json_text(facts)];
    Statement::new(KEEP_FOR_REVIEW, params)
}

/// Takes a live image out of public view until it is decided about, at most until it would have expired, or else
/// until `held_until`; answers its row if it did.
#[must_use]
pub fn hold_live(id: &ImageId, held_until: Timestamp, now: Timestamp) -> Statement {
    Statement::new(HOLD_LIVE, [id.as_str().into(), now.0.into(), held_until.0.into()])
}

/// How many images wait to be judged: not those that wait for a person.
///
/// # Errors
/// If the database fails.
pub async fn count_unjudged(sql: &dyn Sql) -> Result<u64, SqlFailure> {
    let row = run(sql, Statement::new(COUNT_UNJUDGED, [])).await?.into_iter().next();
    row.map_or(Ok(0), |row| read_row::<CountRow>(row).map(|row| row.unjudged))
}

/// The digest of an image's held bytes, if any are.
///
/// # Errors
/// If the database fails.
pub async fn digest(sql: &dyn Sql, id: &ImageId) -> Result<Option<String>, SqlFailure> {
    let row = run(sql, Statement::new(DIGEST, [id.as_str().into()])).await?.into_iter().next();
    row.map(|row| read_row::<DigestRow>(row).map(|row| row.held_sha256)).transpose()
}

/// Judges a held image to be prohibited; answers its row if it did.
#[must_use]
pub fn prohibit(id: &ImageId, policy_version: i64, facts: Option<&ImageFacts>, now: Timestamp) -> Statement {
    let facts = facts.map_or(crate::ports::sql::Value::Null, json_text);
    Statement::new(PROHIBIT, [id.as_str().into(), now.0.into(), policy_version.into(), facts])
}

/// Gives a held image up that turned out to be no file that is taken; answers its row if it did.
#[must_use]
pub fn refuse(id: &ImageId, now: Timestamp) -> Statement {
    Statement::new(REFUSE, [id.as_str().into(), now.0.into()])
}

/// Begins the removal of at most `limit` images that were held for as long as they may be.
///
/// # Errors
/// If the database fails.
pub async fn expire_due(sql: &dyn Sql, lease: &Lease, now: Timestamp, limit: i64) -> Result<(), SqlFailure> {
    let params = [now.0.into(), limit.into(), lease.job.into(), lease.fence.into()];
    run(sql, Statement::new(EXPIRE_DUE, params)).await.map(drop)
}
