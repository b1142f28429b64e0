//! Lists the API keys of an account, those too that ended lately.

use super::create_api_key::name_context;
use crate::app::App;
use crate::domain::ids::AccountId;
use crate::domain::sealing::PersonalKey;
use crate::error::{Attempt as _, Fault};
use crate::policy::api_keys::LISTED_MAX;
use crate::store::api_keys::{self, ListedApiKey};

/// A key with its name.
#[derive(Clone, Debug)]
pub struct NamedKey {
    /// What its owner calls it; empty if it does not open any more.
    pub name: String,
    /// The rest.
    pub key: ListedApiKey,
}

/// The latest keys first.
///
/// # Errors
/// If the database fails.
pub async fn list_api_keys(app: &App, account_id: &AccountId, personal: &PersonalKey) -> Result<Vec<NamedKey>, Fault> {
    let keys = api_keys::list(app.ports.sql.as_ref(), account_id, LISTED_MAX).await.attempt("list API keys")?;
    let named = keys
        .into_iter()
        .map(|key| NamedKey { name: personal.open(&name_context(&key.id), &key.name).unwrap_or_default(), key });
    Ok(named.collect())
}
