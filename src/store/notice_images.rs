//! The `notice_images` table: the images that notices are about, and what was done with each.

use serde::Deserialize;

use super::{json_list, run};
use crate::domain::ids::{AccountId, ImageId, NoticeId};
use crate::domain::image::State;
use crate::domain::known_bad::ImageHashes;
use crate::domain::notice::NoticeImage;
use crate::domain::time::Timestamp;
use crate::ports::sql::{Row, Sql, SqlFailure, Statement, read_row};

const NAME: &str = "
    INSERT INTO notice_images (notice_id, image_id, found, added_at)
    SELECT ?1, value, 'named', ?3 FROM json_each(?2) WHERE true
    ON CONFLICT (notice_id, image_id) DO NOTHING";

// The join's order is the one in which an index answers: the few that were named, then whatever has the same bytes.
const ADD_COPIES: &str = "
    INSERT INTO notice_images (notice_id, image_id, found, distance, added_at)
    SELECT ?1, copy.id, 'exact', 0, ?2
    FROM notice_images AS named
    CROSS JOIN images AS original ON original.id = named.image_id
    CROSS JOIN images AS copy ON copy.sha256 = original.sha256
    WHERE named.notice_id = ?1 AND named.found = 'named' AND copy.state IN ('live', 'held', 'releasing')
    LIMIT ?3
    ON CONFLICT (notice_id, image_id) DO NOTHING";

const ADD_NEAR: &str = "
    INSERT INTO notice_images (notice_id, image_id, found, distance, added_at)
    SELECT ?1, id, 'near', ?3, ?4 FROM images WHERE id = ?2 AND state = 'live'
    ON CONFLICT (notice_id, image_id) DO NOTHING";

const OF_NOTICE: &str = "
    SELECT image_id, found, distance, held_at, done_at FROM notice_images WHERE notice_id = ?1 ORDER BY image_id LIMIT ?2";

const UNDONE: &str = "
    SELECT image_id, found, distance, held_at, done_at FROM notice_images
    WHERE notice_id = ?1 AND done_at IS NULL ORDER BY image_id LIMIT ?2";

const NOTE_DONE: &str = "
    UPDATE notice_images SET done_at = ?3 WHERE notice_id = ?1 AND image_id = ?2 AND done_at IS NULL";

const NOTE_ALL_HELD: &str = "
    UPDATE notice_images SET held_at = ?2
    WHERE notice_id = ?1 AND held_at IS NULL
      AND image_id IN (
        SELECT images.id FROM notice_images AS named CROSS JOIN images ON images.id = named.image_id
        WHERE named.notice_id = ?1
          AND (images.state = 'live'
               OR images.state = 'held'
                  AND EXISTS (SELECT 1 FROM notice_images AS other CROSS JOIN notices AS n ON n.id = other.notice_id
                              WHERE other.image_id = images.id AND other.held_at IS NOT NULL AND n.decided_at IS NULL)))";

const STATES: &str = "
    SELECT images.id, images.state FROM notice_images JOIN images ON images.id = notice_images.image_id
    WHERE notice_images.notice_id = ?1";

const HASHES: &str = "
    SELECT images.id, images.hashes FROM notice_images JOIN images ON images.id = notice_images.image_id
    WHERE notice_images.notice_id = ?1 AND notice_images.found = 'named' AND images.hashes IS NOT NULL";

const LIVE_HASHES: &str = "
    SELECT id, hashes FROM images WHERE id > ?1 AND state = 'live' ORDER BY id LIMIT ?2";

// Whether an operator has looked at one of the images themselves.
const LOOKED: &str = "
    SELECT n.image_id
    FROM notice_images AS n CROSS JOIN review_log AS l ON l.subject = n.image_id
    WHERE n.notice_id = ?1 AND l.operator = ?2 AND l.act = 'looked' AND l.at > ?3
    LIMIT 1";

// Whether another notice that waits for a decision keeps the image out of view meanwhile.
const OTHERS_HOLD: &str = "
    SELECT n.id AS image_id
    FROM notice_images AS other CROSS JOIN notices AS n ON n.id = other.notice_id
    WHERE other.image_id = ?1 AND n.id <> ?2 AND n.decided_at IS NULL AND other.held_at IS NOT NULL
    LIMIT 1";

// Whether a person has found the image prohibited because of another notice, to which nobody has answered in time.
const OTHERS_STAND: &str = "
    SELECT n.id AS image_id
    FROM notice_images AS other CROSS JOIN notices AS n ON n.id = other.notice_id
    WHERE other.image_id = ?1 AND n.id <> ?2 AND n.outcome = 'prohibited'
      AND NOT EXISTS (SELECT 1 FROM counter_notices AS c
                      WHERE c.notice_id = n.id AND c.image_id = ?1 AND c.suit_at IS NULL AND c.restore_not_before <= ?3)
    LIMIT 1";

pub(super) const STATEMENTS: &[&str] = &[
    NAME,
    ADD_COPIES,
    ADD_NEAR,
    OF_NOTICE,
    UNDONE,
    NOTE_DONE,
    NOTE_ALL_HELD,
    STATES,
    HASHES,
    LIVE_HASHES,
    LOOKED,
    OTHERS_HOLD,
    OTHERS_STAND,
];

/// Where an image of a notice is in its life.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ImageState {
    /// The image.
    pub id: ImageId,
    /// Where it is.
    pub state: State,
}

/// An image, and what it is recognised by, as far as that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hashed {
    /// The image.
    pub id: ImageId,
    /// None: it is from before they were recorded, or they cannot be read.
    pub hashes: Option<ImageHashes>,
}

/// Makes images that a notifier has named part of a notice, whether there are such images or not.
#[must_use]
pub fn name(notice: &NoticeId, images: &[ImageId], now: Timestamp) -> Statement {
    let list = json_list(images.iter().map(ImageId::as_str));
    Statement::new(NAME, [notice.as_str().into(), list.into(), now.0.into()])
}

/// Makes at most `limit` images part of a notice whose bytes are those of one that was named.
#[must_use]
pub fn add_copies(notice: &NoticeId, limit: i64, now: Timestamp) -> Statement {
    Statement::new(ADD_COPIES, [notice.as_str().into(), now.0.into(), limit.into()])
}

/// Makes a live image part of a notice that looks like one that was named.
#[must_use]
pub fn add_near(notice: &NoticeId, image: &ImageId, distance: u32, now: Timestamp) -> Statement {
    Statement::new(ADD_NEAR, [notice.as_str().into(), image.as_str().into(), i64::from(distance).into(), now.0.into()])
}

/// At most `limit` images of a notice.
///
/// # Errors
/// If the database fails.
pub async fn of_notice(sql: &dyn Sql, notice: &NoticeId, limit: i64) -> Result<Vec<NoticeImage>, SqlFailure> {
    read(run(sql, Statement::new(OF_NOTICE, [notice.as_str().into(), limit.into()])).await?)
}

/// At most `limit` images of a decided notice on which that was not carried out yet.
///
/// # Errors
/// If the database fails.
pub async fn undone(sql: &dyn Sql, notice: &NoticeId, limit: i64) -> Result<Vec<NoticeImage>, SqlFailure> {
    read(run(sql, Statement::new(UNDONE, [notice.as_str().into(), limit.into()])).await?)
}

/// Says that the decision was carried out on an image.
#[must_use]
pub fn note_done(notice: &NoticeId, image: &ImageId, now: Timestamp) -> Statement {
    Statement::new(NOTE_DONE, [notice.as_str().into(), image.as_str().into(), now.0.into()])
}

/// Says of every image in public view that it is taken out of it because of the notice; of one that another notice has taken out of
/// it, that it stays away because of this one, too.
#[must_use]
pub fn note_all_held(notice: &NoticeId, now: Timestamp) -> Statement {
    Statement::new(NOTE_ALL_HELD, [notice.as_str().into(), now.0.into()])
}

/// Where the images of a notice are in their lives, of which there are any.
///
/// # Errors
/// If the database fails.
pub async fn states(sql: &dyn Sql, notice: &NoticeId) -> Result<Vec<ImageState>, SqlFailure> {
    read(run(sql, Statement::new(STATES, [notice.as_str().into()])).await?)
}

/// What the images that were named are recognised by.
///
/// # Errors
/// If the database fails.
pub async fn hashes(sql: &dyn Sql, notice: &NoticeId) -> Result<Vec<Hashed>, SqlFailure> {
    read_hashes(run(sql, Statement::new(HASHES, [notice.as_str().into()])).await?)
}

/// At most `limit` live images after `after`, in order of names, and what they are recognised by.
///
/// # Errors
/// If the database fails.
pub async fn live_hashes(sql: &dyn Sql, after: &str, limit: i64) -> Result<Vec<Hashed>, SqlFailure> {
    read_hashes(run(sql, Statement::new(LIVE_HASHES, [after.into(), limit.into()])).await?)
}

/// Whether an operator has looked at one of a notice's images since a moment.
///
/// # Errors
/// If the database fails.
pub async fn has_looked(
    sql: &dyn Sql,
    notice: &NoticeId,
    operator: &AccountId,
    since: Timestamp,
) -> Result<bool, SqlFailure> {
    let params = [notice.as_str().into(), operator.as_str().into(), since.0.into()];
    Ok(!run(sql, Statement::new(LOOKED, params)).await?.is_empty())
}

/// Whether another notice than this one keeps an image out of view until it is decided.
///
/// # Errors
/// If the database fails.
pub async fn others_hold(sql: &dyn Sql, image: &ImageId, notice: &NoticeId) -> Result<bool, SqlFailure> {
    Ok(!run(sql, Statement::new(OTHERS_HOLD, [image.as_str().into(), notice.as_str().into()])).await?.is_empty())
}

/// Whether an image stays out of view for another notice than this one, to which nobody has answered in time.
///
/// # Errors
/// If the database fails.
pub async fn others_stand(
    sql: &dyn Sql,
    image: &ImageId,
    notice: &NoticeId,
    now: Timestamp,
) -> Result<bool, SqlFailure> {
    let params = [image.as_str().into(), notice.as_str().into(), now.0.into()];
    Ok(!run(sql, Statement::new(OTHERS_STAND, params)).await?.is_empty())
}

fn read<T: for<'de> Deserialize<'de>>(rows: Vec<Row>) -> Result<Vec<T>, SqlFailure> {
    rows.into_iter().map(read_row).collect()
}

fn read_hashes(rows: Vec<Row>) -> Result<Vec<Hashed>, SqlFailure> {
    #[derive(Deserialize)]
    struct HashesRow {
        id: ImageId,
        hashes: Option<String>,
    }
    let hashed =
        |row: HashesRow| Hashed { id: row.id, hashes: row.hashes.and_then(|text| serde_json::from_str(&text).ok()) };
    rows.into_iter().map(|row| read_row(row).map(hashed)).collect()
}
