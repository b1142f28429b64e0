//! Who may call, which use case, how to answer. The only layer that knows HTTP.

pub mod api;
pub mod caching;
pub mod caller;
pub mod conditions;
pub mod cross_origin;
mod geography;
pub mod identity;
pub mod image_host;
pub mod image_request;
pub mod json_body;
pub mod member;
pub mod own_form;
pub mod pages;
pub mod placeholder;
pub mod private_address;
pub mod problem;
pub mod problem_types;
pub mod request_log;
pub mod routes;
pub mod security_headers;
pub mod served_payload;
pub mod signed_request;
pub mod sizes;
pub mod upload_request;
pub mod whose;

use std::sync::{Arc, OnceLock};

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, Response, header};
use tower::ServiceExt as _;

use crate::app::App;
use crate::domain::hex;
use crate::error::{Error, Problem};
use request_log::{Asked, Remembered};

/// Names one request in answers and in the log, so that a report can be matched with a fault.
#[derive(Clone, Debug)]
pub struct RequestId(pub String);

/// One of the two origins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Host {
    /// Pages and the API.
    App,
    /// Image bytes, and nothing else.
    Images,
}

static ROUTERS: OnceLock<[Router; 2]> = OnceLock::new();

/// Answers a request. The body to read is in the request's `Incoming` extension; the body to send is in
/// the response, or in its [`served_payload::ServedPayload`] extension if the platform holds it.
pub async fn serve(app: App, mut request: Request<Body>) -> Response<Body> {
    let at = app.now();
    let request_id = RequestId(fresh_request_id(&app));
    let host = host_of(&app, &request);
    let headers = request.headers().clone();
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    request.extensions_mut().insert(request_id.clone());
    // What `Extension` reads. A layer would say the same, but wraps every route anew for each request.
    request.extensions_mut().insert(Arc::new(app.clone()));
    let [app_router, image_router] = ROUTERS.get_or_init(|| [Host::App, Host::Images].map(routes::router));
    let router = match host {
        Some(Host::App) => app_router.clone(),
        Some(Host::Images) => image_router.clone(),
        None => Router::new().fallback(|| async { Err::<(), Error>(Problem::WrongHost.into()) }),
    };
    let answered = router.oneshot(request).await;
    let mut response = answered.unwrap_or_else(|never| match never {});
    let asked = response.extensions_mut().remove::<Asked>();
    let response = problem::render(&app, host, &request_id, &headers, response);
    let mut response = security_headers::add(&app, host, &request_id, response);
    if host == Some(Host::App) {
        response = cross_origin::expose(&method, &path, response);
    }
    if method == Method::HEAD {
        // The router drops the body of an answer; that of a problem was written after it.
        *response.body_mut() = Body::empty();
    }
    request_log::write_down(&app, asked, Remembered { id: request_id, at, method, headers }, &response);
    response
}

fn host_of(app: &App, request: &Request<Body>) -> Option<Host> {
    let authority = authority(request.headers(), request.uri().authority().map(ToString::to_string))?;
    if authority == app.settings.app_authority() {
        Some(Host::App)
    } else if authority == app.settings.image_authority() {
        Some(Host::Images)
    } else {
        None
    }
}

fn authority(headers: &HeaderMap, from_uri: Option<String>) -> Option<String> {
    let field = headers.get(header::HOST).and_then(|value| value.to_str().ok());
    from_uri.or_else(|| field.map(str::to_owned)).map(|host| host.to_ascii_lowercase())
}

fn fresh_request_id(app: &App) -> String {
    let mut random = [0; 8];
    // Without randomness the request will fail by itself; its id need not be the reason.
    let filled = app.ports.rng.fill(&mut random);
    filled.map_or_else(|_| "unnamed".to_owned(), |()| hex::encode(&random))
}
