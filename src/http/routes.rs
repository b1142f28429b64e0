//! THE table of routes: the routers, the access test and the documents derive from it.

use axum::Router;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use axum::routing::{MethodRouter, delete, get, post};

use super::caching::Caching;
use super::{Host, api, image_host, pages};
use crate::error::{Error, Problem};

/// Who may use a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Anyone, as often as the rate limits allow.
    Anyone,
    /// Whoever holds the image's delete token.
    DeleteTokenHolder,
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

/// Every route.
pub static ROUTES: [Route; 17] = [
    Route {
        host: Host::App,
        method: "GET",
        path: "/",
        access: Access::Anyone,
        caching: Caching::NoStore,
        summary: "The upload page",
        handler: || get(pages::upload::show_form),
    },
    Route {
        host: Host::App,
        method: "POST",
        path: "/",
        access: Access::Anyone,
        caching: Caching::NoStore,
        summary: "Upload images with a form",
        handler: || post(pages::upload::receive_form),
    },
    Route {
        host: Host::App,
        method: "GET",
        path: "/{id}",
        access: Access::Anyone,
        caching: Caching::NoStore,
        summary: "The page of an image",
        handler: || get(pages::viewer::get),
    },
    Route {
        host: Host::App,
        method: "GET",
        path: "/{id}/delete",
        access: Access::Anyone,
        caching: Caching::NoStore,
        summary: "Ask before deleting an image",
        handler: || get(pages::deletion::ask),
    },
    Route {
        host: Host::App,
        method: "POST",
        path: "/{id}/delete",
        access: Access::DeleteTokenHolder,
        caching: Caching::NoStore,
        summary: "Delete an image with a form",
        handler: || post(pages::deletion::act),
    },
    Route {
        host: Host::App,
        method: "GET",
        path: "/problems",
        access: Access::Anyone,
        caching: Caching::Brief,
        summary: "Every kind of problem",
        handler: || get(pages::problems::get_kinds),
    },
    Route {
        host: Host::App,
        method: "GET",
        path: "/problems/{slug}",
        access: Access::Anyone,
        caching: Caching::Brief,
        summary: "A kind of problem",
        handler: || get(pages::problems::get_kind),
    },
    Route {
        host: Host::App,
        method: "GET",
        path: "/privacy",
        access: Access::Anyone,
        caching: Caching::Brief,
        summary: "What is kept, and for how long",
        handler: || get(pages::privacy::get),
    },
    Route {
        host: Host::App,
        method: "GET",
        path: "/robots.txt",
        access: Access::Anyone,
        caching: Caching::Brief,
        summary: "What is asked of search engines",
        handler: || get(pages::robots::get),
    },
    Route {
        host: Host::App,
        method: "GET",
        path: "/favicon.svg",
        access: Access::Anyone,
        caching: Caching::Brief,
        summary: "The icon of browser tabs",
        handler: || get(pages::assets::get),
    },
    Route {
        host: Host::App,
        method: "GET",
        path: "/css/{file}",
        access: Access::Anyone,
        caching: Caching::Brief,
        summary: "The style sheet",
        handler: || get(pages::assets::get),
    },
    Route {
        host: Host::App,
        method: "GET",
        path: "/js/{file}",
        access: Access::Anyone,
        caching: Caching::Brief,
        summary: "Scripts",
        handler: || get(pages::assets::get),
    },
    Route {
        host: Host::App,
        method: "GET",
        path: "/oembed",
        access: Access::Anyone,
        caching: Caching::NoStore,
        summary: "oEmbed provider",
        handler: || get(api::oembed::get),
    },
    Route {
        host: Host::App,
        method: "POST",
        path: "/v1/images",
        access: Access::Anyone,
        caching: Caching::NoStore,
        summary: "Upload or import an image",
        handler: || post(api::images::create),
    },
    Route {
        host: Host::App,
        method: "GET",
        path: "/v1/images/{id}",
        access: Access::Anyone,
        caching: Caching::NoStore,
        summary: "Facts about an image",
        handler: || get(api::images::get),
    },
    Route {
        host: Host::App,
        method: "DELETE",
        path: "/v1/images/{id}",
        access: Access::DeleteTokenHolder,
        caching: Caching::NoStore,
        summary: "Delete an image",
        handler: || delete(api::images::delete),
    },
    Route {
        host: Host::Images,
        method: "GET",
        path: "/{file}",
        access: Access::Anyone,
        caching: Caching::UntilExpiry,
        summary: "An image",
        handler: || get(image_host::get_image),
    },
];

/// The router of one host.
pub fn router(host: Host) -> Router {
    let mut router = Router::new();
    for route in ROUTES.iter().filter(|route| route.host == host) {
        let caching = route.caching;
        let cached = (route.handler)()
            .layer(axum::middleware::map_response(move |answer| async move { with_caching(answer, caching) }));
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
