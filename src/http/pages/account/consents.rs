//! `/settings/consents`: consent is withdrawn where it was given, with one click (promise IMP-04).

use axum::body::Body;
use axum::http::Response;

use super::gpc;
use crate::domain::consent::{Act, Purpose};
use crate::error::{Error, Problem};
use crate::http::caller;
use crate::http::identity::see_other;
use crate::http::own_form::OwnForm;
use crate::usecases::record_consents::{Answered, record};

/// `POST /settings/consents` with `purpose` and `act`.
///
/// # Errors
/// `form-stale`, `invalid-field`, or a fault.
pub async fn answer(OwnForm { app, session, headers, form, .. }: OwnForm) -> Result<Response<Body>, Error> {
    let invalid = |field| Problem::InvalidField { field, detail: "one that the form offers".into() };
    let purpose = form.field("purpose").and_then(Purpose::parse).ok_or_else(|| invalid("purpose"))?;
    let act = match form.field("act") {
        Some("granted") => Act::Granted,
        Some("withdrawn") => Act::Withdrawn,
        _ => return Err(invalid("act").into()),
    };
    let country = caller::country(&headers);
    let how = Answered { surface: "settings", country: country.map(|country| country.code.into()), gpc: gpc(&headers) };
    record(&app, &session.account_id, purpose, act, &how).await?;
    Ok(see_other("/settings?done=consents#consents"))
}
