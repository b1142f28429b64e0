//! `/settings/restriction`: pauses what is done with an account's data beside what its owner asks for (promise IMP-52).

use axum::body::Body;
use axum::http::Response;

use crate::error::{Error, Problem};
use crate::http::identity::see_other;
use crate::http::own_form::OwnForm;
use crate::usecases::restrict_processing::restrict_processing;

/// `POST /settings/restriction` with `processing`: `pause` or `resume`.
///
/// # Errors
/// `form-stale`, `invalid-field`, or a fault.
pub async fn set(OwnForm { app, session, form, .. }: OwnForm) -> Result<Response<Body>, Error> {
    let is_restricted = match form.field("processing") {
        Some("pause") => true,
        Some("resume") => false,
        _ => return Err(Problem::InvalidField { field: "processing", detail: "pause or resume".into() }.into()),
    };
    restrict_processing(&app, &session.account_id, is_restricted).await?;
    Ok(see_other("/settings?done=restriction#restriction"))
}
