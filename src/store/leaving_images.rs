//! The tables `images` and `leaving_images` when an account is to be erased: its images leave public view, come back if its
//! owner changes their mind, and are erased when its time has come.

use serde::Deserialize;

use super::leases::Lease;
use super::run;
use crate::domain::ids::{AccountId, ImageId};
use crate::domain::time::Timestamp;
use crate::ports::sql::{Row, Sql, SqlFailure, Statement, read_row};

// CROSS JOIN, here and below: from the accounts to their images, whatever the planner thinks of it. The other way round, it would read
// every image there is.

/// Images in public view that are not to be there until their account is erased: `?1` is now, `?2` how many. What is not
/// judged yet stays where it is, since nobody sees it there. The same ones whenever it is asked, in an order in which they are found.
macro_rules! to_hide {
    () => {
        "SELECT images.id FROM accounts CROSS JOIN images ON images.account_id = accounts.id
         WHERE accounts.erase_at > ?1 AND accounts.hides_images = 1 AND images.state = 'live'
         ORDER BY accounts.erase_at, accounts.rowid, images.sha256, images.id LIMIT ?2"
    };
}

const RECORD_HIDDEN: &str = concat!(
    "INSERT INTO leaving_images (image_id, account_id)
     SELECT id, account_id FROM images WHERE id IN (",
    to_hide!(),
    ")
     ON CONFLICT (image_id) DO UPDATE SET returns_at = NULL"
);

const HIDE: &str = concat!(
    "UPDATE images SET state = 'removing', removing_at = ?1, removal_reason = 'deleted', next_attempt_at = NULL
     WHERE id IN (",
    to_hide!(),
    ") AND state = 'live' RETURNING id AS image_id"
);

const BEGIN_ERASURE: &str = "
    UPDATE images SET state = 'removing', removing_at = ?1, removal_reason = 'deleted', next_attempt_at = NULL
    WHERE id IN (SELECT images.id FROM accounts CROSS JOIN images ON images.account_id = accounts.id
                 WHERE accounts.erase_at <= ?1 AND images.state IN ('live', 'held', 'releasing') LIMIT ?2)
      AND state IN ('live', 'held', 'releasing') AND EXISTS (SELECT 1 FROM leases WHERE job = ?3 AND fence = ?4)
    RETURNING id";

const HASTEN: &str = "
    UPDATE images SET erase_after = ?1
    WHERE id IN (SELECT images.id FROM accounts CROSS JOIN images ON images.account_id = accounts.id
                 WHERE accounts.erase_at <= ?1 AND images.state = 'recovery' AND images.erase_after > ?1
                   AND NOT EXISTS (SELECT 1 FROM holds
                                   WHERE image_id = images.id AND released_at IS NULL AND until > ?1)
                 LIMIT ?2)
      AND state = 'recovery' AND EXISTS (SELECT 1 FROM leases WHERE job = ?3 AND fence = ?4)
    RETURNING id";

// What is not back by then has as long as it would have had: the first time, its way back was the account's.
const KEEP_BYTES: &str = "
    UPDATE images SET erase_after = max(erase_after, ?2)
    WHERE id IN (SELECT image_id FROM leaving_images WHERE account_id = ?1) AND state = 'recovery'
      AND EXISTS (SELECT 1 FROM accounts WHERE id = ?1 AND erase_at IS NULL)";

const BRING_BACK: &str = "
    UPDATE leaving_images SET returns_at = ?2
    WHERE account_id = ?1 AND EXISTS (SELECT 1 FROM accounts WHERE id = ?1 AND erase_at IS NULL)";

const KEEP_AWAY: &str = "UPDATE leaving_images SET returns_at = NULL WHERE account_id = ?1";

const RETURNING: &str = "
    SELECT image_id FROM leaving_images WHERE returns_at <= ?1 ORDER BY returns_at LIMIT ?2";

const CLAIM: &str = "
    UPDATE leaving_images SET returns_at = ?3
    WHERE image_id = ?1 AND returns_at <= ?2 AND EXISTS (SELECT 1 FROM leases WHERE job = ?4 AND fence = ?5)
    RETURNING image_id";

const FORGET: &str = "DELETE FROM leaving_images WHERE image_id = ?1 AND returns_at IS NOT NULL";

const FORGET_OF_ACCOUNT: &str = "DELETE FROM leaving_images WHERE account_id = ?1";

const DISOWN: &str = "
    UPDATE images SET account_id = NULL, owner_tier = NULL, collection_id = NULL, search_text = NULL
    WHERE account_id = ?1";

pub(super) const STATEMENTS: &[&str] = &[
    RECORD_HIDDEN,
    HIDE,
    BEGIN_ERASURE,
    HASTEN,
    KEEP_BYTES,
    BRING_BACK,
    KEEP_AWAY,
    RETURNING,
    CLAIM,
    FORGET,
    FORGET_OF_ACCOUNT,
    DISOWN,
];

#[derive(Deserialize)]
struct IdRow {
    image_id: ImageId,
}

fn image_ids(rows: Vec<Row>) -> Result<Vec<ImageId>, SqlFailure> {
    rows.into_iter().map(|row| read_row::<IdRow>(row).map(|row| row.image_id)).collect()
}

/// Begins to take at most `limit` images out of public view whose owners want that before their accounts are erased; answers
/// which.
///
/// # Errors
/// If the database fails.
pub async fn hide(sql: &dyn Sql, now: Timestamp, limit: i64) -> Result<Vec<ImageId>, SqlFailure> {
    let params = || [now.0.into(), limit.into()];
    // In one transaction, so both choose the same images.
    let hidden = sql.batch(vec![Statement::new(RECORD_HIDDEN, params()), Statement::new(HIDE, params())]).await?;
    image_ids(hidden.into_iter().nth(1).unwrap_or_default())
}

/// Begins the removal of at most `limit` images of accounts whose time has come; answers of how many.
///
/// # Errors
/// If the database fails.
pub async fn begin_erasure(sql: &dyn Sql, lease: &Lease, now: Timestamp, limit: i64) -> Result<usize, SqlFailure> {
    let params = [now.0.into(), limit.into(), lease.job.into(), lease.fence.into()];
    Ok(run(sql, Statement::new(BEGIN_ERASURE, params)).await?.len())
}

/// Has at most `limit` images in recovery erased next, of accounts whose time has come; not those under a hold. Answers how
/// many.
///
/// # Errors
/// If the database fails.
pub async fn hasten(sql: &dyn Sql, lease: &Lease, now: Timestamp, limit: i64) -> Result<usize, SqlFailure> {
    let params = [now.0.into(), limit.into(), lease.job.into(), lease.fence.into()];
    Ok(run(sql, Statement::new(HASTEN, params)).await?.len())
}

/// Has the images of an account that stays after all come back, and their bytes kept at least until `kept_until`.
#[must_use]
pub fn bring_back(account: &AccountId, now: Timestamp, kept_until: Timestamp) -> [Statement; 2] {
    let id = account.as_str();
    [
        Statement::new(KEEP_BYTES, [id.into(), kept_until.0.into()]),
        Statement::new(BRING_BACK, [id.into(), now.0.into()]),
    ]
}

/// Stops images from coming back whose account is to be erased once more.
#[must_use]
pub fn keep_away(account: &AccountId) -> Statement {
    Statement::new(KEEP_AWAY, [account.as_str().into()])
}

/// Images that are to come back, whichever has waited longest first.
///
/// # Errors
/// If the database fails.
pub async fn returning(sql: &dyn Sql, now: Timestamp, limit: i64) -> Result<Vec<ImageId>, SqlFailure> {
    image_ids(run(sql, Statement::new(RETURNING, [now.0.into(), limit.into()])).await?)
}

/// Claims an image that is to come back until `until`; answers whether it was there to be claimed.
///
/// # Errors
/// If the database fails.
pub async fn claim(
    sql: &dyn Sql,
    lease: &Lease,
    id: &ImageId,
    now: Timestamp,
    until: Timestamp,
) -> Result<bool, SqlFailure> {
    let params = [id.as_str().into(), now.0.into(), until.0.into(), lease.job.into(), lease.fence.into()];
    Ok(!run(sql, Statement::new(CLAIM, params)).await?.is_empty())
}

/// Forgets that an image was to come back.
///
/// # Errors
/// If the database fails; it is then looked at once more.
pub async fn forget(sql: &dyn Sql, id: &ImageId) -> Result<(), SqlFailure> {
    run(sql, Statement::new(FORGET, [id.as_str().into()])).await.map(drop)
}

/// Forgets what an account would have got back, for the batch that erases it.
#[must_use]
pub fn forget_of_account(account: &AccountId) -> Statement {
    Statement::new(FORGET_OF_ACCOUNT, [account.as_str().into()])
}

/// Says of no image any more that it was the account's, for the batch that erases the account: of images that a hold keeps.
#[must_use]
pub fn disown(account: &AccountId) -> Statement {
    Statement::new(DISOWN, [account.as_str().into()])
}
