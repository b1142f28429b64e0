//! The columns `policy_told` and `policy_seen` of `accounts`: who knows which edition of the policy.

use serde::Deserialize;

use super::letters::SealedLetter;
use super::run;
use crate::domain::account::AccountTier;
use crate::domain::ids::AccountId;
use crate::ports::sql::{Sql, SqlFailure, Statement, read_row};

// Whoever is about to be erased needs no news; if they stay, they get it then.
const BEHIND: &str = "
    SELECT id, tier, policy_told FROM accounts WHERE policy_told < ?1 AND erase_at IS NULL ORDER BY policy_told LIMIT ?2";

const WRITE_LETTER: &str = "
    INSERT INTO letters (id, account_id, kind, sealed, state, next_attempt_at, created_at)
    SELECT ?1, ?2, ?3, ?4, 'waiting', ?5, ?5 FROM accounts WHERE id = ?2 AND policy_told < ?6
    ON CONFLICT (id) DO NOTHING";

const NOTE_TOLD: &str = "UPDATE accounts SET policy_told = ?2 WHERE id = ?1 AND policy_told < ?2";

const NOTE_SEEN: &str = "UPDATE accounts SET policy_seen = ?2 WHERE id = ?1 AND policy_seen < ?2";

pub(super) const STATEMENTS: &[&str] = &[BEHIND, WRITE_LETTER, NOTE_TOLD, NOTE_SEEN];

/// An account that does not know the latest edition.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Behind {
    /// Which.
    pub id: AccountId,
    /// What it may store.
    pub tier: AccountTier,
    /// The edition of which it has a letter.
    pub policy_told: i64,
}

/// At most `limit` accounts that were not told of the edition `number`.
///
/// # Errors
/// If the database fails.
pub async fn behind(sql: &dyn Sql, number: i64, limit: i64) -> Result<Vec<Behind>, SqlFailure> {
    let rows = run(sql, Statement::new(BEHIND, [number.into(), limit.into()])).await?;
    rows.into_iter().map(read_row).collect()
}

/// Writes down that an account is told of the edition `number`, and the letter that does, if there is one to write. A repeat
/// writes neither again.
#[must_use]
pub fn tell(account: &AccountId, number: i64, letter: Option<&SealedLetter>) -> Vec<Statement> {
    let written = letter.map(|letter| {
        let params = [
            letter.id.as_str().into(),
            account.as_str().into(),
            letter.kind.into(),
            letter.sealed.as_str().into(),
            letter.created_at.0.into(),
            number.into(),
        ];
        Statement::new(WRITE_LETTER, params)
    });
    let noted = Statement::new(NOTE_TOLD, [account.as_str().into(), number.into()]);
    written.into_iter().chain([noted]).collect()
}

/// Writes down that somebody has seen the edition `number` in the app.
///
/// # Errors
/// If the database fails.
pub async fn note_seen(sql: &dyn Sql, account: &AccountId, number: i64) -> Result<(), SqlFailure> {
    run(sql, Statement::new(NOTE_SEEN, [account.as_str().into(), number.into()])).await.map(drop)
}
