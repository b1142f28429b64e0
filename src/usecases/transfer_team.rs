//! Passes a team on to another of its members: within one batch, so that it has exactly one owner at any time.

use super::leave_team::role;
use super::list_teams::find_own_team;
use super::mail_link::page;
use super::prove_email::account;
use super::team_letters::reader;
use super::write_letter;
use crate::app::App;
use crate::domain::ids::AccountId;
use crate::domain::letter::Letter;
use crate::domain::team::Role;
use crate::error::{Attempt as _, Error, Fault, Problem};
use crate::policy::teams::OWNED_MAX;
use crate::ports::sql::read_row;
use crate::store::letters::SealedLetter;
use crate::store::team_members::Membership;
use crate::store::{exports, team_letters, team_members};

/// Makes `heir` the owner of `actor`'s team, and `actor` an editor; both are told by letter. What the team stores, and how
/// long, follows from what its new owner may.
///
/// # Errors
/// `NotFound`, also if the heir is not in it; `TeamRoleMissing`; `TeamOwnerStays` if it is theirs already; `InvalidField` if
/// their address is not proved; `TeamLimitReached` if they own as many as they may; a fault if something of ours failed.
pub async fn transfer_team(app: &App, actor: &AccountId, team: &AccountId, heir: &AccountId) -> Result<(), Error> {
    let found = find_own_team(app, actor, team).await?;
    match role(app, team, heir).await? {
        None => return Err(Problem::NotFound.into()),
        Some(Role::Owner) => return Err(Problem::TeamOwnerStays.into()),
        Some(Role::Editor | Role::Viewer) => {}
    }
    let found_heir = account(app, heir).await?;
    if found_heir.verified_at.is_none() || found_heir.erase_at.is_some() {
        let detail = "a member whose address is proved, and whose account stays".to_owned();
        return Err(Problem::InvalidField { field: "account", detail }.into());
    }
    if pass_on(app, &found, actor, heir, Told::Both).await? {
        return Ok(());
    }
    find_own_team(app, actor, team).await?;
    match role(app, team, heir).await? {
        None => Err(Problem::NotFound.into()),
        Some(_) => Err(Problem::TeamLimitReached { limit: "teams_owned", count_max: OWNED_MAX }.into()),
    }
}

/// Who gets a letter when a team passes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Told {
    /// The new owner, and the former one, who may not have been it.
    Both,
    /// The new owner: the former one's account is about to be erased.
    Heir,
}

/// Passes the team on if that may be, and answers whether it is the heir's.
pub(super) async fn pass_on(
    app: &App,
    team: &Membership,
    owner: &AccountId,
    heir: &AccountId,
    told: Told,
) -> Result<bool, Fault> {
    let letters = letters(app, team, owner, heir, told).await?;
    let written = |letter| team_letters::write_if_passed_on(letter, &team.id, owner, heir, OWNED_MAX);
    let mut statements: Vec<_> = letters.iter().map(written).collect();
    statements.extend(team_members::pass_on(&team.id, owner, heir, OWNED_MAX));
    let named = statements.len() - 1;
    statements.push(exports::end_of_former_owners(&team.id, app.now()));
    let attempted = format!("pass {} on to {heir}", team.id);
    let rows = app.ports.sql.batch(statements).await.attempt(&attempted)?;
    let owner = rows.into_iter().nth(named).unwrap_or_default().into_iter().next();
    let owner = owner.map(read_row::<OwnerRow>).transpose().attempt(&attempted)?;
    if owner.is_none_or(|owner| owner.account_id != *heir) {
        return Ok(false);
    }
    for letter in &letters {
        write_letter::post(app, &letter.id).await;
    }
    Ok(true)
}

#[derive(serde::Deserialize)]
struct OwnerRow {
    account_id: AccountId,
}

async fn letters(
    app: &App,
    team: &Membership,
    owner: &AccountId,
    heir: &AccountId,
    told: Told,
) -> Result<Vec<SealedLetter>, Fault> {
    let (former, new) = (reader(app, owner).await?, reader(app, heir).await?);
    let name_of = |reader: Option<&super::team_letters::Reader>| {
        reader.map_or_else(|| "a former member".to_owned(), |reader| reader.name.clone())
    };
    let (former_name, heir_name) = (name_of(former.as_ref()), name_of(new.as_ref()));
    let mut sealed = Vec::new();
    if let Some(new) = &new {
        let link = page(app, &format!("/teams/{}", team.id))?;
        let letter = Letter::TeamReceived { team_name: team.name.clone(), former_name, link };
        sealed.push(write_letter::seal(app, heir, &new.key, &new.address, letter)?);
    }
    if let (Told::Both, Some(former)) = (told, &former) {
        let letter = Letter::TeamPassedOn {
            team_name: team.name.clone(),
            heir_name,
            passed_on_at: app.now(),
            reset_link: page(app, "/reset")?,
        };
        sealed.push(write_letter::seal(app, owner, &former.key, &former.address, letter)?);
    }
    Ok(sealed)
}
