//! The `challenges` table: questions to authenticators that wait for an answer.

use serde::Deserialize;

use super::run;
use crate::domain::ids::AccountId;
use crate::domain::passkey::Challenge;
use crate::domain::time::Timestamp;
use crate::ports::sql::{Sql, SqlFailure, Statement, read_row};

const ASK: &str = "INSERT INTO challenges (challenge_hash, purpose, account_id, expires_at) VALUES (?1, ?2, ?3, ?4)";

const TAKE: &str = "
    DELETE FROM challenges WHERE challenge_hash = ?1 AND purpose = ?2 AND account_id IS ?3 RETURNING expires_at";

const REMOVE: &str = "DELETE FROM challenges WHERE account_id = ?1";

const FORGET_OLD: &str = "
    DELETE FROM challenges
    WHERE challenge_hash IN (SELECT challenge_hash FROM challenges WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2)
    RETURNING purpose";

pub(super) const STATEMENTS: &[&str] = &[ASK, TAKE, REMOVE, FORGET_OLD];

/// What an answer is for; one for another purpose is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To make a passkey.
    Enrol,
    /// To sign in with nothing else.
    SignIn,
    /// To add to a password.
    SecondFactor,
}

impl Purpose {
    fn word(self) -> &'static str {
        match self {
            Self::Enrol => "enrol",
            Self::SignIn => "sign_in",
            Self::SecondFactor => "second_factor",
        }
    }
}

/// Writes down a question to an account, or to whoever signs in.
///
/// # Errors
/// If the database fails.
pub async fn ask(
    sql: &dyn Sql,
    challenge: &Challenge,
    purpose: Purpose,
    account: Option<&AccountId>,
    expires_at: Timestamp,
) -> Result<(), SqlFailure> {
    let params =
        [challenge.hash().into(), purpose.word().into(), account.map(AccountId::as_str).into(), expires_at.0.into()];
    run(sql, Statement::new(ASK, params)).await.map(drop)
}

/// Takes the question that `challenge` answers, so that nothing else answers it; whether it was asked, and still waited.
///
/// # Errors
/// If the database fails.
pub async fn take(
    sql: &dyn Sql,
    challenge: &Challenge,
    purpose: Purpose,
    account: Option<&AccountId>,
    now: Timestamp,
) -> Result<bool, SqlFailure> {
    #[derive(Deserialize)]
    struct TakenRow {
        expires_at: Timestamp,
    }
    let params = [challenge.hash().into(), purpose.word().into(), account.map(AccountId::as_str).into()];
    let taken = run(sql, Statement::new(TAKE, params)).await?.into_iter().next();
    let taken: Option<TakenRow> = taken.map(read_row).transpose()?;
    Ok(taken.is_some_and(|taken| taken.expires_at > now))
}

/// Removes the questions to an account.
#[must_use]
pub fn remove(account: &AccountId) -> Statement {
    Statement::new(REMOVE, [account.as_str().into()])
}

/// Forgets at most `limit` questions that waited until `until`; answers how many.
///
/// # Errors
/// If the database fails.
pub async fn forget_old(sql: &dyn Sql, until: Timestamp, limit: i64) -> Result<usize, SqlFailure> {
    Ok(run(sql, Statement::new(FORGET_OLD, [until.0.into(), limit.into()])).await?.len())
}
