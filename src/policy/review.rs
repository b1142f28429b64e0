//! How long it is known what operators saw and decided, and how much of it is shown and done at once.

use crate::domain::time::{DAY_MS, HOUR_MS};

/// How long a line of the review log is kept: the twelve months of the repeat-infringer policy (promise IMP-39), a leap year's
/// long. The database itself refuses to forget one sooner (migrations/0027_trust_and_safety.sql says the same).
pub const LOG_MS: i64 = 366 * DAY_MS;

/// Entries on a page of a queue, and lines on a page of the log.
pub const PAGE: i64 = 50;

/// Identical images about which one decision is made at once; if there are more, the operator is told to decide again.
pub const COPIES_MAX: i64 = 50;

/// Longest reason that an operator gives, in characters.
pub const REASON_CHARS_MAX: usize = 500;

/// Lines of the log forgotten in one run.
pub const FORGOTTEN_MAX: i64 = 10_000;

/// Decisions about an image, and lines about it, that its page shows.
pub const HISTORY_MAX: i64 = 100;

/// How long a look at a picture counts as what a decision rests on.
pub const LOOK_MS: i64 = HOUR_MS;

/// Entries that the overview counts: beyond that, there are just many.
pub const COUNTED_MAX: i64 = 1_000;
