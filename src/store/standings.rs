//! The `images` table for images about which something can be decided, and what a decision changes: release to the
//! public, and another verdict on what is public.

use serde::Deserialize;

use super::images::{ImageRow, account_id, json_text};
use super::run;
use crate::domain::facts::ImageFacts;
use crate::domain::ids::ImageId;
use crate::domain::image::{HeldImage, Image, State};
use crate::domain::time::Timestamp;
use crate::domain::verdict::Verdict;
use crate::ports::sql::{Sql, SqlFailure, Statement, Value, read_row};

// What left before its time because of a warning is as withheld as what was found to be prohibited: without the finding, it would be
// there.
const FIND: &str = "
    SELECT * FROM images WHERE id = ?1
      AND (state IN ('held', 'releasing', 'live')
        OR (state = 'recovery' AND (removal_reason IN ('prohibited', 'removed')
                                 OR (removal_reason = 'expired' AND verdict = 'restricted'))))";

const FIND_DELETED: &str = "
    SELECT * FROM images WHERE id = ?1 AND state = 'recovery' AND removal_reason = 'deleted' AND erase_after > ?2
                           AND verdict IN ('safe', 'flagged', 'restricted') AND held_reason IS NULL";

const IS_REMOVING: &str = "SELECT id FROM images WHERE id = ?1 AND state = 'removing'";

const RELEASE: &str = "
    UPDATE images SET state = 'releasing', verdict = ?2, policy_version = ?3,
                      expires_at = CASE WHEN account_id IS ?12 THEN ?4 ELSE expires_at END,
                      retention_class = CASE WHEN account_id IS ?12 THEN ?5 ELSE retention_class END,
                      retention_reason = CASE WHEN account_id IS ?12 THEN ?6 ELSE retention_reason END,
                      facts = ?7, sha256 = ?8, stored_bytes = json_extract(?7, '$.bytes'),
                      -- Its owner may have changed what is said about it meanwhile; what the file is called follows from
                      -- what it is, which is known only now. What it is found by is written when it is next looked for.
                      details = json_set(details, '$.filename', ?9), search_text = NULL,
                      attempts = 0, next_attempt_at = ?10,
                      held_reason = coalesce(held_reason, 'review'), held_until = coalesce(held_until, ?4, ?11),
                      held_sha256 = coalesce(held_sha256, sha256),
                      removing_at = NULL, removal_reason = NULL, erase_after = NULL
    WHERE id = ?1
      AND (state = 'held'
        OR (state = 'recovery' AND (removal_reason IN ('prohibited', 'removed', 'deleted')
                                 OR (removal_reason = 'expired' AND verdict = 'restricted'))))
      AND NOT EXISTS (SELECT 1 FROM holds WHERE image_id = ?1 AND kind = 'legal' AND released_at IS NULL AND until > ?13)
    RETURNING id";

const CORRECT: &str = "UPDATE images SET facts = ?2, sha256 = ?3, stored_bytes = json_extract(?2, '$.bytes')
    WHERE id = ?1 AND state = 'releasing'";

const PUBLISH: &str = "
    UPDATE images SET state = 'live', held_reason = NULL, held_until = NULL, held_sha256 = NULL
    WHERE id = ?1 AND state = 'releasing'
      AND (SELECT verdict FROM decisions WHERE image_id = ?1 ORDER BY number DESC LIMIT 1) IN ('safe', 'flagged', 'restricted')
    RETURNING id";

const REJUDGE_LIVE: &str = "
    UPDATE images SET verdict = ?2, policy_version = ?3,
                      expires_at = CASE WHEN account_id IS ?8 THEN ?4 ELSE expires_at END,
                      retention_class = CASE WHEN account_id IS ?8 THEN ?5 ELSE retention_class END,
                      retention_reason = CASE WHEN account_id IS ?8 THEN ?6 ELSE retention_reason END,
                      attempts = 0, next_attempt_at = ?7
    WHERE id = ?1 AND state = 'live'
    RETURNING id";

const REJUDGE_BY_OPINION: &str = "
    UPDATE images SET verdict = ?2, policy_version = ?3,
                      expires_at = CASE WHEN account_id IS ?7 THEN ?4 ELSE expires_at END,
                      retention_class = CASE WHEN account_id IS ?7 THEN ?5 ELSE retention_class END,
                      retention_reason = CASE WHEN account_id IS ?7 THEN ?6 ELSE retention_reason END
    WHERE id = ?1 AND state = 'live' AND verdict = 'flagged'
      AND (SELECT decided_by FROM decisions WHERE image_id = ?1 ORDER BY number DESC LIMIT 1) = 'outside'";

pub(super) const STATEMENTS: &[&str] =
    &[FIND, FIND_DELETED, IS_REMOVING, RELEASE, CORRECT, PUBLISH, REJUDGE_LIVE, REJUDGE_BY_OPINION];

/// An image about which something can be decided.
#[derive(Clone, Debug, PartialEq)]
pub enum Standing {
    /// It waits to be judged.
    Held(Box<HeldImage>),
    /// It was judged to be fit for the public, and is on its way there.
    Releasing(Box<Image>),
    /// It is public.
    Live(Box<Image>),
    /// It was found to be prohibited, or to need a warning that has shortened its life; its bytes are in recovery. What would be known
    /// about it if it were held.
    Withheld(Box<HeldImage>),
}

/// An image that was public until it was deleted.
#[derive(Clone, Debug, PartialEq)]
pub enum Deleted {
    /// Its bytes are on their way to recovery.
    Underway,
    /// They are there. What would be known about it if it were held, and what was concluded about it.
    InRecovery(Box<HeldImage>, Verdict),
}

#[derive(Deserialize)]
struct VerdictRow {
    verdict: Verdict,
}

#[derive(Deserialize)]
struct StateRow {
    state: State,
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

/// Looks up an image that was public until it was deleted (not one that was held: nobody has found yet that it may be public), and whose bytes are not erased before `kept_until`.
///
/// # Errors
/// If the database fails.
pub async fn find_deleted(sql: &dyn Sql, id: &ImageId, kept_until: Timestamp) -> Result<Option<Deleted>, SqlFailure> {
    let params = [id.as_str().into(), kept_until.0.into()];
    if let Some(row) = run(sql, Statement::new(FIND_DELETED, params)).await?.into_iter().next() {
        let VerdictRow { verdict } = read_row(row.clone())?;
        let row: ImageRow = read_row(row)?;
        return Ok(Some(Deleted::InRecovery(Box::new(row.into_held()?), verdict)));
    }
    let underway = run(sql, Statement::new(IS_REMOVING, [id.as_str().into()])).await?;
    Ok((!underway.is_empty()).then_some(Deleted::Underway))
}

/// Judges an image that is held, or that was withheld, removed as prohibited, shortened or deleted and is still in recovery, to be fit
/// for the public, as `image` says; answers its row if it did. If somebody has claimed it meanwhile,
/// the promise to that owner holds. What is under a legal hold stays where it is.
#[must_use]
pub fn release(image: &Image, next_attempt_at: Timestamp, held_until: Timestamp, now: Timestamp) -> Statement {
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
            image.details.filename.clone().into(),
            next_attempt_at.0.into(),
            held_until.0.into(),
            account_id(image.owner.as_ref()),
            now.0.into(),
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
/// held is still to be erased: see [`super::attempts::settle`].
///
/// # Errors
/// If the database fails.
pub async fn publish(sql: &dyn Sql, id: &ImageId) -> Result<bool, SqlFailure> {
    Ok(!run(sql, Statement::new(PUBLISH, [id.as_str().into()])).await?.is_empty())
}

/// Judges a live image anew, as `image` says; that what is stored beside its bytes says so, too, a job sees to at
/// `next_attempt_at` at the latest. Answers its row if it did. If somebody has claimed it meanwhile, the promise to that owner
/// holds.
#[must_use]
pub fn rejudge_live(image: &Image, next_attempt_at: Timestamp) -> Statement {
    let [id, verdict, policy_version, expires_at, class, reason, owner] = judgement(image);
    let at = next_attempt_at.0.into();
    Statement::new(REJUDGE_LIVE, [id, verdict, policy_version, expires_at, class, reason, at, owner])
}

/// Judges a flagged live image anew, as `image` says, if the latest decision about it came from outside. What is stored
/// beside its bytes is written anew by whoever runs this.
#[must_use]
pub fn rejudge_by_opinion(image: &Image) -> Statement {
    Statement::new(REJUDGE_BY_OPINION, judgement(image))
}

fn judgement(image: &Image) -> [Value; 7] {
    [
        image.id.as_str().into(),
        image.verdict.as_str().into(),
        image.policy_version.into(),
        image.retention.expires_at.map(|at| at.0).into(),
        image.retention.class.as_str().into(),
        image.retention.reason.as_str().into(),
        account_id(image.owner.as_ref()),
    ]
}
