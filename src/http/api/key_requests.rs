//! `/v1/keys/{id}/requests`: what was asked with one of the account's API keys.

use std::sync::Arc;

use axum::Extension;
use axum::body::Body;
use axum::extract::Path;
use axum::http::{Response, StatusCode, Uri};
use serde::Serialize;
use serde_json::json;

use super::image_list::read_limit;
use super::json as answer;
use crate::app::App;
use crate::domain::ids::{AccountId, ApiKeyId};
use crate::domain::request::{RequestPlace, StatusClass};
use crate::error::{Error, Problem};
use crate::http::whose::parameter;
use crate::usecases::list_requests::{DayOfRequests, ListedRequest, Wanted, list_requests};

/// A request as whoever owns its key sees it.
#[derive(Debug, Serialize)]
struct RequestObject {
    /// As in `X-Request-Id`.
    id: String,
    object: &'static str,
    at: String,
    method: String,
    /// The pattern of its route.
    endpoint: String,
    status: u16,
    /// The code of the problem that was answered.
    problem: Option<String>,
    /// Tells clients of one day apart.
    client: Option<String>,
}

/// How many there were on a UTC day.
#[derive(Debug, Serialize)]
struct DayObject {
    day: String,
    requests: u64,
    /// Those that are listed, or were for 30 days.
    listed: u64,
}

/// `GET /v1/keys/{id}/requests?limit&cursor&status`: the requests of 30 days, the latest first.
///
/// # Errors
/// `not-found` for a key that is not the account's, `invalid-field`; see docs/problems.md.
pub async fn get(
    Extension(app): Extension<Arc<App>>,
    Extension(account): Extension<Arc<AccountId>>,
    Path(id): Path<String>,
    uri: Uri,
) -> Result<Response<Body>, Error> {
    let wanted = read_wanted(&uri, read_limit(&uri)?)?;
    let key_id = ApiKeyId::parse(&id).ok_or(Problem::NotFound)?;
    let found = list_requests(&app, &account, &key_id, &wanted).await?;
    let data: Vec<RequestObject> = found.requests.into_iter().map(RequestObject::from).collect();
    let days: Vec<DayObject> = found.days.iter().map(DayObject::from).collect();
    let next = found.older.map(|place| place.cursor());
    answer(StatusCode::OK, &json!({ "object": "list", "data": data, "next_cursor": next, "days": days }))
}

/// Reads which requests are wanted: `cursor` and `status`.
///
/// # Errors
/// `InvalidField`.
pub fn read_wanted(uri: &Uri, limit: usize) -> Result<Wanted, Problem> {
    let invalid = |field, detail: &str| Problem::InvalidField { field, detail: detail.to_owned() };
    let before = match parameter(uri, "cursor") {
        Some(text) => {
            RequestPlace::parse(&text).ok_or_else(|| invalid("cursor", "the next_cursor of an earlier answer"))?
        }
        None => RequestPlace::start(),
    };
    let class = StatusClass::parse(&parameter(uri, "status").unwrap_or_default());
    let class = class.ok_or_else(|| invalid("status", "2xx, 3xx, 4xx or 5xx"))?;
    Ok(Wanted { before, class, limit })
}

impl From<ListedRequest> for RequestObject {
    fn from(request: ListedRequest) -> Self {
        Self {
            id: request.id,
            object: "request",
            at: request.at.rfc3339(),
            method: request.method,
            endpoint: request.endpoint,
            status: request.status,
            problem: request.problem,
            client: request.client,
        }
    }
}

impl From<&DayOfRequests> for DayObject {
    fn from(day: &DayOfRequests) -> Self {
        Self { day: day.day.day(), requests: day.requests, listed: day.listed }
    }
}
