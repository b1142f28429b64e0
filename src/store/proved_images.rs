//! The `images` table when an account's address is proved: what it uploaded before is then kept as what it uploads after.

use crate::domain::account::AccountTier;
use crate::domain::ids::AccountId;
use crate::domain::time::Timestamp;
use crate::ports::sql::Statement;

/// A window of NULL ends when the owner says so. A life that was asked for is granted up to the window, and what is stored
/// beside the bytes of a live image is written anew by the job that does what is due.
const KEEP_LONGER: &str = "
    UPDATE images SET
      owner_tier = ?2,
      expires_at = created_at + CASE WHEN CASE verdict WHEN 'restricted' THEN ?5 ELSE ?3 END IS NULL THEN ttl_ms
                                     ELSE min(coalesce(ttl_ms, CASE verdict WHEN 'restricted' THEN ?5 ELSE ?3 END),
                                              CASE verdict WHEN 'restricted' THEN ?5 ELSE ?3 END) END,
      retention_reason = CASE
        WHEN ttl_ms IS NULL OR ttl_ms > CASE verdict WHEN 'restricted' THEN ?5 ELSE ?3 END
        THEN CASE verdict WHEN 'restricted' THEN ?6 ELSE ?4 END
        WHEN expires_at = created_at + ttl_ms THEN retention_reason
        ELSE 'as long as you asked for' END,
      next_attempt_at = CASE state WHEN 'live' THEN coalesce(next_attempt_at, ?7) ELSE next_attempt_at END
    WHERE account_id = ?1 AND owner_tier = 'anonymous' AND state IN ('live', 'held') AND expires_at > ?7";

pub(super) const STATEMENTS: &[&str] = &[KEEP_LONGER];

/// How long a class of content is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// In milliseconds from the upload; none: until its owner deletes it.
    pub window_ms: Option<i64>,
    /// Why, in words for its owner.
    pub reason: String,
}

/// Keeps what `account` uploaded before its address was proved as long as what it uploads from now on.
#[must_use]
pub fn keep_longer(
    account: &AccountId,
    tier: AccountTier,
    safe: &Kept,
    restricted: &Kept,
    now: Timestamp,
) -> Statement {
    let params = [
        account.as_str().into(),
        tier.retention(true).as_str().into(),
        safe.window_ms.into(),
        safe.reason.as_str().into(),
        restricted.window_ms.into(),
        restricted.reason.as_str().into(),
        now.0.into(),
    ];
    Statement::new(KEEP_LONGER, params)
}
