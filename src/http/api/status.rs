//! `/status.json`: what is promised, and what the auditor found when it last looked.

use std::sync::Arc;

use axum::Extension;
use axum::body::Body;
use axum::http::{Response, StatusCode};
use serde::Serialize;

use super::json;
use crate::app::App;
use crate::domain::time::SECOND_MS;
use crate::error::Error;
use crate::usecases::audit::{Audited, results};
use crate::usecases::journal::restoration;

#[derive(Serialize)]
struct StatusObject {
    object: &'static str,
    /// Whether every promise was kept when it was last checked, and each was checked lately.
    kept: bool,
    generated_at: String,
    /// Since when nobody can sign in or change anything, because the database was set back; null: that is not so.
    restoring_since: Option<String>,
    promises: Vec<PromiseObject>,
}

#[derive(Serialize)]
struct PromiseObject {
    rule: &'static str,
    promise: Option<&'static str>,
    words: &'static str,
    /// How much later than its time something may be.
    allowance_seconds: i64,
    kept: bool,
    checked_at: Option<String>,
    checked: u64,
    broken: u64,
    broken_since: Option<String>,
    worst_lateness_seconds: i64,
}

/// `GET /status.json`.
///
/// # Errors
/// If the database fails.
pub async fn get(Extension(app): Extension<Arc<App>>) -> Result<Response<Body>, Error> {
    let audited = results(&app).await?;
    let restoring = restoration(&app).await?.filter(|found| found.finished_at.is_none());
    let status = StatusObject {
        object: "status",
        kept: audited.iter().all(Audited::is_kept),
        generated_at: app.now().rfc3339(),
        restoring_since: restoring.map(|found| found.noticed_at.rfc3339()),
        promises: audited.iter().map(promise).collect(),
    };
    json(StatusCode::OK, &status)
}

fn promise(audited: &Audited) -> PromiseObject {
    let (rule, result) = (audited.rule, audited.result.as_ref());
    PromiseObject {
        rule: rule.name,
        promise: rule.promise,
        words: rule.words,
        allowance_seconds: rule.allowance_ms / SECOND_MS,
        kept: audited.is_kept(),
        checked_at: result.map(|result| result.checked_at.rfc3339()),
        checked: result.map_or(0, |result| result.checked),
        broken: result.map_or(0, |result| result.broken),
        broken_since: result.and_then(|result| result.broken_since).map(|at| at.rfc3339()),
        worst_lateness_seconds: result.map_or(0, |result| result.worst_ms.div_euclid(SECOND_MS)),
    }
}
