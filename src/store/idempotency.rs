//! The `idempotency_keys` table: which request made which image.

use serde::Deserialize;

use super::run;
use crate::domain::ids::{IdempotencyKey, ImageId};
use crate::domain::time::Timestamp;
use crate::ports::sql::{Sql, SqlFailure, Statement, read_row};

const FIND: &str = "
    SELECT fingerprint, image_id, in_flight_until, created_at FROM idempotency_keys WHERE key_hash = ?1";

const RELEASE_STALE: &str = "
    DELETE FROM idempotency_keys
    WHERE key_hash = ?1 AND ((in_flight_until > 0 AND in_flight_until <= ?2) OR created_at <= ?3)";

const CLAIM: &str = "
    INSERT INTO idempotency_keys (key_hash, fingerprint, image_id, in_flight_until, created_at)
    VALUES (?1, ?2, ?3, ?4, ?5)";

const SETTLE: &str = "
    UPDATE idempotency_keys SET in_flight_until = 0
    WHERE image_id = ?1 AND key_hash = ?2
      AND EXISTS (SELECT 1 FROM images WHERE id = ?1 AND state IN ('live', 'held', 'releasing', 'recovery'))";

const SETTLE_AS: &str = "
    UPDATE idempotency_keys SET in_flight_until = 0, fingerprint = ?3
    WHERE image_id = ?1 AND key_hash = ?2
      AND EXISTS (SELECT 1 FROM images WHERE id = ?1 AND state IN ('live', 'held', 'releasing', 'recovery'))";

const RELEASE: &str = "DELETE FROM idempotency_keys WHERE key_hash = ?1 AND image_id = ?2 AND in_flight_until > 0";

const FORGET_OLD: &str = "
    DELETE FROM idempotency_keys
    WHERE key_hash IN (SELECT key_hash FROM idempotency_keys WHERE created_at <= ?1 ORDER BY created_at LIMIT ?2)
    RETURNING key_hash";

pub(super) const STATEMENTS: &[&str] = &[FIND, RELEASE_STALE, CLAIM, SETTLE, SETTLE_AS, RELEASE, FORGET_OLD];

/// What is remembered about a key.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Remembered {
    /// Digest of everything the request asked for.
    pub fingerprint: String,
    /// The image it made or is making.
    pub image_id: ImageId,
    /// Until when its attempt keeps others out; 0: it succeeded.
    pub in_flight_until: Timestamp,
    /// When it came.
    pub created_at: Timestamp,
}

/// What is remembered about `key`.
///
/// # Errors
/// If the database fails.
pub async fn find(sql: &dyn Sql, key: &IdempotencyKey) -> Result<Option<Remembered>, SqlFailure> {
    let rows = run(sql, Statement::new(FIND, [key.hash().into()])).await?;
    rows.into_iter().next().map(read_row).transpose()
}

/// Removes what is remembered about `key` if its attempt died or it is older than `forgotten_until`.
#[must_use]
pub fn release_stale(key: &IdempotencyKey, now: Timestamp, forgotten_until: Timestamp) -> Statement {
    Statement::new(RELEASE_STALE, [key.hash().into(), now.0.into(), forgotten_until.0.into()])
}

/// Claims `key` for the making of `image_id`; conflicts if somebody holds it.
#[must_use]
pub fn claim(
    key: &IdempotencyKey,
    fingerprint: &str,
    image_id: &ImageId,
    now: Timestamp,
    in_flight_until: Timestamp,
) -> Statement {
    let params =
        [key.hash().into(), fingerprint.into(), image_id.as_str().into(), in_flight_until.0.into(), now.0.into()];
    Statement::new(CLAIM, params)
}

/// Records that the image is made, if it is: an attempt that was slower than the sweep has made nothing, and its key
/// must be free for the next.
#[must_use]
pub fn settle(key: &IdempotencyKey, image_id: &ImageId) -> Statement {
    Statement::new(SETTLE, [image_id.as_str().into(), key.hash().into()])
}

/// Records that the image is taken, and what was asked for, which could not be known when the key was claimed.
#[must_use]
pub fn settle_as(key: &IdempotencyKey, image_id: &ImageId, fingerprint: &str) -> Statement {
    Statement::new(SETTLE_AS, [image_id.as_str().into(), key.hash().into(), fingerprint.into()])
}

/// Gives `key` back after an attempt that made nothing.
#[must_use]
pub fn release(key: &IdempotencyKey, image_id: &ImageId) -> Statement {
    Statement::new(RELEASE, [key.hash().into(), image_id.as_str().into()])
}

/// Forgets at most `limit` keys used at or before `until`; answers how many.
///
/// # Errors
/// If the database fails.
pub async fn forget_old(sql: &dyn Sql, until: Timestamp, limit: i64) -> Result<usize, SqlFailure> {
    Ok(run(sql, Statement::new(FORGET_OLD, [until.0.into(), limit.into()])).await?.len())
}
