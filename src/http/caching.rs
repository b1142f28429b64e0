//! What may be kept by browsers and caches, and for how long.

use axum::http::HeaderValue;

use crate::app::App;
use crate::domain::time::Timestamp;
use crate::policy::retention::cache_seconds;
use crate::ports::blobs::BlobMeta;

/// How a route's answers may be cached. Errors are never cached, whatever the route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caching {
    /// Not at all.
    NoStore,
    /// Short and shared: public pages without anything personal.
    Brief,
    /// Forever: the address changes with the content.
    Immutable,
    /// Never beyond the image's life.
    UntilExpiry,
}

impl Caching {
    /// The `Cache-Control` value of a successful answer, where the route alone decides.
    #[must_use]
    pub fn field(self) -> Option<&'static str> {
        match self {
            Self::NoStore => Some("no-store"),
            Self::Brief => Some("public, max-age=60, must-revalidate, stale-if-error=0"),
            Self::Immutable => Some("public, max-age=31536000, immutable"),
            Self::UntilExpiry => None,
        }
    }
}

/// The `Cache-Control` value of an image: not past its date, nor past `holds_until`, to which its address or a copy may be limited.
/// `stale-if-error=0` and `must-revalidate` keep shared caches from serving it after its date when the origin is down,
/// which some do by default and without end. A private image is kept by the browser that shows it, and by nobody between; so is one that is not to be
/// shared, because it is withheld in some countries.
#[must_use]
pub fn image_field(app: &App, meta: &BlobMeta, holds_until: Option<Timestamp>, is_shared: bool) -> HeaderValue {
    let until = [meta.expires_at, holds_until].into_iter().flatten().min();
    let seconds = cache_seconds(app.now(), until);
    let whose = if meta.is_private || !is_shared { "private" } else { "public" };
    let text = format!("{whose}, max-age={seconds}, must-revalidate, stale-if-error=0");
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("no-store"))
}
