//! Stops letters about what is new, for whoever holds one of them: withdrawing is as easy as granting was (promise IMP-04).

use super::mail_link::page;
use super::record_consents::{Answered, record};
use crate::app::App;
use crate::domain::consent::{Act, Purpose};
use crate::domain::ids::AccountId;
use crate::domain::letter::Link;
use crate::domain::unsubscription::Unsubscription;
use crate::error::{Attempt as _, Error, Fault, Problem};
use crate::store::accounts;

/// What a letter to `account` about what is new leads to, to stop them.
///
/// # Errors
/// If the settings' origin cannot carry it, which would be our mistake.
pub fn unsubscribe_link(app: &App, account: &AccountId) -> Result<Link, Fault> {
    page(app, &format!("/unsubscribe?token={}", Unsubscription::token(&app.settings.delete_token_key, account)))
}

/// Whose letters the link with `token` stops.
///
/// # Errors
/// `LinkExpired` if we made no such link, or the account is gone; a fault if the database fails.
pub async fn subscriber(app: &App, token: &str) -> Result<AccountId, Error> {
    let read = Unsubscription::parse(&app.settings.delete_token_key, token).ok_or(Problem::LinkExpired)?;
    let found = accounts::find(app.ports.sql.as_ref(), read.account()).await.attempt("find who gets letters")?;
    Ok(found.ok_or(Problem::LinkExpired)?.id)
}

/// Writes down that the account wants no more of them. Doing it twice is doing it once.
///
/// # Errors
/// As [`subscriber`].
pub async fn unsubscribe(app: &App, token: &str, how: &Answered) -> Result<(), Error> {
    let account = subscriber(app, token).await?;
    record(app, &account, Purpose::ProductEmail, Act::Withdrawn, how).await?;
    Ok(())
}
