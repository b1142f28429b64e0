//! Lists what was asked with an API key, for whoever owns it.

use crate::app::App;
use crate::domain::ids::{AccountId, ApiKeyId};
use crate::domain::request::{RequestPlace, StatusClass};
use crate::error::{Attempt as _, Error, Problem};
use crate::policy::request_log::{COUNTS_MS, REQUESTS_MS};
use crate::store::api_keys;
use crate::store::requests;

pub use crate::store::requests::{DayOfRequests, ListedRequest};

/// Days of which counts are kept, the one that is not over included.
const DAYS_MAX: i64 = 32;

/// A page of requests.
#[derive(Clone, Debug)]
pub struct RequestsOfKey {
    /// What the owner calls the key, sealed.
    pub sealed_name: String,
    /// The latest first.
    pub requests: Vec<ListedRequest>,
    /// Where older ones go on.
    pub older: Option<RequestPlace>,
    /// How many there were on each day, the latest first.
    pub days: Vec<DayOfRequests>,
}

/// Which requests are wanted.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Before which place.
    pub before: RequestPlace,
    /// Answered with which statuses.
    pub class: StatusClass,
    /// How many.
    pub limit: usize,
}

/// The latest requests that are wanted, of those that were made with a key of the account; also with one that has ended since.
///
/// # Errors
/// `NotFound` if the account has no such key; a fault if the database fails.
pub async fn list_requests(
    app: &App,
    account_id: &AccountId,
    key_id: &ApiKeyId,
    wanted: &Wanted,
) -> Result<RequestsOfKey, Error> {
    let sql = app.ports.sql.as_ref();
    let attempted = format!("list the requests of the API key {key_id}");
    let sealed_name = api_keys::name_of(sql, key_id, account_id).await.attempt(&attempted)?;
    let sealed_name = sealed_name.ok_or(Problem::NotFound)?;
    let since = app.now().plus_ms(-REQUESTS_MS);
    // One more than fits tells whether there are older ones.
    let limit = i64::try_from(wanted.limit).unwrap_or(i64::MAX).saturating_add(1);
    let listed = requests::list(sql, (account_id, key_id), (&wanted.before, since), wanted.class, limit).await;
    let mut requests = listed.attempt(&attempted)?;
    let is_more = requests.len() > wanted.limit;
    requests.truncate(wanted.limit);
    let older = requests.last().filter(|_| is_more).map(|last| RequestPlace { at: last.at, id: last.id.clone() });
    let days = requests::counts(sql, account_id, key_id, app.now().plus_ms(-COUNTS_MS), DAYS_MAX).await;
    Ok(RequestsOfKey { sealed_name, requests, older, days: days.attempt(&attempted)? })
}
