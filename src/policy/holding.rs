//! What happens to images that cannot be judged at once: they are held where nothing serves them, tried again, and
//! given up in the end.

use crate::domain::time::{DAY_MS, HOUR_MS, MINUTE_MS};

/// How long an image waits to be judged before it is given up and erased: long enough for a weekend's outage to be
/// mended. Its uploader has the file.
pub const HELD_MS: i64 = 3 * DAY_MS;
/// Most images that are held at once. Unjudged bytes are a debt; beyond this, uploads are asked to come back.
pub const HELD_IMAGES_MAX: u64 = 10_000;
/// Images that one run of the job judges: vision needs a second or less for most, and a run has a minute.
pub const JUDGED_MAX: i64 = 30;
/// How long an image waits for its second attempt.
const WAIT_FIRST_MS: i64 = MINUTE_MS;
/// The longest wait: an image must not sit here for half a day after vision is back.
const WAIT_MAX_MS: i64 = HOUR_MS;
/// The attempt at which the longest wait is reached: 2^6 minutes are more than an hour.
const DOUBLINGS_MAX: i64 = 6;

/// How long to wait after so many attempts, in milliseconds: each wait is twice the one before. A file that kills its
/// examiner does so about 75 times in three days, and not more.
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

    #[test]
    fn a_file_that_kills_its_examiner_does_so_a_bounded_number_of_times() {
        let (mut at, mut attempts) = (0, 0);
        while at < HELD_MS {
            at += wait_ms(attempts);
            attempts += 1;
        }
        assert!(attempts <= 80, "{attempts}");
    }
}
