//! Invites somebody into a team, by letter. Whether the address has an account, nobody learns from the answer: it is the
//! same, and so is the work.

use std::collections::BTreeMap;

use super::count_attempts::count_on;
use super::list_teams::find_own_team;
use super::mail_link::page;
use super::prove_email::account;
use super::{personal_keys, write_letter};
use crate::app::App;
use crate::domain::account::Account;
use crate::domain::email::EmailAddress;
use crate::domain::ids::{AccountId, ID_BYTES, InvitationId};
use crate::domain::letter::Letter;
use crate::domain::sealing::PersonalKey;
use crate::domain::session::{TOKEN_BYTES, Token};
use crate::domain::team::{GivenRole, Role};
use crate::domain::time::Timestamp;
use crate::error::{Attempt as _, Error, Problem};
use crate::policy::teams::{INVITATION_MS, INVITATIONS_BY, INVITATIONS_MAX, INVITATIONS_TO, MEMBERS_MAX};
use crate::store::team_invitations::{self, NewInvitation, OpenInvitation};
use crate::store::team_letters;
use crate::store::team_members::Membership;

/// What the token of an invitation is hashed as, and what its address is looked up as: in no way as an account's, so that
/// the database does not tell who of the invited has one.
pub(super) const INVITATION: &str = "invitation";

/// An invitation as the team's owner sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownInvitation {
    /// Its name.
    pub id: InvitationId,
    /// Where the letter went; none if the key is gone under which that was sealed.
    pub email: Option<String>,
    /// As what somebody is invited.
    pub role: Role,
    /// When.
    pub created_at: Timestamp,
    /// Until when it can be accepted.
    pub expires_at: Timestamp,
}

/// Invites whoever reads the letters to `email` into `actor`'s team. An earlier invitation to that address is replaced.
///
/// # Errors
/// `NotFound`, `TeamRoleMissing`, `VerifiedAccountNeeded`, `TooManyAttempts`, `TeamLimitReached`; a fault if something of ours
/// failed.
pub async fn invite(
    app: &App,
    actor: &AccountId,
    team: &AccountId,
    email: &EmailAddress,
    role: GivenRole,
) -> Result<ShownInvitation, Error> {
    let found = find_own_team(app, actor, team).await?;
    let inviter = account(app, actor).await?;
    if inviter.verified_at.is_none() {
        return Err(Problem::VerifiedAccountNeeded.into());
    }
    let lookups = app.settings.master_keys.lookups(INVITATION, &email.canonical());
    count_on(app, "invitations_by", actor.as_str(), &INVITATIONS_BY).await?;
    count_on(
        app,
        "invitations_to",
        &app.settings.master_keys.current.lookup(INVITATION, &email.canonical()),
        &INVITATIONS_TO,
    )
    .await?;
    let key = personal_keys::of(app, actor).await?;
    let attempted = format!("invite somebody into {team}");
    let (mut name, mut secret) = ([0; ID_BYTES], [0; TOKEN_BYTES]);
    app.ports.rng.fill(&mut name).attempt(&attempted)?;
    app.ports.rng.fill(&mut secret).attempt(&attempted)?;
    let (id, token) = (InvitationId::from_random(name), Token::from_random(secret));
    let created_at = app.now();
    let expires_at = created_at.plus_ms(INVITATION_MS);
    let letter = letter(app, &found, (&inviter, &key), &token, expires_at)?;
    let letter = write_letter::seal(app, actor, &key, email, letter)?;
    let new = NewInvitation {
        id: &id,
        team_id: team,
        invited_by: actor,
        role,
        sealed_email: &personal_keys::seal(app, &key, &place(&id), email.as_str())?,
        email_lookups: &lookups,
        token_hash: &token.hash(INVITATION),
        created_at,
        expires_at,
    };
    let mut statements = Vec::from(team_invitations::insert(&new, INVITATIONS_MAX, MEMBERS_MAX));
    statements.extend([team_letters::write_if_invited(&letter, &id), team_invitations::find(team, &id)]);
    let made = app.ports.sql.batch(statements).await.attempt(&attempted)?;
    if made.last().is_none_or(Vec::is_empty) {
        return Err(refusal(app, actor, team).await?);
    }
    write_letter::post(app, &letter.id).await;
    Ok(ShownInvitation { id, email: Some(email.as_str().to_owned()), role: role.role(), created_at, expires_at })
}

fn letter(
    app: &App,
    team: &Membership,
    (inviter, key): (&Account, &PersonalKey),
    token: &Token,
    expires_at: Timestamp,
) -> Result<Letter, Error> {
    Ok(Letter::TeamInvitation {
        team_name: team.name.clone(),
        inviter_name: personal_keys::open(key, &Account::name_place(&inviter.id), &inviter.sealed_name)?,
        link: page(app, &format!("/teams/invitation?token={}", token.reveal()))?,
        expires_at,
    })
}

/// Why nobody was invited.
async fn refusal(app: &App, actor: &AccountId, team: &AccountId) -> Result<Error, Error> {
    find_own_team(app, actor, team).await?;
    let open = open(app, team).await?.len();
    Ok(match i64::try_from(open).is_ok_and(|open| open >= INVITATIONS_MAX) {
        true => Problem::TeamLimitReached { limit: "invitations", count_max: INVITATIONS_MAX }.into(),
        false => Problem::TeamLimitReached { limit: "members", count_max: MEMBERS_MAX }.into(),
    })
}

/// The open invitations of `actor`'s team, the earliest first.
///
/// # Errors
/// `NotFound`, `TeamRoleMissing`; a fault if something of ours failed.
pub async fn list_invitations(app: &App, actor: &AccountId, team: &AccountId) -> Result<Vec<ShownInvitation>, Error> {
    find_own_team(app, actor, team).await?;
    let (mut keys, mut shown) = (BTreeMap::new(), Vec::new());
    for invitation in open(app, team).await? {
        let by = invitation.invited_by;
        if !keys.contains_key(&by) {
            keys.insert(by.clone(), personal_keys::find(app, &by).await?);
        }
        let key = keys.get(&by).and_then(Option::as_ref);
        let open = |key: &PersonalKey| personal_keys::open(key, &place(&invitation.id), &invitation.email);
        shown.push(ShownInvitation {
            email: key.map(open).transpose()?,
            id: invitation.id,
            role: invitation.role,
            created_at: invitation.created_at,
            expires_at: invitation.expires_at,
        });
    }
    Ok(shown)
}

async fn open(app: &App, team: &AccountId) -> Result<Vec<OpenInvitation>, Error> {
    let open = team_invitations::list(app.ports.sql.as_ref(), team, app.now(), INVITATIONS_MAX).await;
    Ok(open.attempt(&format!("list the invitations of {team}"))?)
}

/// Withdraws an invitation of `actor`'s team: the link in its letter leads nowhere any more.
///
/// # Errors
/// `NotFound`, also if there is no such invitation; `TeamRoleMissing`; a fault if the database fails.
pub async fn withdraw(app: &App, actor: &AccountId, team: &AccountId, id: &InvitationId) -> Result<(), Error> {
    find_own_team(app, actor, team).await?;
    let attempted = format!("withdraw the invitation {id}");
    let found = app.ports.sql.batch(vec![team_invitations::find(team, id)]).await.attempt(&attempted)?;
    if found.iter().all(Vec::is_empty) {
        return Err(Problem::NotFound.into());
    }
    let statements = vec![team_invitations::withdraw(team, actor, id), team_invitations::find(team, id)];
    let left = app.ports.sql.batch(statements).await.attempt(&attempted)?;
    if left.iter().all(Vec::is_empty) { Ok(()) } else { Err(Problem::TeamRoleMissing.into()) }
}

/// Where the address is sealed to which an invitation went.
pub(super) fn place(id: &InvitationId) -> String {
    format!("team_invitations.email:{id}")
}
