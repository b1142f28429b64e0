//! `/teams/{id}/export`: of a team, for its owner.

use std::sync::Arc;

use axum::Extension;
use axum::body::Body;
use axum::extract::Path;
use axum::http::{HeaderMap, Method, Response};

use super::Shelf;
use crate::app::App;
use crate::error::Error;
use crate::http::own_form::{FreshForm, OwnForm};
use crate::http::pages::teams::read_id;
use crate::usecases::open_session::SessionUse;

/// `GET /teams/{id}/export`.
///
/// # Errors
/// `not-found`, `team-role`, or a fault.
pub async fn show(
    Extension(app): Extension<Arc<App>>,
    Extension(session): Extension<Arc<SessionUse>>,
    Path(team): Path<String>,
) -> Result<Response<Body>, Error> {
    let shelf = Shelf::of_team(&app, &session, &read_id(Some(&team))?).await?;
    super::show(&app, &session, shelf).await
}

/// `POST /teams/{id}/export`.
///
/// # Errors
/// `form-stale`, `not-found`, `team-role`, `too-many-attempts`, or a fault.
pub async fn request(
    Path(team): Path<String>,
    FreshForm(OwnForm { app, session, .. }): FreshForm,
) -> Result<Response<Body>, Error> {
    let shelf = Shelf::of_team(&app, &session, &read_id(Some(&team))?).await?;
    super::request(&app, &shelf).await
}

/// `POST /teams/{id}/export/delete` with `export`.
///
/// # Errors
/// `form-stale`, `not-found`, `team-role`, or a fault.
pub async fn end(
    Path(team): Path<String>,
    OwnForm { app, session, form, .. }: OwnForm,
) -> Result<Response<Body>, Error> {
    let shelf = Shelf::of_team(&app, &session, &read_id(Some(&team))?).await?;
    super::end(&app, &shelf, &form).await
}

/// `GET /teams/{id}/export/{export}/{number}`: a zip file, whole or in part.
///
/// # Errors
/// `not-found`, `team-role`, or a fault.
pub async fn download(
    Extension(app): Extension<Arc<App>>,
    Extension(session): Extension<Arc<SessionUse>>,
    Path((team, export, number)): Path<(String, String, u64)>,
    method: Method,
    headers: HeaderMap,
) -> Result<Response<Body>, Error> {
    let shelf = Shelf::of_team(&app, &session, &read_id(Some(&team))?).await?;
    super::download::download(&app, &shelf, (&export, number), &method, &headers).await
}
