//! How many API keys an account may have, and what is asked of requests that are signed with them.

use crate::domain::http_signature::SignatureRules;
use crate::domain::time::{DAY_MS, MINUTE_MS};

/// Most keys of one account that are neither revoked nor expired: one for each of many scripts and machines, and few
/// enough to look through.
pub const KEYS_MAX: i64 = 50;

/// Most keys in a list, ended ones included.
pub const LISTED_MAX: i64 = 200;

/// Longest name of a key, in characters.
pub const NAME_CHARS_MAX: usize = 100;

/// The shortest and the longest life that one may ask for, in milliseconds: long enough to be used once, and ten years.
pub const TTL_MIN_MS: i64 = MINUTE_MS;
/// See [`TTL_MIN_MS`].
pub const TTL_MAX_MS: i64 = 3_650 * DAY_MS;

/// How long a revoked or expired key stays in its owner's list, in milliseconds, so that one can see what it was that
/// stopped working.
pub const ENDED_KEPT_MS: i64 = 30 * DAY_MS;

/// What is asked of signatures.
pub const SIGNATURES: SignatureRules = SignatureRules {
    // Clocks of clients are set by NTP or by hand; AWS and others grant the same.
    skew_ms: 5 * MINUTE_MS,
    // 16 characters of the commonest notations are 64 random bits, more than one key signs in five minutes.
    nonce_chars: 16..=128,
    // The client's and those of what stands between; each may cost a verification.
    signatures_max: 4,
    // Twice what a careful client covers.
    components_max: 32,
};
