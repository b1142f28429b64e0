//! What is wrong with a row, whatever any job thinks of it: by the policy, and by what else there is.

use crate::domain::image::State;
use crate::domain::retention::Tier;
use crate::domain::sealing::is_sealed;
use crate::domain::time::Timestamp;
use crate::domain::verdict::Verdict;
use crate::policy::audit::names;
use crate::policy::retention::{ANONYMOUS_CEILING_MS, Keep, RetentionPolicy};
use crate::store::audit::{AuditedAccount, AuditedImage};
use crate::store::audits::Tally;

/// What walking through images has found.
#[derive(Default)]
pub(super) struct OfImages {
    windows: Tally,
    by_decision: Tally,
    owners: Tally,
    bare: Tally,
}

impl OfImages {
    /// The rules that are checked so.
    pub(super) const RULES: [&'static str; 4] = [names::WINDOWS, names::PUBLIC_BY_DECISION, names::OWNERS, names::BARE];

    pub(super) fn tallies(&self) -> [(&'static str, &Tally); 4] {
        let [windows, by_decision, owners, bare] = Self::RULES;
        [(windows, &self.windows), (by_decision, &self.by_decision), (owners, &self.owners), (bare, &self.bare)]
    }

    pub(super) fn look_at(&mut self, image: &AuditedImage, policy: &RetentionPolicy, now: Timestamp) {
        let (name, age_ms) = (image.id.as_str(), now.ms_since(image.created_at));
        if matches!(image.state, State::Live | State::Held | State::Releasing) {
            self.windows.count(name, window_excess_ms(image, policy, now));
        }
        if image.state == State::Live {
            let is_fit = |verdict| matches!(verdict, Verdict::Safe | Verdict::Flagged | Verdict::Restricted);
            let is_right = is_fit(image.verdict) && image.decided.is_some_and(is_fit);
            self.by_decision.count(name, (!is_right).then_some(age_ms));
        }
        // What a closed team had waits in recovery without it.
        let is_kept = matches!(image.state, State::Pending | State::Live | State::Held | State::Releasing);
        if is_kept && image.account_id.is_some() {
            self.owners.count(name, (image.has_owner == 0).then_some(age_ms));
        }
        // What a hold keeps is kept whole.
        if image.state == State::Gone && image.holds == 0 {
            let since = image.gone_at.unwrap_or(image.created_at);
            let has_content = image.has_content != 0 || image.account_id.is_some();
            self.bare.count(name, has_content.then(|| now.ms_since(since)));
        }
    }
}

/// By how much an image is promised a longer life than any policy allows; none: it is not.
fn window_excess_ms(image: &AuditedImage, policy: &RetentionPolicy, now: Timestamp) -> Option<i64> {
    let tier = image.owner_tier.filter(|_| image.account_id.is_some()).unwrap_or(Tier::Anonymous);
    let has_end = matches!(policy.keep(image.surface, tier, image.verdict), Keep::For(_));
    match image.expires_at {
        None if has_end => Some(now.ms_since(image.created_at)),
        None => None,
        Some(at) => {
            let excess_ms = at.ms_since(image.created_at.plus_ms(ANONYMOUS_CEILING_MS));
            (tier == Tier::Anonymous && excess_ms > 0).then_some(excess_ms)
        }
    }
}

/// Whether nobody can read in an account's row who it is.
pub(super) fn is_account_sealed(account: &AuditedAccount) -> bool {
    is_sealed(&account.email) && is_sealed(&account.name) && !account.email_lookup.contains('@')
}
