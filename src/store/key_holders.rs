//! The `key_holders` table: who has a key of personal data without an account. A key is made before its row, and destroyed
//! before it.

use serde::Deserialize;

use super::{json_list, run};
use crate::domain::ids::AccountId;
use crate::domain::time::Timestamp;
use crate::ports::sql::{Sql, SqlFailure, Statement, read_row};

const INSERT: &str = "
    INSERT INTO key_holders (id, kind, made_at) VALUES (?1, ?2, ?3) ON CONFLICT (id) DO NOTHING";

const KNOWN: &str = "SELECT id FROM key_holders WHERE id IN (SELECT value FROM json_each(?1))";

const FORGET: &str = "DELETE FROM key_holders WHERE id IN (SELECT value FROM json_each(?1))";

pub(super) const STATEMENTS: &[&str] = &[INSERT, KNOWN, FORGET];

/// What somebody has a key for, who has no account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HolderKind {
    /// A notice, or the answer to one.
    Notice,
    /// An appeal.
    Appeal,
}

impl HolderKind {
    /// The word stored in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Notice => "notice",
            Self::Appeal => "appeal",
        }
    }
}

#[derive(Deserialize)]
struct IdRow {
    id: AccountId,
}

/// Writes down who has a key, for the batch that writes what it is for.
#[must_use]
pub fn insert(id: &AccountId, kind: HolderKind, now: Timestamp) -> Statement {
    Statement::new(INSERT, [id.as_str().into(), kind.as_str().into(), now.0.into()])
}

/// Those of `ids` that have a key without an account.
///
/// # Errors
/// If the database fails.
pub async fn known(sql: &dyn Sql, ids: &[AccountId]) -> Result<Vec<AccountId>, SqlFailure> {
    let list = json_list(ids.iter().map(AccountId::as_str));
    let rows = run(sql, Statement::new(KNOWN, [list.into()])).await?;
    rows.into_iter().map(|row| read_row::<IdRow>(row).map(|row| row.id)).collect()
}

/// Forgets who had keys that are destroyed by now, with what they were for.
#[must_use]
pub fn forget(ids: &[AccountId]) -> Statement {
    Statement::new(FORGET, [json_list(ids.iter().map(AccountId::as_str)).into()])
}
