//! What operators do.

use axum::routing::{get, post};

use super::Access::Operator;
use super::{Route, route};
use crate::http::pages::operate::{authority, requests};

pub(super) static ROUTES: &[Route] = &[
    route("GET", "/operate/requests", Operator, "Requests about data, and by when they are answered", || {
        get(requests::show)
    }),
    route("POST", "/operate/requests", Operator, "Write down that one has come", || post(requests::record)),
    route("GET", "/operate/authority", Operator, "What is to be reported to an authority", || get(authority::list)),
    route("GET", "/operate/authority/{id}", Operator, "What is known of one, without the image", || {
        get(authority::show)
    }),
    route("GET", "/operate/authority/{id}/record.json", Operator, "The same, to be handed over", || {
        get(authority::record)
    }),
    route("POST", "/operate/authority/{id}/file", Operator, "Write down that it was reported", || {
        post(authority::file)
    }),
    route("POST", "/operate/authority/{id}/dismiss", Operator, "Write down that it need not be", || {
        post(authority::dismiss)
    }),
    route("POST", "/operate/authority/{id}/orders", Operator, "Preserve it by an order", || post(authority::order)),
    route("POST", "/operate/authority/{id}/orders/lift", Operator, "Lift an order", || post(authority::lift)),
    route("POST", "/operate/requests/step", Operator, "Write down what was done about one", || post(requests::step)),
];
