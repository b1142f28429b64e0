//! How long sign-ins and the links in letters hold.

use crate::domain::session::SessionClock;
use crate::domain::time::{DAY_MS, HOUR_MS, MINUTE_MS};

/// Of sign-ins (promise IMP-07).
pub const SESSION: SessionClock = SessionClock { sliding_ms: 90 * DAY_MS, hard_ms: 180 * DAY_MS };
/// How long a sign-in waits for its second factor: time to find the telephone.
pub const AWAITS_FACTOR_MS: i64 = 10 * MINUTE_MS;
/// How long the link that proves an address holds: a letter may be read tomorrow.
pub const VERIFY_LINK_MS: i64 = 48 * HOUR_MS;
/// How long the link that sets a new password holds: it opens the account (OWASP Forgot Password: "short").
pub const RESET_LINK_MS: i64 = HOUR_MS;
/// How long the link that changes the address holds.
pub const CHANGE_EMAIL_LINK_MS: i64 = 24 * HOUR_MS;
/// How long an owner can take a change of the address back: long enough to come home from a journey.
pub const UNDO_EMAIL_LINK_MS: i64 = 7 * DAY_MS;
/// How long after signing in somebody may change what opens the account: time to find a telephone and scan a code.
pub const FRESH_MS: i64 = 15 * MINUTE_MS;
