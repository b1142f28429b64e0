//! Sets other passwords, by whoever has the old one, or reads the account's letters.

use std::net::IpAddr;

use super::count_attempts::{count_from, may};
use super::mail_link::{Destination, Occasion, mail_link, page};
use super::open_session::{OpenSession, Origin};
use super::prove_email::{account, address_of, find_link, spend};
use super::request_erasure::send_again;
use super::sign_in::{confirm_password, enter};
use super::sign_up::find;
use super::{hash_password, personal_keys, write_letter};
use crate::app::App;
use crate::domain::account::Account;
use crate::domain::email::EmailAddress;
use crate::domain::ids::{AccountId, SessionId};
use crate::domain::letter::Letter;
use crate::domain::link::LinkPurpose;
use crate::domain::session::Token;
use crate::error::{Attempt as _, Error};
use crate::policy::rates;
use crate::store::{accounts, api_keys, factors, links, sessions};

/// Sends a link that sets a new password, or keeps the account if it is to be erased, if there is an account of that address; the answer is the same if there is
/// none.
///
/// # Errors
/// `TooManyAttempts`; a fault if something of ours failed.
pub async fn request_reset(app: &App, email: &EmailAddress, from: Option<IpAddr>) -> Result<(), Error> {
    count_from(app, "reset", from, &rates::SIGN_UP_FROM).await?;
    let lookup = app.settings.master_keys.current.lookup("email", &email.canonical());
    let may = may(app, "letters", &lookup, &rates::LETTERS_TO).await?;
    let Some(account) = find(app, email).await?.filter(|_| may) else { return Ok(()) };
    if let Some(erase_at) = account.erase_at {
        // Nobody can sign in, with whichever password: what its owner needs is the letter that keeps it.
        return Ok(send_again(app, &account, erase_at).await?);
    }
    let key = personal_keys::of(app, &account.id).await?;
    let letter = mail_link(app, &account.id, &key, Occasion::ResetPassword, Destination::Own(email))?;
    app.ports.sql.batch(letter.statements).await.attempt("write a letter with a link")?;
    write_letter::post(app, &letter.id).await;
    Ok(())
}

/// Follows the link of such a letter. It proves the address, too, and ends every sign-in: whoever had one before may
/// not be the owner. Whoever follows it is signed in, as far as a second factor allows: somebody else's guesses cannot
/// keep an owner out who reads the account's letters.
///
/// # Errors
/// `LinkExpired`, `InvalidField` or `FactorNeeded`; a fault if something of ours failed.
pub async fn reset(app: &App, token: Option<&Token>, password: &str, origin: &Origin) -> Result<OpenSession, Error> {
    let link = find_link(app, token, LinkPurpose::ResetPassword).await?;
    let account = account(app, &link.account_id).await?;
    hash_password::accept(password, &address_of(app, &account).await?)?;
    spend(app, token).await?;
    set(app, &account, password, None).await?;
    enter(app, &account, origin).await
}

/// Sets another password for whoever is signed in and knows the old one; ends all other sign-ins.
///
/// # Errors
/// `CredentialsWrong`, `TooManyAttempts` or `InvalidField`; a fault if something of ours failed.
pub async fn change(app: &App, id: &AccountId, session: &SessionId, old: &str, new: &str) -> Result<(), Error> {
    let account = account(app, id).await?;
    confirm_password(app, &account, old).await?;
    set(app, &account, new, Some(session)).await
}

async fn set(app: &App, account: &Account, password: &str, kept: Option<&SessionId>) -> Result<(), Error> {
    let (id, now) = (&account.id, app.now());
    let address = address_of(app, account).await?;
    let hash = hash_password::hash(app, &hash_password::accept(password, &address)?)?;
    let key = personal_keys::of(app, id).await?;
    let letter = Letter::PasswordChanged { changed_at: now, reset_link: page(app, "/reset")? };
    let told = write_letter::write(app, id, &key, &address, letter)?;
    let mut statements = vec![
        accounts::set_password(id, &hash),
        links::revoke(id, LinkPurpose::ResetPassword),
        sessions::end_all(id, kept),
        told.statement,
    ];
    if kept.is_none() {
        statements.push(accounts::verify(id, now));
        statements.push(links::revoke(id, LinkPurpose::VerifyEmail));
        if account.verified_at.is_none() {
            // Whoever made the account need not be who reads its letters: nothing of theirs goes on opening it.
            statements.extend(factors::remove_all(id));
            statements.push(api_keys::forget_of_account(id));
        }
    }
    app.ports.sql.batch(statements).await.attempt(&format!("set the password of {id}"))?;
    write_letter::post(app, &told.id).await;
    Ok(())
}
