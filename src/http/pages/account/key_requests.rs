//! `/settings/keys/{id}/requests`: what was asked with an API key, for whoever owns it.

use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::body::Body;
use axum::extract::Path;
use axum::http::{Response, StatusCode, Uri};

use crate::app::App;
use crate::domain::ids::ApiKeyId;
use crate::domain::request::{RequestPlace, StatusClass};
use crate::domain::time::human_duration;
use crate::error::{Error, Problem};
use crate::http::api::key_requests::read_wanted;
use crate::http::pages::figures::{Moment, grouped};
use crate::http::pages::html;
use crate::policy::collections::LISTED_USUALLY;
use crate::policy::request_log::{LISTED_OF_ACCOUNT_MAX, LISTED_OF_KEY_MAX, REQUESTS_MS, RequestLog};
use crate::usecases::create_api_key::name_context;
use crate::usecases::list_requests::{DayOfRequests, ListedRequest, RequestsOfKey, list_requests};
use crate::usecases::open_session::SessionUse;
use crate::usecases::personal_keys;

/// What the choices of statuses are called.
const CLASSES: [(StatusClass, &str); 5] = [
    (StatusClass::Any, "All"),
    (StatusClass::Done, "Done (2xx)"),
    (StatusClass::Elsewhere, "Led elsewhere (3xx)"),
    (StatusClass::Refused, "Refused (4xx)"),
    (StatusClass::Failed, "Our faults (5xx)"),
];

struct RequestRow {
    method: String,
    endpoint: String,
    status: u16,
    is_bad: bool,
    problem: Option<String>,
    at: Moment,
    client: Option<String>,
    id: String,
}

struct DayRow {
    day: String,
    requests: String,
    /// How many of them are listed, unless all are.
    listed: Option<String>,
}

struct ClassLink {
    words: &'static str,
    address: String,
    is_chosen: bool,
}

#[derive(Template)]
#[template(path = "account/key_requests.html")]
struct KeyRequestsPage {
    form_token: String,
    name: String,
    classes: Vec<ClassLink>,
    is_filtered: bool,
    is_first_page: bool,
    requests: Vec<RequestRow>,
    days: Vec<DayRow>,
    newest: String,
    older: Option<String>,
    kept: String,
    of_key_max: String,
    of_account_max: String,
    /// Whether anything is written down now.
    is_on: bool,
}

/// `GET /settings/keys/{id}/requests?status&cursor`.
///
/// # Errors
/// `not-found` for a key that is not the account's, `invalid-field`, or a fault.
pub async fn show(
    Extension(app): Extension<Arc<App>>,
    Extension(session): Extension<Arc<SessionUse>>,
    Path(id): Path<String>,
    uri: Uri,
) -> Result<Response<Body>, Error> {
    let key_id = ApiKeyId::parse(&id).ok_or(Problem::NotFound)?;
    let wanted = read_wanted(&uri, LISTED_USUALLY)?;
    let found = list_requests(&app, &session.account_id, &key_id, &wanted).await?;
    let personal = personal_keys::of(&app, &session.account_id).await?;
    let name = personal.open(&name_context(&key_id), &found.sealed_name).unwrap_or_default();
    let class = wanted.class;
    let is_first_page = wanted.before == RequestPlace::start();
    html(StatusCode::OK, &page(&app, &session, &key_id, (name, class, is_first_page), found))
}

fn page(
    app: &App,
    session: &SessionUse,
    key_id: &ApiKeyId,
    (name, class, is_first_page): (String, StatusClass, bool),
    found: RequestsOfKey,
) -> KeyRequestsPage {
    let link = |(of, words): (StatusClass, &'static str)| ClassLink {
        words,
        address: address(key_id, of, None),
        is_chosen: of == class,
    };
    KeyRequestsPage {
        form_token: session.form_token().to_owned(),
        name,
        classes: CLASSES.into_iter().map(link).collect(),
        is_filtered: class != StatusClass::Any,
        is_first_page,
        newest: address(key_id, class, None),
        older: found.older.as_ref().map(|place| address(key_id, class, Some(place))),
        requests: found.requests.into_iter().map(RequestRow::from).collect(),
        days: found.days.iter().map(DayRow::from).collect(),
        kept: human_duration(REQUESTS_MS),
        of_key_max: grouped(LISTED_OF_KEY_MAX.unsigned_abs()),
        of_account_max: grouped(LISTED_OF_ACCOUNT_MAX.unsigned_abs()),
        is_on: app.settings.request_log != RequestLog::Off,
    }
}

fn address(key_id: &ApiKeyId, class: StatusClass, before: Option<&RequestPlace>) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    if class != StatusClass::Any {
        query.append_pair("status", class.as_str());
    }
    if let Some(place) = before {
        query.append_pair("cursor", &place.cursor());
    }
    let query = query.finish();
    let sign = if query.is_empty() { "" } else { "?" };
    format!("/settings/keys/{key_id}/requests{sign}{query}")
}

impl From<ListedRequest> for RequestRow {
    fn from(request: ListedRequest) -> Self {
        Self {
            is_bad: matches!(StatusClass::of(request.status), StatusClass::Refused | StatusClass::Failed),
            method: request.method,
            endpoint: request.endpoint,
            status: request.status,
            problem: request.problem,
            at: request.at.into(),
            client: request.client,
            id: request.id,
        }
    }
}

impl From<&DayOfRequests> for DayRow {
    fn from(day: &DayOfRequests) -> Self {
        let listed = (day.listed < day.requests).then(|| grouped(day.listed));
        Self { day: day.day.day(), requests: grouped(day.requests), listed }
    }
}
