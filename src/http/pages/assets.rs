//! The product's own files. Pages name each with a fingerprint of its content, computed when the product is
//! built, so that browsers may keep it for good; asked for by its bare name, it is kept briefly.

use std::fmt;
use std::sync::Arc;

use axum::Extension;
use axum::body::Body;
use axum::http::{HeaderValue, Response, Uri, header};

use crate::app::App;
use crate::error::{Attempt as _, Error, Problem};
use crate::http::caching::Caching;
use crate::http::served_payload::ServedPayload;

/// One file of `assets/`.
pub struct Asset {
    path: &'static str,
    media_type: &'static str,
    fingerprint: u64,
}

/// Names a file; its bytes are looked at by the compiler only and do not end up in the program.
macro_rules! asset {
    ($path:literal, $media_type:literal) => {
        Asset {
            path: $path,
            media_type: $media_type,
            fingerprint: fnv1a(include_bytes!(concat!("../../../assets", $path))),
        }
    };
}

/// The style sheet.
pub static STYLE: Asset = asset!("/css/tintype.css", "text/css; charset=utf-8");
/// `<copy-field>`.
pub static COPY: Asset = asset!("/js/copy.js", "text/javascript; charset=utf-8");
/// `<passkey-button>`.
pub static PASSKEYS: Asset = asset!("/js/passkeys.js", "text/javascript; charset=utf-8");
/// `<local-time>`.
pub static TIME: Asset = asset!("/js/time.js", "text/javascript; charset=utf-8");
/// `<upload-queue>`.
pub static UPLOAD: Asset = asset!("/js/upload.js", "text/javascript; charset=utf-8");
/// The icon of browser tabs.
pub static FAVICON: Asset = asset!("/favicon.svg", "image/svg+xml");

static ALL: [&Asset; 6] = [&STYLE, &COPY, &PASSKEYS, &TIME, &UPLOAD, &FAVICON];

impl fmt::Display for Asset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}?v={:016x}", self.path, self.fingerprint)
    }
}

/// FNV-1a, 64 bits (Fowler, Noll, Vo 1991): enough to tell one edition of a file from the next.
const fn fnv1a(mut bytes: &[u8]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    while let Some((first, rest)) = bytes.split_first() {
        hash = (hash ^ *first as u64).wrapping_mul(0x0000_0100_0000_01b3);
        bytes = rest;
    }
    hash
}

/// `GET /css/…`, `/js/…`, `/favicon.svg`.
///
/// # Errors
/// `not-found`, or a fault of the platform.
pub async fn get(Extension(app): Extension<Arc<App>>, uri: Uri) -> Result<Response<Body>, Error> {
    let asset = ALL.into_iter().find(|asset| asset.path == uri.path()).ok_or(Problem::NotFound)?;
    let attempted = format!("open {}", asset.path);
    let payload = app.ports.static_assets.open(asset.path).await.attempt(&attempted)?.ok_or(Problem::NotFound)?;
    let mut response = Response::new(Body::empty());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(asset.media_type));
    if uri.path_and_query().is_some_and(|asked| asked.as_str() == asset.to_string())
        && let Some(field) = Caching::Immutable.field()
    {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(field));
    }
    Ok(ServedPayload::put_into(response, payload))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fingerprint_is_the_published_function() {
        // Test vectors of the authors' reference implementation.
        assert_eq!(fnv1a(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv1a(b"a"), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(fnv1a(b"foobar"), 0x8594_4171_f739_67e8);
    }

    #[test]
    fn every_asset_has_an_address_of_its_own() {
        let mut addresses: Vec<String> = ALL.iter().map(ToString::to_string).collect();
        addresses.sort();
        addresses.dedup();
        assert_eq!(addresses.len(), ALL.len());
    }
}
