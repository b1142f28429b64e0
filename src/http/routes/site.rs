//! What is the same for everyone: what is kept, problems, assets.

use axum::routing::{get, post};

use super::{Access::Anyone, Caching, Route, route};
use crate::http::{api, pages};

pub(super) static ROUTES: &[Route] = &[
    route("GET", "/problems", Anyone, "Every kind of problem", || get(pages::problems::get_kinds))
        .cached(Caching::Brief),
    route("GET", "/problems/{slug}", Anyone, "A kind of problem", || get(pages::problems::get_kind))
        .cached(Caching::Brief),
    route("GET", "/.well-known/gpc.json", Anyone, "That Global Privacy Control is honoured", || get(pages::gpc::get))
        .cached(Caching::Brief),
    route("GET", "/privacy", Anyone, "What is kept, and for how long", || get(pages::privacy::get))
        .cached(Caching::Brief),
    route("GET", "/promises", Anyone, "What is promised, and whether it is kept", || get(pages::promises::get))
        .cached(Caching::Brief),
    route("GET", "/status.json", Anyone, "The same, for programs", || get(api::status::get)).cached(Caching::Brief),
    route("GET", "/export.schema.json", Anyone, "What the fields of a copy of an account's data mean", || {
        get(pages::schema::get)
    })
    .cached(Caching::Brief),
    route("GET", "/statistics", Anyone, "How many uploads and removals there were", || get(pages::statistics::get))
        .cached(Caching::Brief),
    route("GET", "/statistics.json", Anyone, "The same, for programs", || get(api::statistics::get))
        .cached(Caching::Brief),
    route("GET", "/report", Anyone, "Report a picture", || get(pages::report::ask)),
    route("POST", "/report", Anyone, "Send the report", || post(pages::report::receive)),
    route("GET", "/report/{id}", Anyone, "How far a report is, for its sender", || get(pages::report::tracking::show)),
    route("POST", "/report/{id}", Anyone, "Complete it, or take it back", || post(pages::report::tracking::act)),
    route("GET", "/report/{id}/counter", Anyone, "Answer a claim of copyright", || get(pages::report::counter::ask)),
    route("POST", "/report/{id}/counter", Anyone, "Send the answer", || post(pages::report::counter::receive)),
    route("GET", "/challenge", Anyone, "Ask whether somebody is a person", || get(pages::challenge::ask)),
    route("POST", "/challenge", Anyone, "Be counted afresh, as a person", || post(pages::challenge::act)),
    route("GET", "/transparency", Anyone, "What was decided about pictures", || get(pages::transparency::get))
        .cached(Caching::Brief),
    route("GET", "/transparency.json", Anyone, "The same, for programs", || get(api::transparency::get))
        .cached(Caching::Brief),
    route("GET", "/robots.txt", Anyone, "What is asked of search engines", || get(pages::robots::get))
        .cached(Caching::Brief),
    route("GET", "/favicon.svg", Anyone, "The icon of browser tabs", || get(pages::assets::get)).cached(Caching::Brief),
    route("GET", "/css/{file}", Anyone, "The style sheet", || get(pages::assets::get)).cached(Caching::Brief),
    route("GET", "/js/{file}", Anyone, "Scripts", || get(pages::assets::get)).cached(Caching::Brief),
];
