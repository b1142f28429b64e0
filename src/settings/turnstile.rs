//! Whether whoever is slowed can show to be a person.

use url::Url;

use super::{SettingFault, is_safe};

/// The service's own address (`TURNSTILE_VERIFY_URL` unless set).
const VERIFY_URL: &str = "https://challenges.cloudflare.com/turnstile/v0/siteverify";

/// Cloudflare Turnstile (docs/deploy.md).
#[derive(Clone, PartialEq, Eq)]
pub struct Turnstile {
    /// `TURNSTILE_SITE_KEY`: what the page calls itself.
    pub site_key: String,
    /// `TURNSTILE_SECRET_KEY` (secret): with which answers are verified.
    pub secret_key: String,
    /// `TURNSTILE_VERIFY_URL`: where (https; http for loopback only).
    pub verify_url: Url,
}

impl Turnstile {
    pub(super) fn read(lookup: &impl Fn(&str) -> Option<String>) -> Result<Option<Self>, SettingFault> {
        let set = |name: &str| lookup(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        let url = set("TURNSTILE_VERIFY_URL");
        let (site_key, secret_key) = match (set("TURNSTILE_SITE_KEY"), set("TURNSTILE_SECRET_KEY")) {
            (Some(site_key), Some(secret_key)) => (site_key, secret_key),
            (None, None) if url.is_none() => return Ok(None),
            _ => {
                let rule = "must both be set, or neither, nor TURNSTILE_VERIFY_URL";
                return Err(SettingFault { name: "TURNSTILE_SITE_KEY and TURNSTILE_SECRET_KEY", rule });
            }
        };
        let is_word = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
        if !is_word(&site_key) {
            return Err(SettingFault { name: "TURNSTILE_SITE_KEY", rule: "must be letters, digits, _ and -" });
        }
        let verify_url = Url::parse(url.as_deref().unwrap_or(VERIFY_URL)).ok();
        let verify_url = verify_url.filter(|url| is_safe(url) && url.query().is_none() && url.username().is_empty());
        let rule = "must be an https URL (http only for this machine) without a query";
        let verify_url = verify_url.ok_or(SettingFault { name: "TURNSTILE_VERIFY_URL", rule })?;
        Ok(Some(Self { site_key, secret_key, verify_url }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_challenge_is_configured_whole_or_not_at_all() {
        let read = |settings: &[(&str, &str)]| {
            let found = |name: &str| settings.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned());
            Turnstile::read(&found).map(|set| set.map(|set| set.verify_url.to_string())).map_err(|fault| fault.name)
        };
        let (site, secret) = (("TURNSTILE_SITE_KEY", "1x0A_a-"), ("TURNSTILE_SECRET_KEY", "1x0B"));
        let url = |url| ("TURNSTILE_VERIFY_URL", url);
        let both = Err("TURNSTILE_SITE_KEY and TURNSTILE_SECRET_KEY");
        assert_eq!(read(&[]), Ok(None));
        assert_eq!(read(&[site, secret]), Ok(Some(VERIFY_URL.to_owned())));
        let local = "http://127.0.0.1:8080/siteverify";
        assert_eq!(read(&[site, secret, url(local)]), Ok(Some(local.to_owned())));
        for half in [[site].as_slice(), &[secret], &[url(local)]] {
            assert_eq!(read(half), both);
        }
        assert_eq!(read(&[("TURNSTILE_SITE_KEY", "\"><script>"), secret]), Err("TURNSTILE_SITE_KEY"));
        assert_eq!(read(&[site, secret, url("http://verify.example/")]), Err("TURNSTILE_VERIFY_URL"));
    }
}
