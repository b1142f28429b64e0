//! What a request says about its caller.

use std::net::IpAddr;

use axum::http::HeaderMap;

use crate::app::App;
use crate::domain::country::Country;
use crate::error::Problem;

/// Where the caller is, as the edge tells (`CF-Connecting-IP`; the edge overwrites what a client sends).
/// Used for the rate limit's pseudonym only.
#[must_use]
pub fn address(headers: &HeaderMap) -> Option<IpAddr> {
    text(headers, "cf-connecting-ip")?.trim().parse().ok()
}

/// In which country the caller is, as the edge tells (`CF-IPCountry`); none where it does not know, or they hide it.
#[must_use]
pub fn country(headers: &HeaderMap) -> Option<Country> {
    text(headers, "cf-ipcountry").and_then(Country::parse)
}

/// Refuses a form or a script's request that a browser sent on behalf of another site. Programs send
/// neither field and pass: they hold no one's authority but their own. A page without referrers posts its
/// forms with `Origin: null` (Fetch, "append a request Origin header"); then the other field, which no
/// script can set, must say that the page is ours.
///
/// # Errors
/// [`Problem::CrossSiteForm`].
pub fn refuse_cross_site(app: &App, headers: &HeaderMap) -> Result<(), Problem> {
    let origin_is_ours = text(headers, "origin")
        .is_none_or(|origin| origin == app.settings.app_base() || (origin == "null" && is_own_page(headers)));
    let site_is_ours = text(headers, "sec-fetch-site").is_none_or(|site| site == "same-origin" || site == "none");
    if origin_is_ours && site_is_ours { Ok(()) } else { Err(Problem::CrossSiteForm) }
}

/// Refuses a request that uses somebody's sign-in, unless the browser says that it comes from one of our own pages: one
/// that sends neither field gets no benefit of the doubt.
///
/// # Errors
/// [`Problem::CrossSiteForm`].
pub fn require_own_page(app: &App, headers: &HeaderMap) -> Result<(), Problem> {
    refuse_cross_site(app, headers)?;
    let is_ours = is_own_page(headers) || text(headers, "origin") == Some(app.settings.app_base().as_str());
    if is_ours { Ok(()) } else { Err(Problem::CrossSiteForm) }
}

/// Whether the request comes from one of our own pages.
#[must_use]
pub fn is_own_page(headers: &HeaderMap) -> bool {
    text(headers, "sec-fetch-site") == Some("same-origin")
}

/// Whether the caller would rather read a page than JSON.
#[must_use]
pub fn prefers_html(headers: &HeaderMap) -> bool {
    text(headers, "accept").is_some_and(|accept| accept.contains("text/html"))
}

/// The token of an `Authorization: Bearer` field (RFC 6750 §2.1).
#[must_use]
pub fn bearer_token(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = text(headers, "authorization")?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim()).filter(|token| !token.is_empty())
}

/// The ticket of an `Authorization: Ticket` field.
#[must_use]
pub fn ticket(headers: &HeaderMap) -> Option<&str> {
    let (scheme, ticket) = text(headers, "authorization")?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("ticket").then_some(ticket)
}

/// A field's value as text; `None` if it is missing or not ASCII.
#[must_use]
pub fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}
