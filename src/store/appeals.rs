//! The `appeals` table: who disagrees with a restriction, and what came of it.

use serde::Deserialize;

use super::letters::SealedLetter;
use super::{json_list, run};
use crate::domain::ids::{AccountId, AppealId};
use crate::domain::review::Waiting;
use crate::domain::statement::{Appeal, AppealOutcome};
use crate::domain::time::Timestamp;
use crate::ports::sql::{Sql, SqlFailure, Statement, read_row};

const OPEN: &str = "
    INSERT INTO appeals (id, subject, number, account_id, words, opened_at, due_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";

const ADD_HOLDER: &str = "INSERT INTO key_holders (id, kind, made_at) VALUES (?1, 'appeal', ?2)";

/// Appeals with a condition: every column of [`Appeal`].
macro_rules! find {
    ($condition:literal) => {
        concat!(
            "
    SELECT id, subject, number, account_id, words, opened_at, due_at, decided_at, outcome, decided_by, reason, finished_at, is_back
    FROM appeals WHERE ",
            $condition
        )
    };
}

const FIND: &str = find!("id = ?1");

const OF_SUBJECT: &str = find!("subject = ?1 ORDER BY number DESC LIMIT ?2");

const OF_ACCOUNT: &str = find!("account_id = ?1 LIMIT ?2");

// A page begins after the last row of the one before.
const WAITING: &str = find!("decided_at IS NULL AND (due_at, id) > (?1, ?2) ORDER BY due_at, id LIMIT ?3");

const COUNT_WAITING: &str = "
    SELECT count(*) AS open, min(due_at) AS first_due
    FROM (SELECT due_at FROM appeals WHERE decided_at IS NULL ORDER BY due_at LIMIT ?1)";

const DECIDED: &str = find!("decided_at IS NOT NULL ORDER BY decided_at DESC LIMIT ?1");

// Not only of one that waits: the database refuses whoever was slower, and with it all that the batch says besides.
const DECIDE: &str = "
    UPDATE appeals SET decided_at = ?2, outcome = ?3, decided_by = ?4, reason = ?5, finished_at = ?6 WHERE id = ?1";

const UNFINISHED: &str = find!("decided_at IS NOT NULL AND finished_at IS NULL ORDER BY decided_at LIMIT ?1");

const FINISH: &str = "
    UPDATE appeals SET finished_at = ?2, is_back = ?3 WHERE id = ?1 AND finished_at IS NULL";

const WRITE_LETTER: &str = "
    INSERT INTO letters (id, account_id, kind, sealed, state, next_attempt_at, created_at)
    SELECT ?1, ?2, ?3, ?4, 'waiting', ?5, ?5 FROM appeals WHERE id = ?6 AND finished_at IS NULL
    ON CONFLICT (id) DO NOTHING";

const SHORTEN_RECOVERY: &str = "
    UPDATE images SET erase_after = min(erase_after, max(?2, removing_at + ?3))
    WHERE id = ?1 AND state = 'recovery'
      AND NOT EXISTS (SELECT 1 FROM holds WHERE image_id = ?1 AND released_at IS NULL AND until > ?2)";

const TO_REMIND: &str = find!(
    "decided_at IS NULL AND due_at <= ?1 AND (reminded_at IS NULL OR reminded_at <= ?2) ORDER BY due_at LIMIT ?3"
);

const NOTE_REMINDED: &str = "UPDATE appeals SET reminded_at = ?2 WHERE id IN (SELECT value FROM json_each(?1))";

const WITHDRAW: &str = "
    UPDATE appeals SET decided_at = ?2, outcome = 'withdrawn', finished_at = ?2 WHERE account_id = ?1 AND decided_at IS NULL";

const RELEASE_HOLDS_OF: &str = "
    UPDATE holds SET released_at = ?2
    WHERE kind = 'appeal' AND released_at IS NULL
      AND image_id IN (SELECT subject FROM appeals WHERE account_id = ?1 AND decided_at IS NULL)";

const DISOWN: &str = "UPDATE appeals SET account_id = NULL, words = '' WHERE account_id = ?1";

pub(super) const STATEMENTS: &[&str] = &[
    OPEN,
    ADD_HOLDER,
    FIND,
    OF_SUBJECT,
    OF_ACCOUNT,
    WAITING,
    COUNT_WAITING,
    DECIDED,
    DECIDE,
    UNFINISHED,
    FINISH,
    WRITE_LETTER,
    SHORTEN_RECOVERY,
    TO_REMIND,
    NOTE_REMINDED,
    WITHDRAW,
    RELEASE_HOLDS_OF,
    DISOWN,
    OTHER_OPERATORS,
];

// Who could decide in somebody's place.
const OTHER_OPERATORS: &str = "
    SELECT count(*) AS count FROM accounts WHERE is_operator = 1 AND erase_at IS NULL AND id <> ?1";

/// An appeal that comes in.
#[derive(Clone, Copy, Debug)]
pub struct NewAppeal<'a> {
    /// Its name.
    pub id: &'a AppealId,
    /// What the statement is about.
    pub subject: &'a str,
    /// Which statement about that.
    pub number: i64,
    /// Who appeals; none: whoever has the delete token.
    pub account: Option<&'a AccountId>,
    /// Why, sealed.
    pub sealed_words: &'a str,
    /// By when it is decided.
    pub due_at: Timestamp,
}

/// Takes an appeal in; fails with a conflict if there is one against the same statement. Without an account, its key has a holder.
#[must_use]
pub fn open(appeal: NewAppeal<'_>, now: Timestamp) -> Vec<Statement> {
    let params = [
        appeal.id.as_str().into(),
        appeal.subject.into(),
        appeal.number.into(),
        appeal.account.map(|account| account.as_str().to_owned()).into(),
        appeal.sealed_words.into(),
        now.0.into(),
        appeal.due_at.0.into(),
    ];
    let holder = Statement::new(ADD_HOLDER, [appeal.id.as_str().into(), now.0.into()]);
    let holder = appeal.account.is_none().then_some(holder);
    holder.into_iter().chain([Statement::new(OPEN, params)]).collect()
}

async fn list(sql: &dyn Sql, statement: Statement) -> Result<Vec<Appeal>, SqlFailure> {
    run(sql, statement).await?.into_iter().map(read_row).collect()
}

/// The appeal of this name.
///
/// # Errors
/// If the database fails.
pub async fn find(sql: &dyn Sql, id: &AppealId) -> Result<Option<Appeal>, SqlFailure> {
    Ok(list(sql, Statement::new(FIND, [id.as_str().into()])).await?.into_iter().next())
}

/// The appeals against statements about one thing, the latest first.
///
/// # Errors
/// If the database fails.
pub async fn of_subject(sql: &dyn Sql, subject: &str, limit: i64) -> Result<Vec<Appeal>, SqlFailure> {
    list(sql, Statement::new(OF_SUBJECT, [subject.into(), limit.into()])).await
}

/// The appeals of an account.
///
/// # Errors
/// If the database fails.
pub async fn of_account(sql: &dyn Sql, account: &AccountId, limit: i64) -> Result<Vec<Appeal>, SqlFailure> {
    list(sql, Statement::new(OF_ACCOUNT, [account.as_str().into(), limit.into()])).await
}

/// How many appeals wait, of at most `limit`, and when the first is due.
///
/// # Errors
/// If the database fails.
pub async fn count_waiting(sql: &dyn Sql, limit: i64) -> Result<Waiting, SqlFailure> {
    let row = run(sql, Statement::new(COUNT_WAITING, [limit.into()])).await?.into_iter().next();
    row.map_or(Ok(Waiting::default()), read_row)
}

/// At most `limit` appeals that wait and come after `after` (when it is due, and which it is), the most urgent first.
///
/// # Errors
/// If the database fails.
pub async fn waiting(sql: &dyn Sql, after: (Timestamp, &str), limit: i64) -> Result<Vec<Appeal>, SqlFailure> {
    list(sql, Statement::new(WAITING, [after.0.0.into(), after.1.into(), limit.into()])).await
}

/// Appeals that were decided, the latest first.
///
/// # Errors
/// If the database fails.
pub async fn decided(sql: &dyn Sql, limit: i64) -> Result<Vec<Appeal>, SqlFailure> {
    list(sql, Statement::new(DECIDED, [limit.into()])).await
}

/// Decides an appeal. If it is decided, the batch fails.
#[must_use]
pub fn decide(
    id: &AppealId,
    (outcome, reason): (AppealOutcome, &str),
    operator: &AccountId,
    now: Timestamp,
    finished_at: Option<Timestamp>,
) -> Statement {
    let params = [
        id.as_str().into(),
        now.0.into(),
        outcome.as_str().into(),
        operator.as_str().into(),
        reason.into(),
        finished_at.map(|at| at.0).into(),
    ];
    Statement::new(DECIDE, params)
}

/// Appeals whose decision is not carried out yet.
///
/// # Errors
/// If the database fails.
pub async fn unfinished(sql: &dyn Sql, limit: i64) -> Result<Vec<Appeal>, SqlFailure> {
    list(sql, Statement::new(UNFINISHED, [limit.into()])).await
}

/// Notes that a decision is carried out, and whether the image is back.
#[must_use]
pub fn finish(id: &AppealId, is_back: Option<bool>, now: Timestamp) -> Statement {
    Statement::new(FINISH, [id.as_str().into(), now.0.into(), is_back.map(i64::from).into()])
}

/// Writes the letter about what came of an appeal, unless another run has finished it. Belongs before [`finish`].
#[must_use]
pub fn write_letter(id: &AppealId, letter: &SealedLetter) -> Statement {
    let params = [
        letter.id.as_str().into(),
        letter.account_id.as_str().into(),
        letter.kind.into(),
        letter.sealed.as_str().into(),
        letter.created_at.0.into(),
        id.as_str().into(),
    ];
    Statement::new(WRITE_LETTER, params)
}

/// Lets an image in recovery, which no hold keeps any more, be erased when it would have been.
#[must_use]
pub fn shorten_recovery(image: &str, recovery_ms: i64, now: Timestamp) -> Statement {
    Statement::new(SHORTEN_RECOVERY, [image.into(), now.0.into(), recovery_ms.into()])
}

/// Appeals due at or before `due_by` of which nobody was reminded since `before`.
///
/// # Errors
/// If the database fails.
pub async fn to_remind(
    sql: &dyn Sql,
    due_by: Timestamp,
    before: Timestamp,
    limit: i64,
) -> Result<Vec<Appeal>, SqlFailure> {
    list(sql, Statement::new(TO_REMIND, [due_by.0.into(), before.0.into(), limit.into()])).await
}

/// Notes that operators are reminded.
#[must_use]
pub fn note_reminded(ids: &[AppealId], now: Timestamp) -> Statement {
    Statement::new(NOTE_REMINDED, [json_list(ids.iter().map(AppealId::as_str)).into(), now.0.into()])
}

/// Ends what an account waits for that is erased, and lets go what was kept for it.
#[must_use]
pub fn withdraw_of(account: &AccountId, now: Timestamp) -> [Statement; 3] {
    let params = || [account.as_str().into(), now.0.into()];
    [
        Statement::new(RELEASE_HOLDS_OF, params()),
        Statement::new(WITHDRAW, params()),
        Statement::new(DISOWN, [account.as_str().into()]),
    ]
}

#[derive(Deserialize)]
struct CountRow {
    count: i64,
}

/// How many other operators there are.
///
/// # Errors
/// If the database fails.
pub async fn other_operators(sql: &dyn Sql, operator: &str) -> Result<i64, SqlFailure> {
    let row = run(sql, Statement::new(OTHER_OPERATORS, [operator.into()])).await?.into_iter().next();
    row.map_or(Ok(0), |row| read_row::<CountRow>(row).map(|row| row.count))
}
