//! Whether images are kept near the visitors, and how they are purged there. What cannot be purged is not kept.

use url::Url;

use super::{SettingFault, is_safe};

/// The platform's API (`CACHE_PURGE_ENDPOINT` unless set).
const ENDPOINT: &str = "https://api.cloudflare.com/client/v4";

/// What it takes to purge the zone of the image host.
#[derive(Clone, PartialEq, Eq)]
pub struct EdgeCache {
    /// Where purges are asked for: `CACHE_PURGE_ENDPOINT` (https; http for loopback only) with the zone of
    /// `CACHE_ZONE_ID`, the one of `IMAGE_ORIGIN`.
    pub purge_url: Url,
    /// `CACHE_PURGE_TOKEN` (secret): a token with the permission to purge that zone, and no other.
    pub purge_token: String,
}

impl EdgeCache {
    pub(super) fn read(lookup: &impl Fn(&str) -> Option<String>) -> Result<Option<Self>, SettingFault> {
        let set = |name: &str| lookup(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        let (zone, token, endpoint) = (set("CACHE_ZONE_ID"), set("CACHE_PURGE_TOKEN"), set("CACHE_PURGE_ENDPOINT"));
        let (zone, purge_token) = match (zone, token) {
            (Some(zone), Some(token)) => (zone, token),
            (None, None) if endpoint.is_none() => return Ok(None),
            _ => {
                let rule =
                    "must both be set, or neither, nor CACHE_PURGE_ENDPOINT: what cannot be purged is not cached";
                return Err(SettingFault { name: "CACHE_ZONE_ID and CACHE_PURGE_TOKEN", rule });
            }
        };
        if zone.len() != 32 || !zone.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte)) {
            return Err(SettingFault { name: "CACHE_ZONE_ID", rule: "must be 32 lowercase hex digits" });
        }
        if !purge_token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(SettingFault { name: "CACHE_PURGE_TOKEN", rule: "must be a token, without spaces" });
        }
        let base = endpoint.as_deref().unwrap_or(ENDPOINT).trim_end_matches('/');
        let url = Url::parse(&format!("{base}/zones/{zone}/purge_cache")).ok();
        let rule = "must be an https URL (http only for this machine) without a query";
        let is_bare = |url: &Url| url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
        let purge_url = url.filter(|url| is_safe(url) && is_bare(url));
        let purge_url = purge_url.ok_or(SettingFault { name: "CACHE_PURGE_ENDPOINT", rule })?;
        Ok(Some(Self { purge_url, purge_token }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(settings: &[(&str, &str)]) -> Result<Option<EdgeCache>, SettingFault> {
        EdgeCache::read(&|name: &str| settings.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn a_cache_is_configured_whole_or_not_at_all() {
        let id = "0123456789abcdef0123456789abcdef";
        let (zone, token) = (("CACHE_ZONE_ID", id), ("CACHE_PURGE_TOKEN", "a-token_1"));
        let endpoint = |url| ("CACHE_PURGE_ENDPOINT", url);
        assert_eq!(read(&[]).map(|cache| cache.is_none()), Ok(true));
        let set = read(&[zone, token]).ok().flatten().unwrap_or_else(|| panic!("both are set"));
        let expected = format!("https://api.cloudflare.com/client/v4/zones/{id}/purge_cache");
        assert_eq!((set.purge_url.as_str(), set.purge_token.as_str()), (expected.as_str(), "a-token_1"));
        let local = read(&[zone, token, endpoint("http://127.0.0.1:8080/")]).ok().flatten();
        let expected = format!("http://127.0.0.1:8080/zones/{id}/purge_cache");
        assert_eq!(local.map(|set| set.purge_url.to_string()), Some(expected));
        let fault = |settings: &[(&str, &str)]| read(settings).err().map(|fault| fault.name);
        let both = Some("CACHE_ZONE_ID and CACHE_PURGE_TOKEN");
        for (settings, name) in [
            ([zone].as_slice(), both),
            (&[token], both),
            (&[endpoint("https://purge.example")], both),
            (&[("CACHE_ZONE_ID", "zone"), token], Some("CACHE_ZONE_ID")),
            (&[("CACHE_ZONE_ID", "0123456789ABCDEF0123456789ABCDEF"), token], Some("CACHE_ZONE_ID")),
            (&[zone, ("CACHE_PURGE_TOKEN", "a token")], Some("CACHE_PURGE_TOKEN")),
            (&[zone, token, endpoint("http://purge.example")], Some("CACHE_PURGE_ENDPOINT")),
            (&[zone, token, endpoint("https://purge.example/?a=")], Some("CACHE_PURGE_ENDPOINT")),
            (&[zone, token, endpoint("purge")], Some("CACHE_PURGE_ENDPOINT")),
        ] {
            assert_eq!(fault(settings), name, "{settings:?}");
        }
    }
}
