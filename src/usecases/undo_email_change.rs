//! Takes a change of the address back, for whoever reads the letters of the one before: the only way left to an owner whose
//! password somebody else has.

use super::mail_link::place;
use super::personal_keys;
use super::prove_email::find_link;
use super::sign_up::find;
use crate::app::App;
use crate::domain::account::Account;
use crate::domain::email::EmailAddress;
use crate::domain::link::LinkPurpose;
use crate::domain::session::Token;
use crate::error::{Attempt as _, Error, Problem};
use crate::ports::sql::SqlFailure;
use crate::store::{accounts, links, sessions};

/// Gives the account the address to which the letter with this link went, and ends every sign-in. Links of later changes
/// work no more, those of earlier ones do: of two who undo each other's changes, the one who was there first has the last
/// word.
///
/// # Errors
/// `LinkExpired`; `EmailTaken` if another account has the address by now; a fault if something of ours failed, after which
/// the link still works.
pub async fn undo_email_change(app: &App, token: Option<&Token>) -> Result<(), Error> {
    let link = find_link(app, token, LinkPurpose::UndoEmailChange).await?;
    let id = link.account_id;
    let Some(sealed) = link.email else { return Err(Problem::LinkExpired.into()) };
    let key = personal_keys::of(app, &id).await?;
    let before = personal_keys::open(&key, &place(&link.id), &sealed)?;
    let address = EmailAddress::parse(&before).ok_or(Problem::LinkExpired)?;
    if find(app, &address).await?.is_some_and(|other| other.id != id) {
        return Err(Problem::EmailTaken.into());
    }
    let lookup = app.settings.master_keys.current.lookup("email", &address.canonical());
    let sealed = personal_keys::seal(app, &key, &Account::email_place(&id), &before)?;
    let statements = vec![
        accounts::change_email(&id, &sealed, &lookup, app.now()),
        sessions::end_all(&id, None),
        links::revoke(&id, LinkPurpose::ChangeEmail),
        links::revoke(&id, LinkPurpose::ResetPassword),
        links::revoke_since(&id, LinkPurpose::UndoEmailChange, link.created_at),
    ];
    match app.ports.sql.batch(statements).await {
        Err(SqlFailure::Conflict(_)) => Err(Problem::EmailTaken.into()),
        done => Ok(done.attempt(&format!("undo a change of the address of {id}")).map(drop)?),
    }
}
