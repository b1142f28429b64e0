//! Who reads letters about teams: each member under a key of their own.

use super::personal_keys;
use super::prove_email::address_of;
use crate::app::App;
use crate::domain::account::Account;
use crate::domain::email::EmailAddress;
use crate::domain::ids::AccountId;
use crate::domain::sealing::PersonalKey;
use crate::error::{Attempt as _, Fault};
use crate::store::accounts;

/// Somebody to whom a letter is written.
pub(super) struct Reader {
    /// What seals it.
    pub(super) key: PersonalKey,
    /// Where it goes.
    pub(super) address: EmailAddress,
    /// What they call themselves.
    pub(super) name: String,
}

/// The reader of what is written to an account; none if it, or its key, is gone.
pub(super) async fn reader(app: &App, id: &AccountId) -> Result<Option<Reader>, Fault> {
    let account = accounts::find(app.ports.sql.as_ref(), id).await.attempt(&format!("find account {id}"))?;
    let (Some(account), Some(key)) = (account, personal_keys::find(app, id).await?) else { return Ok(None) };
    let name = personal_keys::open(&key, &Account::name_place(id), &account.sealed_name)?;
    Ok(Some(Reader { address: address_of(app, &account).await?, key, name }))
}
