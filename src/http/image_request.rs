//! What a request to the image host asks for.

use std::borrow::Cow;
use std::net::IpAddr;

use axum::http::{HeaderMap, Method, Uri};
use url::form_urlencoded;

use super::caller::{address, text};
use super::conditions::RequestConditions;
use crate::app::App;
use crate::domain::format::Format;
use crate::domain::ids::ImageId;
use crate::domain::signed_url::Signature;
use crate::domain::time::Timestamp;
use crate::domain::transform::{Asked, accepts_webp, read};
use crate::error::Problem;
use crate::policy::transforms::BOUNDS;
use crate::usecases::deliver::{Choice, Request};

/// The parameter that asks for an image as a file to keep: pages cannot ask so by themselves, because the
/// `download` attribute of a link does not reach another origin.
pub const DOWNLOAD: &str = "download";

/// The parameter that asks to see a restricted image. The choice is in the address and nowhere else: no cookie, no
/// storage, nothing that would have to be remembered about a visitor (promise IMP-10).
pub const VIEW: &str = "view";

/// A request to the image host, understood.
pub struct ImageRequest {
    /// The image.
    pub id: ImageId,
    /// The format that its address names.
    pub format: Format,
    /// What is made of it.
    pub asked: Asked,
    /// Whether it is asked for as a file to keep.
    pub download: bool,
    /// Whether it may lie behind a warning.
    pub choice: Choice,
    /// Until when what it asks for holds: its address, if that is signed for a time, or the copy that answers it.
    pub holds_until: Option<Timestamp>,
    /// Whether its address is signed as those of private images are.
    pub opens_private: bool,
    /// What the caller has and wants.
    pub conditions: RequestConditions,
    address: Option<IpAddr>,
}

impl ImageRequest {
    /// Reads a request for `file`, the last part of the path.
    ///
    /// # Errors
    /// `NotFound` if that names no image; `HotlinkRefused`, `SignatureWrong`, `UrlExpired` or `TransformNotAllowed`.
    pub fn read(app: &App, file: &str, method: &Method, uri: &Uri, headers: &HeaderMap) -> Result<Self, Problem> {
        let (id, format) = parse_file(file).ok_or(Problem::NotFound)?;
        let rules = &app.settings.delivery;
        if !rules.hotlinks.admits(foreign_referrer(app, headers)) {
            return Err(Problem::HotlinkRefused);
        }
        let query = uri.query().unwrap_or_default();
        let grant = grant(app, uri.path(), query)?;
        let asked = read(query, format, text(headers, "accept").is_some_and(accepts_webp), &BOUNDS);
        let is_admitted = |transform| grant.allows_transform || rules.transforms.admits(&transform, format);
        if asked.transform.is_some_and(|transform| !is_admitted(transform)) {
            return Err(Problem::TransformNotAllowed);
        }
        // A choice is made in our words; what others add to an address makes none.
        let is_plain = asked.notes.is_empty();
        let has = |wanted: &str| {
            let said = |(name, value): (Cow<'_, str>, Cow<'_, str>)| name == wanted && value.is_empty();
            is_plain && form_urlencoded::parse(query.as_bytes()).any(said)
        };
        let download = has(DOWNLOAD);
        Ok(Self {
            id,
            format,
            asked,
            download,
            choice: if download || has(VIEW) { Choice::See } else { Choice::None },
            holds_until: grant.holds_until,
            opens_private: grant.opens_private,
            conditions: RequestConditions::read(method, headers),
            address: address(headers),
        })
    }

    /// The same for the use case.
    #[must_use]
    pub fn to_deliver(&self) -> Request {
        Request {
            id: self.id.clone(),
            format: self.format,
            choice: self.choice,
            transform: self.asked.transform,
            opens_private: self.opens_private,
            address: self.address,
        }
    }
}

/// What the signature of an address allows.
struct Grant {
    allows_transform: bool,
    opens_private: bool,
    holds_until: Option<Timestamp>,
}

/// Two kinds of keys sign addresses: those of the deployment's embedding sites (`URL_SIGNING_KEYS`), which say that a
/// transform may be made, and our own, which open a private image until a time. An address carries one signature; ours
/// covers the query as theirs does, so it allows the transform, too. Names of keys do not tell the kinds apart, as both
/// are chosen by operators; the signature itself does.
fn grant(app: &App, path: &str, query: &str) -> Result<Grant, Problem> {
    let now = app.now();
    let own = app.settings.private_keys.verify(path, query, now);
    let sites = app.settings.delivery.keys.verify(path, query, now);
    match (own, sites) {
        (Signature::Valid(until @ Some(_)), _) => {
            Ok(Grant { allows_transform: true, opens_private: true, holds_until: until })
        }
        (_, Signature::Valid(until)) => Ok(Grant { allows_transform: true, opens_private: false, holds_until: until }),
        (Signature::Expired, _) | (_, Signature::Expired) => Err(Problem::UrlExpired),
        (Signature::None, Signature::None) => {
            Ok(Grant { allows_transform: false, opens_private: false, holds_until: None })
        }
        // We sign nothing without an end.
        (Signature::Valid(None) | Signature::Wrong | Signature::None, Signature::Wrong | Signature::None) => {
            Err(Problem::SignatureWrong)
        }
    }
}

/// Where a request comes from, if it is not from our own pages.
fn foreign_referrer<'a>(app: &App, headers: &'a HeaderMap) -> Option<&'a str> {
    let is_ours = |referrer: &str| {
        let rest = referrer.strip_prefix(&app.settings.app_base());
        rest.or(referrer.strip_prefix(&app.settings.image_base()))
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    text(headers, "referer").filter(|referrer| !is_ours(referrer))
}

/// Reads `{id}.{extension}`; only the canonical extension of a format names a file.
fn parse_file(file: &str) -> Option<(ImageId, Format)> {
    let (id, extension) = file.split_once('.')?;
    let format = Format::ALL.into_iter().find(|format| format.extension() == extension)?;
    Some((ImageId::parse(id)?, format))
}
