//! Ends an API key, at once and for ever.

use crate::app::App;
use crate::domain::ids::{AccountId, ApiKeyId};
use crate::error::{Attempt as _, Error, Problem};
use crate::store::api_keys;

/// Revokes the account's key `id`; doing it again changes nothing.
///
/// # Errors
/// `NotFound` if the account has no such key; a fault if the database fails.
pub async fn revoke_api_key(app: &App, account_id: &AccountId, id: &ApiKeyId) -> Result<(), Error> {
    let revoked = api_keys::revoke(app.ports.sql.as_ref(), id, account_id, app.now()).await;
    let is_there = revoked.attempt(&format!("revoke the API key {id}"))?;
    if is_there { Ok(()) } else { Err(Problem::NotFound.into()) }
}
