//! A file of a copy: a zip file, whole or in part.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, header};

use super::Shelf;
use crate::app::App;
use crate::domain::ids::ExportId;
use crate::error::{Error, Problem};
use crate::http::conditions::RequestConditions;
use crate::http::served_payload::ServedPayload;
use crate::ports::payload::Payload;
use crate::usecases::deliver::Wanted;
use crate::usecases::export::{self, Download, ExportFile};

/// File `number` of the copy `id`, as far as the request wants it.
pub(super) async fn download(
    app: &App,
    shelf: &Shelf,
    (id, number): (&str, u64),
    method: &Method,
    headers: &HeaderMap,
) -> Result<Response<Body>, Error> {
    let id = ExportId::parse(id).ok_or(Problem::NotFound)?;
    let Download { file, zip } = export::open(app, &shelf.whose(), &id, number).await?;
    let name = file_name(shelf, &file);
    if let Some(zip) = zip {
        // Made anew each time, and short.
        let answer = zip_answer(&name, StatusCode::OK, zip.len() as u64, None);
        return Ok(ServedPayload::put_into(answer, Payload::Bytes(zip.into())));
    }
    let tag = format!("\"{id}-{number}\"");
    let wanted = RequestConditions::read(method, headers).part(&tag, file.made_at, file.bytes);
    let range = match wanted {
        Wanted::Part(range) => Some(range),
        Wanted::Unsatisfiable => return Ok(unsatisfiable(&file)),
        Wanted::Facts => return Ok(zip_answer(&name, StatusCode::OK, file.bytes, Some(&tag))),
        _ => None,
    };
    let payload = export::read(app, &file, range).await?;
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

/// What it is saved as: names of people and teams are in no file name.
fn file_name(shelf: &Shelf, file: &ExportFile) -> String {
    let what = if shelf.team.is_some() { "tintype-team" } else { "tintype" };
    match (file.made_at.day(), file.number) {
        (day, 0) => format!("{what}-{day}.zip"),
        (day, number) => format!("{what}-{day}-images-{number}.zip"),
    }
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
