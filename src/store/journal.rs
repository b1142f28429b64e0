//! The tables `journal` and `journal_state`: what triggers wrote down that must not come undone, until it is copied to where
//! the database's own history does not reach; and how far those copies are known to this database.

use serde::Deserialize;

use super::run;
use crate::domain::journal::Entry;
use crate::domain::time::Timestamp;
use crate::ports::sql::{Sql, SqlFailure, Statement, read_row};

const STATE: &str = "
    SELECT known, writing, emptied_at,
           (SELECT noticed_at FROM restorations WHERE id = 1 AND finished_at IS NULL) AS restoring_since
    FROM journal_state WHERE id = 1";

const ENTRIES: &str = "SELECT number, kind, subject, detail FROM journal WHERE number > 0 ORDER BY number LIMIT ?1";

// What an earlier run was writing when it died is known from here on: it may turn up later, but not after this.
const BEGIN_WRITING: &str = "
    UPDATE journal_state SET known = max(known, coalesce(writing, '')), writing = ?1 WHERE id = 1 AND known < ?1";

const FORGET_WRITTEN: &str = "
    DELETE FROM journal
    WHERE number <= ?2 AND EXISTS (SELECT 1 FROM journal_state WHERE id = 1 AND writing = ?1)";

const END_WRITING: &str = "
    UPDATE journal_state SET known = max(known, ?1), writing = NULL WHERE id = 1 AND writing = ?1";

const NOTE_EMPTY: &str = "
    UPDATE journal_state SET emptied_at = ?1 WHERE id = 1 AND (SELECT min(number) FROM journal) IS NULL";

const MOVE_ON: &str = "UPDATE journal_state SET known = max(known, ?1) WHERE id = 1";

const IS_FRESH: &str = "
    SELECT (SELECT min(id) FROM images) IS NULL AND (SELECT min(id) FROM accounts) IS NULL AS fresh";

pub(super) const STATEMENTS: &[&str] =
    &[STATE, ENTRIES, BEGIN_WRITING, FORGET_WRITTEN, END_WRITING, NOTE_EMPTY, MOVE_ON, IS_FRESH];

/// How far the journal's objects are known to the database.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct JournalState {
    /// The last object that was written from here, or replayed; empty: none.
    pub known: String,
    /// The object that is being written, or was when a run died.
    pub writing: Option<String>,
    /// When no row was left to be copied.
    pub emptied_at: Timestamp,
    /// Since when what was forgotten is being replayed; none: nothing is.
    pub restoring_since: Option<Timestamp>,
}

/// An entry that waits to be copied.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Waiting {
    /// In which order.
    pub number: i64,
    /// The entry.
    #[serde(flatten)]
    pub entry: Entry,
}

#[derive(Deserialize)]
struct FreshRow {
    fresh: i64,
}

/// How far the journal is known.
///
/// # Errors
/// If the database fails, or does not say.
pub async fn state(sql: &dyn Sql) -> Result<JournalState, SqlFailure> {
    let row = run(sql, Statement::new(STATE, [])).await?.into_iter().next();
    row.map_or_else(|| Err(SqlFailure::Failed("journal_state has no row".into())), read_row)
}

/// At most `limit` entries that wait to be copied, the first first.
///
/// # Errors
/// If the database fails.
pub async fn entries(sql: &dyn Sql, limit: i64) -> Result<Vec<Waiting>, SqlFailure> {
    run(sql, Statement::new(ENTRIES, [limit.into()])).await?.into_iter().map(read_row).collect()
}

/// Writes down that the object `name` is about to be written, before it is: found later, it is no sign that the database was
/// set back.
///
/// # Errors
/// If the database fails.
pub async fn begin_writing(sql: &dyn Sql, name: &str) -> Result<(), SqlFailure> {
    run(sql, Statement::new(BEGIN_WRITING, [name.into()])).await.map(drop)
}

/// Forgets the entries up to `last`, which are in the object `name`. Does nothing if another run writes meanwhile.
///
/// # Errors
/// If the database fails; the entries are then copied once more.
pub async fn end_writing(sql: &dyn Sql, name: &str, last: i64) -> Result<(), SqlFailure> {
    let forget = Statement::new(FORGET_WRITTEN, [name.into(), last.into()]);
    sql.batch(vec![forget, Statement::new(END_WRITING, [name.into()])]).await.map(drop)
}

/// Writes down that nothing waits to be copied, if nothing does.
///
/// # Errors
/// If the database fails.
pub async fn note_empty(sql: &dyn Sql, now: Timestamp) -> Result<(), SqlFailure> {
    run(sql, Statement::new(NOTE_EMPTY, [now.0.into()])).await.map(drop)
}

/// Writes down that the object `name` was read, for the batch that remembers what is in it.
#[must_use]
pub fn move_on(name: &str) -> Statement {
    Statement::new(MOVE_ON, [name.into()])
}

/// Whether the database knows of no image and of no account.
///
/// # Errors
/// If the database fails.
pub async fn is_fresh(sql: &dyn Sql) -> Result<bool, SqlFailure> {
    let row = run(sql, Statement::new(IS_FRESH, [])).await?.into_iter().next().map(read_row::<FreshRow>).transpose()?;
    Ok(row.is_some_and(|row| row.fresh == 1))
}
