//! What people prove themselves with: how often they may try, and how long a question waits.

use crate::domain::time::{DAY_MS, HOUR_MS, MINUTE_MS};

/// Attempts at a second factor are counted in windows of this length, which start at multiples of it since 1970.
pub const ATTEMPTS_WINDOW_MS: i64 = 15 * MINUTE_MS;
/// Wrong ones in a window.
pub const ATTEMPTS_MAX: i64 = 5;
/// Wrong ones in [`ATTEMPTS_DAY_MS`]. Whoever knows a password guesses a code of six digits, of which three hold at a
/// time, in one of 16,000 days.
pub const ATTEMPTS_DAY_MAX: i64 = 20;
/// The longer stretch that attempts are counted in.
pub const ATTEMPTS_DAY_MS: i64 = DAY_MS;

/// How long an authenticator's answer is waited for: what the standard recommends where the person is verified (Web
/// Authentication Level 3, §15.1).
pub const CHALLENGE_MS: i64 = 5 * MINUTE_MS;
/// How long an authenticator app waits for its first code.
pub const UNCONFIRMED_MS: i64 = HOUR_MS;

/// Passkeys of an account.
pub const PASSKEYS_MAX: i64 = 20;
/// Characters of a passkey's name.
pub const PASSKEY_NAME_CHARS_MAX: usize = 60;
