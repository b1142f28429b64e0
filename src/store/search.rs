//! The `images` table for a search among the images of an account or of a collection: walked from the latest on, so many
//! rows at a time.
//!
//! There is no full-text index: D1 cannot export a database that has a virtual table. What an image is found by is in
//! `search_text`, folded (`domain/search.rs`), because `LIKE` folds ASCII only; `instr` compares it as it is, so that no
//! letter of a query is a wildcard. Where it is not written yet, the row is answered and whoever asks looks at its details.

use serde::Deserialize;

use super::gallery::Scope;
use super::images::{Found, ImageRow};
use super::run;
use crate::domain::ids::ImageId;
use crate::domain::listing::Place;
use crate::domain::search::Query;
use crate::domain::time::Timestamp;
use crate::ports::sql::{Sql, SqlFailure, Statement, read_row};

/// The place of the last of so many rows before a place, if there are so many.
macro_rules! last_of {
    ($scope:literal) => {
        concat!(
            "SELECT created_at, id FROM images WHERE ",
            $scope,
            " AND (created_at, id) < (?2, ?3) ORDER BY created_at DESC, id DESC LIMIT 1 OFFSET ?4"
        )
    };
}

/// What is looked for, between two places. The sign before a column keeps its index out of it.
macro_rules! found {
    ($scope:literal) => {
        concat!(
            "
    SELECT id, state, surface, verdict, policy_version, created_at, expires_at, retention_class, retention_reason, facts,
           sha256, details, delete_token_hash, removal_reason, erase_after, held_reason, held_until, ttl_ms, account_id,
           owner_tier, collection_id, is_private, search_text IS NOT NULL AS is_folded
    FROM images
    WHERE ",
            $scope,
            " AND (created_at, id) < (?2, ?3) AND (created_at, id) >= (?4, ?5)
      AND state IN ('live', 'held', 'releasing') AND (expires_at IS NULL OR expires_at > ?6)
      AND (search_text IS NULL OR instr(search_text, ?7) > 0)
      AND NOT EXISTS (SELECT 1 FROM json_each(?8) AS wanted
                      WHERE json_extract(details, '$.labels.\"' || wanted.key || '\"') IS NOT wanted.value)
    ORDER BY created_at DESC, id DESC LIMIT ?9"
        )
    };
}

const LAST_OF_ACCOUNT: &str = last_of!("account_id = ?1");
const LAST_OF_COLLECTION: &str = last_of!("collection_id = ?1");
const FOUND_OF_ACCOUNT: &str = found!("account_id = ?1");
const FOUND_OF_COLLECTION: &str = found!("collection_id = ?1 AND +account_id = ?10");

const FOLD: &str = "
    UPDATE images SET search_text = json_extract(?1, '$.\"' || id || '\"')
    WHERE id IN (SELECT key FROM json_each(?1)) AND search_text IS NULL AND state = 'live'";

pub(super) const STATEMENTS: &[&str] =
    &[LAST_OF_ACCOUNT, LAST_OF_COLLECTION, FOUND_OF_ACCOUNT, FOUND_OF_COLLECTION, FOLD];

/// A row that may be what is looked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// The image.
    pub found: Found,
    /// Whether what it is found by is written, and was compared.
    pub is_folded: bool,
}

#[derive(Deserialize)]
struct PlaceRow {
    created_at: Timestamp,
    id: ImageId,
}

#[derive(Deserialize)]
struct FoldedRow {
    is_folded: i64,
}

/// The place of the last of `rows_max` rows before `place`; none if there are fewer.
///
/// # Errors
/// If the database fails.
pub async fn last_of(
    sql: &dyn Sql,
    scope: Scope<'_>,
    place: &Place,
    rows_max: i64,
) -> Result<Option<Place>, SqlFailure> {
    let (statement, scope) = match scope {
        Scope::Account(account) => (LAST_OF_ACCOUNT, account.as_str()),
        Scope::Collection(_, collection) => (LAST_OF_COLLECTION, collection.as_str()),
    };
    let offset = rows_max.saturating_sub(1);
    let params = [scope.into(), place.created_at.0.into(), place.id_or_last().into(), offset.into()];
    let row = run(sql, Statement::new(statement, params)).await?.into_iter().next();
    let row = row.map(read_row::<PlaceRow>).transpose()?;
    Ok(row.map(|PlaceRow { created_at, id }| Place { created_at, id: Some(id) }))
}

/// At most `limit` images that may be what is looked for, from `place` on up to and with `last`, the latest first.
///
/// # Errors
/// If the database fails.
pub async fn candidates(
    sql: &dyn Sql,
    scope: Scope<'_>,
    query: &Query,
    (place, last): (&Place, Option<&Place>),
    now: Timestamp,
    limit: i64,
) -> Result<Vec<Candidate>, SqlFailure> {
    let (last_at, last_id) = match last {
        Some(last) => (last.created_at.0, last.id.as_ref().map_or("", |id| id.as_str())),
        None => (0, ""),
    };
    // A map of strings has a JSON form.
    let labels = serde_json::to_string(query.labels()).unwrap_or_else(|_| "{}".to_owned());
    let mut params = vec![
        match scope {
            Scope::Account(account) => account.as_str().into(),
            Scope::Collection(_, collection) => collection.as_str().into(),
        },
        place.created_at.0.into(),
        place.id_or_last().into(),
        last_at.into(),
        last_id.into(),
        now.0.into(),
        query.text().into(),
        labels.into(),
        limit.into(),
    ];
    let sql_text = match scope {
        Scope::Account(_) => FOUND_OF_ACCOUNT,
        Scope::Collection(account, _) => {
            params.push(account.as_str().into());
            FOUND_OF_COLLECTION
        }
    };
    let rows = run(sql, Statement { sql: sql_text, params }).await?;
    let candidate = |row: crate::ports::sql::Row| {
        let FoldedRow { is_folded } = read_row(row.clone())?;
        let found = read_row::<ImageRow>(row)?.into_found()?;
        Ok(found.map(|found| Candidate { found, is_folded: is_folded != 0 }))
    };
    rows.into_iter().map(candidate).filter_map(Result::transpose).collect()
}

/// Writes what public images are found by, where that is not written yet.
///
/// # Errors
/// If the database fails; it is then written another time.
pub async fn fold(sql: &dyn Sql, texts: &[(ImageId, String)]) -> Result<(), SqlFailure> {
    let texts: serde_json::Map<String, serde_json::Value> =
        texts.iter().map(|(id, text)| (id.to_string(), text.as_str().into())).collect();
    run(sql, Statement::new(FOLD, [serde_json::Value::Object(texts).to_string().into()])).await.map(drop)
}
