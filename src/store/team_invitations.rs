//! The `team_invitations` table: invitations that were sent and not answered yet.

use serde::Deserialize;

use super::teams::is_owner;
use super::{json_list, run};
use crate::domain::ids::{AccountId, InvitationId};
use crate::domain::team::{GivenRole, Role};
use crate::domain::time::Timestamp;
use crate::ports::sql::{Sql, SqlFailure, Statement, read_row};

const REPLACE: &str = concat!(
    "DELETE FROM team_invitations
     WHERE team_id = ?1 AND email_lookup IN (SELECT value FROM json_each(?3)) AND id <> ?4 AND ",
    is_owner!()
);

const INSERT: &str = concat!(
    "INSERT INTO team_invitations (id, team_id, invited_by, role, email, email_lookup, token_hash, created_at, expires_at)
     SELECT ?3, ?1, ?2, ?4, ?5, ?6, ?7, ?8, ?9
     WHERE ",
    is_owner!(),
    " AND EXISTS (SELECT 1 FROM accounts WHERE id = ?2 AND verified_at IS NOT NULL)
      AND (SELECT count(*) FROM team_invitations AS open WHERE open.team_id = ?1 AND open.expires_at > ?8) < ?10
      AND (SELECT count(*) FROM team_invitations AS open WHERE open.team_id = ?1 AND open.expires_at > ?8)
          + (SELECT count(*) FROM team_members AS member WHERE member.team_id = ?1) < ?11
     ON CONFLICT (id) DO NOTHING"
);

const FIND: &str = "SELECT id FROM team_invitations WHERE id = ?1 AND team_id = ?2";

const FIND_BY_TOKEN: &str = "
    SELECT id, team_id, invited_by, role, email_lookup, expires_at FROM team_invitations
    WHERE token_hash = ?1 AND expires_at > ?2";

const LIST: &str = "
    SELECT id, invited_by, role, email, created_at, expires_at FROM team_invitations
    WHERE team_id = ?1 AND expires_at > ?2 ORDER BY created_at, id LIMIT ?3";

const WITHDRAW: &str = concat!("DELETE FROM team_invitations WHERE team_id = ?1 AND id = ?3 AND ", is_owner!());

const ACCEPT: &str = "
    INSERT INTO team_members (team_id, account_id, role, joined_at)
    SELECT invitation.team_id, ?2, invitation.role, ?3
    FROM team_invitations AS invitation JOIN teams ON teams.id = invitation.team_id AND teams.closed_at IS NULL
    WHERE invitation.token_hash = ?1 AND invitation.expires_at > ?3
      AND invitation.email_lookup IN (SELECT value FROM json_each(?4))
      AND EXISTS (SELECT 1 FROM accounts WHERE id = ?2 AND verified_at IS NOT NULL)
      AND (SELECT count(*) FROM team_members AS member WHERE member.team_id = invitation.team_id) < ?5
      AND (SELECT count(*) FROM team_members AS mine WHERE mine.account_id = ?2) < ?6
    ON CONFLICT (team_id, account_id) DO NOTHING";

const SPEND: &str = "
    DELETE FROM team_invitations
    WHERE token_hash = ?1
      AND EXISTS (SELECT 1 FROM team_members AS member
                  WHERE member.team_id = team_invitations.team_id AND member.account_id = ?2)";

const DECLINE: &str = "DELETE FROM team_invitations WHERE token_hash = ?1";

const FORGET_OF_LEAVER: &str = "
    DELETE FROM team_invitations
    WHERE team_id = ?1 AND invited_by = ?2
      AND NOT EXISTS (SELECT 1 FROM team_members AS member WHERE member.team_id = ?1 AND member.account_id = ?2)";

const FORGET_OF_CLOSED: &str = "
    DELETE FROM team_invitations
    WHERE team_id = ?1 AND EXISTS (SELECT 1 FROM teams WHERE id = ?1 AND closed_at IS NOT NULL)";

const FORGET_OF_ACCOUNT: &str = "DELETE FROM team_invitations WHERE invited_by = ?1";

const FORGET_EXPIRED: &str = "
    DELETE FROM team_invitations
    WHERE id IN (SELECT id FROM team_invitations WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2)
    RETURNING id";

pub(super) const STATEMENTS: &[&str] = &[
    REPLACE,
    INSERT,
    FIND,
    FIND_BY_TOKEN,
    LIST,
    WITHDRAW,
    ACCEPT,
    SPEND,
    DECLINE,
    FORGET_OF_LEAVER,
    FORGET_OF_CLOSED,
    FORGET_OF_ACCOUNT,
    FORGET_EXPIRED,
];

/// An invitation to be written down.
#[derive(Debug)]
pub struct NewInvitation<'a> {
    /// Its name.
    pub id: &'a InvitationId,
    /// Into which team.
    pub team_id: &'a AccountId,
    /// Whose team it is.
    pub invited_by: &'a AccountId,
    /// As what.
    pub role: GivenRole,
    /// Where the letter goes, sealed.
    pub sealed_email: &'a str,
    /// The lookups of that address, the current key's first.
    pub email_lookups: &'a [String],
    /// Hash of its token.
    pub token_hash: &'a str,
    /// When it is made.
    pub created_at: Timestamp,
    /// Until when it can be accepted.
    pub expires_at: Timestamp,
}

/// An invitation whose token somebody shows.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ShownInvitation {
    /// Its name.
    pub id: InvitationId,
    /// Into which team.
    pub team_id: AccountId,
    /// Who invited.
    pub invited_by: AccountId,
    /// As what.
    pub role: Role,
    /// The lookup of the address to which it went.
    pub email_lookup: String,
    /// Until when it can be accepted.
    pub expires_at: Timestamp,
}

/// An invitation as the team's owner sees it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct OpenInvitation {
    /// Its name.
    pub id: InvitationId,
    /// Under whose key the address is sealed.
    pub invited_by: AccountId,
    /// As what.
    pub role: Role,
    /// Where the letter went, sealed.
    pub email: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// Until when it can be accepted.
    pub expires_at: Timestamp,
}

/// Writes an invitation down, in the place of one to the same address, unless the team has `open_max` open ones or, with
/// its members, `members_max`.
#[must_use]
pub fn insert(new: &NewInvitation<'_>, open_max: i64, members_max: i64) -> [Statement; 2] {
    let (team, owner, id) = (new.team_id.as_str(), new.invited_by.as_str(), new.id.as_str());
    let lookups = json_list(new.email_lookups.iter().map(String::as_str));
    let current = new.email_lookups.first().map(String::as_str).unwrap_or_default();
    let params = [
        team.into(),
        owner.into(),
        id.into(),
        new.role.as_str().into(),
        new.sealed_email.into(),
        current.into(),
        new.token_hash.into(),
        new.created_at.0.into(),
        new.expires_at.0.into(),
        open_max.into(),
        members_max.into(),
    ];
    [Statement::new(REPLACE, [team.into(), owner.into(), lookups.into(), id.into()]), Statement::new(INSERT, params)]
}

/// Answers a row if the team has this invitation.
#[must_use]
pub fn find(team: &AccountId, id: &InvitationId) -> Statement {
    Statement::new(FIND, [id.as_str().into(), team.as_str().into()])
}

/// The invitation whose token has this hash, if it can be accepted at `now`.
///
/// # Errors
/// If the database fails.
pub async fn find_by_token(
    sql: &dyn Sql,
    token_hash: &str,
    now: Timestamp,
) -> Result<Option<ShownInvitation>, SqlFailure> {
    let rows = run(sql, Statement::new(FIND_BY_TOKEN, [token_hash.into(), now.0.into()])).await?;
    rows.into_iter().next().map(read_row).transpose()
}

/// At most `limit` open invitations of a team, the earliest first.
///
/// # Errors
/// If the database fails.
pub async fn list(
    sql: &dyn Sql,
    team: &AccountId,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<OpenInvitation>, SqlFailure> {
    let rows = run(sql, Statement::new(LIST, [team.as_str().into(), now.0.into(), limit.into()])).await?;
    rows.into_iter().map(read_row).collect()
}

/// Withdraws an invitation of `owner`'s team.
#[must_use]
pub fn withdraw(team: &AccountId, owner: &AccountId, id: &InvitationId) -> Statement {
    Statement::new(WITHDRAW, [team.as_str().into(), owner.as_str().into(), id.as_str().into()])
}

/// Makes `account`, whose address has one of `lookups` and is proved, a member as the invitation says, and uses it up;
/// unless the team has `members_max` members or the account is in `joined_max` teams. Who is a member stays what they are.
#[must_use]
pub fn accept(
    token_hash: &str,
    account: &AccountId,
    lookups: &[String],
    (members_max, joined_max): (i64, i64),
    now: Timestamp,
) -> [Statement; 2] {
    let list = json_list(lookups.iter().map(String::as_str));
    let params =
        [token_hash.into(), account.as_str().into(), now.0.into(), list.into(), members_max.into(), joined_max.into()];
    [Statement::new(ACCEPT, params), Statement::new(SPEND, [token_hash.into(), account.as_str().into()])]
}

/// Uses an invitation up without any effect.
#[must_use]
pub fn decline(token_hash: &str) -> Statement {
    Statement::new(DECLINE, [token_hash.into()])
}

/// Forgets what somebody sent who is in the team no more.
#[must_use]
pub fn forget_of_leaver(team: &AccountId, leaver: &AccountId) -> Statement {
    Statement::new(FORGET_OF_LEAVER, [team.as_str().into(), leaver.as_str().into()])
}

/// Forgets the invitations of a team that is closed.
#[must_use]
pub fn forget_of_closed(team: &AccountId) -> Statement {
    Statement::new(FORGET_OF_CLOSED, [team.as_str().into()])
}

/// Forgets what an account sent, with the account.
#[must_use]
pub fn forget_of_account(account: &AccountId) -> Statement {
    Statement::new(FORGET_OF_ACCOUNT, [account.as_str().into()])
}

/// Forgets at most `limit` invitations that nobody accepted until `until`; answers how many.
///
/// # Errors
/// If the database fails.
pub async fn forget_expired(sql: &dyn Sql, until: Timestamp, limit: i64) -> Result<usize, SqlFailure> {
    Ok(run(sql, Statement::new(FORGET_EXPIRED, [until.0.into(), limit.into()])).await?.len())
}
