//! Fetches an image that a caller named by URL, from the public network only. Every address is checked
//! before every request, redirects included, because a name can lead anywhere.

use std::net::IpAddr;

use url::{Host, Url};

use crate::app::App;
use crate::domain::address::is_public;
use crate::error::{Attempt as _, Error, Problem};
use crate::ports::outbound::{OutboundAnswer, OutboundFailure};
use crate::ports::payload::Payload;

/// Longest URL taken, in bytes: what every browser and server handles.
pub const URL_BYTES_MAX: usize = 2_048;
/// Redirects followed: a shortener, a host move and a login wall's detour fit; a loop does not.
pub const REDIRECTS_MAX: usize = 3;
/// Time for one request of the chain, in milliseconds, headers and body.
pub const TIMEOUT_MS: u32 = 10_000;

/// Opens the image at `url`. The byte limit is checked here where the length is declared, and by vision
/// in any case.
///
/// # Errors
/// If the URL may not be fetched, or could not be.
pub async fn fetch_image(app: &App, url: &Url, bytes_max: u64) -> Result<Payload, Error> {
    let mut url = url.clone();
    for _ in 0..=REDIRECTS_MAX {
        check(app, &url).await?;
        let answer = match app.ports.outbound.get(&url, TIMEOUT_MS).await {
            Ok(answer) => answer,
            Err(failure) => return Err(failed(&failure).into()),
        };
        match answer.status {
            200 => return body_within(answer, bytes_max),
            301 | 302 | 303 | 307 | 308 => url = redirect_target(&url, &answer)?,
            status => return Err(Problem::ImportFailed { detail: format!("the server answered {status}") }.into()),
        }
    }
    Err(Problem::ImportFailed { detail: format!("more than {REDIRECTS_MAX} redirects") }.into())
}

/// Reads and checks a URL as far as that is possible without asking the network.
///
/// # Errors
/// If it is not an `https` URL of the default port that could be public.
pub fn parse_url(text: &str) -> Result<Url, Problem> {
    let refused = |detail: &str| Problem::ImportRefused { detail: detail.to_owned() };
    if text.len() > URL_BYTES_MAX {
        return Err(refused("the URL is longer than 2,048 bytes"));
    }
    let url = Url::parse(text.trim()).map_err(|_| refused("that is not a URL"))?;
    refuse_by_form(&url)?;
    Ok(url)
}

fn refuse_by_form(url: &Url) -> Result<(), Problem> {
    let refused = |detail: &str| Err(Problem::ImportRefused { detail: detail.to_owned() });
    if url.scheme() != "https" {
        return refused("only https URLs are fetched");
    }
    if url.port().is_some() {
        return refused("only the standard https port is used");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return refused("URLs with a user name or password are not fetched");
    }
    // The URL parser has already turned decimal, octal, hexadecimal and short forms of IPv4
    // addresses into the usual one (WHATWG URL, "host parsing").
    match url.host() {
        Some(Host::Ipv4(v4)) if !is_public(IpAddr::V4(v4)) => refused("that address is not on the public internet"),
        Some(Host::Ipv6(v6)) if !is_public(IpAddr::V6(v6)) => refused("that address is not on the public internet"),
        Some(Host::Domain(name)) if !name.trim_end_matches('.').contains('.') => {
            refused("that host is not on the public internet")
        }
        Some(_) => Ok(()),
        None => refused("the URL names no host"),
    }
}

async fn check(app: &App, url: &Url) -> Result<(), Error> {
    refuse_by_form(url)?;
    let Some(Host::Domain(name)) = url.host() else { return Ok(()) };
    let addresses = match app.ports.outbound.resolve(name).await {
        Ok(addresses) => addresses,
        Err(OutboundFailure::TimedOut) => {
            return Err(Problem::ImportFailed { detail: "the host's name took too long to resolve".into() }.into());
        }
        Err(failure @ OutboundFailure::Unreachable(_)) => {
            // The resolver being down is our fault, so it is written down as one.
            return Err(Err::<(), _>(failure).attempt("resolve a host name").map_or_else(Into::into, |()| {
                Problem::ImportFailed { detail: "the host's name does not resolve".into() }.into()
            }));
        }
    };
    if addresses.is_empty() {
        return Err(Problem::ImportFailed { detail: "the host's name does not resolve".into() }.into());
    }
    if !addresses.into_iter().all(is_public) {
        let detail = "the host's name leads to an address that is not on the public internet";
        return Err(Problem::ImportRefused { detail: detail.into() }.into());
    }
    Ok(())
}

fn redirect_target(from: &Url, answer: &OutboundAnswer) -> Result<Url, Problem> {
    let location = answer.location.as_deref().filter(|l| l.len() <= URL_BYTES_MAX);
    location
        .and_then(|location| from.join(location).ok())
        .ok_or_else(|| Problem::ImportFailed { detail: "the server redirects to nowhere".into() })
}

fn body_within(answer: OutboundAnswer, bytes_max: u64) -> Result<Payload, Error> {
    if answer.body.length().is_some_and(|length| length > bytes_max) {
        return Err(Problem::PayloadTooLarge { limit_bytes: bytes_max }.into());
    }
    Ok(answer.body)
}

fn failed(failure: &OutboundFailure) -> Problem {
    let detail = match failure {
        OutboundFailure::Unreachable(_) => "the server could not be reached".to_owned(),
        OutboundFailure::TimedOut => format!("the server took longer than {} seconds", TIMEOUT_MS / 1_000),
    };
    Problem::ImportFailed { detail }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_is_not_public_is_refused_in_every_notation() {
        for url in [
            "https://127.0.0.1/a.png",
            "https://2130706433/",
            "https://0x7f000001/",
            "https://0177.0.0.1/",
            "https://127.1/",
            "https://10.0.0.1/",
            "https://172.16.1.1/",
            "https://192.168.0.1/",
            "https://169.254.169.254/latest/meta-data/",
            "https://[::1]/",
            "https://[::ffff:127.0.0.1]/",
            "https://[::ffff:7f00:1]/",
            "https://[fe80::1]/",
            "https://[fd00::1]/",
            "https://[64:ff9b::10.0.0.1]/",
            "https://localhost/",
            "https://localhost./",
            "https://intranet/",
            "https://0/",
            "https://１２７.０.０.１/",
            "http://example.com/",
            "ftp://example.com/",
            "file:///etc/passwd",
            "https://user:pass@example.com/",
            "https://example.com:8443/",
            "data:image/png;base64,AA",
            "nonsense",
        ] {
            assert!(matches!(parse_url(url), Err(Problem::ImportRefused { .. })), "{url}");
        }
        for url in ["https://example.com/a.png", "https://8.8.8.8/a.png", "https://[2606:4700::1111]/a.png"] {
            assert!(parse_url(url).is_ok(), "{url}");
        }
    }
}
