//! What is remembered of a request to the API until it is answered, so that it can be written down. Pages and the image host are
//! none of it (promise IMP-11).

use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderMap, Method, Response};

use super::problem::{self, Told};
use super::routes::Route;
use super::{RequestId, caller};
use crate::app::App;
use crate::domain::api_key::KeyUse;
use crate::domain::time::Timestamp;
use crate::usecases::log_request::{Answered, is_wanted, log_request};

/// Which route a request was for and who asked, in the extensions of its answer.
#[derive(Clone)]
pub struct Asked {
    /// The route.
    pub route: &'static Route,
    /// The program that asked, also if it was refused for what its key allows.
    pub program: Option<Arc<KeyUse>>,
}

/// A request, as far as it is remembered.
pub struct Remembered {
    /// What the answer calls it.
    pub id: RequestId,
    /// When it came.
    pub at: Timestamp,
    /// Its method.
    pub method: Method,
    /// Its fields, for where it came from.
    pub headers: HeaderMap,
}

/// Has an answered request written down if it was one to the API, and the deployment wants that. It is done after the answer was sent,
/// if the platform lets it; that it failed is logged, and changes no answer.
pub fn write_down(app: &App, asked: Option<Asked>, request: Remembered, response: &Response<Body>) {
    let Some(asked) = asked.filter(|asked| asked.route.is_api()) else { return };
    if !is_wanted(app, asked.program.is_some()) {
        return;
    }
    let answered = Answered {
        id: request.id.0.clone(),
        at: request.at,
        key: asked.program.map(|program| (program.account_id.clone(), program.key_id.clone())),
        method: request.method.to_string(),
        endpoint: asked.route.path,
        status: response.status().as_u16(),
        problem: response.extensions().get::<Told>().map(|told| told.0),
        address: caller::address(&request.headers),
    };
    let background = app.ports.background.clone();
    let app = app.clone();
    background.run(Box::pin(async move {
        if let Err(fault) = log_request(&app, answered).await {
            problem::log(&app, &request.id, &fault);
        }
    }));
}
