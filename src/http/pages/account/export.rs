//! `/settings/export`: a copy of everything that is kept of an account, for its owner (promise IMP-50).

use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::body::Body;
use axum::extract::Path;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, header};

use super::with_own_referrer;
use crate::app::App;
use crate::domain::ids::ExportId;
use crate::domain::time::human_duration;
use crate::error::{Error, Problem};
use crate::http::conditions::RequestConditions;
use crate::http::identity::see_other;
use crate::http::own_form::{FreshForm, OwnForm};
use crate::http::pages::figures::{Moment, grouped, size};
use crate::http::pages::html;
use crate::http::served_payload::ServedPayload;
use crate::policy::exports::KEPT_MS;
use crate::ports::payload::Payload;
use crate::usecases::check_quota::storage_of;
use crate::usecases::deliver::Wanted;
use crate::usecases::export::{self, Download, Export, ExportFile, SCHEMA_PATH, is_under_way};
use crate::usecases::open_session::SessionUse;

/// How far a copy is that is being made.
struct Progress {
    asked: Moment,
    done: u64,
    all: u64,
    images_done: String,
    images: String,
    /// Whether it was tried and failed, and will be tried again.
    is_delayed: bool,
}

/// A file as the page lists it.
struct FileRow {
    href: String,
    name: &'static str,
    number: u64,
    what: String,
    size: String,
}

struct Ready {
    id: String,
    made: Moment,
    until: Moment,
    files: Vec<FileRow>,
}

enum State {
    None,
    Making(Progress),
    Ready(Ready),
    /// It was tried too often.
    GivenUp,
}

#[derive(Template)]
#[template(path = "account/export.html")]
struct ExportPage {
    form_token: String,
    life: String,
    schema: &'static str,
    state: State,
}

/// `GET /settings/export`.
///
/// # Errors
/// If something of ours failed.
pub async fn show(
    Extension(app): Extension<Arc<App>>,
    Extension(session): Extension<Arc<SessionUse>>,
) -> Result<Response<Body>, Error> {
    let state = match export::latest(&app, &session.account_id).await? {
        None => State::None,
        Some((export, _)) if is_under_way(&export) => State::Making(progress(&app, &session, &export).await?),
        Some((export, files)) => match export.finished_at {
            None => State::GivenUp,
            Some(made) => State::Ready(Ready {
                id: export.id.to_string(),
                made: made.into(),
                until: export.expires_at.into(),
                files: files.iter().map(|file| row(&export, file)).collect(),
            }),
        },
    };
    let page = ExportPage {
        form_token: session.form_token().to_owned(),
        life: human_duration(KEPT_MS),
        schema: SCHEMA_PATH,
        state,
    };
    html(StatusCode::OK, &page).map(with_own_referrer)
}

async fn progress(app: &App, session: &SessionUse, export: &Export) -> Result<Progress, Error> {
    let images = storage_of(app, &session.account_id).await?.images.max(export.images);
    Ok(Progress {
        asked: export.requested_at.into(),
        // What is known of the account counts as one.
        done: export.images + u64::from(export.files > 0),
        all: images + 1,
        images_done: grouped(export.images),
        images: grouped(images),
        is_delayed: export.attempts > 1,
    })
}

fn row(export: &Export, file: &ExportFile) -> FileRow {
    let what = match file.images {
        _ if file.number == 0 => "name, address, choices, sign-ins, keys, collections, teams".to_owned(),
        1 => "1 picture".to_owned(),
        count => format!("{} pictures", grouped(count)),
    };
    FileRow {
        href: format!("/settings/export/{}/{}", export.id, file.number),
        name: if file.number == 0 { "Your account" } else { "Your pictures" },
        number: file.number,
        what,
        size: size(file.bytes),
    }
}

/// `POST /settings/export`.
///
/// # Errors
/// `form-stale`, `too-many-attempts`, or a fault.
pub async fn request(FreshForm(OwnForm { app, session, .. }): FreshForm) -> Result<Response<Body>, Error> {
    export::request(&app, &session.account_id).await?;
    Ok(see_other("/settings/export"))
}

/// `POST /settings/export/delete` with `export`.
///
/// # Errors
/// `form-stale`, `not-found`, or a fault.
pub async fn end(OwnForm { app, session, form, .. }: OwnForm) -> Result<Response<Body>, Error> {
    let id = form.field("export").and_then(ExportId::parse).ok_or(Problem::NotFound)?;
    export::end(&app, &session.account_id, &id).await?;
    Ok(see_other("/settings/export"))
}

/// `GET /settings/export/{id}/{number}`: a zip file, whole or in part.
///
/// # Errors
/// `not-found`, or a fault.
pub async fn download(
    Extension(app): Extension<Arc<App>>,
    Extension(session): Extension<Arc<SessionUse>>,
    Path((id, number)): Path<(String, u64)>,
    method: Method,
    headers: HeaderMap,
) -> Result<Response<Body>, Error> {
    let id = ExportId::parse(&id).ok_or(Problem::NotFound)?;
    let Download { file, zip } = export::open(&app, &session.account_id, &id, number).await?;
    let day = file.made_at.day();
    let name = if number == 0 { format!("tintype-{day}.zip") } else { format!("tintype-{day}-images-{number}.zip") };
    if let Some(zip) = zip {
        // Made anew each time, and short.
        let answer = zip_answer(&name, StatusCode::OK, zip.len() as u64, None);
        return Ok(ServedPayload::put_into(answer, Payload::Bytes(zip.into())));
    }
    let tag = format!("\"{id}-{number}\"");
    let wanted = RequestConditions::read(&method, &headers).part(&tag, file.made_at, file.bytes);
    let range = match wanted {
        Wanted::Part(range) => Some(range),
        Wanted::Unsatisfiable => return Ok(unsatisfiable(&file)),
        Wanted::Facts => return Ok(zip_answer(&name, StatusCode::OK, file.bytes, Some(&tag))),
        _ => None,
    };
    let payload = export::read(&app, &file, range).await?;
    let answer = match range {
        None => zip_answer(&name, StatusCode::OK, file.bytes, Some(&tag)),
        Some(range) => {
            let mut part = zip_answer(&name, StatusCode::PARTIAL_CONTENT, range.length, Some(&tag));
            set(&mut part, header::CONTENT_RANGE, &range.content_range(file.bytes));
            part
        }
    };
    Ok(ServedPayload::put_into(answer, payload))
}

fn zip_answer(name: &str, status: StatusCode, length: u64, tag: Option<&str>) -> Response<Body> {
    let mut answer = Response::new(Body::empty());
    *answer.status_mut() = status;
    set(&mut answer, header::CONTENT_TYPE, "application/zip");
    set(&mut answer, header::CONTENT_LENGTH, &length.to_string());
    set(&mut answer, header::CONTENT_DISPOSITION, &format!("attachment; filename=\"{name}\""));
    // Strangers' bytes may be in it: whatever a browser takes it for, it may do nothing.
    set(&mut answer, header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox");
    if let Some(tag) = tag {
        set(&mut answer, header::ETAG, tag);
        set(&mut answer, header::ACCEPT_RANGES, "bytes");
    }
    answer
}

fn unsatisfiable(file: &ExportFile) -> Response<Body> {
    let mut answer = Response::new(Body::empty());
    *answer.status_mut() = StatusCode::RANGE_NOT_SATISFIABLE;
    set(&mut answer, header::CONTENT_RANGE, &format!("bytes */{}", file.bytes));
    answer
}

fn set(answer: &mut Response<Body>, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        answer.headers_mut().insert(name, value);
    }
}
