//! The column `images.hashes`: by what an image can be recognised. Forgotten with the image's bytes.

use serde::Deserialize;

use super::{json_list, run};
use crate::domain::ids::ImageId;
use crate::domain::known_bad::ImageHashes;
use crate::ports::sql::{Sql, SqlFailure, Statement, read_row};

const RECORD: &str = "
    UPDATE images SET hashes = ?3 WHERE id = ?1 AND state IN (SELECT value FROM json_each(?2))";

const FIND: &str = "SELECT hashes, sha256 FROM images WHERE id = ?1 AND sha256 IS NOT NULL";

pub(super) const STATEMENTS: &[&str] = &[RECORD, FIND];

#[derive(Deserialize)]
struct HashesRow {
    hashes: Option<String>,
    sha256: String,
}

/// Records the hashes of an image that is in one of `states`.
#[must_use]
pub fn record(id: &ImageId, states: &[&'static str], hashes: &ImageHashes) -> Statement {
    // Strings and numbers: serde_json cannot fail on them, and NULL only makes the image one that is not found.
    let text = serde_json::to_string(hashes).ok();
    Statement::new(RECORD, [id.as_str().into(), json_list(states.iter().copied()).into(), text.into()])
}

/// The hashes of an image that was examined; of one from before they were recorded, only the digest.
///
/// # Errors
/// If the database fails, or they cannot be read.
pub async fn find(sql: &dyn Sql, id: &ImageId) -> Result<Option<ImageHashes>, SqlFailure> {
    let Some(row) = run(sql, Statement::new(FIND, [id.as_str().into()])).await?.into_iter().next() else {
        return Ok(None);
    };
    let row: HashesRow = read_row(row)?;
    let Some(text) = row.hashes else {
        return Ok(Some(ImageHashes {
            received_sha256: row.sha256.clone(),
            stored_sha256: row.sha256,
            pdq: Vec::new(),
        }));
    };
    serde_json::from_str(&text).map(Some).map_err(|error| SqlFailure::Failed(format!("column hashes: {error}")))
}
