//! The `notices` table: what somebody has told us is wrong with images, and what was decided about it.

use serde::Deserialize;

use super::{json_list, run};
use crate::domain::ground::Ground;
use crate::domain::ids::{AccountId, ImageId, NoticeId};
use crate::domain::notice::{Decided, Notice, NoticeField, NoticeKind, NoticeOutcome};
use crate::domain::review::Waiting;
use crate::domain::time::Timestamp;
use crate::ports::sql::{Row, Sql, SqlFailure, Statement, read_row};

/// The columns of [`Notice`].
macro_rules! notices {
    ($condition:literal) => {
        concat!(
            "
    SELECT id, kind, ground, token_hash, sealed, missing, is_trusted, severity, received_at, valid_at, due_at, search_from,
           decided_at, outcome, decided_on, reason, operator, seen
    FROM notices
    WHERE ",
            $condition
        )
    };
}

const INSERT: &str = "
    INSERT INTO notices (id, kind, ground, token_hash, sealed, missing, is_trusted, severity, received_at, valid_at, due_at,
                         search_from, forget_after)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
    ON CONFLICT (id) DO NOTHING";

const FIND: &str = notices!("id = ?1");

const COMPLETE: &str = "
    UPDATE notices SET sealed = ?2, missing = ?3, valid_at = ?4, due_at = ?5,
                       forget_after = CASE WHEN ?4 IS NULL THEN forget_after END
    WHERE id = ?1 AND valid_at IS NULL AND decided_at IS NULL";

// The one that is due first; of those due at the same time, the severest. A page begins after the last row of the one before.
const QUEUE: &str =
    notices!("decided_at IS NULL AND valid_at IS NOT NULL AND (due_at, id) > (?1, ?2) ORDER BY due_at, id LIMIT ?3");

const WAITING: &str = "
    SELECT count(*) AS open, min(due_at) AS first_due FROM (
      SELECT due_at FROM notices WHERE decided_at IS NULL AND valid_at IS NOT NULL ORDER BY due_at, id LIMIT ?1)";

// What is decided is not decided again: the schema refuses this, and with it the whole batch.
const REFUSE_DECIDED: &str = "UPDATE notices SET outcome = NULL WHERE id = ?1 AND decided_at IS NOT NULL";

const DECIDE: &str = "
    UPDATE notices SET decided_at = ?2, outcome = ?3, decided_on = ?4, reason = ?5, operator = ?6, seen = ?7,
                       undone_since = ?2, forget_after = ?8, valid_at = coalesce(valid_at, ?2), due_at = coalesce(due_at, ?2)
    WHERE id = ?1 AND decided_at IS NULL
    RETURNING id";

const UNDONE: &str = "
    SELECT id FROM notices WHERE undone_since IS NOT NULL ORDER BY undone_since LIMIT ?1";

const SETTLE: &str = "
    UPDATE notices SET undone_since = NULL
    WHERE id = ?1 AND undone_since IS NOT NULL
      AND NOT EXISTS (SELECT 1 FROM notice_images WHERE notice_id = ?1 AND done_at IS NULL)";

const TO_REMIND: &str = notices!(
    "decided_at IS NULL AND valid_at IS NOT NULL AND due_at <= ?1 AND (reminded_at IS NULL OR reminded_at <= ?2)
     ORDER BY due_at, id LIMIT ?3"
);

const NOTE_REMINDED: &str = "
    UPDATE notices SET reminded_at = ?2 WHERE id IN (SELECT value FROM json_each(?1))";

const SEARCHING: &str = "
    SELECT id, search_from FROM notices WHERE search_from IS NOT NULL ORDER BY due_at, id LIMIT 1";

const SEARCHED: &str = "UPDATE notices SET search_from = ?3 WHERE id = ?1 AND search_from = ?2";

const KEEP: &str = "UPDATE notices SET forget_after = NULL WHERE id = ?1 AND decided_at IS NOT NULL";

const KEEP_UNTIL: &str = "
    UPDATE notices SET forget_after = ?2
    WHERE id = ?1 AND decided_at IS NOT NULL
      AND NOT EXISTS (SELECT 1 FROM counter_notices WHERE notice_id = ?1 AND settled_at IS NULL)";

const TO_FORGET: &str = "SELECT id FROM notices WHERE forget_after <= ?1 ORDER BY forget_after LIMIT ?2";

const ANSWERS: &str = "SELECT id FROM counter_notices WHERE notice_id IN (SELECT value FROM json_each(?1))";

const FORGET_ANSWERS: &str = "DELETE FROM counter_notices WHERE notice_id IN (SELECT value FROM json_each(?1))";

const FORGET_IMAGES: &str = "DELETE FROM notice_images WHERE notice_id IN (SELECT value FROM json_each(?1))";

const FORGET: &str = "DELETE FROM notices WHERE id IN (SELECT value FROM json_each(?1))";

const FORGET_LETTERS: &str = "DELETE FROM letters WHERE account_id IN (SELECT value FROM json_each(?1))";

pub(super) const STATEMENTS: &[&str] = &[
    INSERT,
    FIND,
    COMPLETE,
    QUEUE,
    WAITING,
    REFUSE_DECIDED,
    DECIDE,
    UNDONE,
    SETTLE,
    TO_REMIND,
    NOTE_REMINDED,
    SEARCHING,
    SEARCHED,
    KEEP,
    KEEP_UNTIL,
    TO_FORGET,
    ANSWERS,
    FORGET_ANSWERS,
    FORGET_IMAGES,
    FORGET,
    FORGET_LETTERS,
];

#[derive(Deserialize)]
struct NoticeRow {
    id: NoticeId,
    kind: NoticeKind,
    ground: Ground,
    token_hash: String,
    sealed: String,
    missing: String,
    is_trusted: i64,
    severity: i64,
    received_at: Timestamp,
    valid_at: Option<Timestamp>,
    due_at: Option<Timestamp>,
    search_from: Option<String>,
    decided_at: Option<Timestamp>,
    outcome: Option<NoticeOutcome>,
    decided_on: Option<Ground>,
    reason: Option<String>,
    operator: Option<String>,
    seen: Option<String>,
}

impl NoticeRow {
    fn into_notice(self) -> Result<Notice, SqlFailure> {
        let missing: Vec<NoticeField> = serde_json::from_str(&self.missing)
            .map_err(|error| SqlFailure::Failed(format!("column missing: {error}")))?;
        let decided = match (self.decided_at, self.outcome) {
            (Some(at), Some(outcome)) => Some(Decided {
                at,
                outcome,
                ground: self.decided_on.unwrap_or(self.ground),
                reason: self.reason.unwrap_or_default(),
                operator: self.operator.unwrap_or_default(),
                has_seen_images: self.seen.as_deref() == Some("image"),
            }),
            _ => None,
        };
        Ok(Notice {
            id: self.id,
            kind: self.kind,
            ground: self.ground,
            token_hash: self.token_hash,
            sealed: self.sealed,
            missing,
            is_trusted: self.is_trusted == 1,
            severity: self.severity,
            received_at: self.received_at,
            valid_at: self.valid_at,
            due_at: self.due_at,
            is_searching: self.search_from.is_some(),
            decided,
        })
    }
}

fn read(rows: Vec<Row>) -> Result<Vec<Notice>, SqlFailure> {
    rows.into_iter().map(|row| read_row::<NoticeRow>(row)?.into_notice()).collect()
}

#[derive(Deserialize)]
struct IdRow {
    id: NoticeId,
}

fn ids(rows: Vec<Row>) -> Result<Vec<NoticeId>, SqlFailure> {
    rows.into_iter().map(|row| read_row::<IdRow>(row).map(|row| row.id)).collect()
}

fn fields(missing: &[NoticeField]) -> String {
    json_list(missing.iter().map(|field| field.as_str()))
}

/// Writes a notice down, for the batch with who holds its key.
#[must_use]
pub fn insert(notice: &Notice, forget_after: Option<Timestamp>) -> Statement {
    let params = [
        notice.id.as_str().into(),
        notice.kind.as_str().into(),
        notice.ground.as_str().into(),
        notice.token_hash.as_str().into(),
        notice.sealed.as_str().into(),
        fields(&notice.missing).into(),
        i64::from(notice.is_trusted).into(),
        notice.severity.into(),
        notice.received_at.0.into(),
        notice.valid_at.map(|at| at.0).into(),
        notice.due_at.map(|at| at.0).into(),
        notice.is_searching.then(String::new).into(),
        forget_after.map(|at| at.0).into(),
    ];
    Statement::new(INSERT, params)
}

/// The notice of this name.
///
/// # Errors
/// If the database fails.
pub async fn find(sql: &dyn Sql, id: &NoticeId) -> Result<Option<Notice>, SqlFailure> {
    Ok(read(run(sql, Statement::new(FIND, [id.as_str().into()])).await?)?.into_iter().next())
}

/// Adds what was missing to a notice, or some of it; when nothing is missing any more, its clock begins.
#[must_use]
pub fn complete(notice: &Notice) -> Statement {
    let params = [
        notice.id.as_str().into(),
        notice.sealed.as_str().into(),
        fields(&notice.missing).into(),
        notice.valid_at.map(|at| at.0).into(),
        notice.due_at.map(|at| at.0).into(),
    ];
    Statement::new(COMPLETE, params)
}

/// At most `limit` notices that are to be decided and come after `after` (when it is due, and which it is), the most urgent first.
///
/// # Errors
/// If the database fails.
pub async fn queue(sql: &dyn Sql, after: (Timestamp, &str), limit: i64) -> Result<Vec<Notice>, SqlFailure> {
    read(run(sql, Statement::new(QUEUE, [after.0.0.into(), after.1.into(), limit.into()])).await?)
}

/// How many notices are to be decided, of at most `limit`, and when the first is due.
///
/// # Errors
/// If the database fails.
pub async fn waiting(sql: &dyn Sql, limit: i64) -> Result<Waiting, SqlFailure> {
    let row = run(sql, Statement::new(WAITING, [limit.into()])).await?.into_iter().next();
    row.map_or(Ok(Waiting::default()), read_row)
}

/// Refuses its whole batch if the notice is decided already.
#[must_use]
pub fn refuse_decided(id: &NoticeId) -> Statement {
    Statement::new(REFUSE_DECIDED, [id.as_str().into()])
}

/// Decides about a notice; once. It is then to be carried out on its images, and known until `forget_after`.
#[must_use]
pub fn decide(id: &NoticeId, decided: &Decided, forget_after: Timestamp) -> Statement {
    let params = [
        id.as_str().into(),
        decided.at.0.into(),
        decided.outcome.as_str().into(),
        decided.ground.as_str().into(),
        decided.reason.as_str().into(),
        decided.operator.as_str().into(),
        if decided.has_seen_images { "image" } else { "facts" }.into(),
        forget_after.0.into(),
    ];
    Statement::new(DECIDE, params)
}

/// At most `limit` notices whose decisions are not carried out yet, whichever has waited longest first.
///
/// # Errors
/// If the database fails.
pub async fn undone(sql: &dyn Sql, limit: i64) -> Result<Vec<NoticeId>, SqlFailure> {
    ids(run(sql, Statement::new(UNDONE, [limit.into()])).await?)
}

/// Says that a decision is carried out, if it is on every image.
#[must_use]
pub fn settle(id: &NoticeId) -> Statement {
    Statement::new(SETTLE, [id.as_str().into()])
}

/// At most `limit` notices that are due by `due_by`, of which nobody was reminded since `reminded_before`.
///
/// # Errors
/// If the database fails.
pub async fn to_remind(
    sql: &dyn Sql,
    due_by: Timestamp,
    reminded_before: Timestamp,
    limit: i64,
) -> Result<Vec<Notice>, SqlFailure> {
    read(run(sql, Statement::new(TO_REMIND, [due_by.0.into(), reminded_before.0.into(), limit.into()])).await?)
}

/// Writes down that operators are reminded.
#[must_use]
pub fn note_reminded(ids: &[NoticeId], now: Timestamp) -> Statement {
    Statement::new(NOTE_REMINDED, [json_list(ids.iter().map(NoticeId::as_str)).into(), now.0.into()])
}

/// The most urgent notice whose images' copies are searched for, and after which image the search goes on.
///
/// # Errors
/// If the database fails.
pub async fn searching(sql: &dyn Sql) -> Result<Option<(NoticeId, String)>, SqlFailure> {
    #[derive(Deserialize)]
    struct SearchRow {
        id: NoticeId,
        search_from: String,
    }
    let row = run(sql, Statement::new(SEARCHING, [])).await?.into_iter().next();
    row.map(|row| read_row::<SearchRow>(row).map(|row| (row.id, row.search_from))).transpose()
}

/// Says how far a search has come that was at `from`; none: it has ended.
#[must_use]
pub fn searched(id: &NoticeId, from: &str, until: Option<&ImageId>) -> Statement {
    Statement::new(SEARCHED, [id.as_str().into(), from.into(), until.map(|id| id.as_str().to_owned()).into()])
}

/// Keeps a decided notice as long as something is open about it.
#[must_use]
pub fn keep(id: &NoticeId) -> Statement {
    Statement::new(KEEP, [id.as_str().into()])
}

/// Has a decided notice forgotten after `until`, if nothing is open about it.
#[must_use]
pub fn keep_until(id: &NoticeId, until: Timestamp) -> Statement {
    Statement::new(KEEP_UNTIL, [id.as_str().into(), until.0.into()])
}

/// At most `limit` notices whose time is over.
///
/// # Errors
/// If the database fails.
pub async fn to_forget(sql: &dyn Sql, now: Timestamp, limit: i64) -> Result<Vec<NoticeId>, SqlFailure> {
    ids(run(sql, Statement::new(TO_FORGET, [now.0.into(), limit.into()])).await?)
}

/// The counter-notices to some notices.
///
/// # Errors
/// If the database fails.
pub async fn answers(sql: &dyn Sql, notices: &[NoticeId]) -> Result<Vec<NoticeId>, SqlFailure> {
    ids(run(sql, Statement::new(ANSWERS, [json_list(notices.iter().map(NoticeId::as_str)).into()])).await?)
}

/// Forgets notices with their answers, and letters about them, of which `holders` had the keys.
#[must_use]
pub fn forget(notices: &[NoticeId], holders: &[AccountId]) -> [Statement; 4] {
    let notices = json_list(notices.iter().map(NoticeId::as_str));
    let holders = json_list(holders.iter().map(AccountId::as_str));
    [
        Statement::new(FORGET_ANSWERS, [notices.as_str().into()]),
        Statement::new(FORGET_IMAGES, [notices.as_str().into()]),
        Statement::new(FORGET_LETTERS, [holders.into()]),
        Statement::new(FORGET, [notices.into()]),
    ]
}
