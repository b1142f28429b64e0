//! `/settings/sessions`: sign-ins, ended by whoever owns them.

use axum::body::Body;
use axum::http::Response;

use crate::domain::ids::SessionId;
use crate::error::{Error, Problem};
use crate::http::identity::{forget_session, see_other};
use crate::http::own_form::OwnForm;
use crate::usecases::open_session::{self};

/// `POST /settings/sessions/end` with `session`: one of them.
///
/// # Errors
/// `form-stale`, `not-found`, or a fault.
pub async fn end(OwnForm { app, session, form, .. }: OwnForm) -> Result<Response<Body>, Error> {
    let id = form.field("session").and_then(SessionId::parse).ok_or(Problem::NotFound)?;
    open_session::end(&app, &session.account_id, &id).await?;
    Ok(see_other("/settings?done=sessions#sessions"))
}

/// `POST /settings/sessions/end-all`: this browser's as well.
///
/// # Errors
/// `form-stale`, or a fault.
pub async fn end_all(OwnForm { app, session, .. }: OwnForm) -> Result<Response<Body>, Error> {
    open_session::end_all(&app, &session.account_id, None).await?;
    let mut response = see_other("/sign-in");
    forget_session(&mut response);
    Ok(response)
}
