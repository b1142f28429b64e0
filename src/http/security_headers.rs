//! Header fields every answer carries, by host. Sources: OWASP HTTP Headers cheat sheet, ASVS 5.0 §3.4.

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, Response};

use super::{Host, RequestId};
use crate::app::App;

/// For bytes that strangers chose: whatever they are, they may do nothing.
const IMAGE_FIELDS: [(&str, &str); 5] = [
    ("content-security-policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox"),
    ("x-content-type-options", "nosniff"),
    // Embedding on other sites is the purpose of this host.
    ("cross-origin-resource-policy", "cross-origin"),
    ("access-control-allow-origin", "*"),
    ("referrer-policy", "no-referrer"),
];

const APP_FIELDS: [(&str, &str); 6] = [
    ("x-content-type-options", "nosniff"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    // Addresses here can hold a delete token.
    ("referrer-policy", "no-referrer"),
    ("permissions-policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    ("x-frame-options", "DENY"),
];

/// Two years. It speaks for this host only: whether subdomains can do without plain HTTP, and whether the
/// name goes into browsers' preload lists, the owner of the domain must say (docs/deploy.md).
const HSTS: &str = "max-age=63072000";

/// Beside an answer of the image host that scripts of other sites may not read: a page may show a private image to whoever
/// was given its address, and that is all.
#[derive(Clone, Copy, Debug)]
pub struct NotForScripts;

/// Adds the fields of `host`. What a handler has set itself stays.
#[must_use]
pub fn add(app: &App, host: Option<Host>, request_id: &RequestId, mut response: Response<Body>) -> Response<Body> {
    let is_for_scripts = response.extensions().get::<NotForScripts>().is_none();
    let headers = response.headers_mut();
    let mut set = |name: &'static str, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.entry(HeaderName::from_static(name)).or_insert(value);
        }
    };
    if host == Some(Host::Images) {
        let fields = IMAGE_FIELDS.iter().filter(|(name, _)| is_for_scripts || *name != "access-control-allow-origin");
        fields.for_each(|(name, value)| set(name, value));
    } else {
        APP_FIELDS.iter().for_each(|(name, value)| set(name, value));
        set("content-security-policy", &app_policy(app));
    }
    if app.settings.app_origin.scheme() == "https" {
        set("strict-transport-security", HSTS);
    }
    set("x-request-id", &request_id.0);
    response
}

/// Own scripts and styles, own forms, pictures from the image host; nothing inline, nobody else.
pub(super) fn app_policy(app: &App) -> String {
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob: {}; \
         connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        app.settings.image_base()
    )
}
