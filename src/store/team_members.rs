//! The `team_members` table: who is in which team, as what. Of every open team there is exactly one owner: an index keeps
//! out a second, a trigger keeps the last, and a team passes from one to the other within a batch.

use serde::Deserialize;

use super::run;
use super::teams::is_owner;
use crate::domain::account::AccountTier;
use crate::domain::ids::AccountId;
use crate::domain::team::{GivenRole, Role};
use crate::domain::time::Timestamp;
use crate::ports::sql::{Row, Sql, SqlFailure, Statement, read_row};

/// That `?2` owns the team `?1` and `?3` is another member of it.
macro_rules! is_above {
    () => {
        concat!(
            is_owner!(),
            " AND EXISTS (SELECT 1 FROM team_members AS other
                          WHERE other.team_id = ?1 AND other.account_id = ?3 AND other.role <> 'owner')"
        )
    };
}
pub(super) use is_above;

/// That `?2` may pass the team `?1` on to `?3`, who must own fewer than `?4`.
macro_rules! may_pass_on {
    () => {
        concat!(
            is_above!(),
            " AND EXISTS (SELECT 1 FROM accounts WHERE id = ?3 AND verified_at IS NOT NULL AND erase_at IS NULL)
              AND (SELECT count(*) FROM team_members AS owned
                   WHERE owned.account_id = ?3 AND owned.role = 'owner') < ?4"
        )
    };
}
pub(super) use may_pass_on;

const INSERT_OWNER: &str = "
    INSERT INTO team_members (team_id, account_id, role, joined_at)
    SELECT id, ?2, 'owner', created_at FROM teams WHERE id = ?1 AND closed_at IS NULL
    ON CONFLICT (team_id, account_id) DO NOTHING";

const STANDING: &str = "
    SELECT mine.role AS role, accounts.tier AS tier, accounts.verified_at AS verified_at
    FROM team_members AS mine
    JOIN team_members AS owner ON owner.team_id = mine.team_id AND owner.role = 'owner'
    JOIN accounts ON accounts.id = owner.account_id
    WHERE mine.team_id = ?1 AND mine.account_id = ?2";

const ROLE: &str = "SELECT role FROM team_members WHERE team_id = ?1 AND account_id = ?2";

const OWNER: &str = "SELECT account_id FROM team_members WHERE team_id = ?1 AND role = 'owner'";

const OF_ACCOUNT: &str = "
    SELECT teams.id AS id, teams.name AS name, teams.created_at AS created_at, mine.role AS role,
           mine.joined_at AS joined_at
    FROM team_members AS mine JOIN teams ON teams.id = mine.team_id
    WHERE mine.account_id = ?1
    ORDER BY mine.joined_at, mine.team_id LIMIT ?2";

const ONE_OF_ACCOUNT: &str = "
    SELECT teams.id AS id, teams.name AS name, teams.created_at AS created_at, mine.role AS role,
           mine.joined_at AS joined_at
    FROM team_members AS mine JOIN teams ON teams.id = mine.team_id
    WHERE mine.team_id = ?1 AND mine.account_id = ?2";

const OF_TEAM: &str = "
    SELECT member.account_id AS account_id, member.role AS role, member.joined_at AS joined_at,
           accounts.name AS name, accounts.verified_at AS verified_at
    FROM team_members AS member LEFT JOIN accounts ON accounts.id = member.account_id
    WHERE member.team_id = ?1
    ORDER BY member.account_id LIMIT ?2";

const COUNTS: &str = "
    SELECT (SELECT count(*) FROM team_members WHERE account_id = ?1 AND role = 'owner') AS owned,
           (SELECT count(*) FROM team_members WHERE account_id = ?1) AS joined";

const SET_ROLE: &str =
    concat!("UPDATE team_members SET role = ?4 WHERE team_id = ?1 AND account_id = ?3 AND ", is_above!());

const REMOVE: &str = concat!("DELETE FROM team_members WHERE team_id = ?1 AND account_id = ?3 AND ", is_above!());

const LEAVE: &str = "DELETE FROM team_members WHERE team_id = ?1 AND account_id = ?2 AND role <> 'owner'";

const DEMOTE: &str = concat!(
    "UPDATE team_members SET role = 'editor' WHERE team_id = ?1 AND account_id = ?2 AND role = 'owner' AND ",
    may_pass_on!()
);

// There is none only within the batch in which the one before has just passed it on.
const PROMOTE: &str = "
    UPDATE team_members SET role = 'owner'
    WHERE team_id = ?1 AND account_id = ?2
      AND NOT EXISTS (SELECT 1 FROM team_members AS owner WHERE owner.team_id = ?1 AND owner.role = 'owner')";

const FORGET_OF_CLOSED: &str = "
    DELETE FROM team_members
    WHERE team_id = ?1 AND EXISTS (SELECT 1 FROM teams WHERE id = ?1 AND closed_at IS NOT NULL)";

const FORGET_OF_ACCOUNT: &str = "DELETE FROM team_members WHERE account_id = ?1";

pub(super) const STATEMENTS: &[&str] = &[
    INSERT_OWNER,
    STANDING,
    ROLE,
    OWNER,
    OF_ACCOUNT,
    ONE_OF_ACCOUNT,
    OF_TEAM,
    COUNTS,
    SET_ROLE,
    REMOVE,
    LEAVE,
    DEMOTE,
    PROMOTE,
    FORGET_OF_CLOSED,
    FORGET_OF_ACCOUNT,
];

/// What somebody is in a team, and what its owner may store.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Standing {
    /// What they are.
    pub role: Role,
    /// What the team's owner may store.
    pub tier: AccountTier,
    /// When the owner's address was proved.
    pub verified_at: Option<Timestamp>,
}

/// A team as one of its members sees it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Membership {
    /// The team.
    pub id: AccountId,
    /// What its members call it.
    pub name: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// What the member is.
    pub role: Role,
    /// Since when.
    pub joined_at: Timestamp,
}

/// Somebody in a team.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct TeamMember {
    /// Who.
    pub account_id: AccountId,
    /// What they are.
    pub role: Role,
    /// Since when they are in the team.
    pub joined_at: Timestamp,
    /// What they want to be called, sealed; none if the account is gone.
    pub name: Option<String>,
    /// When their address was proved.
    pub verified_at: Option<Timestamp>,
}

/// In how many teams an account is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct Counts {
    /// Those that it owns.
    pub owned: i64,
    /// All.
    pub joined: i64,
}

/// Makes `owner` the first member of a team that was made for them in the same batch.
#[must_use]
pub fn insert_owner(team: &AccountId, owner: &AccountId) -> Statement {
    Statement::new(INSERT_OWNER, [team.as_str().into(), owner.as_str().into()])
}

/// What `account` is in the team, if it is one and they are in it.
///
/// # Errors
/// If the database fails.
pub async fn standing(sql: &dyn Sql, team: &AccountId, account: &AccountId) -> Result<Option<Standing>, SqlFailure> {
    one(run(sql, Statement::new(STANDING, [team.as_str().into(), account.as_str().into()])).await?)
}

/// The role of `account` in the team.
///
/// # Errors
/// If the database fails.
pub async fn role(sql: &dyn Sql, team: &AccountId, account: &AccountId) -> Result<Option<Role>, SqlFailure> {
    #[derive(Deserialize)]
    struct RoleRow {
        role: Role,
    }
    let rows = run(sql, Statement::new(ROLE, [team.as_str().into(), account.as_str().into()])).await?;
    Ok(one::<RoleRow>(rows)?.map(|row| row.role))
}

/// Whose the team is.
#[must_use]
pub fn owner(team: &AccountId) -> Statement {
    Statement::new(OWNER, [team.as_str().into()])
}

/// Whose the team is; none if there is no such team.
///
/// # Errors
/// If the database fails.
pub async fn owner_of(sql: &dyn Sql, team: &AccountId) -> Result<Option<AccountId>, SqlFailure> {
    #[derive(Deserialize)]
    struct OwnerRow {
        account_id: AccountId,
    }
    let rows = run(sql, owner(team)).await?;
    Ok(one::<OwnerRow>(rows)?.map(|row| row.account_id))
}

/// At most `limit` teams in which an account is, the longest first.
///
/// # Errors
/// If the database fails.
pub async fn of_account(sql: &dyn Sql, account: &AccountId, limit: i64) -> Result<Vec<Membership>, SqlFailure> {
    let rows = run(sql, Statement::new(OF_ACCOUNT, [account.as_str().into(), limit.into()])).await?;
    rows.into_iter().map(read_row).collect()
}

/// The team as `account` sees it, if they are in it.
///
/// # Errors
/// If the database fails.
pub async fn find(sql: &dyn Sql, team: &AccountId, account: &AccountId) -> Result<Option<Membership>, SqlFailure> {
    one(run(sql, Statement::new(ONE_OF_ACCOUNT, [team.as_str().into(), account.as_str().into()])).await?)
}

/// At most `limit` members of a team, whoever has been in it longest first.
///
/// # Errors
/// If the database fails.
pub async fn of_team(sql: &dyn Sql, team: &AccountId, limit: i64) -> Result<Vec<TeamMember>, SqlFailure> {
    let rows = run(sql, Statement::new(OF_TEAM, [team.as_str().into(), limit.into()])).await?;
    let mut members: Vec<TeamMember> = rows.into_iter().map(read_row).collect::<Result<_, _>>()?;
    members.sort_by(|one, other| (one.joined_at, &one.account_id).cmp(&(other.joined_at, &other.account_id)));
    Ok(members)
}

/// In how many teams an account is.
///
/// # Errors
/// If the database fails.
pub async fn counts(sql: &dyn Sql, account: &AccountId) -> Result<Counts, SqlFailure> {
    let row = one(run(sql, Statement::new(COUNTS, [account.as_str().into()])).await?)?;
    Ok(row.unwrap_or(Counts { owned: 0, joined: 0 }))
}

/// Makes another member of `owner`'s team an editor or a viewer.
#[must_use]
pub fn set_role(team: &AccountId, owner: &AccountId, member: &AccountId, role: GivenRole) -> Statement {
    let params = [team.as_str().into(), owner.as_str().into(), member.as_str().into(), role.as_str().into()];
    Statement::new(SET_ROLE, params)
}

/// Takes another member out of `owner`'s team.
#[must_use]
pub fn remove(team: &AccountId, owner: &AccountId, member: &AccountId) -> Statement {
    Statement::new(REMOVE, [team.as_str().into(), owner.as_str().into(), member.as_str().into()])
}

/// Takes a member out of a team that is not theirs.
#[must_use]
pub fn leave(team: &AccountId, member: &AccountId) -> Statement {
    Statement::new(LEAVE, [team.as_str().into(), member.as_str().into()])
}

/// Passes `owner`'s team on to another member whose address is proved and who owns fewer than `owned_max`; the last
/// statement answers whose it is then.
#[must_use]
pub fn pass_on(team: &AccountId, owner: &AccountId, heir: &AccountId, owned_max: i64) -> [Statement; 3] {
    let demoted = [team.as_str().into(), owner.as_str().into(), heir.as_str().into(), owned_max.into()];
    [
        Statement::new(DEMOTE, demoted),
        Statement::new(PROMOTE, [team.as_str().into(), heir.as_str().into()]),
        self::owner(team),
    ]
}

/// Forgets who was in a team that is closed.
#[must_use]
pub fn forget_of_closed(team: &AccountId) -> Statement {
    Statement::new(FORGET_OF_CLOSED, [team.as_str().into()])
}

/// Forgets in which teams an account was, with the account. Fails if it still owns an open one:
/// `usecases/leave_all_teams.rs` comes first.
#[must_use]
pub fn forget_of_account(account: &AccountId) -> Statement {
    Statement::new(FORGET_OF_ACCOUNT, [account.as_str().into()])
}

fn one<T: serde::de::DeserializeOwned>(rows: Vec<Row>) -> Result<Option<T>, SqlFailure> {
    rows.into_iter().next().map(read_row).transpose()
}
