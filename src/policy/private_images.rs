//! For how long whoever may see a private image can let others see it.

use crate::domain::time::{DAY_MS, HOUR_MS, MINUTE_MS};

/// The shortest life of a link to a private image, in milliseconds: long enough to be followed.
pub const LINK_TTL_MIN_MS: i64 = MINUTE_MS;

/// The longest. A link cannot be taken back but by deleting the image, so none outlives a week.
pub const LINK_TTL_MAX_MS: i64 = 7 * DAY_MS;

/// How long the addresses hold that pages and answers show a private image by, in milliseconds, to whoever may see it:
/// longer than somebody looks at a page.
pub const SEEN_TTL_MS: i64 = HOUR_MS;

/// The lives of links that its page offers, in milliseconds, with their words.
pub const LINK_CHOICES: [(i64, &str); 3] = [(HOUR_MS, "1 hour"), (DAY_MS, "1 day"), (LINK_TTL_MAX_MS, "7 days")];

const _: () = assert!(LINK_TTL_MIN_MS <= SEEN_TTL_MS && SEEN_TTL_MS <= LINK_TTL_MAX_MS);
