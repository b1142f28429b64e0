//! The `images` table as its owner changes it: words, and the collection an image is in. Each statement says how the row
//! must still be, so that nobody's change is lost, and running it twice does nothing the second time.

use serde::Deserialize;

use super::images::{Found, ImageRow, json_text};
use super::{json_list, run};
use crate::domain::details::Details;
use crate::domain::ids::{AccountId, CollectionId, ImageId};
use crate::domain::search::search_text;
use crate::ports::sql::{Sql, SqlFailure, Statement, Value, read_row};

const FIND: &str = "SELECT * FROM images WHERE id = ?1";

const EDIT: &str = "
    UPDATE images SET details = ?3, search_text = ?4, collection_id = ?5
    WHERE id = ?1 AND account_id = ?2 AND details = ?6 AND collection_id IS ?7
      AND state IN ('live', 'held', 'releasing')
      AND (?5 IS NULL OR EXISTS (SELECT 1 FROM collections WHERE id = ?5 AND account_id = ?2))
    RETURNING id";

const MOVE: &str = "
    UPDATE images SET collection_id = ?3
    WHERE id IN (SELECT value FROM json_each(?1)) AND account_id = ?2 AND state IN ('live', 'held', 'releasing')
      AND (?3 IS NULL OR EXISTS (SELECT 1 FROM collections WHERE id = ?3 AND account_id = ?2))
    RETURNING id";

pub(super) const STATEMENTS: &[&str] = &[FIND, EDIT, MOVE];

/// An image, and its words as they are stored.
#[derive(Clone, Debug)]
pub struct Editable {
    /// The image.
    pub found: Found,
    /// Its details as text; none: they are erased.
    pub stored_details: Option<String>,
}

/// How an image is to be.
#[derive(Clone, Debug)]
pub struct Edited<'a> {
    /// What is said about it.
    pub details: &'a Details,
    /// The collection it is in.
    pub collection: Option<&'a CollectionId>,
}

#[derive(Deserialize)]
struct IdRow {
    id: ImageId,
}

/// Looks an image up that may be changed; as [`super::images::find`].
///
/// # Errors
/// If the database fails.
pub async fn find(sql: &dyn Sql, id: &ImageId) -> Result<Option<Editable>, SqlFailure> {
    let Some(row) = run(sql, Statement::new(FIND, [id.as_str().into()])).await?.into_iter().next() else {
        return Ok(None);
    };
    let stored_details = row.get("details").and_then(serde_json::Value::as_str).map(str::to_owned);
    let found = read_row::<ImageRow>(row)?.into_found()?;
    Ok(found.map(|found| Editable { found, stored_details }))
}

/// Changes an image of `account` that is still as `stored_details` and `was_in` say; answers whether it did. Not if the
/// collection is gone meanwhile.
///
/// # Errors
/// If the database fails.
pub async fn edit(
    sql: &dyn Sql,
    (id, account): (&ImageId, &AccountId),
    edited: &Edited<'_>,
    stored_details: &str,
    was_in: Option<&CollectionId>,
) -> Result<bool, SqlFailure> {
    let params = [
        id.as_str().into(),
        account.as_str().into(),
        json_text(edited.details),
        search_text(edited.details).into(),
        name_of(edited.collection),
        stored_details.into(),
        name_of(was_in),
    ];
    Ok(!run(sql, Statement::new(EDIT, params)).await?.is_empty())
}

/// Puts those of `ids` that are images of `account` into one of its collections, or takes them out of theirs; answers
/// which.
///
/// # Errors
/// If the database fails.
pub async fn move_into(
    sql: &dyn Sql,
    ids: &[ImageId],
    account: &AccountId,
    collection: Option<&CollectionId>,
) -> Result<Vec<ImageId>, SqlFailure> {
    let list = json_list(ids.iter().map(ImageId::as_str));
    let params = [list.into(), account.as_str().into(), name_of(collection)];
    let rows = run(sql, Statement::new(MOVE, params)).await?;
    rows.into_iter().map(|row| read_row::<IdRow>(row).map(|row| row.id)).collect()
}

fn name_of(collection: Option<&CollectionId>) -> Value {
    collection.map(|id| id.as_str().to_owned()).into()
}
