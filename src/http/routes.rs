//! Routes: the routers, the access test and the documents derive from THE table.

mod accounts;
mod api;
mod images;
mod operate;
mod site;
mod teams;

use axum::Router;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use axum::routing::MethodRouter;

use super::Host;
use super::caching::Caching;
use super::identity::authorise;
use crate::domain::api_key::Scope;
use crate::error::{Error, Problem};

/// Who may use a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Anyone, as often as the rate limits allow.
    Anyone,
    /// Whoever holds the image's delete token, or owns it.
    DeleteTokenHolder,
    /// Whoever is signed in, with every factor.
    SignedIn,
    /// Whoever is signed in, and programs whose key allows this and is not confined to a collection.
    Account(Scope),
    /// The same, and programs that are confined to a collection: the handler asks [`super::member::acting`] and keeps them
    /// there.
    AccountOrCollection(Scope),
    /// Whoever has given the password, and has to show a second factor.
    Waiting,
    /// Whoever runs this deployment, with two factors (promise I2A-01). To others who are signed in it does not exist.
    Operator,
}

/// A row of the table.
pub struct Route {
    /// The origin it belongs to; the other one does not know it.
    pub host: Host,
    /// HTTP method; a GET route answers HEAD too.
    pub method: &'static str,
    /// Path pattern.
    pub path: &'static str,
    /// Who may use it.
    pub access: Access,
    /// How its answers may be cached.
    pub caching: Caching,
    /// What it is for, in a few words.
    pub summary: &'static str,
    handler: fn() -> MethodRouter,
}

/// A row of the app host, not to be cached: what most are.
const fn route(
    method: &'static str,
    path: &'static str,
    access: Access,
    summary: &'static str,
    handler: fn() -> MethodRouter,
) -> Route {
    Route { host: Host::App, method, path, access, caching: Caching::NoStore, summary, handler }
}

impl Route {
    /// Whether programs use it, and may show a key whoever may use it besides.
    #[must_use]
    pub fn is_api(&self) -> bool {
        self.host == Host::App && self.path.starts_with("/v1/")
    }

    const fn cached(mut self, caching: Caching) -> Self {
        self.caching = caching;
        self
    }

    const fn on(mut self, host: Host) -> Self {
        self.host = host;
        self
    }
}

/// THE table: every route.
pub fn all() -> impl Iterator<Item = &'static Route> {
    [images::ROUTES, site::ROUTES, accounts::ROUTES, teams::ROUTES, operate::ROUTES, api::ROUTES].into_iter().flatten()
}

/// The router of one host.
pub fn router(host: Host) -> Router {
    let mut router = Router::new();
    for route in all().filter(|route| route.host == host) {
        let caching = route.caching;
        let mut handler = (route.handler)();
        // The image host knows nobody (promise IMP-10).
        if host == Host::App {
            // What no method answers is nobody's to be allowed.
            handler =
                handler.route_layer(axum::middleware::from_fn(move |request, next| authorise(route, request, next)));
        }
        let cached =
            handler.layer(axum::middleware::map_response(move |answer| async move { with_caching(answer, caching) }));
        router = router.route(route.path, cached);
    }
    router.fallback(|| async { Err::<(), Error>(Problem::NotFound.into()) })
}

/// Handlers may be stricter than their route, so a field that is there stays.
fn with_caching(mut answer: Response, caching: Caching) -> Response {
    if let Some(field) = caching.field() {
        answer.headers_mut().entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static(field));
    }
    answer
}
