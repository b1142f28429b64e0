//! How accounts are erased (promise IMP-37).

use super::platform::CLOCK_WRONG_BY_MS;
use crate::domain::time::{DAY_MS, HOUR_MS, Timestamp};

/// How long whoever wants their account erased can change their mind, in milliseconds (promise IMP-37).
pub const UNDO_MS: i64 = 7 * DAY_MS;

/// How long after that nothing is erased yet, in milliseconds: by as much may the clocks of two machines differ, of which one takes a
/// change of mind and the other erases. Each may be wrong by half of it.
pub const SETTLED_MS: i64 = 2 * CLOCK_WRONG_BY_MS;

/// How long after it was asked for an account is erased, in milliseconds.
pub const ERASED_AFTER_MS: i64 = UNDO_MS + SETTLED_MS;

/// Until when an account can be kept that is erased from `erase_at` on.
#[must_use]
pub fn kept_until(erase_at: Timestamp) -> Timestamp {
    erase_at.plus_ms(-SETTLED_MS)
}

/// How long the receipt of an erasure can be read, in milliseconds: as long as anybody can ask for an account of it (GDPR
/// Art. 5(2)), and as the records that it may have to be compared with.
pub const RECEIPT_MS: i64 = 365 * DAY_MS;

/// Images taken out of public view in one run of the job, every other minute, if there is room.
pub const REMOVED_MAX: i64 = 1_200;

/// Images taken out of public view while their owner waits for the answer: most accounts have no more.
pub const REMOVED_AT_ONCE: i64 = 10;

/// Images in recovery whose erasure is brought forward in one run.
pub const HASTENED_MAX: i64 = 1_000;

/// Accounts erased in one run; each leaves its teams one by one.
pub const ERASED_MAX: i64 = 2;

/// Subscriptions cancelled in one run.
pub const CANCELLED_MAX: i64 = 20;

/// Images brought back in one run: each goes through vision once more.
pub const RETURNED_MAX: i64 = 10;

/// After how long bringing an image back is tried again, in milliseconds.
pub const RETURN_AGAIN_MS: i64 = HOUR_MS;

/// Receipts forgotten in one run.
pub const RECEIPTS_MAX: i64 = 10_000;
