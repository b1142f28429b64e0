//! What somebody does with an invitation into a team. Whoever has the letter must also be signed in with the address to
//! which it went, and have proved it: a letter that was passed on lets nobody in.

use super::invite_to_team::INVITATION;
use super::personal_keys;
use super::prove_email::{account, address_of};
use crate::app::App;
use crate::domain::account::Account;
use crate::domain::ids::AccountId;
use crate::domain::session::Token;
use crate::domain::team::Role;
use crate::domain::time::Timestamp;
use crate::error::{Attempt as _, Error, Fault, Problem};
use crate::policy::teams::{JOINED_MAX, MEMBERS_MAX};
use crate::ports::sql::read_row;
use crate::store::team_invitations::{self, ShownInvitation};
use crate::store::teams::{self, Team};
use crate::store::{accounts, team_members};

/// Whether somebody can accept an invitation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    /// Nobody is signed in.
    Unknown,
    /// It went to their address, which is proved.
    Right,
    /// It went to their address, which is not proved yet.
    Unproved,
    /// It went to another address.
    Other,
}

/// An invitation, as whoever has the letter sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    /// What the team's members call it.
    pub team_name: String,
    /// Who invites, as they call themselves; none if their account is gone.
    pub inviter: Option<String>,
    /// As what.
    pub role: Role,
    /// Until when it can be accepted.
    pub expires_at: Timestamp,
    /// Whether whoever looks can accept it.
    pub fit: Fit,
}

/// The invitation of this token, for `account` if somebody is signed in. Looking changes nothing.
///
/// # Errors
/// `LinkExpired`; a fault if something of ours failed.
pub async fn look(app: &App, token: Option<&Token>, who: Option<&AccountId>) -> Result<Invitation, Error> {
    let (shown, team) = find(app, token).await?;
    let fit = match who {
        None => Fit::Unknown,
        Some(id) => fit(app, &shown, id).await?.0,
    };
    Ok(Invitation {
        team_name: team.name,
        inviter: inviter(app, &shown.invited_by).await?,
        role: shown.role,
        expires_at: shown.expires_at,
        fit,
    })
}

/// Makes `actor` a member, as the invitation says; who is one already stays what they are. Answers the team.
///
/// # Errors
/// `LinkExpired`, `InvitationNotYours`, `VerifiedAccountNeeded`, `TeamLimitReached`; a fault if something of ours failed.
pub async fn accept(app: &App, actor: &AccountId, token: Option<&Token>) -> Result<AccountId, Error> {
    let (Some(token), (shown, _)) = (token, find(app, token).await?) else { return Err(Problem::LinkExpired.into()) };
    let (fit, lookups) = fit(app, &shown, actor).await?;
    match fit {
        Fit::Right => {}
        Fit::Unproved => return Err(Problem::VerifiedAccountNeeded.into()),
        Fit::Other | Fit::Unknown => return Err(Problem::InvitationNotYours.into()),
    }
    let sql = app.ports.sql.as_ref();
    let attempted = format!("accept the invitation {}", shown.id);
    let limits = (MEMBERS_MAX, JOINED_MAX);
    let statements = team_invitations::accept(&token.hash(INVITATION), actor, &lookups, limits, app.now());
    sql.batch(statements.into()).await.attempt(&attempted)?;
    if team_members::role(sql, &shown.team_id, actor).await.attempt(&attempted)?.is_some() {
        return Ok(shown.team_id);
    }
    // It went away meanwhile, or there is no room.
    find(app, Some(token)).await?;
    let joined = team_members::counts(sql, actor).await.attempt(&attempted)?.joined;
    Err(match joined >= JOINED_MAX {
        true => Problem::TeamLimitReached { limit: "teams_joined", count_max: JOINED_MAX },
        false => Problem::TeamLimitReached { limit: "members", count_max: MEMBERS_MAX },
    }
    .into())
}

/// Uses an invitation up without any effect. The letter is enough: who does not want to be in a team needs no account for it.
///
/// # Errors
/// `LinkExpired`; a fault if the database fails.
pub async fn decline(app: &App, token: Option<&Token>) -> Result<(), Error> {
    let (Some(token), (shown, _)) = (token, find(app, token).await?) else { return Err(Problem::LinkExpired.into()) };
    let declined = app.ports.sql.batch(vec![team_invitations::decline(&token.hash(INVITATION))]).await;
    Ok(declined.map(drop).attempt(&format!("decline the invitation {}", shown.id))?)
}

async fn find(app: &App, token: Option<&Token>) -> Result<(ShownInvitation, Team), Error> {
    let Some(token) = token else { return Err(Problem::LinkExpired.into()) };
    let sql = app.ports.sql.as_ref();
    let found = team_invitations::find_by_token(sql, &token.hash(INVITATION), app.now()).await;
    let Some(shown) = found.attempt("find an invitation")? else { return Err(Problem::LinkExpired.into()) };
    let attempted = format!("find the team {}", shown.team_id);
    let team = sql.batch(vec![teams::find(&shown.team_id)]).await.attempt(&attempted)?;
    let team = team.into_iter().flatten().next().map(read_row).transpose().attempt(&attempted)?;
    Ok((shown, team.ok_or(Problem::LinkExpired)?))
}

/// Whether the invitation went to the account's address, and the lookups of that.
async fn fit(app: &App, shown: &ShownInvitation, id: &AccountId) -> Result<(Fit, Vec<String>), Error> {
    let account = account(app, id).await?;
    let lookups = app.settings.master_keys.lookups(INVITATION, &address_of(app, &account).await?.canonical());
    let fit = match (lookups.contains(&shown.email_lookup), account.verified_at) {
        (false, _) => Fit::Other,
        (true, None) => Fit::Unproved,
        (true, Some(_)) => Fit::Right,
    };
    Ok((fit, lookups))
}

async fn inviter(app: &App, id: &AccountId) -> Result<Option<String>, Fault> {
    let account = accounts::find(app.ports.sql.as_ref(), id).await.attempt(&format!("find account {id}"))?;
    let (Some(account), Some(key)) = (account, personal_keys::find(app, id).await?) else { return Ok(None) };
    personal_keys::open(&key, &Account::name_place(id), &account.sealed_name).map(Some)
}
