//! Images: the upload page, their pages, the gallery, the image host.

use axum::routing::{get, post};

use super::Access::{Anyone, DeleteTokenHolder, SignedIn};
use super::{Caching, Host, Route, route};
use crate::http::api;
use crate::http::image_host;
use crate::http::pages::gallery::{bulk, collections};
use crate::http::pages::{deletion, edit, gallery, privacy_of_image, restoration, statement, upload, viewer};

pub(super) static ROUTES: &[Route] = &[
    route("GET", "/", Anyone, "The upload page", || get(upload::show_form)),
    route("POST", "/", Anyone, "Upload images with a form", || post(upload::receive_form)),
    route("GET", "/{id}", Anyone, "The page of an image", || get(viewer::get)),
    route("GET", "/{id}/delete", Anyone, "Ask before deleting an image", || get(deletion::ask)),
    route("POST", "/{id}/delete", DeleteTokenHolder, "Delete an image with a form", || post(deletion::act)),
    route("GET", "/{id}/statement", Anyone, "Why an image is restricted, or a form for its delete token", || {
        get(statement::show)
    }),
    route("POST", "/{id}/statement", DeleteTokenHolder, "Why an image is restricted", || post(statement::open)),
    route("POST", "/{id}/appeal", DeleteTokenHolder, "Appeal against that", || post(statement::act)),
    route("POST", "/{id}/privacy", SignedIn, "Make one's image private, or public", || post(privacy_of_image::set)),
    route("POST", "/{id}/link", SignedIn, "Make a link to one's private image", || post(privacy_of_image::make_link)),
    route("GET", "/gallery", SignedIn, "The images of whoever is signed in", || get(gallery::show_all)),
    route("POST", "/gallery/claim", SignedIn, "Take in an image of nobody", || post(bulk::claim)),
    route("POST", "/gallery/delete", SignedIn, "Delete several images", || post(bulk::delete)),
    route("POST", "/gallery/move", SignedIn, "Put several images into a collection, or take them out", || {
        post(bulk::move_ticked)
    }),
    route("POST", "/gallery/collections", SignedIn, "Make a collection", || post(collections::create)),
    route("POST", "/gallery/collections/rename", SignedIn, "Rename a collection", || post(collections::rename)),
    route("POST", "/gallery/collections/delete", SignedIn, "Delete a collection, and no image", || {
        post(collections::delete)
    }),
    route("GET", "/{id}/edit", SignedIn, "What is said about an image, to change", || get(edit::ask)),
    route("POST", "/{id}/edit", SignedIn, "Change it", || post(edit::act)),
    route("POST", "/{id}/restore", SignedIn, "Bring a deleted image back", || post(restoration::act)),
    route("GET", "/oembed", Anyone, "oEmbed provider", || get(api::oembed::get)),
    route("GET", "/{file}", Anyone, "An image", || get(image_host::get_image))
        .cached(Caching::UntilExpiry)
        .on(Host::Images),
];
