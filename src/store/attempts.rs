//! The columns `images.next_attempt_at` and `images.attempts`: when a job next has something to do about an image that is
//! held, being released, or live, and how often it was tried.

use serde::Deserialize;

use super::images::is_private;
use super::leases::Lease;
use super::run;
use crate::domain::ids::ImageId;
use crate::domain::image::Image;
use crate::domain::time::Timestamp;
use crate::ports::sql::{Sql, SqlFailure, Statement, read_row};

const DUE: &str = "
    SELECT id, attempts FROM images
    WHERE next_attempt_at <= ?1 AND state IN ('held', 'releasing', 'live')
    ORDER BY next_attempt_at LIMIT ?2";

const DUE_WITHOUT_VISION: &str = "
    SELECT id, attempts FROM images
    WHERE next_attempt_at <= ?1 AND (state = 'live' OR (state = 'held' AND held_reason = 'review'))
    ORDER BY next_attempt_at LIMIT ?2";

const CLAIM: &str = "
    UPDATE images SET attempts = attempts + 1, next_attempt_at = ?2
    WHERE id = ?1 AND next_attempt_at <= ?3 AND EXISTS (SELECT 1 FROM leases WHERE job = ?4 AND fence = ?5)
    RETURNING id";

const WANT_ATTEMPT: &str = "
    UPDATE images SET next_attempt_at = ?2 WHERE id = ?1 AND state = 'live' AND verdict = 'flagged'";

const SETTLE_PLACE: &str =
    "UPDATE images SET next_attempt_at = NULL WHERE id = ?1 AND state = 'held' AND held_reason = 'review'";

const SETTLE: &str = "
    UPDATE images SET attempts = 0, next_attempt_at = NULL
    WHERE id = ?1 AND state = 'live' AND verdict = ?2 AND expires_at IS ?3 AND is_private = ?4";

pub(super) const STATEMENTS: &[&str] = &[DUE, DUE_WITHOUT_VISION, CLAIM, WANT_ATTEMPT, SETTLE_PLACE, SETTLE];

/// An image about which a job has something to do.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Due {
    /// The image.
    pub id: ImageId,
    /// How often it was tried before.
    pub attempts: i64,
}

/// Images about which something is to be done by now, the longest due first.
///
/// # Errors
/// If the database fails.
pub async fn due(sql: &dyn Sql, now: Timestamp, limit: i64) -> Result<Vec<Due>, SqlFailure> {
    let rows = run(sql, Statement::new(DUE, [now.0.into(), limit.into()])).await?;
    rows.into_iter().map(read_row).collect()
}

/// As [`due`], but only what can be done while vision is away: those that wait for it must not keep these waiting.
///
/// # Errors
/// If the database fails.
pub async fn due_without_vision(sql: &dyn Sql, now: Timestamp, limit: i64) -> Result<Vec<Due>, SqlFailure> {
    let rows = run(sql, Statement::new(DUE_WITHOUT_VISION, [now.0.into(), limit.into()])).await?;
    rows.into_iter().map(read_row).collect()
}

/// Counts an attempt before it is made, so that one which kills us is not made again at once. Answers false if
/// somebody else was quicker.
///
/// # Errors
/// If the database fails.
pub async fn claim(
    sql: &dyn Sql,
    lease: &Lease,
    id: &ImageId,
    now: Timestamp,
    next_attempt_at: Timestamp,
) -> Result<bool, SqlFailure> {
    let params = [id.as_str().into(), next_attempt_at.0.into(), now.0.into(), lease.job.into(), lease.fence.into()];
    Ok(!run(sql, Statement::new(CLAIM, params)).await?.is_empty())
}

/// Has the job look at a flagged image that has just become live, for a second opinion.
#[must_use]
pub fn want_attempt(id: &ImageId, at: Timestamp) -> Statement {
    Statement::new(WANT_ATTEMPT, [id.as_str().into(), at.0.into()])
}

/// Records that the bytes of an image which waits for a person are where held bytes belong, and that nothing is to be
/// done until that person decides. One that is to be judged stays due.
///
/// # Errors
/// If the database fails.
pub async fn settle_place(sql: &dyn Sql, id: &ImageId) -> Result<(), SqlFailure> {
    run(sql, Statement::new(SETTLE_PLACE, [id.as_str().into()])).await.map(drop)
}

/// Records that nothing is left to do about a live image: what is stored beside its bytes says what `image` says, and
/// no other copy of them is left.
///
/// # Errors
/// If the database fails.
pub async fn settle(sql: &dyn Sql, image: &Image) -> Result<(), SqlFailure> {
    let expires_at = image.retention.expires_at.map(|at| at.0);
    let params =
        [image.id.as_str().into(), image.verdict.as_str().into(), expires_at.into(), is_private(&image.placement)];
    run(sql, Statement::new(SETTLE, params)).await.map(drop)
}
