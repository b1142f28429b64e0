//! What operators do.

use axum::routing::{get, post};

use super::Access::Operator;
use super::{Route, route};
use crate::http::pages::operate::requests;

pub(super) static ROUTES: &[Route] = &[
    route("GET", "/operate/requests", Operator, "Requests about data, and by when they are answered", || {
        get(requests::show)
    }),
    route("POST", "/operate/requests", Operator, "Write down that one has come", || post(requests::record)),
    route("POST", "/operate/requests/step", Operator, "Write down what was done about one", || post(requests::step)),
];
