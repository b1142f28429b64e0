//! Pauses what is done with an account's data beside what its owner asks for (GDPR Art. 18 and 21; promise IMP-52): product
//! letters, statistics, request logs, and opinions of classifiers outside. Everything that the account can do, it still can
//! (promise IMP-57).

use crate::app::App;
use crate::domain::ids::AccountId;
use crate::error::{Attempt as _, Fault};
use crate::store::accounts;

/// Pauses, or goes on.
///
/// # Errors
/// If the database fails.
pub async fn restrict_processing(app: &App, account: &AccountId, is_restricted: bool) -> Result<(), Fault> {
    let since = is_restricted.then(|| app.now());
    let statement = accounts::restrict(account, since);
    app.ports.sql.batch(vec![statement]).await.attempt(&format!("restrict what is done with {account}")).map(drop)
}

/// Whether processing is paused for an account.
///
/// # Errors
/// If the database fails.
pub async fn is_restricted(app: &App, account: &AccountId) -> Result<bool, Fault> {
    let attempted = format!("see whether {account} is restricted");
    let found = accounts::find(app.ports.sql.as_ref(), account).await.attempt(&attempted)?;
    Ok(found.is_some_and(|account| account.restricted_at.is_some()))
}
