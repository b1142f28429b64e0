//! The `variants` and `variant_budgets` tables: which variants there are of an image, and how many were begun in an
//! hour. What serves variants does not ask them: a variant that is not written down here is served, and found by the
//! reconciler once its image is gone.

use serde::Deserialize;

use super::{json_list, run};
use crate::domain::ids::ImageId;
use crate::domain::time::Timestamp;
use crate::ports::sql::{Row, Sql, SqlFailure, Statement, read_row};

// Counts one more than allowed, so that a full budget can be told from one that this request filled.
const COUNT: &str = "
    INSERT INTO variant_budgets (image_id, hour, begun)
    SELECT ?1, ?2, 1
    WHERE NOT EXISTS (SELECT 1 FROM variants
                      WHERE image_id = ?1 AND name = ?3 AND (bytes IS NOT NULL OR begun_at > ?4))
    ON CONFLICT (image_id, hour) DO UPDATE SET begun = begun + 1 WHERE begun <= ?5";

const BEGIN: &str = "
    INSERT INTO variants (image_id, name, begun_at, used_at)
    SELECT ?1, ?3, ?6, ?6
    WHERE EXISTS (SELECT 1 FROM images WHERE id = ?1 AND state = 'live')
      AND (EXISTS (SELECT 1 FROM variants
                   WHERE image_id = ?1 AND name = ?3 AND (bytes IS NOT NULL OR begun_at > ?4))
           OR EXISTS (SELECT 1 FROM variant_budgets WHERE image_id = ?1 AND hour = ?2 AND begun <= ?5))
    ON CONFLICT (image_id, name) DO UPDATE SET begun_at = ?6, used_at = ?6
    RETURNING name";

const STATE: &str = "SELECT state FROM images WHERE id = ?1";

const SURPLUS: &str = "
    SELECT name FROM variants
    WHERE image_id = ?1 AND name <> ?2 AND (bytes IS NOT NULL OR begun_at <= ?3)
    ORDER BY used_at DESC, name DESC LIMIT 1000 OFFSET ?4";

const SETTLE: &str = "
    UPDATE variants SET bytes = ?3
    WHERE image_id = ?1 AND name = ?2 AND EXISTS (SELECT 1 FROM images WHERE id = ?1 AND state = 'live')
    RETURNING name";

const FORGET: &str =
    "DELETE FROM variants WHERE image_id = ?1 AND name IN (SELECT value FROM json_each(?2)) AND begun_at < ?3";

const NOTE_USE: &str = "
    UPDATE variants SET used_at = ?3
    WHERE image_id = ?1 AND name = ?2 AND used_at BETWEEN 1 AND ?4";

const UNUSED: &str = "
    SELECT image_id, name FROM variants WHERE used_at <= ?1 AND begun_at <= ?2 ORDER BY used_at LIMIT ?3";

const FORGET_UNUSED: &str = "
    DELETE FROM variants
    WHERE used_at <= ?2 AND begun_at <= ?3
      AND (image_id, name) IN (SELECT value ->> 'image_id', value ->> 'name' FROM json_each(?1))";

const FORGET_BUDGETS: &str = "
    DELETE FROM variant_budgets
    WHERE (image_id, hour) IN (SELECT image_id, hour FROM variant_budgets WHERE hour <= ?1 ORDER BY hour LIMIT ?2)
    RETURNING begun";

pub(super) const STATEMENTS: &[&str] =
    &[COUNT, BEGIN, STATE, SURPLUS, SETTLE, FORGET, NOTE_USE, UNUSED, FORGET_UNUSED, FORGET_BUDGETS];

/// What came of the wish to make a variant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begun {
    /// It may be made.
    Admitted,
    /// As many as an hour allows were made of this image.
    Full,
    /// The image is not live, or not any more.
    NotLive,
}

/// The rule by which variants are begun (`policy::variants`).
#[derive(Clone, Copy, Debug)]
pub struct Allowance {
    /// Start of the hour.
    pub hour: Timestamp,
    /// Variants of one image in it.
    pub begun_max: i64,
    /// A variant begun after this is probably being made right now: it is not counted again.
    pub in_flight_since: Timestamp,
}

/// Begins to make the variant `name` of a live image if the allowance has room. One that is there already, or is being
/// made by somebody else, is not counted.
///
/// # Errors
/// If the database fails.
pub async fn begin(
    sql: &dyn Sql,
    image: &ImageId,
    name: &str,
    allowance: &Allowance,
    now: Timestamp,
) -> Result<Begun, SqlFailure> {
    let (image, hour) = (image.as_str(), allowance.hour.0);
    let (since, most) = (allowance.in_flight_since.0, allowance.begun_max);
    let count = [image.into(), hour.into(), name.into(), since.into(), most.into()];
    let begin = [image.into(), hour.into(), name.into(), since.into(), most.into(), now.0.into()];
    let statements =
        vec![Statement::new(COUNT, count), Statement::new(BEGIN, begin), Statement::new(STATE, [image.into()])];
    let results = sql.batch(statements).await?;
    let rows = |number: usize| results.get(number).map(Vec::as_slice).unwrap_or_default();
    Ok(match (rows(1), rows(2)) {
        ([_, ..], _) => Begun::Admitted,
        ([], [state]) if state.get("state").and_then(|state| state.as_str()) == Some("live") => Begun::Full,
        _ => Begun::NotLive,
    })
}

/// Records that a variant is stored. Answers false if its image is not live any more: then it must be erased.
///
/// # Errors
/// If the database fails.
pub async fn settle(sql: &dyn Sql, image: &ImageId, name: &str, bytes: u64) -> Result<bool, SqlFailure> {
    let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
    let settled = run(sql, Statement::new(SETTLE, [image.as_str().into(), name.into(), bytes.into()])).await?;
    Ok(!settled.is_empty())
}

/// The variants of an image beyond the `most` that were used last, `name` among those; none that is still being made,
/// which those are that were begun after `in_flight_since`.
///
/// # Errors
/// If the database fails.
pub async fn surplus(
    sql: &dyn Sql,
    image: &ImageId,
    name: &str,
    most: i64,
    in_flight_since: Timestamp,
) -> Result<Vec<String>, SqlFailure> {
    #[derive(Deserialize)]
    struct NameRow {
        name: String,
    }
    let params = [image.as_str().into(), name.into(), in_flight_since.0.into(), most.saturating_sub(1).into()];
    let rows = run(sql, Statement::new(SURPLUS, params)).await?;
    rows.into_iter().map(|row: Row| read_row(row).map(|NameRow { name }| name)).collect()
}

/// Forgets variants that are erased, except what was begun anew from `since` on.
///
/// # Errors
/// If the database fails.
pub async fn forget(sql: &dyn Sql, image: &ImageId, names: &[String], since: Timestamp) -> Result<(), SqlFailure> {
    let names = json_list(names.iter().map(String::as_str));
    let params = [image.as_str().into(), names.into(), since.0.into()];
    run(sql, Statement::new(FORGET, params)).await.map(drop)
}

/// Notes that a variant was used, unless that was noted after `unless_since`.
///
/// # Errors
/// If the database fails.
pub async fn note_use(
    sql: &dyn Sql,
    image: &ImageId,
    name: &str,
    now: Timestamp,
    unless_since: Timestamp,
) -> Result<(), SqlFailure> {
    let params = [image.as_str().into(), name.into(), now.0.into(), unless_since.0.into()];
    run(sql, Statement::new(NOTE_USE, params)).await.map(drop)
}

/// A variant that is written down.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, serde::Serialize)]
pub struct Known {
    /// The image.
    pub image_id: ImageId,
    /// The transform in canonical words.
    pub name: String,
}

/// Variants that were last used at or before `used_until` and are not being made, the longest unused first.
///
/// # Errors
/// If the database fails.
pub async fn unused(
    sql: &dyn Sql,
    used_until: Timestamp,
    begun_until: Timestamp,
    limit: i64,
) -> Result<Vec<Known>, SqlFailure> {
    let params = [used_until.0.into(), begun_until.0.into(), limit.into()];
    run(sql, Statement::new(UNUSED, params)).await?.into_iter().map(read_row).collect()
}

/// Forgets those of `known` that are still unused.
///
/// # Errors
/// If the database fails.
pub async fn forget_unused(
    sql: &dyn Sql,
    known: &[Known],
    used_until: Timestamp,
    begun_until: Timestamp,
) -> Result<(), SqlFailure> {
    let known = serde_json::to_string(known).map_err(|error| SqlFailure::Failed(error.to_string()))?;
    let params = [known.into(), used_until.0.into(), begun_until.0.into()];
    run(sql, Statement::new(FORGET_UNUSED, params)).await.map(drop)
}

/// Forgets at most `limit` budgets of hours begun at or before `until`; answers how many.
///
/// # Errors
/// If the database fails.
pub async fn forget_budgets(sql: &dyn Sql, until: Timestamp, limit: i64) -> Result<usize, SqlFailure> {
    Ok(run(sql, Statement::new(FORGET_BUDGETS, [until.0.into(), limit.into()])).await?.len())
}
