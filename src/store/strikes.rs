//! The `strikes` table. That a strike is taken back when the statement ends on which it rests, triggers see to.

use super::run;
use crate::domain::ground::Ground;
use crate::domain::ids::{AccountId, ImageId};
use crate::domain::statement::Strike;
use crate::domain::time::Timestamp;
use crate::ports::sql::{Sql, SqlFailure, Statement, read_row};

// A picture of a team counts for whose team it is: nobody knows which of its members uploaded it.
const ADD: &str = "
    INSERT INTO strikes (image_id, number, subject, ground, imposed_at, expires_at)
    SELECT s.subject, s.number,
           coalesce((SELECT account_id FROM team_members WHERE team_id = s.account_id AND role = 'owner'), s.account_id),
           ?2, ?3, ?4
    FROM statements AS s
    WHERE s.subject = ?1 AND s.kind = 'removal' AND s.ended_at IS NULL AND s.account_id IS NOT NULL
    ON CONFLICT (image_id, number) DO NOTHING";

const SUSPEND: &str = "
    INSERT INTO statements (subject, number, kind, imposed_at, account_id, decided_by, is_detected, reason, due_at, forget_after)
    SELECT a.id, 1 + coalesce((SELECT max(number) FROM statements WHERE subject = a.id), 0), 'suspension', ?2, a.id, 'policy', 0,
           ?4, ?2, ?5
    FROM accounts AS a
    WHERE a.id = (SELECT k.subject FROM strikes AS k WHERE k.image_id = ?1 ORDER BY k.number DESC LIMIT 1)
      AND (SELECT count(*) FROM strikes WHERE subject = a.id AND expires_at > ?2 AND reversed_at IS NULL) >= ?3
      AND NOT EXISTS (SELECT 1 FROM statements WHERE subject = a.id AND kind = 'suspension' AND ended_at IS NULL)";

const END_LAPSED: &str = "
    UPDATE statements SET ended_at = ?1, due_at = NULL
    WHERE kind = 'suspension' AND ended_at IS NULL AND decided_by = 'policy'
      AND (SELECT count(*) FROM strikes WHERE strikes.subject = statements.subject AND expires_at > ?1 AND reversed_at IS NULL) < ?2
    RETURNING subject";

const OF_ACCOUNT: &str = "
    SELECT image_id, ground, imposed_at, expires_at, reversed_at FROM strikes
    WHERE subject = ?1 ORDER BY expires_at DESC LIMIT ?2";

const PSEUDONYMISE: &str = "UPDATE strikes SET subject = ?2 WHERE subject = ?1";

const FORGET_OLD: &str = "
    DELETE FROM strikes
    WHERE (image_id, number) IN (SELECT image_id, number FROM strikes WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2)
    RETURNING image_id";

pub(super) const STATEMENTS: &[&str] = &[ADD, SUSPEND, END_LAPSED, OF_ACCOUNT, PSEUDONYMISE, FORGET_OLD];

/// Adds a strike for an image that was just found to be prohibited, if it is somebody's. Belongs into the batch of the decision.
#[must_use]
pub fn add(id: &ImageId, ground: Ground, now: Timestamp, expires_at: Timestamp) -> Statement {
    Statement::new(ADD, [id.as_str().into(), ground.as_str().into(), now.0.into(), expires_at.0.into()])
}

/// Suspends the account that has a strike for the image, if it has `strikes_max` that count and is not suspended. Belongs behind
/// [`add`].
#[must_use]
pub fn suspend_if_due(
    id: &ImageId,
    strikes_max: i64,
    reason: &str,
    now: Timestamp,
    forget_after: Timestamp,
) -> Statement {
    let params = [id.as_str().into(), now.0.into(), strikes_max.into(), reason.into(), forget_after.0.into()];
    Statement::new(SUSPEND, params)
}

/// Ends suspensions that rest on strikes of which fewer than `strikes_max` count by now; answers how many.
///
/// # Errors
/// If the database fails.
pub async fn end_lapsed(sql: &dyn Sql, now: Timestamp, strikes_max: i64) -> Result<usize, SqlFailure> {
    Ok(run(sql, Statement::new(END_LAPSED, [now.0.into(), strikes_max.into()])).await?.len())
}

/// The strikes of an account, the latest first.
///
/// # Errors
/// If the database fails.
pub async fn of_account(sql: &dyn Sql, account: &AccountId, limit: i64) -> Result<Vec<Strike>, SqlFailure> {
    let rows = run(sql, Statement::new(OF_ACCOUNT, [account.as_str().into(), limit.into()])).await?;
    rows.into_iter().map(read_row).collect()
}

/// Puts a keyed hash in the place of an account that is erased.
#[must_use]
pub fn pseudonymise(account: &AccountId, lookup: &str) -> Statement {
    Statement::new(PSEUDONYMISE, [account.as_str().into(), lookup.into()])
}

/// Forgets at most `limit` strikes that do not count any more; answers how many.
///
/// # Errors
/// If the database fails.
pub async fn forget_old(sql: &dyn Sql, now: Timestamp, limit: i64) -> Result<usize, SqlFailure> {
    Ok(run(sql, Statement::new(FORGET_OLD, [now.0.into(), limit.into()])).await?.len())
}
