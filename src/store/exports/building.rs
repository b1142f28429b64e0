//! How a copy grows: taken up by a run of the job, a file at a time, until its owner is told that it is there.

use super::{Export, ExportFile, Position, columns, is_theirs, one};
use crate::domain::ids::ExportId;
use crate::domain::time::Timestamp;
use crate::ports::sql::{Sql, SqlFailure, Statement, Value};
use crate::store::letters::SealedLetter;
use crate::store::run;

const CLAIM: &str = concat!(
    "
    UPDATE exports SET attempts = attempts + 1, next_attempt_at = ?2
    WHERE id = (SELECT id FROM exports
                WHERE next_attempt_at <= ?1 AND attempts < ?3 AND expires_at > ?1
                  AND EXISTS (SELECT 1 FROM accounts WHERE id = exports.account_id AND erase_at IS NULL)
                  AND ",
    is_theirs!(),
    "
                ORDER BY next_attempt_at LIMIT 1)
    RETURNING ",
    columns!()
);

const GIVE_UP: &str = "
    UPDATE exports SET next_attempt_at = NULL WHERE next_attempt_at <= ?1 AND attempts >= ?2";

// Only by whose attempt it is: one that took too long finds that another has gone on.
const ADD_FILE: &str = "
    INSERT INTO export_files (export_id, number, object, bytes, images, made_at)
    SELECT ?1, ?2, ?3, ?4, ?5, ?6 FROM exports WHERE id = ?1 AND files = ?2 AND attempts = ?7
      AND next_attempt_at IS NOT NULL";

const GO_ON: &str = "
    UPDATE exports SET files = files + 1, images = images + ?3, after_at = ?4, after_id = ?5, attempts = 0,
      next_attempt_at = CASE WHEN ?6 IS NULL THEN ?8 END, finished_at = ?6,
      expires_at = CASE WHEN ?6 IS NULL THEN expires_at ELSE ?7 END
    WHERE id = ?1 AND files = ?2 AND attempts = ?9 AND next_attempt_at IS NOT NULL
    RETURNING id";

const FINISH_WITHOUT: &str = "
    UPDATE exports SET next_attempt_at = NULL, finished_at = ?2, expires_at = ?3, attempts = 0
    WHERE id = ?1 AND attempts = ?4 AND next_attempt_at IS NOT NULL
    RETURNING id";

// Only of whom it has just been finished.
const WRITE_LETTER: &str = "
    INSERT INTO letters (id, account_id, kind, sealed, state, next_attempt_at, created_at)
    SELECT ?1, ?2, ?3, ?4, 'waiting', ?5, ?5 FROM exports WHERE id = ?6 AND finished_at = ?7
    ON CONFLICT (id) DO NOTHING";

pub(in crate::store) const STATEMENTS: &[&str] = &[CLAIM, GIVE_UP, ADD_FILE, GO_ON, FINISH_WITHOUT, WRITE_LETTER];

/// Takes up the copy that has waited longest, so that nobody else does until `until`.
///
/// # Errors
/// If the database fails.
pub async fn claim(
    sql: &dyn Sql,
    now: Timestamp,
    until: Timestamp,
    attempts_max: u32,
) -> Result<Option<Export>, SqlFailure> {
    one(run(sql, Statement::new(CLAIM, [now.0.into(), until.0.into(), i64::from(attempts_max).into()])).await?)
}

/// Gives up what was tried too often.
///
/// # Errors
/// If the database fails.
pub async fn give_up(sql: &dyn Sql, now: Timestamp, attempts_max: u32) -> Result<(), SqlFailure> {
    run(sql, Statement::new(GIVE_UP, [now.0.into(), i64::from(attempts_max).into()])).await.map(drop)
}

/// What becomes of a copy once a file of it is there.
#[derive(Clone, Debug)]
pub struct Progress<'a> {
    /// The copy, as it was taken up.
    pub export: &'a Export,
    /// The file; its number is that of those before it.
    pub file: &'a ExportFile,
    /// After which image the next one begins.
    pub after: Position,
    /// Until when it can be downloaded, if that was the last.
    pub kept_until: Option<Timestamp>,
}

/// Writes down a file, and that it was the last or that the next is to come. The latter answers a row if this was the attempt that
/// counts.
#[must_use]
pub fn add_file(progress: &Progress<'_>, now: Timestamp) -> [Statement; 2] {
    let Progress { export, file, after, kept_until } = progress;
    let number = i64::try_from(file.number).unwrap_or(i64::MAX);
    let (bytes, images) = (whole(file.bytes), whole(file.images));
    let attempts = i64::from(export.attempts);
    [
        Statement::new(
            ADD_FILE,
            [
                export.id.as_str().into(),
                number.into(),
                file.object.as_str().into(),
                bytes,
                images.clone(),
                now.0.into(),
                attempts.into(),
            ],
        ),
        Statement::new(
            GO_ON,
            [
                export.id.as_str().into(),
                number.into(),
                images,
                after.at.into(),
                after.id.as_str().into(),
                kept_until.map(|_| now.0).into(),
                kept_until.map(|at| at.0).into(),
                now.0.into(),
                attempts.into(),
            ],
        ),
    ]
}

/// Writes down that no further file is to come; answers a row if this was the attempt that counts.
#[must_use]
pub fn finish(export: &Export, kept_until: Timestamp, now: Timestamp) -> Statement {
    let params = [export.id.as_str().into(), now.0.into(), kept_until.0.into(), i64::from(export.attempts).into()];
    Statement::new(FINISH_WITHOUT, params)
}

/// Writes the letter that says that a copy is there, for the batch that finishes it `now`.
#[must_use]
pub fn write_letter(letter: &SealedLetter, id: &ExportId, now: Timestamp) -> Statement {
    let params = [
        letter.id.as_str().into(),
        letter.account_id.as_str().into(),
        letter.kind.into(),
        letter.sealed.as_str().into(),
        letter.created_at.0.into(),
        id.as_str().into(),
        now.0.into(),
    ];
    Statement::new(WRITE_LETTER, params)
}

fn whole(number: u64) -> Value {
    i64::try_from(number).unwrap_or(i64::MAX).into()
}
