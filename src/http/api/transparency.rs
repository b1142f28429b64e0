//! `/transparency.json`: what was decided about pictures, month by month and of nobody.

use std::sync::Arc;

use axum::Extension;
use axum::body::Body;
use axum::http::{Response, StatusCode};
use serde_json::{Value, json};

use crate::app::App;
use crate::error::Error;
use crate::policy::transparency::TOLD_IN_STEPS_OF;
use crate::usecases::transparency::told_months;

/// `GET /transparency.json`.
///
/// # Errors
/// If the database fails.
pub async fn get(Extension(app): Extension<Arc<App>>) -> Result<Response<Body>, Error> {
    let rows = told_months(&app).await?;
    let mut months: Vec<Value> = Vec::new();
    for rows in rows.chunk_by(|one, other| one.month == other.month) {
        let counts: Vec<Value> = rows
            .iter()
            .filter_map(|row| Some(json!({ "measure": row.measure, "kind": row.kind, "count": row.count? })))
            .collect();
        let month = rows.first().map(|row| row.month.month());
        months.push(json!({ "month": month, "counts": counts }));
    }
    months.reverse();
    super::json(
        StatusCode::OK,
        &json!({ "object": "transparency", "told_in_steps_of": TOLD_IN_STEPS_OF, "months": months }),
    )
}
