//! Forms of people who are signed in. Whoever takes one as an argument cannot forget to ask whose it is.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, Response};
use axum::response::IntoResponse;

use super::identity::{Identity, see_other};
use super::upload_request::{ShortForm, read_short_form};
use crate::app::App;
use crate::error::{Cause, Error, Fault};
use crate::policy::sessions::FRESH_MS;
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

/// A form of somebody who has signed in a short while ago: a browser that was left open must not change what opens the account,
/// nor give away or end what belongs to others, too (ASVS 5.0, 7.5.1). Others are led to signing in once more.
pub struct FreshForm(pub OwnForm);

impl<S: Sync> FromRequest<S> for FreshForm {
    type Rejection = Response<Body>;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response<Body>> {
        let page = page_of(request.uri().path()).to_owned();
        let form = OwnForm::from_request(request, state).await.map_err(IntoResponse::into_response)?;
        if is_fresh(&form.app, &form.session) { Ok(Self(form)) } else { Err(sign_in_again(&page)) }
    }
}

/// Whether a sign-in began a short while ago.
#[must_use]
pub fn is_fresh(app: &App, session: &SessionUse) -> bool {
    app.now().ms_since(session.created_at) < FRESH_MS
}

/// Leads to signing in once more, and back to a page.
fn sign_in_again(page: &str) -> Response<Body> {
    let query: String = url::form_urlencoded::Serializer::new(String::new()).append_pair("next", page).finish();
    see_other(&format!("/sign-in?again&{query}"))
}

/// The page on which a form stands: forms are sent to addresses below it.
fn page_of(path: &str) -> &str {
    let parts = if path.starts_with("/settings/") || path.starts_with("/teams/") { 2 } else { 1 };
    path.match_indices('/').nth(parts).and_then(|(at, _)| path.get(..at)).unwrap_or(path)
}

/// What the layers before a handler have put beside the request.
fn given<T: Clone + Send + Sync + 'static>(extensions: &mut axum::http::Extensions) -> Result<T, Fault> {
    let missing = || Fault {
        attempted: "take a form".into(),
        cause: Cause::Invariant(format!("there is no {}", std::any::type_name::<T>())),
    };
    extensions.remove::<T>().ok_or_else(missing)
}

#[cfg(test)]
mod tests {
    use super::page_of;

    #[test]
    fn a_form_stands_on_the_page_above_it() {
        for (path, page) in [
            ("/settings/factors/totp/confirm", "/settings/factors"),
            ("/settings/factors", "/settings/factors"),
            ("/teams/0123/transfer", "/teams/0123"),
            ("/teams/0123/members/remove", "/teams/0123"),
            ("/gallery/delete", "/gallery"),
        ] {
            assert_eq!(page_of(path), page);
        }
    }
}
