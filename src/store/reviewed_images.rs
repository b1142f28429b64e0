//! The `images` table as operators see it: whatever is known about an image, wherever it is in its life.

use serde::Deserialize;

use super::run;
use crate::domain::ids::{AccountId, ImageId};
use crate::domain::image::{HeldReason, RemovalReason, State};
use crate::domain::retention::Surface;
use crate::domain::time::Timestamp;
use crate::domain::verdict::Verdict;
use crate::ports::sql::{Sql, SqlFailure, Statement, read_row};

macro_rules! columns {
    () => {
        "SELECT id, state, surface, verdict, created_at, expires_at, removing_at, removal_reason, erase_after, held_reason,
                held_until, account_id, is_private, sha256, facts, details,
                EXISTS (SELECT 1 FROM reports WHERE image_id = images.id AND category = 'csam')
                  OR EXISTS (SELECT 1 FROM decisions WHERE image_id = images.id AND ground = 'child_abuse') AS is_suspected,
                (SELECT count(*) FROM holds WHERE image_id = images.id AND released_at IS NULL AND until > ?2) AS holds
         FROM images WHERE "
    };
}

const FIND: &str = concat!(columns!(), "id = ?1 AND state <> 'pending'");

const BY_DIGEST: &str = concat!(columns!(), "sha256 = ?1 AND state <> 'pending' ORDER BY rowid LIMIT ?3");

const OF_ACCOUNT: &str = concat!(
    columns!(),
    "account_id = ?1 AND (created_at, id) > (?4, ?5) AND state <> 'pending'
     ORDER BY created_at, id LIMIT ?3"
);

const COPIES: &str = "
    SELECT id FROM images
    WHERE sha256 = (SELECT sha256 FROM images WHERE id = ?1) AND id <> ?1
      AND state IN ('live', 'held', 'releasing', 'removing', 'recovery') AND verdict <> ?3
    ORDER BY rowid LIMIT ?2";

pub(super) const STATEMENTS: &[&str] = &[FIND, BY_DIGEST, OF_ACCOUNT, COPIES];

/// An image, as operators see it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ReviewedImage {
    /// Its name.
    pub id: ImageId,
    /// Where it is in its life.
    pub state: State,
    /// How it came in.
    pub surface: Surface,
    /// What was concluded about it.
    pub verdict: Verdict,
    /// When it was uploaded.
    pub created_at: Timestamp,
    /// When it leaves public view by itself.
    pub expires_at: Option<Timestamp>,
    /// When it left, if it did.
    pub removing_at: Option<Timestamp>,
    /// Why.
    pub removal_reason: Option<RemovalReason>,
    /// When its bytes are erased, if they wait for that.
    pub erase_after: Option<Timestamp>,
    /// Why it is held, if it is.
    pub held_reason: Option<HeldReason>,
    /// Until when.
    pub held_until: Option<Timestamp>,
    /// Whose it is.
    pub account_id: Option<AccountId>,
    /// 1: only its owner sees it.
    pub is_private: i64,
    /// Digest of the stored bytes, unless they are erased.
    pub sha256: Option<String>,
    /// The facts as JSON, unless they are forgotten.
    pub facts: Option<String>,
    /// What its owner says about it, as JSON.
    pub details: Option<String>,
    /// 1: it may be what the law forbids to possess. Operators then see what is known about it, and not the picture.
    pub is_suspected: i64,
    /// How many holds stand.
    pub holds: i64,
}

#[derive(Deserialize)]
struct IdRow {
    id: ImageId,
}

/// The image of this name, unless it is a draft.
///
/// # Errors
/// If the database fails.
pub async fn find(sql: &dyn Sql, id: &ImageId, now: Timestamp) -> Result<Option<ReviewedImage>, SqlFailure> {
    let rows = run(sql, Statement::new(FIND, [id.as_str().into(), now.0.into()])).await?;
    rows.into_iter().next().map(read_row).transpose()
}

/// At most `limit` images whose stored bytes have this digest.
///
/// # Errors
/// If the database fails.
pub async fn by_digest(
    sql: &dyn Sql,
    sha256: &str,
    limit: i64,
    now: Timestamp,
) -> Result<Vec<ReviewedImage>, SqlFailure> {
    let rows = run(sql, Statement::new(BY_DIGEST, [sha256.into(), now.0.into(), limit.into()])).await?;
    rows.into_iter().map(read_row).collect()
}

/// At most `limit` images of an account, the earliest first, behind the one of this time and name: also those that were deleted and
/// can come back.
///
/// # Errors
/// If the database fails.
pub async fn of_account(
    sql: &dyn Sql,
    account: &AccountId,
    (at, id): (Timestamp, &str),
    limit: i64,
    now: Timestamp,
) -> Result<Vec<ReviewedImage>, SqlFailure> {
    let params = [account.as_str().into(), now.0.into(), limit.into(), at.0.into(), id.into()];
    run(sql, Statement::new(OF_ACCOUNT, params)).await?.into_iter().map(read_row).collect()
}

/// At most `limit` other images with the same bytes that are not erased, and of which `but` was not concluded already.
///
/// # Errors
/// If the database fails.
pub async fn copies(sql: &dyn Sql, id: &ImageId, but: Option<Verdict>, limit: i64) -> Result<Vec<ImageId>, SqlFailure> {
    let params = [id.as_str().into(), limit.into(), but.map_or("", Verdict::as_str).into()];
    let rows = run(sql, Statement::new(COPIES, params)).await?;
    rows.into_iter().map(|row| read_row::<IdRow>(row).map(|row| row.id)).collect()
}
