//! Which sites may show images of this host inside their pages.

use url::Url;

/// The sites that may. Nothing on it: any.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HotlinkRule {
    /// Host names in lower case; one that begins with a dot stands for all names that end with it.
    pub hosts: Vec<String>,
}

impl HotlinkRule {
    /// Whether it refuses anybody at all.
    #[must_use]
    pub fn is_on(&self) -> bool {
        !self.hosts.is_empty()
    }

    /// Whether a page at `referrer` (the `Referer` field's value) may show an image. Who sends none may: links that are
    /// opened, programs, and readers who keep to themselves where they come from.
    #[must_use]
    pub fn admits(&self, referrer: Option<&str>) -> bool {
        let Some(referrer) = referrer.filter(|text| self.is_on() && !text.is_empty()) else { return true };
        let host = Url::parse(referrer).ok().and_then(|url| url.host_str().map(str::to_ascii_lowercase));
        let Some(host) = host else { return false };
        self.hosts.iter().any(|allowed| match allowed.strip_prefix('.') {
            Some(domain) => host.ends_with(allowed.as_str()) || host == domain,
            None => host == *allowed,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_admits_its_hosts_and_those_who_do_not_say() {
        let rule = HotlinkRule { hosts: vec!["blog.example".into(), ".shop.example".into()] };
        for (referrer, admitted) in [
            (None, true),
            (Some(""), true),
            (Some("https://blog.example/post"), true),
            (Some("https://BLOG.example:8443/"), true),
            (Some("https://a.shop.example/"), true),
            (Some("https://shop.example/"), true),
            (Some("https://evilshop.example/"), false),
            (Some("https://blog.example.evil.example/"), false),
            (Some("https://user@evil.example/blog.example"), false),
            (Some("not an address"), false),
        ] {
            assert_eq!(rule.admits(referrer), admitted, "{referrer:?}");
            assert!(HotlinkRule::default().admits(referrer), "off");
        }
    }
}
