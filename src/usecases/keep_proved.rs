//! Keeps what an account uploaded before its address was proved as long as what it uploads after (promise IMP-32).

use crate::app::App;
use crate::domain::account::AccountTier;
use crate::domain::ids::AccountId;
use crate::domain::owner::Owner;
use crate::domain::retention::Surface;
use crate::domain::time::Timestamp;
use crate::domain::verdict::Verdict;
use crate::policy::retention::Window;
use crate::ports::sql::Statement;
use crate::store::proved_images::{Kept, keep_longer};

/// What belongs into the batch that proves the address of `account`. Nothing of what it has gets shorter.
#[must_use]
pub fn keep_proved(app: &App, account: &AccountId, tier: AccountTier) -> Statement {
    let (owner, now) = (Owner { account_id: account.clone(), tier: tier.retention(true) }, app.now());
    let kept = |verdict| {
        // Every surface through which accounts upload for good has the same windows (`policy::retention`).
        match app.settings.retention.window_of(Surface::Web, Some(&owner), verdict, now, None) {
            Window::Kept(retention) => {
                let window_ms = retention.expires_at.map(|at: Timestamp| at.ms_since(now));
                Kept { window_ms, reason: retention.reason }
            }
            // What is not kept is not live, either: then this is about nothing.
            Window::Withheld => Kept { window_ms: Some(0), reason: String::new() },
        }
    };
    keep_longer(account, tier, &kept(Verdict::Safe), &kept(Verdict::Restricted), now)
}
