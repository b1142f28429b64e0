//! The `teams` table: accounts without a person. Who is in one is in `team_members`.

use serde::Deserialize;

use super::leases::Lease;
use super::run;
use crate::domain::ids::AccountId;
use crate::domain::time::Timestamp;
use crate::ports::sql::{Sql, SqlFailure, Statement, read_row};

/// That `?2` is the owner of the team `?1`: a closed one has none.
macro_rules! is_owner {
    () => {
        "EXISTS (SELECT 1 FROM team_members AS actor
                 WHERE actor.team_id = ?1 AND actor.account_id = ?2 AND actor.role = 'owner')"
    };
}
pub(super) use is_owner;

// A repeat counts the team itself out, so that it is answered as the first time.
const INSERT: &str = "
    INSERT INTO teams (id, name, created_at, closed_at)
    SELECT ?1, ?3, ?4, NULL
    WHERE EXISTS (SELECT 1 FROM accounts WHERE id = ?2 AND verified_at IS NOT NULL)
      AND (SELECT count(*) FROM team_members WHERE account_id = ?2 AND role = 'owner' AND team_id <> ?1) < ?5
      AND (SELECT count(*) FROM team_members WHERE account_id = ?2 AND team_id <> ?1) < ?6
    ON CONFLICT (id) DO NOTHING";

const FIND: &str = "SELECT id, name, created_at FROM teams WHERE id = ?1 AND closed_at IS NULL";

const RENAME: &str =
    concat!("UPDATE teams SET name = ?3 WHERE id = ?1 AND closed_at IS NULL AND ", is_owner!(), " RETURNING id");

const CLOSE: &str = concat!("UPDATE teams SET closed_at = ?3 WHERE id = ?1 AND closed_at IS NULL AND ", is_owner!());

const IS_CLOSED: &str = "SELECT id FROM teams WHERE id = ?1 AND closed_at IS NOT NULL";

// CROSS JOIN: from the teams to their images, whatever the planner thinks of it. The other way round, it would read every image there is.
const BEGIN_REMOVALS: &str = "
    UPDATE images SET state = 'removing', removing_at = ?1, removal_reason = 'deleted', next_attempt_at = NULL
    WHERE id IN (SELECT images.id FROM teams CROSS JOIN images ON images.account_id = teams.id
                 WHERE teams.closed_at IS NOT NULL AND images.state IN ('live', 'held', 'releasing') LIMIT ?2)
      AND state IN ('live', 'held', 'releasing') AND EXISTS (SELECT 1 FROM leases WHERE job = ?3 AND fence = ?4)
    RETURNING id";

const EMPTY: &str = "
    SELECT id FROM teams
    WHERE closed_at <= ?1
      AND NOT EXISTS (SELECT 1 FROM images
                      WHERE account_id = teams.id AND state IN ('pending', 'live', 'held', 'releasing'))
    ORDER BY closed_at LIMIT ?2";

const FORGET: &str = "DELETE FROM teams WHERE id = ?1 AND closed_at IS NOT NULL";

pub(super) const STATEMENTS: &[&str] = &[INSERT, FIND, RENAME, CLOSE, IS_CLOSED, BEGIN_REMOVALS, EMPTY, FORGET];

/// An open team.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Team {
    /// The account that it is.
    pub id: AccountId,
    /// What its members call it.
    pub name: String,
    /// When it was made.
    pub created_at: Timestamp,
}

#[derive(Deserialize)]
struct IdRow {
    id: AccountId,
}

/// Makes a team of `owner`, whose address must be proved, unless that would be more than `owned_max` of their own or more
/// than `joined_max` in all. Its owner's row comes with [`super::team_members::insert_owner`], in the same batch.
#[must_use]
pub fn insert(team: &Team, owner: &AccountId, owned_max: i64, joined_max: i64) -> Statement {
    Statement::new(
        INSERT,
        [
            team.id.as_str().into(),
            owner.as_str().into(),
            team.name.as_str().into(),
            team.created_at.0.into(),
            owned_max.into(),
            joined_max.into(),
        ],
    )
}

/// The open team of this id.
#[must_use]
pub fn find(id: &AccountId) -> Statement {
    Statement::new(FIND, [id.as_str().into()])
}

/// Gives a team of `owner` another name; answers its id if it is theirs.
#[must_use]
pub fn rename(id: &AccountId, owner: &AccountId, name: &str) -> Statement {
    Statement::new(RENAME, [id.as_str().into(), owner.as_str().into(), name.into()])
}

/// Closes a team of `owner`. Its members and invitations go in the same batch.
#[must_use]
pub fn close(id: &AccountId, owner: &AccountId, now: Timestamp) -> Statement {
    Statement::new(CLOSE, [id.as_str().into(), owner.as_str().into(), now.0.into()])
}

/// Answers the team's id if it is closed.
#[must_use]
pub fn is_closed(id: &AccountId) -> Statement {
    Statement::new(IS_CLOSED, [id.as_str().into()])
}

/// Begins the removal of at most `limit` images of closed teams; answers of how many.
///
/// # Errors
/// If the database fails.
pub async fn begin_removals(sql: &dyn Sql, lease: &Lease, now: Timestamp, limit: i64) -> Result<usize, SqlFailure> {
    let params = [now.0.into(), limit.into(), lease.job.into(), lease.fence.into()];
    Ok(run(sql, Statement::new(BEGIN_REMOVALS, params)).await?.len())
}

/// At most `limit` teams that were closed at or before `closed_until` and have nothing any more that is public or could
/// become so.
///
/// # Errors
/// If the database fails.
pub async fn empty(sql: &dyn Sql, closed_until: Timestamp, limit: i64) -> Result<Vec<AccountId>, SqlFailure> {
    let rows = run(sql, Statement::new(EMPTY, [closed_until.0.into(), limit.into()])).await?;
    rows.into_iter().map(|row| read_row::<IdRow>(row).map(|row| row.id)).collect()
}

/// Forgets a closed team.
#[must_use]
pub fn forget(id: &AccountId) -> Statement {
    Statement::new(FORGET, [id.as_str().into()])
}
