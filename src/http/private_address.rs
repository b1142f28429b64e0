//! Addresses of private images, for whoever may see them and whoever they let see.

use serde::Serialize;

use super::image_request::VIEW;
use crate::app::App;
use crate::domain::image::Image;
use crate::domain::time::Timestamp;
use crate::domain::warning::Warning;
use crate::policy::private_images::SEEN_TTL_MS;

/// An address that opens a private image until a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedAddress {
    /// The address.
    pub url: String,
    /// Until when it holds: not longer than the image stays.
    pub expires_at: Timestamp,
}

/// The same, as callers see it.
#[derive(Clone, Debug, Serialize)]
pub struct SignedUrl {
    /// The address.
    pub url: String,
    /// RFC 3339.
    pub expires_at: String,
}

impl From<SignedAddress> for SignedUrl {
    fn from(SignedAddress { url, expires_at }: SignedAddress) -> Self {
        Self { url, expires_at: expires_at.rfc3339() }
    }
}

/// The path of an image on the image host.
#[must_use]
pub fn path(image: &Image) -> String {
    format!("/{}.{}", image.id, image.facts.format.extension())
}

/// The address of a private image, as `query` makes it, for `ttl_ms` milliseconds from now.
#[must_use]
pub fn sign(app: &App, image: &Image, query: &str, ttl_ms: i64) -> SignedAddress {
    let path = path(image);
    let end = app.now().plus_ms(ttl_ms);
    // What is signed says whole seconds, and so do we.
    let expires_at = image.retention.expires_at.map_or(end, |at| at.min(end)).window_start(1_000);
    let signed = app.settings.private_keys.signed_query(&path, query, Some(expires_at));
    // Without a key there is nothing that opens it; a deployment always has one.
    let query = signed.unwrap_or_else(|| query.to_owned());
    SignedAddress { url: format!("{}{path}?{query}", app.settings.image_base()), expires_at }
}

/// The address of a private image itself, for `ttl_ms` milliseconds: whoever follows it has been told by whom they got it
/// from what they will see, so that it is not asked again.
#[must_use]
pub fn sign_whole(app: &App, image: &Image, ttl_ms: i64) -> SignedAddress {
    let query = if Warning::of(image).is_some() { VIEW } else { "" };
    sign(app, image, query, ttl_ms)
}

/// Where the image is, as `query` makes it, for whoever may see it now: its plain address, or a signed one if it is private.
#[must_use]
pub fn seen(app: &App, image: &Image, query: &str) -> String {
    if image.placement.is_private {
        return sign(app, image, query, SEEN_TTL_MS).url;
    }
    let mark = if query.is_empty() { "" } else { "?" };
    format!("{}{}{mark}{query}", app.settings.image_base(), path(image))
}
