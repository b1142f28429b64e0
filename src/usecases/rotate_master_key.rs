//! Moves what the previous master key made under the current one, account by account, so that the previous one can go.
//!
//! Of each account: what its address is found by, and those it invited into teams, what its API keys sign with, and last the wrapping of its personal key,
//! which is the mark that all of it is done. Nothing is decrypted but what has to be: addresses for their lookups.

use crate::app::App;
use crate::domain::account::Account;
use crate::domain::api_key::SigningSecret;
use crate::domain::email::EmailAddress;
use crate::domain::ids::AccountId;
use crate::error::{Attempt as _, Cause, Fault};
use crate::store::master_key_marks::{self, Derived, Invited, Lookup};
use crate::store::run_all;
use crate::usecases::invite_to_team::{self, INVITATION};
use crate::usecases::{create_api_key, personal_keys};

/// What rows say of some accounts.
pub struct Marks {
    lookups: Vec<Lookup>,
    invited: Vec<Invited>,
    derived: Vec<Derived>,
}

/// Reads what rows of `accounts` owe to another master key than the current one.
///
/// # Errors
/// If the database fails.
pub async fn marks(app: &App, accounts: &[AccountId]) -> Result<Marks, Fault> {
    let (sql, current) = (app.ports.sql.as_ref(), &app.settings.master_keys.current.id);
    let attempted = "find what another master key made";
    Ok(Marks {
        lookups: master_key_marks::lookups(sql, accounts).await.attempt(attempted)?,
        invited: master_key_marks::invitations(sql, accounts).await.attempt(attempted)?,
        derived: master_key_marks::derived_from_others(sql, accounts, current).await.attempt(attempted)?,
    })
}

/// Moves one account under the current master key; answers whether there was anything to move. A person's or a team's
/// key without an account is moved too: whether it is an orphan is another job's question.
///
/// # Errors
/// If a port fails, or something does not open. Whatever was moved stays moved, and it can be done again.
pub async fn move_account(app: &App, account: &AccountId, marks: &Marks) -> Result<bool, Fault> {
    let ring = &app.settings.master_keys;
    let Some(key) = personal_keys::find(app, account).await? else { return Ok(false) };
    let attempted = format!("move {account} under the master key {}", ring.current.id);
    let invariant = |what: &str| Fault { attempted: attempted.clone(), cause: Cause::Invariant(what.into()) };
    let mut statements = Vec::new();
    let lookup_of = |place: &str, sealed: &str, kind: &str| {
        let address = personal_keys::open(&key, place, sealed)?;
        let address = EmailAddress::parse(&address).ok_or_else(|| invariant("its address is none"))?;
        Ok::<String, Fault>(ring.current.lookup(kind, &address.canonical()))
    };
    for lookup in marks.lookups.iter().filter(|lookup| lookup.id == *account) {
        let current = lookup_of(&Account::email_place(account), &lookup.email, "email")?;
        if lookup.email_lookup != current {
            statements.push(master_key_marks::look_up_by(lookup, &current));
        }
    }
    for invited in marks.invited.iter().filter(|invited| invited.invited_by == *account) {
        let current = lookup_of(&invite_to_team::place(&invited.id), &invited.email, INVITATION)?;
        if invited.email_lookup != current {
            statements.push(master_key_marks::look_up_invitation_by(invited, &current));
        }
    }
    for derived in marks.derived.iter().filter(|derived| derived.account_id == *account) {
        let master = ring.keys().find(|master| master.id == derived.master_key);
        // Derived from a key that is no more, it signs nothing already.
        let Some(master) = master else { continue };
        let secret = SigningSecret::derive(master, &derived.id);
        let sealed = personal_keys::seal(app, &key, &create_api_key::secret_context(&derived.id), secret.reveal())?;
        statements.push(master_key_marks::keep_secret(&derived.id, &sealed));
    }
    let are_any = !statements.is_empty();
    run_all(app.ports.sql.as_ref(), statements).await.attempt(&attempted)?;
    let is_wrapped_anew = personal_keys::wrap_anew(app, account).await?;
    Ok(are_any || is_wrapped_anew)
}
