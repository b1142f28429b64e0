//! What is owed to authorities, and by when (promise IMP-24).

use super::known_bad::LEGAL_HOLD_MS;
use crate::domain::time::{DAY_MS, HOUR_MS};

/// By when a report is made, in milliseconds after what must be reported was recognised. The law says "as soon as reasonably
/// possible" (18 U.S.C. 2258A(a)(1)(A)); whoever runs this sets themselves a day.
pub const REPORTED_WITHIN_MS: i64 = DAY_MS;

/// How long before that operators are told that a report is due.
pub const REMINDED_BEFORE_MS: i64 = 18 * HOUR_MS;

/// How often they are told as long as it is.
pub const REMINDED_EVERY_MS: i64 = 12 * HOUR_MS;

/// How long what was reported is kept, in milliseconds after the report: one year (18 U.S.C. 2258A(h)(1), as amended by the REPORT
/// Act of 2024).
pub const KEPT_AFTER_REPORT_MS: i64 = LEGAL_HOLD_MS;

/// The longest that one order preserves, in milliseconds. An order to preserve is for 90 days and as many again (18 U.S.C.
/// 2703(f)(2)); others name a date. Whoever needs longer orders it again, and somebody looks at it again.
pub const ORDER_MS_MAX: i64 = 730 * DAY_MS;

/// Reports and orders on one page.
pub const LISTED_MAX: i64 = 50;

/// Longest reference, reason or note, in characters.
pub const TEXT_CHARS_MAX: usize = 300;

/// Lines of the log in a record.
pub const LOG_LINES_MAX: i64 = 200;
