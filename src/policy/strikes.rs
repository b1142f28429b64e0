//! When somebody whose pictures are prohibited again and again may add no more (17 U.S.C. 512(i); promise IMP-39).

use crate::domain::time::DAY_MS;

/// How long a strike counts, in milliseconds: rolling twelve months. 365 days are never longer than that, whether or not there is a
/// leap day among them: who counts until the calendar's day would count one day more in every fourth year.
pub const STRIKE_MS: i64 = 365 * DAY_MS;

/// So many strikes that count suspend an account.
pub const STRIKES_MAX: i64 = 3;
