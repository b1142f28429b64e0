//! Letters about teams: written only where what they tell comes true in the same batch. So they stand before the statements
//! that do it and ask for the same.

use super::letters::SealedLetter;
use super::team_members::{is_above, may_pass_on};
use super::teams::is_owner;
use crate::domain::ids::{AccountId, InvitationId};
use crate::ports::sql::Statement;

const WRITE_IF_REMOVABLE: &str = concat!(
    "INSERT INTO letters (id, account_id, kind, sealed, state, next_attempt_at, created_at)
     SELECT ?4, ?5, ?6, ?7, 'waiting', ?8, ?8 WHERE ",
    is_above!(),
    " ON CONFLICT (id) DO NOTHING"
);

const WRITE_IF_PASSED_ON: &str = concat!(
    "INSERT INTO letters (id, account_id, kind, sealed, state, next_attempt_at, created_at)
     SELECT ?5, ?6, ?7, ?8, 'waiting', ?9, ?9 WHERE ",
    may_pass_on!(),
    " ON CONFLICT (id) DO NOTHING"
);

// This one stands after: there is such an invitation only if it was just written.
const WRITE_IF_INVITED: &str = "
    INSERT INTO letters (id, account_id, kind, sealed, state, next_attempt_at, created_at)
    SELECT ?2, ?3, ?4, ?5, 'waiting', ?6, ?6 WHERE EXISTS (SELECT 1 FROM team_invitations WHERE id = ?1)
    ON CONFLICT (id) DO NOTHING";

pub(super) const STATEMENTS: &[&str] = &[WRITE_IF_REMOVABLE, WRITE_IF_PASSED_ON, WRITE_IF_INVITED];

/// Writes a letter if `owner` can take `member` out of the team.
#[must_use]
pub fn write_if_removable(letter: &SealedLetter, team: &AccountId, owner: &AccountId, member: &AccountId) -> Statement {
    let params = [
        team.as_str().into(),
        owner.as_str().into(),
        member.as_str().into(),
        letter.id.as_str().into(),
        letter.account_id.as_str().into(),
        letter.kind.into(),
        letter.sealed.as_str().into(),
        letter.created_at.0.into(),
    ];
    Statement::new(WRITE_IF_REMOVABLE, params)
}

/// Writes a letter if `owner` can pass the team on to `heir`.
#[must_use]
pub fn write_if_passed_on(
    letter: &SealedLetter,
    team: &AccountId,
    owner: &AccountId,
    heir: &AccountId,
    owned_max: i64,
) -> Statement {
    let params = [
        team.as_str().into(),
        owner.as_str().into(),
        heir.as_str().into(),
        owned_max.into(),
        letter.id.as_str().into(),
        letter.account_id.as_str().into(),
        letter.kind.into(),
        letter.sealed.as_str().into(),
        letter.created_at.0.into(),
    ];
    Statement::new(WRITE_IF_PASSED_ON, params)
}

/// Writes a letter if there is the invitation that it carries.
#[must_use]
pub fn write_if_invited(letter: &SealedLetter, invitation: &InvitationId) -> Statement {
    let params = [
        invitation.as_str().into(),
        letter.id.as_str().into(),
        letter.account_id.as_str().into(),
        letter.kind.into(),
        letter.sealed.as_str().into(),
        letter.created_at.0.into(),
    ];
    Statement::new(WRITE_IF_INVITED, params)
}
