//! What is written down of requests to the API, and for how long (promise IMP-38).

use crate::domain::time::DAY_MS;

/// How long a request is listed, in milliseconds (promise IMP-38): long enough to find out next month why a program has stopped
/// working, and the time for which server logs are promised to be kept. No setting makes it longer.
pub const REQUESTS_MS: i64 = 30 * DAY_MS;

/// How long how many there were on a day is kept, from when it began, in milliseconds: as long as the last of the day.
pub const COUNTS_MS: i64 = REQUESTS_MS + DAY_MS;

/// Most requests of one key that are listed for one UTC day; after them, they are only counted. A client that somebody debugs
/// makes fewer; one that works makes more of the same.
pub const LISTED_OF_KEY_MAX: i64 = 1_000;

/// Most requests of all keys of one account that are listed for one UTC day. A request takes about 400 bytes with its index, so that
/// an account comes to 24 MB at most, and a database of 10 GB is not filled by a few.
pub const LISTED_OF_ACCOUNT_MAX: i64 = 2_000;

/// Most requests without a key that are listed for one UTC day, where a deployment has them listed at all.
pub const LISTED_OF_NOBODY_MAX: i64 = 10_000;

/// Rows forgotten in one run, every other minute: seven million a day.
pub const FORGOTTEN_MAX: i64 = 10_000;

/// Rows that leave with an account in one statement, and how many such statements there are in one run: then the next goes on.
pub const ERASED_AT_ONCE: i64 = 5_000;
/// See [`ERASED_AT_ONCE`].
pub const ERASING_STATEMENTS_MAX: usize = 20;

/// Of which requests to the API something is written down (`REQUEST_LOG`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RequestLog {
    /// Of none.
    Off,
    /// Of those with an API key: whoever owns it can read them.
    #[default]
    Keys,
    /// Of all; of those without a key, only operators can read them.
    All,
}

impl RequestLog {
    /// Reads the setting; empty text is the default.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "" | "keys" => Some(Self::Keys),
            "off" => Some(Self::Off),
            "all" => Some(Self::All),
            _ => None,
        }
    }
}

/// Most requests listed for one UTC day: of one key, and of all keys of its account.
#[must_use]
pub fn listed_max(has_key: bool) -> (i64, i64) {
    if has_key { (LISTED_OF_KEY_MAX, LISTED_OF_ACCOUNT_MAX) } else { (LISTED_OF_NOBODY_MAX, LISTED_OF_NOBODY_MAX) }
}
