//! The `statements` table: the reasons of restrictions. Those of images are written by triggers, with the restriction itself; here
//! they are read, told and forgotten. An account is suspended exactly as long as a statement says so.

use serde::Deserialize;

use super::letters::SealedLetter;
use super::run;
use crate::domain::ground::Ground;
use crate::domain::ids::{AccountId, AppealId};
use crate::domain::statement;
use crate::domain::time::Timestamp;
use crate::ports::sql::{Sql, SqlFailure, Statement, read_row};

/// Statements with a condition: every column of [`statement::Statement`].
macro_rules! find {
    ($condition:literal) => {
        concat!(
            "
    SELECT subject, number, kind, imposed_at, account_id, token_hash, decided_by, operator, is_detected, ground, notice_id, reason,
           category, expires_before, expires_at, ended_at, due_at, told_at
    FROM statements WHERE ",
            $condition
        )
    };
}

const OF_SUBJECT: &str = find!("subject = ?1 ORDER BY number DESC LIMIT ?2");

const OF_ACCOUNT: &str = find!("account_id = ?1 ORDER BY imposed_at DESC LIMIT ?2");

const FIND: &str = find!("subject = ?1 AND number = ?2");

const DUE: &str = find!("due_at <= ?1 ORDER BY due_at LIMIT ?2");

const WRITE_LETTER: &str = "
    INSERT INTO letters (id, account_id, kind, sealed, state, next_attempt_at, created_at)
    SELECT ?1, ?2, ?3, ?4, 'waiting', ?5, ?5 FROM statements WHERE subject = ?6 AND number = ?7 AND due_at = ?8
    ON CONFLICT (id) DO NOTHING";

const NOTE_TOLD: &str = "
    UPDATE statements SET told_at = coalesce(?4, told_at), due_at = NULL WHERE subject = ?1 AND number = ?2 AND due_at = ?3";

const SUSPEND: &str = "
    INSERT INTO statements (subject, number, kind, imposed_at, account_id, decided_by, operator, is_detected, ground, reason,
                            due_at, forget_after)
    SELECT id, 1 + coalesce((SELECT max(number) FROM statements WHERE subject = ?1), 0), 'suspension', ?2, id, 'operator', ?3, 0,
           ?4, ?5, ?2, ?6
    FROM accounts
    WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM statements WHERE subject = ?1 AND kind = 'suspension' AND ended_at IS NULL)";

const END: &str = "
    UPDATE statements SET ended_at = ?3, due_at = NULL WHERE subject = ?1 AND number = ?2 AND ended_at IS NULL";

const END_SUSPENSION: &str = "
    UPDATE statements SET ended_at = ?2, due_at = NULL WHERE subject = ?1 AND kind = 'suspension' AND ended_at IS NULL";

// What belongs to a team is its owner's to answer for.
const SUSPENDED: &str = "
    SELECT imposed_at FROM statements
    WHERE subject = coalesce((SELECT account_id FROM team_members WHERE team_id = ?1 AND role = 'owner'), ?1)
      AND kind = 'suspension' AND ended_at IS NULL";

const PSEUDONYMISE: &str = "UPDATE statements SET subject = ?2 WHERE subject = ?1";

// One that stands is known as long as it does, and one against which somebody appeals until that is decided.
const FORGETTABLE: &str = "
    SELECT s.subject AS subject, s.number AS number, a.id AS appeal, a.account_id AS appellant
    FROM statements AS s LEFT JOIN appeals AS a ON a.subject = s.subject AND a.number = s.number
    WHERE s.forget_after <= ?1 AND (a.id IS NULL OR a.finished_at IS NOT NULL)
      AND (s.ended_at IS NOT NULL
        OR NOT EXISTS (SELECT 1 FROM images WHERE id = s.subject AND state IN ('live', 'held', 'releasing', 'removing', 'recovery'))
           AND s.kind <> 'suspension'
        OR s.kind = 'suspension' AND NOT EXISTS (SELECT 1 FROM accounts WHERE id = s.subject))
    ORDER BY s.forget_after LIMIT ?2";

const FORGET: &str = "DELETE FROM statements WHERE subject = ?1 AND number = ?2";

const FORGET_APPEAL: &str = "DELETE FROM appeals WHERE subject = ?1 AND number = ?2";

const FORGET_HOLDER: &str = "DELETE FROM key_holders WHERE id = ?1 AND kind = 'appeal'";

pub(super) const STATEMENTS: &[&str] = &[
    OF_SUBJECT,
    OF_ACCOUNT,
    FIND,
    DUE,
    WRITE_LETTER,
    NOTE_TOLD,
    SUSPEND,
    END,
    END_SUSPENSION,
    SUSPENDED,
    PSEUDONYMISE,
    FORGETTABLE,
    FORGET,
    FORGET_APPEAL,
    FORGET_HOLDER,
];

/// The statements about one thing, the latest first.
///
/// # Errors
/// If the database fails.
pub async fn of_subject(sql: &dyn Sql, subject: &str, limit: i64) -> Result<Vec<statement::Statement>, SqlFailure> {
    let rows = run(sql, Statement::new(OF_SUBJECT, [subject.into(), limit.into()])).await?;
    rows.into_iter().map(read_row).collect()
}

/// The statements to an account, the latest first.
///
/// # Errors
/// If the database fails.
pub async fn of_account(
    sql: &dyn Sql,
    account: &AccountId,
    limit: i64,
) -> Result<Vec<statement::Statement>, SqlFailure> {
    let rows = run(sql, Statement::new(OF_ACCOUNT, [account.as_str().into(), limit.into()])).await?;
    rows.into_iter().map(read_row).collect()
}

/// One statement.
///
/// # Errors
/// If the database fails.
pub async fn find(sql: &dyn Sql, subject: &str, number: i64) -> Result<Option<statement::Statement>, SqlFailure> {
    let rows = run(sql, Statement::new(FIND, [subject.into(), number.into()])).await?;
    rows.into_iter().next().map(read_row).transpose()
}

/// Statements of which somebody is to be told, the longest due first.
///
/// # Errors
/// If the database fails.
pub async fn due(sql: &dyn Sql, now: Timestamp, limit: i64) -> Result<Vec<statement::Statement>, SqlFailure> {
    let rows = run(sql, Statement::new(DUE, [now.0.into(), limit.into()])).await?;
    rows.into_iter().map(read_row).collect()
}

/// Writes down that a statement was told, and the letter that does, if there is somebody to write to. A repeat writes neither again.
#[must_use]
pub fn tell(about: &statement::Statement, letter: Option<&SealedLetter>, now: Timestamp) -> Vec<Statement> {
    let due_at = about.due_at.map(|at| at.0);
    let written = letter.map(|letter| {
        let params = [
            letter.id.as_str().into(),
            letter.account_id.as_str().into(),
            letter.kind.into(),
            letter.sealed.as_str().into(),
            letter.created_at.0.into(),
            about.subject.as_str().into(),
            about.number.into(),
            due_at.into(),
        ];
        Statement::new(WRITE_LETTER, params)
    });
    let told_at = letter.map(|_| now.0);
    let noted = [about.subject.as_str().into(), about.number.into(), due_at.into(), told_at.into()];
    written.into_iter().chain([Statement::new(NOTE_TOLD, noted)]).collect()
}

/// A suspension that an operator decides.
#[derive(Clone, Copy, Debug)]
pub struct Suspension<'a> {
    /// Whose account.
    pub account: &'a AccountId,
    /// Who decides.
    pub operator: &'a AccountId,
    /// What it rests on.
    pub ground: Ground,
    /// Why, in words.
    pub reason: &'a str,
    /// Until when it is known that there was one.
    pub forget_after: Timestamp,
}

/// Suspends an account that is not suspended.
#[must_use]
pub fn suspend(suspension: Suspension<'_>, now: Timestamp) -> Statement {
    let Suspension { account, operator, ground, reason, forget_after } = suspension;
    let params = [
        account.as_str().into(),
        now.0.into(),
        operator.as_str().into(),
        ground.as_str().into(),
        reason.into(),
        forget_after.0.into(),
    ];
    Statement::new(SUSPEND, params)
}

/// Ends a restriction that has not ended.
#[must_use]
pub fn end(subject: &str, number: i64, now: Timestamp) -> Statement {
    Statement::new(END, [subject.into(), number.into(), now.0.into()])
}

/// Ends the suspension of an account.
#[must_use]
pub fn end_suspension(account: &AccountId, now: Timestamp) -> Statement {
    Statement::new(END_SUSPENSION, [account.as_str().into(), now.0.into()])
}

/// Whether an account, or the owner of a team, is suspended.
///
/// # Errors
/// If the database fails.
pub async fn is_suspended(sql: &dyn Sql, account: &AccountId) -> Result<bool, SqlFailure> {
    Ok(!run(sql, Statement::new(SUSPENDED, [account.as_str().into()])).await?.is_empty())
}

/// Puts a keyed hash in the place of an account that is erased.
#[must_use]
pub fn pseudonymise(account: &AccountId, lookup: &str) -> Statement {
    Statement::new(PSEUDONYMISE, [account.as_str().into(), lookup.into()])
}

/// A statement whose time is over.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Forgettable {
    /// What it was about.
    pub subject: String,
    /// Which it was.
    pub number: i64,
    /// The appeal against it, if there was one.
    pub appeal: Option<AppealId>,
    /// Who appealed; none: whoever had the delete token.
    pub appellant: Option<AccountId>,
}

/// At most `limit` statements whose time is over.
///
/// # Errors
/// If the database fails.
pub async fn forgettable(sql: &dyn Sql, now: Timestamp, limit: i64) -> Result<Vec<Forgettable>, SqlFailure> {
    let rows = run(sql, Statement::new(FORGETTABLE, [now.0.into(), limit.into()])).await?;
    rows.into_iter().map(read_row).collect()
}

/// Forgets a statement and the appeal against it, whose key is destroyed.
#[must_use]
pub fn forget(what: &Forgettable) -> Vec<Statement> {
    let of_statement = || [what.subject.as_str().into(), what.number.into()];
    let holder = what.appeal.as_ref().map(|appeal| Statement::new(FORGET_HOLDER, [appeal.as_str().into()]));
    let rows = [Statement::new(FORGET_APPEAL, of_statement()), Statement::new(FORGET, of_statement())];
    holder.into_iter().chain(rows).collect()
}
