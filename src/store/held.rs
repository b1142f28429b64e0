//! The `images` table beside the straight way: images that are held until they are judged, and what is decided
//! about images later on. `next_attempt_at` is when a job next has something to do about one of them.

use serde::Deserialize;

use super::images::{ImageRow, json_text};
use super::leases::Lease;
use super::run;
use crate::domain::facts::ImageFacts;
use crate::domain::ids::{IdempotencyKey, ImageId};
use crate::domain::image::{HeldImage, Image, State};
use crate::domain::retention::Retention;
use crate::domain::time::Timestamp;
use crate::domain::verdict::Verdict;
use crate::ports::sql::{Sql, SqlFailure, Statement, read_row};

const INSERT_PENDING: &str = "
    INSERT INTO images (id, state, surface, verdict, policy_version, created_at, expires_at, retention_class,
                        retention_reason, details, delete_token_hash, held_reason, held_until, ttl_ms)
    VALUES (?1, 'pending', ?2, 'unscanned', ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)";

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

const FIND: &str = "
    SELECT * FROM images WHERE id = ?1 AND (state IN ('held', 'releasing', 'live')
                       OR (state = 'recovery' AND removal_reason IN ('prohibited', 'removed')))";

const DIGEST: &str = "SELECT held_sha256 FROM images WHERE id = ?1 AND held_sha256 IS NOT NULL";

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

const SETTLE_PLACE: &str =
    "UPDATE images SET next_attempt_at = NULL WHERE id = ?1 AND state = 'held' AND held_reason = 'review'";

const RELEASE: &str = "
    UPDATE images SET state = 'releasing', verdict = ?2, policy_version = ?3, expires_at = ?4, retention_class = ?5,
                      retention_reason = ?6, facts = ?7, sha256 = ?8, details = ?9, attempts = 0, next_attempt_at = ?10,
                      held_reason = coalesce(held_reason, 'review'), held_until = coalesce(held_until, ?4, ?11),
                      held_sha256 = coalesce(held_sha256, sha256),
                      removing_at = NULL, removal_reason = NULL, erase_after = NULL
    WHERE id = ?1 AND (state = 'held' OR (state = 'recovery' AND removal_reason IN ('prohibited', 'removed')))
    RETURNING id";

const CORRECT: &str = "UPDATE images SET facts = ?2, sha256 = ?3 WHERE id = ?1 AND state = 'releasing'";

const PUBLISH: &str = "
    UPDATE images SET state = 'live', held_reason = NULL, held_until = NULL, held_sha256 = NULL
    WHERE id = ?1 AND state = 'releasing'
      AND (SELECT verdict FROM decisions WHERE image_id = ?1 ORDER BY number DESC LIMIT 1) IN ('safe', 'flagged', 'restricted')
    RETURNING id";

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

const REJUDGE_LIVE: &str = "
    UPDATE images SET verdict = ?2, policy_version = ?3, expires_at = ?4, retention_class = ?5, retention_reason = ?6,
                      attempts = 0, next_attempt_at = ?7
    WHERE id = ?1 AND state = 'live'
    RETURNING id";

const REJUDGE_BY_OPINION: &str = "
    UPDATE images SET verdict = ?2, policy_version = ?3, expires_at = ?4, retention_class = ?5, retention_reason = ?6
    WHERE id = ?1 AND state = 'live' AND verdict = 'flagged'
      AND (SELECT decided_by FROM decisions WHERE image_id = ?1 ORDER BY number DESC LIMIT 1) = 'outside'";

const WANT_ATTEMPT: &str = "
    UPDATE images SET next_attempt_at = ?2 WHERE id = ?1 AND state = 'live' AND verdict = 'flagged'";

const SETTLE: &str = "
    UPDATE images SET attempts = 0, next_attempt_at = NULL
    WHERE id = ?1 AND state = 'live' AND verdict = ?2 AND expires_at IS ?3";

pub(super) const STATEMENTS: &[&str] = &[
    INSERT_PENDING,
    HOLD,
    HOLD_UNDER_KEY,
    HOLD_FOR_REVIEW,
    HOLD_FOR_REVIEW_UNDER_KEY,
    KEEP_FOR_REVIEW,
    HOLD_LIVE,
    COUNT_UNJUDGED,
    FIND,
    DIGEST,
    DUE,
    DUE_WITHOUT_VISION,
    CLAIM,
    SETTLE_PLACE,
    RELEASE,
    CORRECT,
    PUBLISH,
    PROHIBIT,
    REFUSE,
    EXPIRE_DUE,
    REJUDGE_LIVE,
    REJUDGE_BY_OPINION,
    WANT_ATTEMPT,
    SETTLE,
];

/// An image about which a job has something to do.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Due {
    /// The image.
    pub id: ImageId,
    /// How often it was tried before.
    pub attempts: i64,
}

/// An image about which something can be decided.
#[derive(Clone, Debug, PartialEq)]
pub enum Standing {
    /// It waits to be judged.
    Held(Box<HeldImage>),
    /// It was judged to be fit for the public, and is on its way there.
    Releasing(Box<Image>),
    /// It is public.
    Live(Box<Image>),
    /// It was found to be prohibited; its bytes are in recovery. What would be known about it if it were held.
    Withheld(Box<HeldImage>),
}

#[derive(Deserialize)]
struct CountRow {
    unjudged: u64,
}

#[derive(Deserialize)]
struct DigestRow {
    held_sha256: String,
}

#[derive(Deserialize)]
struct StateRow {
    state: State,
}

/// Writes the intent to hold an image. `policy_version` is the edition of the rules that could not be applied yet.
#[must_use]
pub fn insert_pending(image: &HeldImage, policy_version: i64) -> Statement {
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

/// Looks up an image about which something can be decided.
///
/// # Errors
/// If the database fails.
pub async fn find(sql: &dyn Sql, id: &ImageId) -> Result<Option<Standing>, SqlFailure> {
    let Some(row) = run(sql, Statement::new(FIND, [id.as_str().into()])).await?.into_iter().next() else {
        return Ok(None);
    };
    let StateRow { state } = read_row(row.clone())?;
    let row: ImageRow = read_row(row)?;
    Ok(Some(match state {
        State::Held => Standing::Held(Box::new(row.into_held()?)),
        State::Releasing => Standing::Releasing(Box::new(row.into_image()?)),
        State::Recovery => Standing::Withheld(Box::new(row.into_held()?)),
        _ => Standing::Live(Box::new(row.into_image()?)),
    }))
}

/// The digest of an image's held bytes, if any are.
///
/// # Errors
/// If the database fails.
pub async fn digest(sql: &dyn Sql, id: &ImageId) -> Result<Option<String>, SqlFailure> {
    let row = run(sql, Statement::new(DIGEST, [id.as_str().into()])).await?.into_iter().next();
    row.map(|row| read_row::<DigestRow>(row).map(|row| row.held_sha256)).transpose()
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

/// Records that the bytes of an image which waits for a person are where held bytes belong, and that nothing is to be
/// done until that person decides. One that is to be judged stays due.
///
/// # Errors
/// If the database fails.
pub async fn settle_place(sql: &dyn Sql, id: &ImageId) -> Result<(), SqlFailure> {
    run(sql, Statement::new(SETTLE_PLACE, [id.as_str().into()])).await.map(drop)
}

/// Judges an image that is held, or that was withheld or removed as prohibited and is still in recovery, to be fit
/// for the public, as `image` says; answers its row if it did.
#[must_use]
pub fn release(image: &Image, next_attempt_at: Timestamp, held_until: Timestamp) -> Statement {
    Statement::new(
        RELEASE,
        [
            image.id.as_str().into(),
            image.verdict.as_str().into(),
            image.policy_version.into(),
            image.retention.expires_at.map(|at| at.0).into(),
            image.retention.class.as_str().into(),
            image.retention.reason.as_str().into(),
            json_text(&image.facts),
            image.sha256.as_str().into(),
            json_text(&image.details),
            next_attempt_at.0.into(),
            held_until.0.into(),
        ],
    )
}

/// Records that vision, asked again, found other facts or made other bytes than at the first time.
///
/// # Errors
/// If the database fails.
pub async fn correct(sql: &dyn Sql, id: &ImageId, facts: &ImageFacts, sha256: &str) -> Result<(), SqlFailure> {
    run(sql, Statement::new(CORRECT, [id.as_str().into(), json_text(facts), sha256.into()])).await.map(drop)
}

/// Records that the bytes of a released image are public, if the latest decision allows it; answers whether. What was
/// held is still to be erased: see [`settle`].
///
/// # Errors
/// If the database fails.
pub async fn publish(sql: &dyn Sql, id: &ImageId) -> Result<bool, SqlFailure> {
    Ok(!run(sql, Statement::new(PUBLISH, [id.as_str().into()])).await?.is_empty())
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

/// Judges a live image anew; if what is stored beside its bytes is to be written anew, too, a job sees to that at
/// `next_attempt_at`. Answers its row if it did.
#[must_use]
pub fn rejudge_live(
    id: &ImageId,
    verdict: Verdict,
    policy_version: i64,
    retention: &Retention,
    next_attempt_at: Option<Timestamp>,
) -> Statement {
    Statement::new(
        REJUDGE_LIVE,
        [
            id.as_str().into(),
            verdict.as_str().into(),
            policy_version.into(),
            retention.expires_at.map(|at| at.0).into(),
            retention.class.as_str().into(),
            retention.reason.as_str().into(),
            next_attempt_at.map(|at| at.0).into(),
        ],
    )
}

/// Judges a flagged live image anew, if the latest decision about it came from outside. What is stored beside its bytes
/// is written anew by whoever runs this.
#[must_use]
pub fn rejudge_by_opinion(id: &ImageId, verdict: Verdict, policy_version: i64, retention: &Retention) -> Statement {
    Statement::new(
        REJUDGE_BY_OPINION,
        [
            id.as_str().into(),
            verdict.as_str().into(),
            policy_version.into(),
            retention.expires_at.map(|at| at.0).into(),
            retention.class.as_str().into(),
            retention.reason.as_str().into(),
        ],
    )
}

/// Has the job look at a flagged image that has just become live, for a second opinion.
#[must_use]
pub fn want_attempt(id: &ImageId, at: Timestamp) -> Statement {
    Statement::new(WANT_ATTEMPT, [id.as_str().into(), at.0.into()])
}

/// Records that nothing is left to do about a live image: what is stored beside its bytes says what `image` says, and
/// no other copy of them is left.
///
/// # Errors
/// If the database fails.
pub async fn settle(sql: &dyn Sql, image: &Image) -> Result<(), SqlFailure> {
    let expires_at = image.retention.expires_at.map(|at| at.0);
    let params = [image.id.as_str().into(), image.verdict.as_str().into(), expires_at.into()];
    run(sql, Statement::new(SETTLE, params)).await.map(drop)
}
