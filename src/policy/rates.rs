//! How often a caller may upload.

use crate::domain::account::AccountTier;
use crate::domain::owner::Member;
use crate::domain::time::{DAY_MS, HOUR_MS};

/// At most `count_max` uploads in each window of `window_ms`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimit {
    /// The window's name in `RateLimit-Policy` and in the database.
    pub name: &'static str,
    /// Length of the window in milliseconds; windows start at multiples of it since 1970.
    pub window_ms: i64,
    /// Uploads taken, or attempts allowed, in one window.
    pub count_max: i64,
}

/// Limits for callers without an account. The reference host allows the same, and nobody has
/// complained that 20 pictures an hour were too few for a person.
pub const ANONYMOUS: [RateLimit; 2] = [
    RateLimit { name: "hour", window_ms: HOUR_MS, count_max: 20 },
    RateLimit { name: "day", window_ms: DAY_MS, count_max: 100 },
];

/// Limits of an account without a subscription, wherever it uploads from: a day's pictures from a camera in one go.
pub const FREE: [RateLimit; 2] = [
    RateLimit { name: "hour", window_ms: HOUR_MS, count_max: 60 },
    RateLimit { name: "day", window_ms: DAY_MS, count_max: 500 },
];

/// Limits of an account with a subscription: an archive of ten thousand moves in within two days.
pub const PRO: [RateLimit; 2] = [
    RateLimit { name: "hour", window_ms: HOUR_MS, count_max: 600 },
    RateLimit { name: "day", window_ms: DAY_MS, count_max: 5_000 },
];

/// The limits on uploads of a member, or of anybody else; none: without limits. An account whose address is not proved is
/// anybody: otherwise a script could make itself allowances.
#[must_use]
pub fn of_uploads(member: Option<&Member>) -> &'static [RateLimit] {
    match member.filter(|member| member.is_verified).map(|member| member.tier) {
        None => &ANONYMOUS,
        Some(AccountTier::Free) => &FREE,
        Some(AccountTier::Pro) => &PRO,
        Some(AccountTier::Unlimited) => &[],
    }
}

/// Attempts to sign in, from one place: more than a person who tries every password she ever had.
pub const SIGN_IN_FROM: [RateLimit; 2] = [
    RateLimit { name: "hour", window_ms: HOUR_MS, count_max: 60 },
    RateLimit { name: "day", window_ms: DAY_MS, count_max: 300 },
];

/// Attempts to sign in to one account, from wherever: guessing is hopeless at this pace (ASVS 5.0, 6.3.1), and an
/// owner who is locked out by somebody else's guesses still gets in with a passkey, or by the link that sets a new one.
pub const SIGN_IN_TO: [RateLimit; 2] = [
    RateLimit { name: "hour", window_ms: HOUR_MS, count_max: 20 },
    RateLimit { name: "day", window_ms: DAY_MS, count_max: 100 },
];

/// Accounts made from one place.
pub const SIGN_UP_FROM: [RateLimit; 2] = [
    RateLimit { name: "hour", window_ms: HOUR_MS, count_max: 10 },
    RateLimit { name: "day", window_ms: DAY_MS, count_max: 30 },
];

/// Letters to one address that somebody asks for without being signed in: nobody's mailbox is filled through us.
pub const LETTERS_TO: [RateLimit; 2] = [
    RateLimit { name: "hour", window_ms: HOUR_MS, count_max: 4 },
    RateLimit { name: "day", window_ms: DAY_MS, count_max: 10 },
];

/// Images that one account brings back after deleting them: more than anybody deletes by mistake.
pub const RESTORED_BY: [RateLimit; 2] = [
    RateLimit { name: "hour", window_ms: HOUR_MS, count_max: 200 },
    RateLimit { name: "day", window_ms: DAY_MS, count_max: 1_000 },
];

/// Copies of all that is kept of one account, that it asks for.
pub const EXPORTED_BY: [RateLimit; 2] = [
    RateLimit { name: "hour", window_ms: HOUR_MS, count_max: 2 },
    RateLimit { name: "day", window_ms: DAY_MS, count_max: 4 },
];

/// Notices about images, from one place: more than somebody finds who looks through a site, too few to bury what matters.
pub const NOTICES_FROM: [RateLimit; 2] = [
    RateLimit { name: "hour", window_ms: HOUR_MS, count_max: 10 },
    RateLimit { name: "day", window_ms: DAY_MS, count_max: 40 },
];

/// The same of one account that an operator has found to be reliable: each may name hundreds of images.
pub const NOTICES_BY_TRUSTED: [RateLimit; 2] = [
    RateLimit { name: "hour", window_ms: HOUR_MS, count_max: 100 },
    RateLimit { name: "day", window_ms: DAY_MS, count_max: 1_000 },
];

/// Attempts to answer a claim of copyright, from one place: whoever holds the token needs one.
pub const ANSWERS_FROM: [RateLimit; 2] = [
    RateLimit { name: "hour", window_ms: HOUR_MS, count_max: 20 },
    RateLimit { name: "day", window_ms: DAY_MS, count_max: 60 },
];

/// The `RateLimit-Policy` field's value (draft-ietf-httpapi-ratelimit-headers-11).
#[must_use]
pub fn policy_field(limits: &[RateLimit]) -> String {
    let items: Vec<String> =
        limits.iter().map(|l| format!("\"{}\";q={};w={}", l.name, l.count_max, l.window_ms / 1_000)).collect();
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
