//! The API, for programs.

use axum::routing::{delete, get, options, patch, post};

use super::Access::{Account, AccountOrCollection, Anyone, DeleteTokenHolder};
use super::{Route, route};
use crate::domain::api_key::Scope::{Admin, Delete, Read, Write};
use crate::http::{api, cross_origin};

pub(super) static ROUTES: &[Route] = &[
    route("GET", "/v1/images", AccountOrCollection(Read), "The images of an account", || get(api::image_list::list)),
    route("POST", "/v1/images", Anyone, "Upload or import an image", || post(api::images::create)),
    route("OPTIONS", "/v1/images", Anyone, "Whether pages of other sites may upload", || {
        options(cross_origin::allow_uploads)
    }),
    route("POST", "/v1/images/{id}/link", AccountOrCollection(Read), "Make a link to a private image", || {
        post(api::links::post)
    }),
    route("GET", "/v1/tickets", AccountOrCollection(Read), "The account's upload tickets", || get(api::tickets::get)),
    route("POST", "/v1/tickets", AccountOrCollection(Write), "Make an upload ticket", || post(api::tickets::post)),
    route("DELETE", "/v1/tickets/{id}", AccountOrCollection(Write), "Revoke an upload ticket", || {
        delete(api::tickets::delete)
    }),
    route("POST", "/v1/reports", Anyone, "Report images", || post(api::reports::post)),
    route("GET", "/v1/reports/{id}", Anyone, "How far a report is, for its sender", || get(api::reports::get)),
    route("GET", "/v1/usage", Account(Read), "What an account stores, and may", || get(api::images::usage)),
    route("GET", "/v1/images/{id}", Anyone, "Facts about an image", || get(api::images::get)),
    route("DELETE", "/v1/images/{id}", DeleteTokenHolder, "Delete an image", || delete(api::images::delete)),
    route("GET", "/v1/images/{id}/statements", DeleteTokenHolder, "Why an image is restricted", || {
        get(api::statements::get)
    }),
    route(
        "PATCH",
        "/v1/images/{id}",
        AccountOrCollection(Write),
        "Change what is said about an image, and its collection",
        || patch(api::image_edits::patch),
    ),
    route("POST", "/v1/images/{id}/restore", Account(Write), "Bring a deleted image back", || {
        post(api::image_edits::restore)
    }),
    route("POST", "/v1/images/move", Account(Write), "Put images into a collection, or take them out", || {
        post(api::image_edits::move_many)
    }),
    route("DELETE", "/v1/images/batch", AccountOrCollection(Delete), "Delete several images", || {
        delete(api::image_edits::delete_many)
    }),
    route("GET", "/v1/collections", Account(Read), "The collections of an account", || get(api::collections::list)),
    route("POST", "/v1/collections", Account(Write), "Make a collection", || post(api::collections::create)),
    route("GET", "/v1/collections/{id}", Account(Read), "A collection", || get(api::collections::get)),
    route("PATCH", "/v1/collections/{id}", Account(Write), "Rename a collection", || patch(api::collections::patch)),
    route("DELETE", "/v1/collections/{id}", Account(Write), "Delete a collection, and no image", || {
        delete(api::collections::delete)
    }),
    route("GET", "/v1/keys", Account(Admin), "The account's API keys", || get(api::keys::get)),
    route("POST", "/v1/keys", Account(Admin), "Make an API key", || post(api::keys::post)),
    route("DELETE", "/v1/keys/{id}", Account(Admin), "Revoke an API key", || delete(api::keys::delete)),
    route("GET", "/v1/keys/{id}/requests", Account(Admin), "What was asked with an API key", || {
        get(api::key_requests::get)
    }),
    route("GET", "/v1/teams", Account(Read), "The teams that an account is in", || get(api::teams::list)),
    route("POST", "/v1/teams", Account(Admin), "Make a team", || post(api::teams::create)),
    route("GET", "/v1/teams/{id}", Account(Read), "A team", || get(api::teams::get)),
    route("PATCH", "/v1/teams/{id}", Account(Admin), "Give a team another name", || patch(api::teams::patch)),
    route("DELETE", "/v1/teams/{id}", Account(Admin), "Close a team", || delete(api::teams::delete)),
    route("GET", "/v1/teams/{id}/members", Account(Read), "Who is in a team", || get(api::team_members::list)),
    route(
        "PATCH",
        "/v1/teams/{id}/members/{account}",
        Account(Admin),
        "Give a member another role, or the team",
        || patch(api::team_members::patch),
    ),
    route("DELETE", "/v1/teams/{id}/members/{account}", Account(Admin), "Take a member out, or leave", || {
        delete(api::team_members::delete)
    }),
    route("GET", "/v1/teams/{id}/invitations", Account(Read), "Who is invited into a team", || {
        get(api::team_invitations::list)
    }),
    route("POST", "/v1/teams/{id}/invitations", Account(Admin), "Invite somebody", || {
        post(api::team_invitations::create)
    }),
    route("DELETE", "/v1/teams/{id}/invitations/{invitation}", Account(Admin), "Withdraw an invitation", || {
        delete(api::team_invitations::delete)
    }),
];
