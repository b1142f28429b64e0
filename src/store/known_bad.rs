//! The `known_bad` table and the bands by which near hashes are found. Written from outside, by operators' tools.

use serde::Deserialize;

use super::json_list;
use crate::domain::known_bad::{Category, HashKind, PdqHash};
use crate::domain::time::Timestamp;
use crate::ports::sql::{Sql, SqlFailure, Statement, read_row};

const EXACT: &str = "
    SELECT kind, value, list, category FROM known_bad
    WHERE kind = 'sha256' AND value IN (SELECT value FROM json_each(?1))";

const NEAR: &str = "
    SELECT DISTINCT k.number, k.kind, k.value, k.list, k.category
    FROM json_each(?1) AS wanted
    CROSS JOIN known_bad_bands AS b ON b.band = wanted.value
    CROSS JOIN known_bad AS k ON k.number = b.number";

const ENTER: &str = "
    INSERT INTO known_bad (kind, value, list, category, source, added_at)
    SELECT 'sha256', value, ?2, ?3, 'a decision', ?4 FROM json_each(?1) WHERE true
    ON CONFLICT (kind, value, list) DO NOTHING";

pub(super) const STATEMENTS: &[&str] = &[EXACT, NEAR, ENTER];

/// An entry of a list.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Entry {
    /// How it is compared.
    pub kind: HashKind,
    /// 64 lowercase hexadecimal digits.
    pub value: String,
    /// The list's name.
    pub list: String,
    /// What the list says about its images.
    pub category: Category,
}

/// Puts digests on a list, each once.
#[must_use]
pub fn enter(digests: &[&str], list: &str, category: Category, now: Timestamp) -> Statement {
    let digests = json_list(digests.iter().copied());
    Statement::new(ENTER, [digests.into(), list.into(), category.as_str().into(), now.0.into()])
}

/// Entries with one of the digests, and at least those with a PDQ hash within 31 bits of one of `hashes`: others that
/// share a band are among them.
///
/// # Errors
/// If the database fails.
pub async fn candidates(sql: &dyn Sql, digests: &[&str], hashes: &[PdqHash]) -> Result<Vec<Entry>, SqlFailure> {
    let mut statements = vec![Statement::new(EXACT, [json_list(digests.iter().copied()).into()])];
    let mut bands: Vec<String> = hashes.iter().flat_map(PdqHash::near_bands).collect();
    bands.sort_unstable();
    bands.dedup();
    if !bands.is_empty() {
        statements.push(Statement::new(NEAR, [json_list(bands.iter().map(String::as_str)).into()]));
    }
    sql.batch(statements).await?.into_iter().flatten().map(read_row).collect()
}
