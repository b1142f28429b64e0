//! What an account says about its person, and how that is corrected (promise IMP-51).

use super::personal_keys;
use super::prove_email::account;
use crate::app::App;
use crate::domain::account::Account;
use crate::domain::country::Country;
use crate::domain::email::PersonName;
use crate::domain::ids::AccountId;
use crate::error::{Attempt as _, Error};
use crate::store::accounts;

/// An account, opened for its owner.
#[derive(Clone)]
pub struct Profile {
    /// The account.
    pub account: Account,
    /// Where letters go.
    pub email: String,
    /// What the person wants to be called.
    pub name: String,
    /// Where the person says to be.
    pub country: Option<Country>,
}

/// Opens an account for its owner.
///
/// # Errors
/// `NotFound`; a fault if something of ours failed.
pub async fn open(app: &App, id: &AccountId) -> Result<Profile, Error> {
    let account = account(app, id).await?;
    let key = personal_keys::of(app, id).await?;
    Ok(Profile {
        email: personal_keys::open(&key, &Account::email_place(id), &account.sealed_email)?,
        name: personal_keys::open(&key, &Account::name_place(id), &account.sealed_name)?,
        country: account.country.as_deref().and_then(Country::parse),
        account,
    })
}

/// Corrects the name and the country.
///
/// # Errors
/// If something of ours failed.
pub async fn correct(app: &App, id: &AccountId, name: &PersonName, country: Option<Country>) -> Result<(), Error> {
    let key = personal_keys::of(app, id).await?;
    let sealed = personal_keys::seal(app, &key, &Account::name_place(id), name.as_str())?;
    let statements = vec![accounts::rename(id, &sealed), accounts::move_to(id, country.map(|country| country.code))];
    app.ports.sql.batch(statements).await.attempt(&format!("correct account {id}")).map(drop).map_err(Into::into)
}
