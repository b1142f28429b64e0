//! Writes down a request to the API, after its answer was made (promise IMP-38): nobody waits for it, and nothing depends on it.

use std::net::IpAddr;

use super::pseudonymise::client_of_day;
use crate::app::App;
use crate::domain::ids::{AccountId, ApiKeyId};
use crate::domain::time::Timestamp;
use crate::error::{Attempt as _, Fault};
use crate::policy::request_log::{RequestLog, listed_max};
use crate::store::requests::{self, AnsweredRequest};

/// A request that was answered.
#[derive(Clone, Debug)]
pub struct Answered {
    /// What the answer calls it.
    pub id: String,
    /// When it came.
    pub at: Timestamp,
    /// Whose key it showed or was signed with, and which; none: it was neither.
    pub key: Option<(AccountId, ApiKeyId)>,
    /// Its method.
    pub method: String,
    /// The pattern of its route; the path itself is written nowhere.
    pub endpoint: &'static str,
    /// The status that was answered.
    pub status: u16,
    /// The slug of the problem that was answered.
    pub problem: Option<&'static str>,
    /// Where it came from: coarsened, hashed and forgotten.
    pub address: Option<IpAddr>,
}

/// Whether the deployment wants such a request to be written down.
#[must_use]
pub fn is_wanted(app: &App, has_key: bool) -> bool {
    match app.settings.request_log {
        RequestLog::Off => false,
        RequestLog::Keys => has_key,
        RequestLog::All => true,
    }
}

/// Writes it down, unless so many are of its day.
///
/// # Errors
/// If the database failed, or what names its client; in the second case it is written down without.
pub async fn log_request(app: &App, answered: Answered) -> Result<(), Fault> {
    let account = answered.key.as_ref().map(|(account, _)| account);
    let named = match answered.address {
        Some(address) => client_of_day(app, account, address, answered.at).await.map(Some),
        None => Ok(None),
    };
    let request = AnsweredRequest {
        id: &answered.id,
        at: answered.at,
        key: answered.key.as_ref().map(|(account, key)| (account, key)),
        method: &answered.method,
        endpoint: answered.endpoint,
        status: answered.status,
        problem: answered.problem,
        client: named.as_ref().ok().and_then(Option::as_deref),
    };
    let written = requests::write(app.ports.sql.as_ref(), &request, listed_max(account.is_some())).await;
    written.attempt("write down a request")?;
    named.map(drop)
}
