//! What operators do.

use axum::routing::{get, post};

use super::Access::Operator;
use super::{Route, route};
use crate::http::pages::operate::{accounts, appeals, requests};

pub(super) static ROUTES: &[Route] = &[
    route("GET", "/operate/requests", Operator, "Requests about data, and by when they are answered", || {
        get(requests::show)
    }),
    route("POST", "/operate/requests", Operator, "Write down that one has come", || post(requests::record)),
    route("POST", "/operate/requests/step", Operator, "Write down what was done about one", || post(requests::step)),
    route("GET", "/operate/appeals", Operator, "Appeals, and by when they are decided", || get(appeals::list)),
    route("GET", "/operate/appeals/{id}", Operator, "An appeal", || get(appeals::show)),
    route("POST", "/operate/appeals/{id}", Operator, "Decide about it", || post(appeals::decide)),
    route("GET", "/operate/accounts/{id}", Operator, "What was stated to an account, and its strikes", || {
        get(accounts::show)
    }),
    route("POST", "/operate/accounts/{id}", Operator, "Suspend it, or end that", || post(accounts::act)),
];
