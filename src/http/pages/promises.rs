//! `/promises`: each promise in plain words, and what the auditor found when it last looked.

use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::body::Body;
use axum::http::{Response, StatusCode};

use super::figures::{Moment, grouped};
use super::html;
use crate::app::App;
use crate::domain::time::{human_duration, rough_duration};
use crate::error::Error;
use crate::policy::audit::Look;
use crate::usecases::audit::{Audited, results};

struct PromiseRow {
    words: &'static str,
    /// Nothing, or how much later something may be.
    allowance: String,
    looked: &'static str,
    /// None: not yet.
    checked: Option<Checked>,
    is_kept: bool,
    is_stale: bool,
}

struct Checked {
    at: Moment,
    count: String,
    broken: String,
    worst: String,
    since: Option<Moment>,
}

#[derive(Template)]
#[template(path = "promises.html")]
struct PromisesPage {
    /// How many were broken when they were last checked, or not checked lately.
    broken: usize,
    unchecked: usize,
    kept: usize,
    promises: Vec<PromiseRow>,
}

/// `GET /promises`.
///
/// # Errors
/// If the database fails.
pub async fn get(Extension(app): Extension<Arc<App>>) -> Result<Response<Body>, Error> {
    let audited = results(&app).await?;
    let unchecked = audited.iter().filter(|audited| audited.result.is_none()).count();
    let kept = audited.iter().filter(|audited| audited.is_kept()).count();
    let page = PromisesPage { broken: audited.len() - unchecked - kept, unchecked, kept, promises: rows(&audited) };
    html(StatusCode::OK, &page)
}

/// What is not kept comes first.
fn rows(audited: &[Audited]) -> Vec<PromiseRow> {
    let mut rows: Vec<PromiseRow> = audited.iter().map(PromiseRow::from).collect();
    rows.sort_by_key(|row| row.is_kept || row.checked.is_none());
    rows
}

impl From<&Audited> for PromiseRow {
    fn from(audited: &Audited) -> Self {
        let rule = audited.rule;
        let checked = audited.result.as_ref().map(|result| Checked {
            at: result.checked_at.into(),
            count: grouped(result.checked),
            broken: grouped(result.broken),
            worst: rough_duration(result.worst_ms),
            since: result.broken_since.map(Moment::from),
        });
        Self {
            words: rule.words,
            allowance: if rule.allowance_ms == 0 { String::new() } else { human_duration(rule.allowance_ms) },
            looked: match rule.look {
                Look::Due(_) | Look::AtEach => "every hour",
                Look::Walk => "every night, everything",
                Look::Sample => "every hour, a few by chance",
            },
            checked,
            is_kept: audited.is_kept(),
            is_stale: audited.is_stale,
        }
    }
}
