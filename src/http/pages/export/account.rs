//! `/settings/export`: of an account.

use std::sync::Arc;

use axum::Extension;
use axum::body::Body;
use axum::extract::Path;
use axum::http::{HeaderMap, Method, Response};

use super::Shelf;
use crate::app::App;
use crate::error::Error;
use crate::http::own_form::{FreshForm, OwnForm};
use crate::usecases::open_session::SessionUse;

/// `GET /settings/export`.
///
/// # Errors
/// If something of ours failed.
pub async fn show(
    Extension(app): Extension<Arc<App>>,
    Extension(session): Extension<Arc<SessionUse>>,
) -> Result<Response<Body>, Error> {
    super::show(&app, &session, Shelf::of_account(&session)).await
}

/// `POST /settings/export`.
///
/// # Errors
/// `form-stale`, `too-many-attempts`, or a fault.
pub async fn request(FreshForm(OwnForm { app, session, .. }): FreshForm) -> Result<Response<Body>, Error> {
    super::request(&app, &Shelf::of_account(&session)).await
}

/// `POST /settings/export/delete` with `export`.
///
/// # Errors
/// `form-stale`, `not-found`, or a fault.
pub async fn end(OwnForm { app, session, form, .. }: OwnForm) -> Result<Response<Body>, Error> {
    super::end(&app, &Shelf::of_account(&session), &form).await
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
    super::download::download(&app, &Shelf::of_account(&session), (&id, number), &method, &headers).await
}
