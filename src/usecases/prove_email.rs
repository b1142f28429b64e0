//! Proves that an address is the person's who uses it. Whoever has the letter must also have the password, or be signed
//! in: an account that a stranger made with somebody's address is not proved by its true owner's curiosity.

use super::keep_proved::keep_proved;
use super::mail_link::{Destination, LINK, LinkLetter, Occasion, mail_link, place};
use super::sign_in::confirm_password;
use super::sign_up::find;
use super::{count_attempts, personal_keys, write_letter};
use crate::app::App;
use crate::domain::account::Account;
use crate::domain::email::EmailAddress;
use crate::domain::ids::AccountId;
use crate::domain::link::LinkPurpose;
use crate::domain::session::Token;
use crate::error::{Attempt as _, Error, Fault, Problem};
use crate::policy::rates;
use crate::ports::sql::SqlFailure;
use crate::store::links::LinkRow;
use crate::store::{accounts, links};

/// Who follows a link.
#[derive(Clone, Copy, Debug)]
pub enum Follower<'a> {
    /// Somebody who is signed in to this account.
    SignedIn(&'a AccountId),
    /// Somebody who typed this password.
    Password(&'a str),
}

/// The link of this token, if it works and is for `purpose`.
///
/// # Errors
/// `LinkExpired`; a fault if the database fails.
pub async fn find_link(app: &App, token: Option<&Token>, purpose: LinkPurpose) -> Result<LinkRow, Error> {
    let Some(token) = token else { return Err(Problem::LinkExpired.into()) };
    let found = links::find(app.ports.sql.as_ref(), &token.hash(LINK), app.now()).await.attempt("find a link")?;
    found.filter(|link| link.purpose == purpose).ok_or_else(|| Problem::LinkExpired.into())
}

/// Uses a link up, before what it allows is done: of two who follow it at once, one does. If that then fails, a new link
/// is to be asked for.
///
/// # Errors
/// `LinkExpired` if somebody was quicker; a fault if the database fails.
pub async fn spend(app: &App, token: Option<&Token>) -> Result<(), Error> {
    let Some(token) = token else { return Err(Problem::LinkExpired.into()) };
    let spent = app.ports.sql.batch(vec![links::spend(&token.hash(LINK), app.now())]).await.attempt("use a link up")?;
    if spent.iter().all(Vec::is_empty) { Err(Problem::LinkExpired.into()) } else { Ok(()) }
}

/// The account with this id, which a link or a sign-in names.
///
/// # Errors
/// `NotFound` if it went away; a fault if the database fails.
pub async fn account(app: &App, id: &AccountId) -> Result<Account, Error> {
    let found = accounts::find(app.ports.sql.as_ref(), id).await.attempt(&format!("find account {id}"))?;
    found.ok_or_else(|| Problem::NotFound.into())
}

/// The address of an account.
///
/// # Errors
/// If its key is not there or does not open it.
pub async fn address_of(app: &App, account: &Account) -> Result<EmailAddress, Fault> {
    let key = personal_keys::of(app, &account.id).await?;
    let text = personal_keys::open(&key, &Account::email_place(&account.id), &account.sealed_email)?;
    EmailAddress::parse(&text).ok_or_else(|| Fault {
        attempted: format!("read the address of {}", account.id),
        cause: crate::error::Cause::Invariant("it is none".into()),
    })
}

/// Follows the link of a first letter: the address is the account's.
///
/// # Errors
/// `LinkExpired`, `CredentialsWrong` or `TooManyAttempts`; a fault if something of ours failed.
pub async fn verify(app: &App, token: Option<&Token>, who: Follower<'_>) -> Result<AccountId, Error> {
    let link = find_link(app, token, LinkPurpose::VerifyEmail).await?;
    check(app, &link, who).await?;
    let tier = account(app, &link.account_id).await?.tier;
    let statements = vec![
        accounts::verify(&link.account_id, app.now()),
        links::revoke(&link.account_id, LinkPurpose::VerifyEmail),
        keep_proved(app, &link.account_id, tier),
    ];
    app.ports.sql.batch(statements).await.attempt(&format!("verify account {}", link.account_id))?;
    Ok(link.account_id)
}

async fn check(app: &App, link: &LinkRow, who: Follower<'_>) -> Result<(), Error> {
    match who {
        Follower::SignedIn(account) if *account == link.account_id => Ok(()),
        Follower::SignedIn(_) => Err(Problem::LinkExpired.into()),
        Follower::Password(password) => confirm_password(app, &account(app, &link.account_id).await?, password).await,
    }
}

/// Sends the first letter again, to an account whose address is not proved.
///
/// # Errors
/// `TooManyAttempts`; a fault if something of ours failed.
pub async fn send_again(app: &App, id: &AccountId) -> Result<(), Error> {
    let account = account(app, id).await?;
    if account.verified_at.is_some() {
        return Ok(());
    }
    count_attempts::count_on(app, "letters", id.as_str(), &rates::LETTERS_TO).await?;
    let key = personal_keys::of(app, id).await?;
    let address = address_of(app, &account).await?;
    let letter = mail_link(app, id, &key, Occasion::VerifyEmail, Destination::Own(&address))?;
    send(app, letter).await
}

/// Asks for another address: it is not the account's before the link in the letter to it is followed.
///
/// # Errors
/// `CredentialsWrong` or `TooManyAttempts`; a fault if something of ours failed.
pub async fn request_change(app: &App, id: &AccountId, password: &str, new: &EmailAddress) -> Result<(), Error> {
    let account = account(app, id).await?;
    confirm_password(app, &account, password).await?;
    count_attempts::count_on(app, "letters", id.as_str(), &rates::LETTERS_TO).await?;
    let key = personal_keys::of(app, id).await?;
    let letter = mail_link(app, id, &key, Occasion::ChangeEmail, Destination::New(new))?;
    send(app, letter).await
}

/// Follows the link of a letter to a new address: it becomes the account's, and the old one is told.
///
/// # Errors
/// `LinkExpired`, `CredentialsWrong` or `TooManyAttempts`; `EmailTaken` if another account has it by now; a fault if
/// something of ours failed.
pub async fn confirm_change(app: &App, token: Option<&Token>, who: Follower<'_>) -> Result<AccountId, Error> {
    let link = find_link(app, token, LinkPurpose::ChangeEmail).await?;
    check(app, &link, who).await?;
    let id = link.account_id;
    let attempted = format!("change the address of {id}");
    let Some(sealed) = link.email else { return Err(Problem::LinkExpired.into()) };
    let account = account(app, &id).await?;
    spend(app, token).await?;
    let key = personal_keys::of(app, &id).await?;
    let new = personal_keys::open(&key, &place(&link.id), &sealed)?;
    let old = address_of(app, &account).await?;
    // Under the previous master key, the same address has another lookup, which no constraint compares.
    let new_address = EmailAddress::parse(&new).ok_or(Problem::LinkExpired)?;
    if find(app, &new_address).await?.is_some_and(|other| other.id != id) {
        return Err(Problem::EmailTaken.into());
    }
    let now = app.now();
    // Not the link's, which may be of before there was another master key.
    let lookup = app.settings.master_keys.current.lookup("email", &new_address.canonical());
    let sealed = personal_keys::seal(app, &key, &Account::email_place(&id), &new)?;
    let told = mail_link(app, &id, &key, Occasion::EmailChanged, Destination::New(&old))?;
    let mut statements = vec![
        accounts::change_email(&id, &sealed, &lookup, now),
        links::revoke(&id, LinkPurpose::ChangeEmail),
        links::revoke(&id, LinkPurpose::ResetPassword),
        keep_proved(app, &id, account.tier),
    ];
    statements.extend(told.statements);
    match app.ports.sql.batch(statements).await {
        Err(SqlFailure::Conflict(_)) => return Err(Problem::EmailTaken.into()),
        done => done.attempt(&attempted)?,
    };
    write_letter::post(app, &told.id).await;
    Ok(id)
}

async fn send(app: &App, letter: LinkLetter) -> Result<(), Error> {
    app.ports.sql.batch(letter.statements).await.attempt("write a letter with a link")?;
    write_letter::post(app, &letter.id).await;
    Ok(())
}
