//! By when requests about data are answered that come by mail or through an agent, and how long it is known that they were
//! (promise IMP-56).

use crate::domain::subject_request::RequestLaw;
use crate::domain::time::DAY_MS;

/// The time to answer a request, in milliseconds. GDPR Art. 12(3) gives a month, of which the shortest has 28 days; 30 are
/// promised. California gives 45 days (Cal. Civ. Code § 1798.130(a)(2)(A)).
#[must_use]
pub fn answered_within_ms(law: RequestLaw) -> i64 {
    match law {
        RequestLaw::Gdpr => 30 * DAY_MS,
        RequestLaw::Ccpa => 45 * DAY_MS,
    }
}

/// The time that may be taken on top, once, of which whoever asked is told: two months (GDPR Art. 12(3)), 45 days in California.
#[must_use]
pub fn extended_by_ms(law: RequestLaw) -> i64 {
    match law {
        RequestLaw::Gdpr => 60 * DAY_MS,
        RequestLaw::Ccpa => 45 * DAY_MS,
    }
}

/// How long before the deadline operators are reminded, in milliseconds.
pub const REMINDED_BEFORE_MS: i64 = 7 * DAY_MS;

/// How often from then on.
pub const REMINDED_EVERY_MS: i64 = 2 * DAY_MS;

/// How long it is known what was asked and answered, in milliseconds: 24 months (11 CCR § 7101(a)), in which it may have to be shown.
pub const KEPT_MS: i64 = 730 * DAY_MS;

/// Requests that are listed.
pub const LISTED_MAX: i64 = 200;

/// Requests forgotten in one run.
pub const FORGOTTEN_MAX: i64 = 10_000;
