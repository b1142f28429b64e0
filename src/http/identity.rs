//! Who asks: nobody in particular, or somebody who is signed in. What a route demands is in the route table; this is
//! where it is enforced, before any handler.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, Response, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::IntoResponse as _;
use cookie::{Cookie, SameSite};

use super::caller;
use super::request_log::Asked;
use super::routes::{Access, Route};
use super::signed_request::{identify_program, require_scope};
use super::upload_request::ShortForm;
use crate::app::App;
use crate::domain::api_key::KeyUse;
use crate::domain::ids::AccountId;
use crate::domain::session::Token;
use crate::domain::time::Timestamp;
use crate::error::{Error, Problem};
use crate::usecases::journal::refuse_while_restoring;
use crate::usecases::open_session::{OpenSession, SessionUse, recognise};
use crate::usecases::read_statements::refuse_suspended;
use crate::usecases::second_factor::has_second_factor;

/// The cookie of a sign-in: the only one there is (promise BGR-01). Its prefix binds it to this host, to HTTPS and to
/// the whole site (RFC 6265bis §4.1.3.2).
pub const SESSION_COOKIE: &str = "__Host-session";
/// The form field that carries a sign-in's form token.
pub const FORM_TOKEN: &str = "form_token";

/// Who asks.
#[derive(Clone, Debug)]
pub enum Identity {
    /// Nobody that we know of.
    Anonymous,
    /// Somebody who signed in with a browser.
    SignedIn(Arc<SessionUse>),
    /// A program with an API key.
    Program(Arc<KeyUse>),
}

impl Identity {
    /// The sign-in, if it is whole: one that still waits for its second factor opens nothing.
    #[must_use]
    pub fn session(&self) -> Option<&SessionUse> {
        match self {
            Self::SignedIn(session) if !session.awaits_factor => Some(session),
            Self::SignedIn(_) | Self::Program(_) | Self::Anonymous => None,
        }
    }

    /// The sign-in that still waits for its second factor.
    #[must_use]
    pub fn waiting(&self) -> Option<&SessionUse> {
        match self {
            Self::SignedIn(session) if session.awaits_factor => Some(session),
            Self::SignedIn(_) | Self::Program(_) | Self::Anonymous => None,
        }
    }

    /// The program, and what it may do.
    #[must_use]
    pub fn program(&self) -> Option<&KeyUse> {
        match self {
            Self::Program(program) => Some(program),
            Self::SignedIn(_) | Self::Anonymous => None,
        }
    }

    /// What forms of this sign-in carry, if it is whole: pages for everyone are then also somebody's.
    #[must_use]
    pub fn form_token(&self) -> Option<String> {
        self.session().map(|session| session.form_token().to_owned())
    }

    /// The account in whose name the request is made.
    #[must_use]
    pub fn account(&self) -> Option<&AccountId> {
        match self {
            Self::Program(program) => Some(&program.account_id),
            Self::SignedIn(_) | Self::Anonymous => self.session().map(|session| &session.account_id),
        }
    }

    /// Refuses a form with files that is not of this sign-in, or that was of one that has ended meanwhile: what it said
    /// about how long they are kept would not be true any more.
    ///
    /// # Errors
    /// `FormStale`.
    pub fn check_upload(&self, sent: &str) -> Result<(), Problem> {
        let is_its_own = match self.session() {
            Some(session) => session.owns_form(sent),
            None => sent.is_empty(),
        };
        if is_its_own { Ok(()) } else { Err(Problem::FormStale) }
    }

    /// Refuses a form that is not of this sign-in. Without a sign-in there is nobody's authority to misuse.
    ///
    /// # Errors
    /// `FormStale`.
    pub fn check_form(&self, form: &ShortForm) -> Result<(), Problem> {
        match self {
            Self::Anonymous | Self::Program(_) => Ok(()),
            Self::SignedIn(session) if session.owns_form(form.field(FORM_TOKEN).unwrap_or_default()) => Ok(()),
            Self::SignedIn(_) => Err(Problem::FormStale),
        }
    }
}

/// Finds out who asks, and answers in the handler's place if the route is not for them. What was asked and by which program stays with
/// the answer.
pub async fn authorise(route: &'static Route, request: Request, next: Next) -> Response<Body> {
    let mut asked = Asked { route, program: None };
    let mut response = admit(&mut asked, request, next).await;
    response.extensions_mut().insert(asked);
    response
}

async fn admit(asked: &mut Asked, mut request: Request, next: Next) -> Response<Body> {
    let Some(app) = request.extensions().get::<Arc<App>>().cloned() else {
        return Error::from(Problem::NotFound).into_response();
    };
    let access = asked.route.access;
    // Looking asks nobody; of sign-ins and keys the database itself says that none is right meanwhile.
    if !request.method().is_safe()
        && let Err(error) = refuse_while_restoring(&app).await
    {
        return error.into_response();
    }
    let identity = match identify(&app, asked, request.method(), request.uri(), request.headers()).await {
        Ok(identity) => identity,
        Err(error) => return error.into_response(),
    };
    let is_allowed = match access {
        Access::SignedIn | Access::Operator => identity.session().is_some(),
        Access::Waiting => identity.waiting().is_some(),
        Access::Account(_) | Access::AccountOrCollection(_) => identity.account().is_some(),
        // The token is in the request's body or in a field of its own.
        Access::Anyone | Access::DeleteTokenHolder => true,
    };
    if !is_allowed {
        return sign_in_first(&request);
    }
    if access == Access::Operator
        && let Err(error) = require_operator(&app, identity.session()).await
    {
        return error.into_response();
    }
    // Programs' routes have no forms; of a browser, one of our own pages must have sent the request.
    let is_for_programs = matches!(access, Access::Account(_) | Access::AccountOrCollection(_));
    // Deleting stays possible (promise IMP-57), and so does looking, and what is anybody's. Uploads ask for themselves.
    if let Some(program) = identity.program()
        && is_for_programs
        && !request.method().is_safe()
        && *request.method() != Method::DELETE
        && let Err(error) = refuse_suspended(&app, &program.account_id).await
    {
        return error.into_response();
    }
    let is_of_browser = is_for_programs && identity.session().is_some();
    if is_of_browser
        && !request.method().is_safe()
        && let Err(problem) = caller::require_own_page(&app, request.headers())
    {
        return Error::from(problem).into_response();
    }
    if let Some(account) = identity.account() {
        request.extensions_mut().insert(Arc::new(account.clone()));
    }
    if let Some(session) = identity.session() {
        request.extensions_mut().insert(Arc::new(session.clone()));
    }
    request.extensions_mut().insert(identity);
    next.run(request).await
}

/// Refuses whoever does not run this deployment, as if there were nothing; and whoever does with one factor only, who may have
/// been given the role since they signed in.
async fn require_operator(app: &App, session: Option<&SessionUse>) -> Result<(), Error> {
    let session = session.filter(|session| session.is_operator).ok_or(Problem::NotFound)?;
    if has_second_factor(app, &session.account_id).await? { Ok(()) } else { Err(Problem::FactorNeeded.into()) }
}

/// Only a request with a cookie, a key or a signature costs anything. A program is found out once, here, on every route of the API;
/// where anybody may ask, what its key allows is the handler's to ask.
async fn identify(
    app: &App,
    asked: &mut Asked,
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
) -> Result<Identity, Error> {
    // Whoever uploads with a ticket as well is told so by the handler.
    let shows_ticket = asked.route.access == Access::Anyone && caller::ticket(headers).is_some();
    if asked.route.is_api()
        && !shows_ticket
        && let Some(program) = identify_program(app, method, uri, headers).await?
    {
        let program = Arc::new(program);
        asked.program = Some(program.clone());
        let access = asked.route.access;
        if let Access::Account(scope) | Access::AccountOrCollection(scope) = access {
            require_scope(Some(&program), scope)?;
        }
        if program.collection.is_some() && matches!(access, Access::Account(_)) {
            return Err(Problem::KeyConfined.into());
        }
        return Ok(Identity::Program(program));
    }
    let Some(token) = session_token(headers) else { return Ok(Identity::Anonymous) };
    let session = recognise(app, &token).await?;
    Ok(session.map_or(Identity::Anonymous, |session| Identity::SignedIn(Arc::new(session))))
}

/// The token in the request's cookie.
fn session_token(headers: &HeaderMap) -> Option<Token> {
    let fields = headers.get_all(header::COOKIE).iter().filter_map(|field| field.to_str().ok());
    let cookies = fields.flat_map(Cookie::split_parse).flatten();
    cookies.filter(|cookie| cookie.name() == SESSION_COOKIE).find_map(|cookie| Token::parse(cookie.value()))
}

/// A person is led to the sign-in page and back, a program told.
fn sign_in_first(request: &Request) -> Response<Body> {
    let is_page = request.method().is_safe() && caller::prefers_html(request.headers());
    if !is_page {
        return Error::from(Problem::SignInNeeded).into_response();
    }
    let back = request.uri().path_and_query().map_or("/", axum::http::uri::PathAndQuery::as_str);
    let query: String = url::form_urlencoded::Serializer::new(String::new()).append_pair("next", back).finish();
    see_other(&format!("/sign-in?{query}"))
}

/// Leads on to another page of ours (RFC 9110 §15.4.4).
#[must_use]
pub fn see_other(path: &str) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SEE_OTHER;
    let location = HeaderValue::from_str(path).unwrap_or(HeaderValue::from_static("/"));
    response.headers_mut().insert(header::LOCATION, location);
    response
}

/// A page of ours that a form may lead to; none for anything that could be another site.
#[must_use]
pub fn own_page(path: &str) -> Option<&str> {
    let is_own =
        path.starts_with('/') && !path.starts_with("//") && !path.contains('\\') && !path.contains(char::is_control);
    is_own.then_some(path)
}

/// Gives the browser what opens a sign-in.
pub fn keep_session(response: &mut Response<Body>, session: &OpenSession, now: Timestamp) {
    let seconds = session.ends_at.ms_since(now).div_euclid(1_000);
    set_cookie(response, session.token.reveal(), seconds);
}

/// Has the browser forget its sign-in.
pub fn forget_session(response: &mut Response<Body>) {
    set_cookie(response, "", 0);
}

fn set_cookie(response: &mut Response<Body>, value: &str, seconds: i64) {
    let cookie = Cookie::build((SESSION_COOKIE, value.to_owned()))
        .path("/")
        .secure(true)
        .http_only(true)
        // Strict would hide the sign-in from whoever follows a link in a letter; forms carry a token of their own.
        .same_site(SameSite::Lax)
        .max_age(cookie::time::Duration::seconds(seconds))
        .build();
    if let Ok(field) = HeaderValue::from_str(&cookie.to_string()) {
        response.headers_mut().append(header::SET_COOKIE, field);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_leads_to_our_own_pages_only() {
        for own in ["/settings", "/settings?a=b", "/"] {
            assert_eq!(own_page(own), Some(own));
        }
        for other in ["", "//evil.example", "https://evil.example", "/\\evil.example", "settings", "/a\r\nb"] {
            assert_eq!(own_page(other), None, "{other}");
        }
    }

    #[test]
    fn a_token_is_found_among_other_cookies() {
        let token = Token::from_random([7; 32]);
        let mut headers = HeaderMap::new();
        let field = format!("a=b; {SESSION_COOKIE}={}; c=d", token.reveal());
        headers.insert(header::COOKIE, field.parse().expect("a field"));
        assert_eq!(session_token(&headers), Some(token));
        headers.insert(header::COOKIE, format!("{SESSION_COOKIE}=short").parse().expect("a field"));
        assert_eq!(session_token(&headers), None);
    }
}
