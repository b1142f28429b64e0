//! The table `replays`: the last word of the journal about each thing, until it is carried out.

mod changes;

use serde::Deserialize;

use changes::{APPLY, Given};

use super::run;
use crate::domain::ids::AccountId;
use crate::domain::time::Timestamp;
use crate::ports::sql::{Sql, SqlFailure, Statement, read_row};

// Only while its object is not known: a write that the platform repeats changes nothing.
const FOLD: &str = "
    INSERT INTO replays (aspect, subject, kind, detail)
    SELECT json_extract(value, '$.aspect'), json_extract(value, '$.subject'), json_extract(value, '$.kind'),
           json_extract(value, '$.detail')
    FROM json_each(?1) WHERE (SELECT known FROM journal_state WHERE id = 1) < ?2
    ON CONFLICT (aspect, subject) DO UPDATE SET kind = excluded.kind, detail = excluded.detail";

const PAGE: &str = "
    SELECT max(subject) AS last, count(*) AS entries
    FROM (SELECT subject FROM replays WHERE aspect = ?1 ORDER BY subject LIMIT ?2)";

const FORGET: &str = "DELETE FROM replays WHERE aspect = ?2 AND subject <= ?1";

const EMAILS: &str = "
    SELECT subject AS account_id, detail AS sealed FROM replays WHERE aspect = 'email' ORDER BY subject LIMIT ?1";

const FORGET_EMAIL: &str = "DELETE FROM replays WHERE aspect = 'email' AND subject = ?1";

/// Every statement.
pub(super) fn statements() -> Vec<&'static str> {
    let own = [FOLD, PAGE, FORGET, EMAILS, FORGET_EMAIL];
    own.into_iter().chain(APPLY.iter().map(|(_, statement, _)| *statement)).collect()
}

/// How far the next batch about an aspect goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplayPage {
    /// Its last subject.
    pub last: String,
    /// How many there are.
    pub entries: i64,
}

#[derive(Deserialize)]
struct PageRow {
    last: Option<String>,
    entries: i64,
}

/// An account's address that changed, sealed.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ReplayedEmail {
    /// Whose.
    pub account_id: AccountId,
    /// The address.
    pub sealed: String,
}

/// Remembers what the object `name` says, a JSON list of objects with aspect, subject, kind and detail, unless it is known
/// already: of several about the same, the last.
#[must_use]
pub fn fold(entries: String, name: &str) -> Statement {
    Statement::new(FOLD, [entries.into(), name.into()])
}

/// The next at most `limit` things about an aspect; none: nothing is left.
///
/// # Errors
/// If the database fails.
pub async fn page(sql: &dyn Sql, aspect: &'static str, limit: i64) -> Result<Option<ReplayPage>, SqlFailure> {
    let row = run(sql, Statement::new(PAGE, [aspect.into(), limit.into()])).await?.into_iter().next();
    let row = row.map(read_row::<PageRow>).transpose()?;
    Ok(row.and_then(|row| row.last.map(|last| ReplayPage { last, entries: row.entries })))
}

/// Carries out what was remembered about an aspect, up to `last`, and forgets it.
#[must_use]
pub fn apply(aspect: &'static str, last: &str, now: Timestamp, keep_until: Timestamp) -> Vec<Statement> {
    let of_aspect = APPLY.iter().filter(|(of, _, _)| *of == aspect);
    let mut statements: Vec<Statement> = of_aspect
        .map(|(_, statement, given)| match given {
            Given::Nothing => Statement::new(statement, [last.into()]),
            Given::Now => Statement::new(statement, [last.into(), now.0.into()]),
            Given::KeepUntil => Statement::new(statement, [last.into(), keep_until.0.into()]),
        })
        .collect();
    statements.push(Statement::new(FORGET, [last.into(), aspect.into()]));
    statements
}

/// At most `limit` addresses that changed.
///
/// # Errors
/// If the database fails.
pub async fn emails(sql: &dyn Sql, limit: i64) -> Result<Vec<ReplayedEmail>, SqlFailure> {
    run(sql, Statement::new(EMAILS, [limit.into()])).await?.into_iter().map(read_row).collect()
}

/// Forgets that an account's address changed, once it has.
#[must_use]
pub fn forget_email(account: &AccountId) -> Statement {
    Statement::new(FORGET_EMAIL, [account.as_str().into()])
}
