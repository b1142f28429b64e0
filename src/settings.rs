//! What a deployment sets, read into types once. A wrong value stops the start: nothing is guessed.

mod delivery;
mod edge_cache;
mod geography;
mod mail;
mod master_keys;
mod turnstile;

use url::Url;

use crate::domain::aws_signature::Access;
use crate::domain::geography::Geography;
use crate::domain::hex;
use crate::domain::known_bad::Category;
use crate::domain::sealing::{MasterKey, MasterKeyring};
use crate::domain::signed_url::{Keyring, SigningKey};
use crate::domain::time::DAY_MS;
use crate::policy::request_log::RequestLog;
use crate::policy::retention::{RetentionPolicy, WindowRefusal};
use crate::policy::verdicts::Flagged;

pub use delivery::Delivery;
pub use edge_cache::EdgeCache;
pub use mail::{Mail, Resend, Sending, Ses};
pub use turnstile::Turnstile;

/// Bytes a secret must have at least: the output length of SHA-256 (RFC 2104 §3).
pub const SECRET_BYTES_MIN: usize = 32;

/// A deployment's settings.
#[derive(Clone)]
pub struct Settings {
    /// `APP_ORIGIN`: where pages and the API are, `https://host` (http for loopback only).
    pub app_origin: Url,
    /// `IMAGE_ORIGIN`: where image bytes are; another host, so that nothing in them meets the app.
    pub image_origin: Url,
    /// `DELETE_TOKEN_KEY` (secret): from which delete tokens are derived; hexadecimal, at least
    /// [`SECRET_BYTES_MIN`] bytes.
    pub delete_token_key: Vec<u8>,
    /// `MASTER_KEYS` (secret): `name:hex`, and after a comma the previous one, which still opens what it sealed.
    pub master_keys: MasterKeyring,
    /// What signs addresses of private images: derived from the master keys, so that whoever may sign sizes for other
    /// sites (`URL_SIGNING_KEYS`) cannot open them.
    pub private_keys: Keyring,
    /// `RETENTION_ANONYMOUS_DAYS`, `RETENTION_RESTRICTED_DAYS`, `RECOVERY_DAYS`: whole days.
    pub retention: RetentionPolicy,
    /// `FLAGGED`: `public` or `held`; what becomes of flagged images until a person has looked.
    pub flagged: Flagged,
    /// `DNS_RESOLVER`: a DNS-over-HTTPS service that answers JSON, asked before a URL is imported.
    pub dns_resolver: Url,
    /// `KNOWN_BAD_LOOKUP_URL` and what belongs to it: an outside service that knows lists of hashes.
    pub known_bad_lookup: Option<KnownBadLookup>,
    /// `REKOGNITION_REGION` and what belongs to it: a classifier outside, asked for a second opinion.
    pub rekognition: Option<Rekognition>,
    /// `REQUEST_LOG`: `off`, `keys` or `all`; which requests to the API are written down.
    pub request_log: RequestLog,
    /// Who may have which images and variants.
    pub delivery: Delivery,
    /// Who sends letters.
    pub mail: Mail,
    /// `CACHE_ZONE_ID` and what belongs to it: the cache of the image host's zone; none: nothing is kept there.
    pub edge_cache: Option<EdgeCache>,
    /// `TURNSTILE_SITE_KEY` and what belongs to it: where whoever is slowed can show to be a person; none: they wait.
    pub turnstile: Option<Turnstile>,
    /// `WITHHELD_IN`: what is withheld in which countries, and why.
    pub geography: Geography,
}

/// Amazon Rekognition, asked about flagged images (docs/deploy.md).
#[derive(Clone, PartialEq, Eq)]
pub struct Rekognition {
    /// `REKOGNITION_REGION`: such as `eu-west-1`.
    pub region: String,
    /// `REKOGNITION_ENDPOINT`: the region's own unless a deployment has one inside its network; https (http for loopback
    /// only).
    pub endpoint: Url,
    /// `REKOGNITION_ACCESS_KEY_ID`, `REKOGNITION_SECRET_ACCESS_KEY`, and for temporary credentials
    /// `REKOGNITION_SESSION_TOKEN` (secrets).
    pub access: Access,
}

/// An outside service that is asked whether images are known (docs/known-bad-lists.md).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownBadLookup {
    /// `KNOWN_BAD_LOOKUP_URL`: where it answers, `https://…/m/lookup` (http for loopback only).
    pub url: Url,
    /// `KNOWN_BAD_LOOKUP_TOKEN` (secret): sent as a bearer token, if there is one.
    pub token: Option<String>,
    /// `KNOWN_BAD_LOOKUP_CATEGORY`: what its lists say about their images.
    pub category: Category,
}

/// The resolver unless a deployment chooses another: the platform's own, so that no third party learns
/// which hosts are asked for.
const DNS_RESOLVER: &str = "https://cloudflare-dns.com/dns-query";

/// A setting that is missing or wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("setting {name}: {rule}")]
pub struct SettingFault {
    /// The setting's name.
    pub name: &'static str,
    /// What it must be.
    pub rule: &'static str,
}

impl Settings {
    /// Reads the settings through `lookup`, which answers a variable's or secret's text.
    ///
    /// # Errors
    /// The first setting that is missing or wrong.
    pub fn read(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, SettingFault> {
        let app_origin = origin(&lookup, "APP_ORIGIN")?;
        let image_origin = origin(&lookup, "IMAGE_ORIGIN")?;
        if authority(&app_origin) == authority(&image_origin) {
            return Err(SettingFault { name: "IMAGE_ORIGIN", rule: "must be another host than APP_ORIGIN" });
        }
        let delete_token_key = lookup("DELETE_TOKEN_KEY")
            .and_then(|text| hex::decode(text.trim()))
            .filter(|key| key.len() >= SECRET_BYTES_MIN)
            .ok_or(SettingFault { name: "DELETE_TOKEN_KEY", rule: "must be at least 64 lowercase hex digits" })?;
        let master_keys = master_keys::read(&lookup)?;
        let private_keys = Keyring(master_keys.keys().filter_map(private_key).collect());
        let retention = retention(&lookup)?;
        let resolver = lookup("DNS_RESOLVER").filter(|text| !text.trim().is_empty());
        let dns_resolver = Url::parse(resolver.as_deref().unwrap_or(DNS_RESOLVER))
            .ok()
            .filter(|url| url.scheme() == "https")
            .ok_or(SettingFault { name: "DNS_RESOLVER", rule: "must be an https URL" })?;
        let known_bad_lookup = known_bad_lookup(&lookup)?;
        let rekognition = rekognition(&lookup)?;
        let flagged = match lookup("FLAGGED").as_deref().map(str::trim) {
            None | Some("" | "public") => Flagged::Public,
            Some("held") => Flagged::Held,
            Some(_) => return Err(SettingFault { name: "FLAGGED", rule: "must be public or held" }),
        };
        let request_log = RequestLog::parse(lookup("REQUEST_LOG").as_deref().map_or("", str::trim));
        let request_log = request_log.ok_or(SettingFault { name: "REQUEST_LOG", rule: "must be off, keys or all" })?;
        let delivery = Delivery::read(&lookup)?;
        let edge_cache = EdgeCache::read(&lookup)?;
        let turnstile = Turnstile::read(&lookup)?;
        let geography = geography::read(&lookup)?;
        let mail = Mail::read(&lookup, is_loopback(&app_origin))?;
        Ok(Self {
            delivery,
            edge_cache,
            mail,
            turnstile,
            geography,
            flagged,
            request_log,
            app_origin,
            image_origin,
            delete_token_key,
            master_keys,
            private_keys,
            retention,
            dns_resolver,
            known_bad_lookup,
            rekognition,
        })
    }

    /// The app's host and port, as a `Host` field carries them.
    #[must_use]
    pub fn app_authority(&self) -> String {
        authority(&self.app_origin)
    }

    /// The image host and port.
    #[must_use]
    pub fn image_authority(&self) -> String {
        authority(&self.image_origin)
    }

    /// `https://app.example` without a slash.
    #[must_use]
    pub fn app_base(&self) -> String {
        self.app_origin.origin().ascii_serialization()
    }

    /// `https://images.example` without a slash.
    #[must_use]
    pub fn image_base(&self) -> String {
        self.image_origin.origin().ascii_serialization()
    }
}

fn authority(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// What signs addresses of private images under a master key, by whose name addresses call it.
fn private_key(master: &MasterKey) -> Option<SigningKey> {
    // Names and lengths of master keys are such that there always is one.
    SigningKey::new(&master.id, master.for_purpose("private-addresses").to_vec())
}

fn origin(lookup: &impl Fn(&str) -> Option<String>, name: &'static str) -> Result<Url, SettingFault> {
    let fault = SettingFault { name, rule: "must be an https origin (http only for this machine) without a path" };
    let url = lookup(name).and_then(|text| Url::parse(&text).ok()).ok_or(fault.clone())?;
    let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
    if bare && is_safe(&url) && url.has_host() { Ok(url) } else { Err(fault) }
}

fn known_bad_lookup(lookup: &impl Fn(&str) -> Option<String>) -> Result<Option<KnownBadLookup>, SettingFault> {
    let set = |name: &str| lookup(name).filter(|text| !text.trim().is_empty());
    let Some(text) = set("KNOWN_BAD_LOOKUP_URL") else { return Ok(None) };
    let url = Url::parse(&text).ok().filter(|url| is_safe(url) && url.query().is_none() && url.username().is_empty());
    let rule = "must be an https URL (http only for this machine) without a query";
    let url = url.ok_or(SettingFault { name: "KNOWN_BAD_LOOKUP_URL", rule })?;
    let rule = "must be csam, terrorism, intimate_imagery or operator";
    let category = set("KNOWN_BAD_LOOKUP_CATEGORY").and_then(|word| Category::parse(word.trim()));
    let category = category.ok_or(SettingFault { name: "KNOWN_BAD_LOOKUP_CATEGORY", rule })?;
    Ok(Some(KnownBadLookup { url, token: set("KNOWN_BAD_LOOKUP_TOKEN"), category }))
}

fn rekognition(lookup: &impl Fn(&str) -> Option<String>) -> Result<Option<Rekognition>, SettingFault> {
    let set = |name: &str| lookup(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    let is_region = |text: &String| text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    let access = (set("REKOGNITION_ACCESS_KEY_ID"), set("REKOGNITION_SECRET_ACCESS_KEY"));
    let Some(region) = set("REKOGNITION_REGION") else {
        let rule = "must be set where an access key, a session token or an endpoint is";
        let rest = ["REKOGNITION_SESSION_TOKEN", "REKOGNITION_ENDPOINT"].map(set);
        let is_off = access == (None, None) && rest == [None, None];
        return if is_off { Ok(None) } else { Err(SettingFault { name: "REKOGNITION_REGION", rule }) };
    };
    if !is_region(&region) {
        return Err(SettingFault {
            name: "REKOGNITION_REGION",
            rule: "must be the name of a region, such as eu-west-1",
        });
    }
    let rule = "must be set where REKOGNITION_REGION is";
    let (Some(key_id), Some(secret)) = access else {
        return Err(SettingFault { name: "REKOGNITION_ACCESS_KEY_ID and REKOGNITION_SECRET_ACCESS_KEY", rule });
    };
    let own = format!("https://rekognition.{region}.amazonaws.com/");
    let endpoint = Url::parse(&set("REKOGNITION_ENDPOINT").unwrap_or(own)).ok();
    let endpoint = endpoint.filter(|url| is_safe(url) && url.path() == "/" && url.query().is_none());
    let rule = "must be an https origin (http only for this machine)";
    let endpoint = endpoint.ok_or(SettingFault { name: "REKOGNITION_ENDPOINT", rule })?;
    let access = Access { key_id, secret, session_token: set("REKOGNITION_SESSION_TOKEN") };
    Ok(Some(Rekognition { region, endpoint, access }))
}

/// Whether what is sent there cannot be read on the way.
fn is_safe(url: &Url) -> bool {
    url.scheme() == "https" || (url.scheme() == "http" && is_loopback(url))
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(v4)) => v4.is_loopback(),
        Some(url::Host::Ipv6(v6)) => v6.is_loopback(),
        None => false,
    }
}

fn retention(lookup: &impl Fn(&str) -> Option<String>) -> Result<RetentionPolicy, SettingFault> {
    const SAFE: &str = "RETENTION_ANONYMOUS_DAYS";
    const RESTRICTED: &str = "RETENTION_RESTRICTED_DAYS";
    const RECOVERY: &str = "RECOVERY_DAYS";
    let fault = |name| SettingFault { name, rule: "must be whole days within the policy's ceiling" };
    let days = |name| {
        let Some(text) = lookup(name).filter(|text| !text.trim().is_empty()) else { return Ok(None) };
        let ms = text.trim().parse::<i64>().ok().and_then(|days| days.checked_mul(DAY_MS));
        ms.map(Some).ok_or(fault(name))
    };
    RetentionPolicy::with(days(SAFE)?, days(RESTRICTED)?, days(RECOVERY)?).map_err(|refusal| {
        fault(match refusal {
            WindowRefusal::AnonymousSafe => SAFE,
            WindowRefusal::AnonymousRestricted => RESTRICTED,
            WindowRefusal::Recovery => RECOVERY,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(change: &[(&str, &str)]) -> Result<Settings, SettingFault> {
        let key = "ab".repeat(32);
        let master = format!("one:{key}");
        let base = [
            ("APP_ORIGIN", "https://tintype.example"),
            ("IMAGE_ORIGIN", "https://images.example"),
            ("DELETE_TOKEN_KEY", key.as_str()),
            ("MASTER_KEYS", master.as_str()),
        ];
        Settings::read(|name| {
            let found = change.iter().chain(&base).find(|(n, _)| *n == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    fn fault(change: &[(&str, &str)]) -> Option<&'static str> {
        with(change).err().map(|fault| fault.name)
    }

    #[test]
    fn a_wrong_setting_stops_the_start() {
        assert_eq!(fault(&[]), None);
        assert_eq!(fault(&[("APP_ORIGIN", "http://tintype.example")]), Some("APP_ORIGIN"));
        assert_eq!(fault(&[("APP_ORIGIN", "http://localhost:8787")]), None);
        assert_eq!(fault(&[("APP_ORIGIN", "https://tintype.example/path")]), Some("APP_ORIGIN"));
        assert_eq!(fault(&[("IMAGE_ORIGIN", "https://tintype.example")]), Some("IMAGE_ORIGIN"));
        assert_eq!(fault(&[("DELETE_TOKEN_KEY", "abcd")]), Some("DELETE_TOKEN_KEY"));
        assert_eq!(fault(&[("MASTER_KEYS", "one:abcd")]), Some("MASTER_KEYS"));
        assert_eq!(fault(&[("RETENTION_ANONYMOUS_DAYS", "731")]), Some("RETENTION_ANONYMOUS_DAYS"));
        assert_eq!(fault(&[("RETENTION_ANONYMOUS_DAYS", "ten")]), Some("RETENTION_ANONYMOUS_DAYS"));
        assert_eq!(fault(&[("RECOVERY_DAYS", "30")]), Some("RECOVERY_DAYS"));
        assert_eq!((fault(&[("FLAGGED", "held")]), fault(&[("FLAGGED", "maybe")])), (None, Some("FLAGGED")));
        for (word, expected) in
            [("off", None), (" keys ", None), ("all", None), ("", None), ("no", Some("REQUEST_LOG"))]
        {
            assert_eq!(fault(&[("REQUEST_LOG", word)]), expected, "{word}");
        }
        let url = ("KNOWN_BAD_LOOKUP_URL", "https://lists.example/m/lookup");
        assert_eq!(fault(&[url]), Some("KNOWN_BAD_LOOKUP_CATEGORY"));
        assert_eq!(fault(&[url, ("KNOWN_BAD_LOOKUP_CATEGORY", "bad")]), Some("KNOWN_BAD_LOOKUP_CATEGORY"));
        assert_eq!(fault(&[url, ("KNOWN_BAD_LOOKUP_CATEGORY", "csam")]), None);
        let category = ("KNOWN_BAD_LOOKUP_CATEGORY", "csam");
        for bad in ["http://lists.example/m/lookup", "lists", "https://lists.example/?a=b"] {
            assert_eq!(fault(&[("KNOWN_BAD_LOOKUP_URL", bad), category]), Some("KNOWN_BAD_LOOKUP_URL"), "{bad}");
        }
    }

    #[test]
    fn a_second_opinion_is_configured_whole_or_not_at_all() {
        let (id, secret) = (("REKOGNITION_ACCESS_KEY_ID", "AKID"), ("REKOGNITION_SECRET_ACCESS_KEY", "secret"));
        let region = ("REKOGNITION_REGION", "eu-west-1");
        assert!(with(&[]).is_ok_and(|settings| settings.rekognition.is_none()));
        assert_eq!(fault(&[id, secret]), Some("REKOGNITION_REGION"));
        assert_eq!(fault(&[("REKOGNITION_ENDPOINT", "https://a.example/")]), Some("REKOGNITION_REGION"));
        assert_eq!(fault(&[("REKOGNITION_SESSION_TOKEN", "a")]), Some("REKOGNITION_REGION"));
        let names = Some("REKOGNITION_ACCESS_KEY_ID and REKOGNITION_SECRET_ACCESS_KEY");
        assert_eq!(fault(&[region]), names);
        assert_eq!(fault(&[region, id]), names);
        assert_eq!(fault(&[("REKOGNITION_REGION", "eu west/1"), id, secret]), Some("REKOGNITION_REGION"));
        let insecure = ("REKOGNITION_ENDPOINT", "http://rekognition.example/");
        assert_eq!(fault(&[region, id, secret, insecure]), Some("REKOGNITION_ENDPOINT"));
        let set = with(&[region, id, secret]).ok().and_then(|settings| settings.rekognition);
        let endpoint = set.map(|set| set.endpoint.to_string());
        assert_eq!(endpoint.as_deref(), Some("https://rekognition.eu-west-1.amazonaws.com/"));
    }

    #[test]
    fn a_host_is_told_with_its_port() {
        let settings = with(&[("APP_ORIGIN", "http://localhost:8787"), ("IMAGE_ORIGIN", "http://127.0.0.1:8787")]);
        let hosts = settings.map(|s| (s.app_authority(), s.image_authority(), s.image_base()));
        assert_eq!(hosts, Ok(("localhost:8787".into(), "127.0.0.1:8787".into(), "http://127.0.0.1:8787".into())));
    }
}
