//! Who may show images, and what may be made of them, unless a deployment sets it otherwise.

/// A rule of a deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// What it is about.
    pub about: &'static str,
    /// What holds where nothing is set.
    pub default: &'static str,
    /// The settings that change it.
    pub settings: &'static [&'static str],
    /// Why it is so.
    pub why: &'static str,
}

/// Every rule.
pub const RULES: [Rule; 4] = [
    Rule {
        about: "sites whose pages may show images",
        default: "any",
        settings: &["HOTLINK_HOSTS"],
        why: "images are here to be shown; who pays for the traffic may see it otherwise. Whoever sends no referrer is always answered",
    },
    Rule {
        about: "transforms that anyone may ask for",
        default: "any, within the limits below",
        settings: &["TRANSFORMS", "TRANSFORM_LIST"],
        why: "the limits bound what a flood of them can cost; a deployment that knows its sizes needs no others",
    },
    Rule {
        about: "addresses that are allowed more, or only for a time",
        default: "none",
        settings: &["URL_SIGNING_KEYS"],
        why: "without a key nothing can be signed",
    },
    Rule {
        about: "copies of images near visitors",
        default: "none",
        settings: &["CACHE_ZONE_ID", "CACHE_PURGE_TOKEN"],
        why: "what cannot be purged is not kept",
    },
];
