//! How much an account may store. Enforced by the database in the transaction of an upload's intent.

use crate::domain::account::AccountTier;
use crate::domain::quota::Quota;

/// What an account of a tier may store. One whose address is not proved has no more: its images have dates, and its
/// uploads the pace of everybody's.
#[must_use]
pub fn of(tier: AccountTier) -> Quota {
    match tier {
        // Some years of a person's screenshots and the pictures of a few forums: at 500 KB each, half of the bytes.
        AccountTier::Free => {
            Quota { images_max: Some(5_000), bytes_max: Some(5_000_000_000), uploads_max: Some(3_000) }
        }
        // A shop or a photographer: at list prices of R2 (0.015 dollars for a gigabyte and month) three dollars a month.
        AccountTier::Pro => {
            Quota { images_max: Some(200_000), bytes_max: Some(200_000_000_000), uploads_max: Some(50_000) }
        }
        AccountTier::Unlimited => Quota { images_max: None, bytes_max: None, uploads_max: None },
    }
}

/// Accounts that are recounted with one statement.
pub const RECOUNTED_AT_ONCE: i64 = 100;
/// Most such statements in one run: 20,000 accounts a night, well within D1's 1,000 statements.
pub const RECOUNTS_MAX: usize = 200;
