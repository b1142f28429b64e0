//! How often a caller without an account may upload.

use crate::domain::time::{DAY_MS, HOUR_MS};

/// At most `uploads_max` uploads in each window of `window_ms`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimit {
    /// The window's name in `RateLimit-Policy` and in the database.
    pub name: &'static str,
    /// Length of the window in milliseconds; windows start at multiples of it since 1970.
    pub window_ms: i64,
    /// Uploads taken in one window.
    pub uploads_max: i64,
}

/// Limits for callers without an account. The reference host allows the same, and nobody has
/// complained that 20 pictures an hour were too few for a person.
pub const ANONYMOUS: [RateLimit; 2] = [
    RateLimit { name: "hour", window_ms: HOUR_MS, uploads_max: 20 },
    RateLimit { name: "day", window_ms: DAY_MS, uploads_max: 100 },
];

/// The `RateLimit-Policy` field's value (draft-ietf-httpapi-ratelimit-headers-11).
#[must_use]
pub fn policy_field(limits: &[RateLimit]) -> String {
    let items: Vec<String> =
        limits.iter().map(|l| format!("\"{}\";q={};w={}", l.name, l.uploads_max, l.window_ms / 1_000)).collect();
    items.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_field_names_each_window() {
        assert_eq!(policy_field(&ANONYMOUS), "\"hour\";q=20;w=3600, \"day\";q=100;w=86400");
    }
}
