//! Accounts whose notices can be relied on (Regulation (EU) 2022/2065, Art. 22): an operator says which, and that is written down.

use crate::app::App;
use crate::domain::email::EmailAddress;
use crate::domain::ids::AccountId;
use crate::domain::review::{About, Act};
use crate::error::{Attempt as _, Error, Fault, Problem};
use crate::store::review_log::{self, NewLine};
use crate::store::{accounts, trusted_reporters};

/// Accounts that are listed.
const LISTED_MAX: i64 = 200;

/// Whether an account's notices can be relied on.
///
/// # Errors
/// If the database fails.
pub async fn is_trusted(app: &App, account: &AccountId) -> Result<bool, Fault> {
    trusted_reporters::is_trusted(app.ports.sql.as_ref(), account)
        .await
        .attempt("find out whether an account is trusted")
}

/// The accounts whose notices can be relied on.
///
/// # Errors
/// If the database fails.
pub async fn trusted(app: &App) -> Result<Vec<AccountId>, Fault> {
    trusted_reporters::trusted(app.ports.sql.as_ref(), LISTED_MAX).await.attempt("list trusted accounts")
}

/// Says whether the account that has an address, or a name, is trusted.
///
/// # Errors
/// `InvalidField` if there is no such account; a fault if the database fails.
pub async fn trust(app: &App, account: &str, is_trusted: bool, operator: &str) -> Result<(), Error> {
    let sql = app.ports.sql.as_ref();
    let attempted = "say whether an account is trusted";
    let found = match EmailAddress::parse(account) {
        Some(address) => {
            let lookups = app.settings.master_keys.lookups("email", &address.canonical());
            accounts::find_by_email(sql, &lookups).await.attempt(attempted)?
        }
        None => match AccountId::parse(account.trim()) {
            Some(id) => accounts::find(sql, &id).await.attempt(attempted)?,
            None => None,
        },
    };
    let detail = "the address or the id of an account".to_owned();
    let found = found.ok_or(Problem::InvalidField { field: "account", detail })?;
    let line = NewLine {
        operator,
        act: Act::Decided,
        about: About::Account,
        subject: found.id.as_str(),
        seen: None,
        ground: None,
        reason: if is_trusted { "its reports can be relied on" } else { "its reports cannot be relied on any more" },
    };
    let statements = vec![trusted_reporters::trust(&found.id, is_trusted), review_log::append(&line, app.now())];
    sql.batch(statements).await.attempt(attempted).map(drop).map_err(Error::from)
}
