//! The `holds` table: images that may not be erased. Every deleter asks it, in the statement that chooses what to
//! delete or before it deletes. Rows leave with their image's row.

use serde::Deserialize;

use super::{json_list, run};
use crate::domain::hold::HoldKind;
use crate::domain::ids::ImageId;
use crate::domain::time::Timestamp;
use crate::ports::sql::{Sql, SqlFailure, Statement, Value, read_row};

const PLACE: &str = "
    INSERT INTO holds (image_id, kind, placed_at, until, reason)
    SELECT id, ?6, ?3, ?4, ?5 FROM images WHERE id = ?1 AND state IN (SELECT value FROM json_each(?2))
    ON CONFLICT (image_id, kind) DO UPDATE
    SET placed_at = excluded.placed_at, until = excluded.until, reason = excluded.reason, released_at = NULL
    WHERE excluded.kind <> 'legal' AND (holds.released_at IS NOT NULL OR holds.until < excluded.until)";

const RELEASE: &str = "
    UPDATE holds SET released_at = ?3 WHERE image_id = ?1 AND kind = ?2 AND released_at IS NULL";

// Until when the law has an image kept: by orders that stand, and by its report, from when it was made or, until then, from when
// it was due. 0: it does not.
macro_rules! kept_until {
    () => {
        "max(coalesce((SELECT max(until) FROM orders WHERE image_id = ?1 AND lifted_at IS NULL), 0),
             coalesce((SELECT coalesce(filed_at, created_at) + CAST(?3 AS INTEGER) FROM reports
                       WHERE image_id = ?1 AND state <> 'dismissed'), 0))"
    };
}

const SEAL: &str = concat!(
    "INSERT INTO holds (image_id, kind, placed_at, until, reason)
     SELECT id, 'legal', ?2, ",
    kept_until!(),
    ", ?4 FROM images WHERE id = ?1 AND state <> 'gone' AND ",
    kept_until!(),
    " > ?2
     ON CONFLICT (image_id, kind) DO UPDATE SET until = excluded.until, released_at = NULL"
);

const UNSEAL: &str = concat!(
    "UPDATE holds SET released_at = ?2
     WHERE image_id = ?1 AND kind = 'legal' AND released_at IS NULL AND ",
    kept_until!(),
    " <= ?2"
);

// What only a hold keeps is there until the hold ends, and what only a hold has kept, until `?2`.
const KEEP_SEALED: &str = "
    UPDATE images SET erase_after = max(min(erase_after, CAST(?2 AS INTEGER)),
      coalesce((SELECT max(until) FROM holds WHERE image_id = ?1 AND released_at IS NULL), 0))
    WHERE id = ?1 AND state = 'recovery' AND erase_after IS NOT NULL";

const IS_SEALED: &str = "
    SELECT image_id FROM holds WHERE image_id = ?1 AND kind = 'legal' AND released_at IS NULL AND until > ?2";

const STANDING: &str = "
    SELECT image_id FROM holds
    WHERE image_id IN (SELECT value FROM json_each(?1)) AND released_at IS NULL AND until > ?2";

const COUNT: &str = "SELECT count(*) AS holds FROM holds WHERE image_id = ?1";

pub(super) const STATEMENTS: &[&str] = &[PLACE, RELEASE, SEAL, UNSEAL, KEEP_SEALED, IS_SEALED, STANDING, COUNT];

#[derive(Deserialize)]
struct HoldRow {
    image_id: ImageId,
}

#[derive(Deserialize)]
struct CountRow {
    holds: u32,
}

/// Puts an image that is in one of `states` under a hold of a kind. A legal one stands as it was placed first; another one
/// that ended, or ends sooner, stands anew.
#[must_use]
pub fn place(
    id: &ImageId,
    states: &[&'static str],
    kind: HoldKind,
    reason: &str,
    until: Timestamp,
    now: Timestamp,
) -> Statement {
    let states = json_list(states.iter().copied());
    let params = [id.as_str().into(), states.into(), now.0.into(), until.0.into(), reason.into(), kind.as_str().into()];
    Statement::new(PLACE, params)
}

/// Ends an image's hold of a kind, if one stands.
#[must_use]
pub fn release(id: &ImageId, kind: HoldKind, now: Timestamp) -> Statement {
    Statement::new(RELEASE, [id.as_str().into(), kind.as_str().into(), now.0.into()])
}

/// Has an image's legal hold say what its orders and its report demand, after one of them has changed: longer or shorter, or
/// not at all any more. What is kept after a report is kept for `report_ms`; what nothing keeps any more is erased at `let_go_at`.
#[must_use]
pub fn settle_legal(
    id: &ImageId,
    reason: &str,
    report_ms: i64,
    let_go_at: Timestamp,
    now: Timestamp,
) -> Vec<Statement> {
    let id = || Value::from(id.as_str());
    vec![
        Statement::new(SEAL, [id(), now.0.into(), report_ms.into(), reason.into()]),
        Statement::new(UNSEAL, [id(), now.0.into(), report_ms.into()]),
        Statement::new(KEEP_SEALED, [id(), let_go_at.0.into()]),
    ]
}

/// Whether an image is under a legal hold: then it stays where it is, whoever decides.
///
/// # Errors
/// If the database fails.
pub async fn is_sealed(sql: &dyn Sql, id: &ImageId, now: Timestamp) -> Result<bool, SqlFailure> {
    Ok(!run(sql, Statement::new(IS_SEALED, [id.as_str().into(), now.0.into()])).await?.is_empty())
}

/// Those of `ids` that may not be erased now.
///
/// # Errors
/// If the database fails.
pub async fn standing(sql: &dyn Sql, ids: &[ImageId], now: Timestamp) -> Result<Vec<ImageId>, SqlFailure> {
    let list = json_list(ids.iter().map(ImageId::as_str));
    let rows = run(sql, Statement::new(STANDING, [list.into(), now.0.into()])).await?;
    rows.into_iter().map(|row| read_row::<HoldRow>(row).map(|row| row.image_id)).collect()
}

/// How many holds were placed on an image, standing or not.
///
/// # Errors
/// If the database fails.
pub async fn count(sql: &dyn Sql, id: &ImageId) -> Result<u32, SqlFailure> {
    let row = run(sql, Statement::new(COUNT, [id.as_str().into()])).await?.into_iter().next();
    row.map_or(Ok(0), |row| read_row::<CountRow>(row).map(|row| row.holds))
}
