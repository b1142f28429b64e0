//! What operators do.

use axum::routing::{get, post};

use super::Access::Operator;
use super::{Route, route};
use crate::http::pages::operate::{notices, requests};

pub(super) static ROUTES: &[Route] = &[
    route("GET", "/operate/requests", Operator, "Requests about data, and by when they are answered", || {
        get(requests::show)
    }),
    route("POST", "/operate/requests", Operator, "Write down that one has come", || post(requests::record)),
    route("POST", "/operate/requests/step", Operator, "Write down what was done about one", || post(requests::step)),
    route("GET", "/operate/notices", Operator, "Reports of pictures, and by when they are decided", || {
        get(notices::list)
    }),
    route("GET", "/operate/notices/{id}", Operator, "One of them", || get(notices::show)),
    route("POST", "/operate/notices/{id}", Operator, "Decide about it", || post(notices::decide)),
    route("POST", "/operate/notices/{id}/hold", Operator, "Take its pictures out of view until that", || {
        post(notices::hold)
    }),
    route("POST", "/operate/reporters", Operator, "Say whose reports can be relied on", || post(notices::trust)),
];
