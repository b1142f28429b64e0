//! The tables `requests` and `request_counts`: what was asked of the API, and how often.

use serde::Deserialize;

use super::run;
use crate::domain::ids::{AccountId, ApiKeyId};
use crate::domain::request::{RequestPlace, StatusClass};
use crate::domain::time::{DAY_MS, Timestamp};
use crate::ports::sql::{Sql, SqlFailure, Statement, read_row};

const LIST_UNLESS_FULL: &str = "
    INSERT INTO requests (account_id, key_id, at, id, method, endpoint, status, problem, client)
    SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9
    WHERE coalesce((SELECT listed FROM request_counts WHERE account_id = ?1 AND day = ?10 AND key_id = ?2), 0) < ?11
      AND (SELECT coalesce(sum(listed), 0) FROM request_counts WHERE account_id = ?1 AND day = ?10) < ?12
      -- Of who objects to it, nothing is written down (promise IMP-52).
      AND NOT EXISTS (SELECT 1 FROM accounts WHERE id = ?1 AND restricted_at IS NOT NULL)
    ON CONFLICT (account_id, key_id, at, id) DO NOTHING";

// After the row, in the same batch: what is listed is what is there.
const COUNT: &str = "
    INSERT INTO request_counts (account_id, day, key_id, requests, listed, last_id)
    SELECT ?1, ?5, ?2, 1, (SELECT count(*) FROM requests WHERE account_id = ?1 AND key_id = ?2 AND at = ?3 AND id = ?4), ?4
    WHERE NOT EXISTS (SELECT 1 FROM accounts WHERE id = ?1 AND restricted_at IS NOT NULL)
    ON CONFLICT (account_id, day, key_id) DO UPDATE SET
      requests = requests + 1, listed = listed + excluded.listed, last_id = excluded.last_id
    WHERE last_id <> excluded.last_id";

// Walks what there is of the key at most: a month of it is bounded by what is listed of a day.
const LIST: &str = "
    SELECT id, at, method, endpoint, status, problem, client FROM requests
    WHERE account_id = ?1 AND key_id = ?2 AND (at, id) < (?3, ?4) AND at > ?5 AND status >= ?6 AND status < ?7
    ORDER BY at DESC, id DESC LIMIT ?8";

const COUNTS: &str = "
    SELECT day, requests, listed FROM request_counts
    WHERE account_id = ?1 AND day > ?3 AND key_id = ?2 ORDER BY day DESC LIMIT ?4";

const FORGET_OLD: &str = "
    DELETE FROM requests
    WHERE (account_id, key_id, at, id) IN
          (SELECT account_id, key_id, at, id FROM requests WHERE at <= ?1 ORDER BY at LIMIT ?2)
    RETURNING 1 AS gone";

const FORGET_OLD_COUNTS: &str = "
    DELETE FROM request_counts
    WHERE (account_id, day, key_id) IN
          (SELECT account_id, day, key_id FROM request_counts WHERE day <= ?1 ORDER BY day LIMIT ?2)
    RETURNING 1 AS gone";

const FORGET_SOME_OF_ACCOUNT: &str = "
    DELETE FROM requests
    WHERE (account_id, key_id, at, id) IN
          (SELECT account_id, key_id, at, id FROM requests WHERE account_id = ?1 LIMIT ?2)
    RETURNING 1 AS gone";

const FORGET_OF_ACCOUNT: &str = "DELETE FROM requests WHERE account_id = ?1";

const FORGET_COUNTS_OF_ACCOUNT: &str = "DELETE FROM request_counts WHERE account_id = ?1";

pub(super) const STATEMENTS: &[&str] = &[
    LIST_UNLESS_FULL,
    COUNT,
    LIST,
    COUNTS,
    FORGET_OLD,
    FORGET_OLD_COUNTS,
    FORGET_SOME_OF_ACCOUNT,
    FORGET_OF_ACCOUNT,
    FORGET_COUNTS_OF_ACCOUNT,
];

/// A request that was answered.
#[derive(Clone, Debug)]
pub struct AnsweredRequest<'a> {
    /// What the answer called it.
    pub id: &'a str,
    /// When it came.
    pub at: Timestamp,
    /// Whose key it was, and which; none: there was none.
    pub key: Option<(&'a AccountId, &'a ApiKeyId)>,
    /// Its method.
    pub method: &'a str,
    /// The pattern of its route.
    pub endpoint: &'static str,
    /// The status that was answered.
    pub status: u16,
    /// The slug of the problem that was answered.
    pub problem: Option<&'static str>,
    /// From which part of the network, as a hash that lasts a day.
    pub client: Option<&'a str>,
}

/// A request as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ListedRequest {
    /// What the answer called it.
    pub id: String,
    /// When it came.
    pub at: Timestamp,
    /// Its method.
    pub method: String,
    /// The pattern of its route.
    pub endpoint: String,
    /// The status that was answered.
    pub status: u16,
    /// The slug of the problem that was answered.
    pub problem: Option<String>,
    /// From which part of the network, as a hash that lasts a day.
    pub client: Option<String>,
}

/// How many requests of a key there were on a day.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct DayOfRequests {
    /// When the day began.
    pub day: Timestamp,
    /// All of them.
    pub requests: u64,
    /// Those that are listed.
    pub listed: u64,
}

/// Lists a request unless so many of its key, or of all keys of its account, are listed of its day already; and counts it. Doing it
/// again at once changes nothing.
///
/// # Errors
/// If the database fails.
pub async fn write(
    sql: &dyn Sql,
    request: &AnsweredRequest<'_>,
    (of_key_max, of_account_max): (i64, i64),
) -> Result<(), SqlFailure> {
    let (account, key) = request.key.map_or(("", ""), |(account, key)| (account.as_str(), key.as_str()));
    let day = request.at.window_start(DAY_MS).0;
    let row = [
        account.into(),
        key.into(),
        request.at.0.into(),
        request.id.into(),
        request.method.into(),
        request.endpoint.into(),
        i64::from(request.status).into(),
        request.problem.into(),
        request.client.into(),
        day.into(),
        of_key_max.into(),
        of_account_max.into(),
    ];
    let count = [account.into(), key.into(), request.at.0.into(), request.id.into(), day.into()];
    sql.batch(vec![Statement::new(LIST_UNLESS_FULL, row), Statement::new(COUNT, count)]).await.map(drop)
}

/// At most `limit` requests of a key before a place and after `since`, of one class of statuses, the latest first.
///
/// # Errors
/// If the database fails.
pub async fn list(
    sql: &dyn Sql,
    (account_id, key_id): (&AccountId, &ApiKeyId),
    (before, since): (&RequestPlace, Timestamp),
    class: StatusClass,
    limit: i64,
) -> Result<Vec<ListedRequest>, SqlFailure> {
    let (from, until) = class.statuses();
    let params = [
        account_id.as_str().into(),
        key_id.as_str().into(),
        before.at.0.into(),
        before.id.as_str().into(),
        since.0.into(),
        from.into(),
        until.into(),
        limit.into(),
    ];
    run(sql, Statement::new(LIST, params)).await?.into_iter().map(read_row).collect()
}

/// How many requests of a key there were on each day that began after `since`, the latest first, `limit` days at most.
///
/// # Errors
/// If the database fails.
pub async fn counts(
    sql: &dyn Sql,
    account_id: &AccountId,
    key_id: &ApiKeyId,
    since: Timestamp,
    limit: i64,
) -> Result<Vec<DayOfRequests>, SqlFailure> {
    let params = [account_id.as_str().into(), key_id.as_str().into(), since.0.into(), limit.into()];
    run(sql, Statement::new(COUNTS, params)).await?.into_iter().map(read_row).collect()
}

/// Forgets at most `limit` requests that came at or before `until`, and as many counts of days that began at or before `days_until`;
/// answers how many.
///
/// # Errors
/// If the database fails.
pub async fn forget_old(
    sql: &dyn Sql,
    until: Timestamp,
    days_until: Timestamp,
    limit: i64,
) -> Result<usize, SqlFailure> {
    let statements = vec![
        Statement::new(FORGET_OLD, [until.0.into(), limit.into()]),
        Statement::new(FORGET_OLD_COUNTS, [days_until.0.into(), limit.into()]),
    ];
    Ok(sql.batch(statements).await?.iter().map(Vec::len).sum())
}

/// Forgets at most `limit` requests of an account; answers how many.
///
/// # Errors
/// If the database fails.
pub async fn forget_some_of_account(sql: &dyn Sql, account_id: &AccountId, limit: i64) -> Result<usize, SqlFailure> {
    let params = [account_id.as_str().into(), limit.into()];
    Ok(run(sql, Statement::new(FORGET_SOME_OF_ACCOUNT, params)).await?.len())
}

/// Forgets what is left of the requests of an account, with the account.
#[must_use]
pub fn forget_of_account(account_id: &AccountId) -> [Statement; 2] {
    [FORGET_OF_ACCOUNT, FORGET_COUNTS_OF_ACCOUNT].map(|text| Statement::new(text, [account_id.as_str().into()]))
}
