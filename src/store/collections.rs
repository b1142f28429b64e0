//! The `collections` table: what images are gathered in.

use serde::Deserialize;

use super::run;
use crate::domain::ids::{AccountId, CollectionId};
use crate::domain::time::Timestamp;
use crate::ports::sql::{Sql, SqlFailure, Statement, read_row};

const FIND: &str = "SELECT id, account_id, name, created_at FROM collections WHERE id = ?1";

const FORGET_OF_ACCOUNT: &str = "DELETE FROM collections WHERE account_id = ?1";

const FORGET_OF_CLOSED: &str = "
    DELETE FROM collections
    WHERE account_id = ?1 AND EXISTS (SELECT 1 FROM teams WHERE id = ?1 AND closed_at IS NOT NULL)";

pub(super) const STATEMENTS: &[&str] = &[FIND, FORGET_OF_ACCOUNT, FORGET_OF_CLOSED];

/// A collection.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Collection {
    /// Its name in addresses.
    pub id: CollectionId,
    /// Whose it is.
    pub account_id: AccountId,
    /// What its owner calls it.
    pub name: String,
    /// When it was made.
    pub created_at: Timestamp,
}

/// The collection of this name, whosever it is.
///
/// # Errors
/// If the database fails.
pub async fn find(sql: &dyn Sql, id: &CollectionId) -> Result<Option<Collection>, SqlFailure> {
    run(sql, Statement::new(FIND, [id.as_str().into()])).await?.into_iter().next().map(read_row).transpose()
}

/// Forgets the collections of an account, with the account.
#[must_use]
pub fn forget_of_account(account: &AccountId) -> Statement {
    Statement::new(FORGET_OF_ACCOUNT, [account.as_str().into()])
}

/// Forgets the collections of a team that is closed.
#[must_use]
pub fn forget_of_closed(team: &AccountId) -> Statement {
    Statement::new(FORGET_OF_CLOSED, [team.as_str().into()])
}
