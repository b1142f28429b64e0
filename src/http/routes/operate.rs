//! What operators do.

use axum::routing::{get, post};

use super::Access::Operator;
use super::{Route, route};
use crate::http::pages::operate::review::{decision, picture, queue};
use crate::http::pages::operate::{accounts, appeals, authority, log, notices, overview, requests};

pub(super) static ROUTES: &[Route] = &[
    route("GET", "/operate", Operator, "What waits for operators", || get(overview::show)),
    route("GET", "/operate/review", Operator, "Pictures that wait, or that are searched for", || get(queue::show)),
    route("GET", "/operate/review/{id}", Operator, "A picture, and what is known about it", || get(picture::show)),
    route("POST", "/operate/review/{id}/look", Operator, "Look at it", || post(picture::show_picture)),
    route("POST", "/operate/review/{id}/decide", Operator, "Decide about it", || post(decision::act)),
    route("POST", "/operate/review/{id}/undo", Operator, "Take a decision back", || post(decision::take_back)),
    route("POST", "/operate/review/{id}/restore", Operator, "Bring a deleted picture back", || {
        post(decision::bring_back)
    }),
    route("GET", "/operate/log", Operator, "What was seen and decided", || get(log::show)),
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
    route("GET", "/operate/notices", Operator, "Reports of pictures, and by when they are decided", || {
        get(notices::list)
    }),
    route("GET", "/operate/notices/{id}", Operator, "One of them", || get(notices::show)),
    route("POST", "/operate/notices/{id}", Operator, "Decide about it", || post(notices::decide)),
    route("POST", "/operate/notices/{id}/hold", Operator, "Take its pictures out of view until that", || {
        post(notices::hold)
    }),
    route("POST", "/operate/reporters", Operator, "Say whose reports can be relied on", || post(notices::trust)),
    route("GET", "/operate/appeals", Operator, "Appeals, and by when they are decided", || get(appeals::list)),
    route("GET", "/operate/appeals/{id}", Operator, "An appeal", || get(appeals::show)),
    route("POST", "/operate/appeals/{id}", Operator, "Decide about it", || post(appeals::decide)),
    route("GET", "/operate/accounts/{id}", Operator, "What was stated to an account, and its strikes", || {
        get(accounts::show)
    }),
    route("POST", "/operate/accounts/{id}", Operator, "Suspend it, or end that", || post(accounts::act)),
];
