//! The `holds` table: images that may not be erased. Every deleter asks it, in the statement that chooses what to
//! delete or before it deletes. Rows leave with their image's row.

use serde::Deserialize;

use super::{json_list, run};
use crate::domain::hold::HoldKind;
use crate::domain::ids::ImageId;
use crate::domain::time::Timestamp;
use crate::ports::sql::{Sql, SqlFailure, Statement, read_row};

const PLACE: &str = "
    INSERT INTO holds (image_id, kind, placed_at, until, reason)
    SELECT id, ?6, ?3, ?4, ?5 FROM images WHERE id = ?1 AND state IN (SELECT value FROM json_each(?2))
    ON CONFLICT (image_id, kind) DO UPDATE
    SET placed_at = excluded.placed_at, until = excluded.until, reason = excluded.reason, released_at = NULL
    WHERE excluded.kind <> 'legal' AND (holds.released_at IS NOT NULL OR holds.until < excluded.until)";

const RELEASE: &str = "
    UPDATE holds SET released_at = ?3 WHERE image_id = ?1 AND kind = ?2 AND released_at IS NULL";

const STANDING: &str = "
    SELECT image_id FROM holds
    WHERE image_id IN (SELECT value FROM json_each(?1)) AND released_at IS NULL AND until > ?2";

const IS_SEALED: &str = "
    SELECT image_id FROM holds WHERE image_id = ?1 AND kind = 'legal' AND released_at IS NULL AND until > ?2";

const COUNT: &str = "SELECT count(*) AS holds FROM holds WHERE image_id = ?1";

pub(super) const STATEMENTS: &[&str] = &[PLACE, RELEASE, STANDING, IS_SEALED, COUNT];

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
