//! `/settings/consents`: consent is withdrawn where it was given, with one click (promise IMP-04).

use std::sync::Arc;

use axum::Extension;
use axum::body::Body;
use axum::http::{HeaderMap, Response};

use super::gpc;
use super::profile::read;
use crate::app::App;
use crate::domain::consent::{Act, Purpose};
use crate::domain::country::Country;
use crate::error::{Error, Problem};
use crate::http::caller;
use crate::http::identity::{Identity, see_other};
use crate::ports::incoming::Incoming;
use crate::usecases::open_session::SessionUse;
use crate::usecases::record_consents::{Answered, record};

/// `POST /settings/consents` with `purpose` and `act`.
///
/// # Errors
/// `form-stale`, `invalid-field`, or a fault.
pub async fn answer(
    Extension(app): Extension<Arc<App>>,
    Extension(identity): Extension<Identity>,
    Extension(session): Extension<Arc<SessionUse>>,
    Extension(body): Extension<Incoming>,
    headers: HeaderMap,
) -> Result<Response<Body>, Error> {
    let form = read(&app, &identity, &headers, &body).await?;
    let invalid = |field| Problem::InvalidField { field, detail: "one that the form offers".into() };
    let purpose = form.field("purpose").and_then(Purpose::parse).ok_or_else(|| invalid("purpose"))?;
    let act = match form.field("act") {
        Some("granted") => Act::Granted,
        Some("withdrawn") => Act::Withdrawn,
        _ => return Err(invalid("act").into()),
    };
    let country = caller::text(&headers, "cf-ipcountry").and_then(Country::parse);
    let how = Answered { surface: "settings", country: country.map(|country| country.code.into()), gpc: gpc(&headers) };
    record(&app, &session.account_id, purpose, act, &how).await?;
    Ok(see_other("/settings?done=consents#consents"))
}
