//! The `subject_requests` table: what was asked about data by mail or through an agent.

use serde::Deserialize;

use super::run;
use crate::domain::ids::SubjectRequestId;
use crate::domain::subject_request::{RequestOutcome, SubjectRequest};
use crate::domain::time::Timestamp;
use crate::ports::sql::{Row, Sql, SqlFailure, Statement, read_row};

/// The columns of [`SubjectRequest`].
macro_rules! requests {
    ($condition:literal) => {
        concat!(
            "
    SELECT id, kind, channel, law, reference, received_at, due_at, verified_at, extended_at, closed_at, outcome, note
    FROM subject_requests
    WHERE ",
            $condition
        )
    };
}

const INSERT: &str = "
    INSERT INTO subject_requests (id, kind, channel, law, reference, received_at, due_at)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
    ON CONFLICT (id) DO NOTHING";

const OPEN: &str = requests!("closed_at IS NULL ORDER BY due_at LIMIT ?1");

const CLOSED: &str = requests!("closed_at IS NOT NULL ORDER BY closed_at DESC LIMIT ?1");

const FIND: &str = requests!("id = ?1");

const VERIFY: &str = "
    UPDATE subject_requests SET verified_at = ?2 WHERE id = ?1 AND closed_at IS NULL AND verified_at IS NULL";

// Once.
const EXTEND: &str = "
    UPDATE subject_requests SET extended_at = ?2, due_at = due_at + CAST(?3 AS INTEGER), reminded_at = NULL
    WHERE id = ?1 AND closed_at IS NULL AND extended_at IS NULL";

const CLOSE: &str = "
    UPDATE subject_requests SET closed_at = ?2, outcome = ?3, note = ?4 WHERE id = ?1 AND closed_at IS NULL";

const TO_REMIND: &str = requests!(
    "closed_at IS NULL AND due_at <= ?1 AND (reminded_at IS NULL OR reminded_at <= ?2) ORDER BY due_at LIMIT ?3"
);

const NOTE_REMINDED: &str = "
    UPDATE subject_requests SET reminded_at = ?2 WHERE id IN (SELECT value FROM json_each(?1))";

const FORGET_OLD: &str = "
    DELETE FROM subject_requests
    WHERE id IN (SELECT id FROM subject_requests WHERE closed_at <= ?1 ORDER BY closed_at LIMIT ?2)
    RETURNING id";

pub(super) const STATEMENTS: &[&str] =
    &[INSERT, OPEN, CLOSED, FIND, VERIFY, EXTEND, CLOSE, TO_REMIND, NOTE_REMINDED, FORGET_OLD];

/// Writes down a request that has come.
///
/// # Errors
/// If the database fails.
pub async fn insert(sql: &dyn Sql, request: &SubjectRequest) -> Result<(), SqlFailure> {
    let params = [
        request.id.as_str().into(),
        request.kind.as_str().into(),
        request.channel.as_str().into(),
        request.law.as_str().into(),
        request.reference.as_str().into(),
        request.received_at.0.into(),
        request.due_at.0.into(),
    ];
    run(sql, Statement::new(INSERT, params)).await.map(drop)
}

/// At most `limit` requests that are to be answered, the most urgent first.
///
/// # Errors
/// If the database fails.
pub async fn open(sql: &dyn Sql, limit: i64) -> Result<Vec<SubjectRequest>, SqlFailure> {
    read(run(sql, Statement::new(OPEN, [limit.into()])).await?)
}

/// At most `limit` requests that were answered, the latest first.
///
/// # Errors
/// If the database fails.
pub async fn closed(sql: &dyn Sql, limit: i64) -> Result<Vec<SubjectRequest>, SqlFailure> {
    read(run(sql, Statement::new(CLOSED, [limit.into()])).await?)
}

/// The request of this name.
///
/// # Errors
/// If the database fails.
pub async fn find(sql: &dyn Sql, id: &SubjectRequestId) -> Result<Option<SubjectRequest>, SqlFailure> {
    Ok(read(run(sql, Statement::new(FIND, [id.as_str().into()])).await?)?.into_iter().next())
}

/// Writes down that whoever asked may; once, and only of one that is open.
#[must_use]
pub fn verify(id: &SubjectRequestId, now: Timestamp) -> Statement {
    Statement::new(VERIFY, [id.as_str().into(), now.0.into()])
}

/// Moves the deadline by `by_ms`; once, and only of one that is open.
#[must_use]
pub fn extend(id: &SubjectRequestId, by_ms: i64, now: Timestamp) -> Statement {
    Statement::new(EXTEND, [id.as_str().into(), now.0.into(), by_ms.into()])
}

/// Writes down what came of it; once.
#[must_use]
pub fn close(id: &SubjectRequestId, outcome: RequestOutcome, note: &str, now: Timestamp) -> Statement {
    Statement::new(CLOSE, [id.as_str().into(), now.0.into(), outcome.as_str().into(), note.into()])
}

/// At most `limit` open requests that are due by `due_by`, of which nobody was reminded since `reminded_before`.
///
/// # Errors
/// If the database fails.
pub async fn to_remind(
    sql: &dyn Sql,
    due_by: Timestamp,
    reminded_before: Timestamp,
    limit: i64,
) -> Result<Vec<SubjectRequest>, SqlFailure> {
    read(run(sql, Statement::new(TO_REMIND, [due_by.0.into(), reminded_before.0.into(), limit.into()])).await?)
}

/// Writes down that operators are reminded.
#[must_use]
pub fn note_reminded(ids: &[SubjectRequestId], now: Timestamp) -> Statement {
    let list = super::json_list(ids.iter().map(SubjectRequestId::as_str));
    Statement::new(NOTE_REMINDED, [list.into(), now.0.into()])
}

/// Forgets at most `limit` requests that were answered at or before `until`; answers how many.
///
/// # Errors
/// If the database fails.
pub async fn forget_old(sql: &dyn Sql, until: Timestamp, limit: i64) -> Result<usize, SqlFailure> {
    Ok(run(sql, Statement::new(FORGET_OLD, [until.0.into(), limit.into()])).await?.len())
}

fn read<T: for<'de> Deserialize<'de>>(rows: Vec<Row>) -> Result<Vec<T>, SqlFailure> {
    rows.into_iter().map(read_row).collect()
}
