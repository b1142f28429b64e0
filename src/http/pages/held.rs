//! The page of an image that is not shown yet, or not at the moment.

use askama::Template;
use axum::body::Body;
use axum::http::{Response, StatusCode};

use super::figures::Moment;
use crate::domain::image::{HeldImage, HeldReason};
use crate::error::Error;

#[derive(Template)]
#[template(path = "held.html")]
struct HeldPage {
    id: String,
    /// Whether it was shown before and a person will decide; otherwise a check that failed will be repeated.
    is_reviewed: bool,
    caption: Option<String>,
    until: Moment,
    leaves: Option<Moment>,
}

/// The page of a held image.
///
/// # Errors
/// If it cannot be written.
pub fn page(image: &HeldImage) -> Result<Response<Body>, Error> {
    let page = HeldPage {
        id: image.id.to_string(),
        is_reviewed: image.reason == HeldReason::Review,
        caption: image.details.caption.clone(),
        until: image.held_until.into(),
        leaves: image.retention.expires_at.map(Moment::from),
    };
    super::html(StatusCode::OK, &page)
}
