//! How often letters are tried, and how long they are kept.

use crate::domain::time::{DAY_MS, HOUR_MS, MINUTE_MS};

/// After how long a letter that could not be sent is given up. The links in it have ended by then, and Resend remembers
/// the key of a letter for as long.
pub const GIVEN_UP_AFTER_MS: i64 = DAY_MS;
/// How long it is remembered that a letter was sent, without what it said: longer than anything may be repeated.
pub const SENT_KEPT_MS: i64 = HOUR_MS;
/// How long a dead letter is kept, so that an operator can see to it.
pub const DEAD_KEPT_MS: i64 = 7 * DAY_MS;
/// How long the local outbox keeps letters.
pub const OUTBOX_KEPT_MS: i64 = 7 * DAY_MS;
/// Letters that one run of the job tries: each takes ten seconds at the most, and a run's lease five minutes.
pub const TRIED_MAX: i64 = 30;
/// How long a letter waits for its second attempt: longer than the first can take, so that no two are under way.
const WAIT_FIRST_MS: i64 = MINUTE_MS;
/// The longest wait: somebody sits before an empty mailbox.
const WAIT_MAX_MS: i64 = HOUR_MS;
/// The attempt at which the longest wait is reached: 2^6 minutes are more than an hour.
const DOUBLINGS_MAX: i64 = 6;

/// How long to wait after so many earlier attempts and this one, in milliseconds: each wait is twice the one before.
#[must_use]
pub fn wait_ms(attempts: i64) -> i64 {
    (WAIT_FIRST_MS << attempts.clamp(0, DOUBLINGS_MAX)).min(WAIT_MAX_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_an_hour() {
        let minutes: Vec<i64> = (0..8).map(|attempts| wait_ms(attempts) / MINUTE_MS).collect();
        assert_eq!(minutes, [1, 2, 4, 8, 16, 32, 60, 60]);
        assert_eq!((wait_ms(-1), wait_ms(i64::MAX)), (MINUTE_MS, HOUR_MS));
    }
}
