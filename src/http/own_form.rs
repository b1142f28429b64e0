//! Forms of people who are signed in. Whoever takes one as an argument cannot forget to ask whose it is.

use std::sync::Arc;

use axum::extract::{FromRequest, Request};
use axum::http::HeaderMap;

use super::identity::Identity;
use super::upload_request::{ShortForm, read_short_form};
use crate::app::App;
use crate::error::{Cause, Error, Fault};
use crate::ports::incoming::Incoming;
use crate::usecases::open_session::SessionUse;

/// A short form that was sent from a page of ours, with the token of the sign-in that sent it. For routes of whoever is
/// signed in ([`super::routes::Access::SignedIn`]).
pub struct OwnForm {
    /// The deployment.
    pub app: Arc<App>,
    /// Whose form it is.
    pub session: Arc<SessionUse>,
    /// The request's header fields.
    pub headers: HeaderMap,
    /// What was filled in.
    pub form: ShortForm,
}

impl<S: Sync> FromRequest<S> for OwnForm {
    type Rejection = Error;

    async fn from_request(request: Request, _: &S) -> Result<Self, Error> {
        let (mut parts, _) = request.into_parts();
        let app = given::<Arc<App>>(&mut parts.extensions)?;
        let identity = given::<Identity>(&mut parts.extensions)?;
        let session = given::<Arc<SessionUse>>(&mut parts.extensions)?;
        let body = given::<Incoming>(&mut parts.extensions)?;
        let form = read_short_form(&app, &parts.headers, &body).await?;
        identity.check_form(&form)?;
        Ok(Self { app, session, headers: parts.headers, form })
    }
}

/// What the layers before a handler have put beside the request.
fn given<T: Clone + Send + Sync + 'static>(extensions: &mut axum::http::Extensions) -> Result<T, Fault> {
    let missing = || Fault {
        attempted: "take a form".into(),
        cause: Cause::Invariant(format!("there is no {}", std::any::type_name::<T>())),
    };
    extensions.remove::<T>().ok_or_else(missing)
}
