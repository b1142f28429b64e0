//! What upload tickets may allow, and how many there may be.

use crate::domain::time::{DAY_MS, MINUTE_MS};

/// Most tickets of one account that can still be used: one for each visitor of a busy form, and few enough to count.
pub const TICKETS_MAX: i64 = 1_000;

/// Most tickets in a list, ended ones included.
pub const LISTED_MAX: i64 = 200;

/// Most uploads that one ticket allows.
pub const USES_MAX: i64 = 1_000;

/// The shortest and the longest life of a ticket, in milliseconds: long enough to choose a picture, and a week, because
/// whoever has one need not say who they are.
pub const EXPIRES_IN_MIN_MS: i64 = MINUTE_MS;
/// See [`EXPIRES_IN_MIN_MS`].
pub const EXPIRES_IN_MAX_MS: i64 = 7 * DAY_MS;

/// The life of a ticket for which none is asked, in milliseconds.
pub const EXPIRES_IN_USUALLY_MS: i64 = DAY_MS;

/// The smallest limit on the bytes of a file that a ticket may set: smaller pictures are rare, and a limit of nothing would
/// be a ticket for nothing.
pub const BYTES_MAX_MIN: u64 = 1_000;

/// How long a ticket stays in its owner's list after it has expired, in milliseconds, so that one can see what it was that
/// stopped working. Far longer than a draft lasts, whose use may still be given back.
pub const ENDED_KEPT_MS: i64 = 30 * DAY_MS;

const _: () = assert!(ENDED_KEPT_MS > 2 * crate::policy::retention::DRAFT_MS);
