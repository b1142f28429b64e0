//! `/settings/sessions`: sign-ins, ended by whoever owns them.

use std::sync::Arc;

use axum::Extension;
use axum::body::Body;
use axum::http::{HeaderMap, Response};

use super::profile::read;
use crate::app::App;
use crate::domain::ids::SessionId;
use crate::error::{Error, Problem};
use crate::http::identity::{Identity, forget_session, see_other};
use crate::ports::incoming::Incoming;
use crate::usecases::open_session::{self, SessionUse};

/// `POST /settings/sessions/end` with `session`: one of them.
///
/// # Errors
/// `form-stale`, `not-found`, or a fault.
pub async fn end(
    Extension(app): Extension<Arc<App>>,
    Extension(identity): Extension<Identity>,
    Extension(session): Extension<Arc<SessionUse>>,
    Extension(body): Extension<Incoming>,
    headers: HeaderMap,
) -> Result<Response<Body>, Error> {
    let form = read(&app, &identity, &headers, &body).await?;
    let id = form.field("session").and_then(SessionId::parse).ok_or(Problem::NotFound)?;
    open_session::end(&app, &session.account_id, &id).await?;
    Ok(see_other("/settings?done=sessions#sessions"))
}

/// `POST /settings/sessions/end-all`: this browser's as well.
///
/// # Errors
/// `form-stale`, or a fault.
pub async fn end_all(
    Extension(app): Extension<Arc<App>>,
    Extension(identity): Extension<Identity>,
    Extension(session): Extension<Arc<SessionUse>>,
    Extension(body): Extension<Incoming>,
    headers: HeaderMap,
) -> Result<Response<Body>, Error> {
    read(&app, &identity, &headers, &body).await?;
    open_session::end_all(&app, &session.account_id, None).await?;
    let mut response = see_other("/sign-in");
    forget_session(&mut response);
    Ok(response)
}
