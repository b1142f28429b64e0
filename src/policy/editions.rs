//! Editions of the policy: what is kept, for how long, and what is done with it. It carries its date, and who is affected by a
//! material change is told, in the app and by letter (promise IMP-55).
//!
//! Whoever changes what this product promises adds an edition here; a test that compares digests insists on it.

use crate::domain::account::AccountTier;
use crate::domain::time::DAY_MS;

/// Whom a change is to be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Affects {
    /// Nobody: other words for the same, or less that is kept.
    Nobody,
    /// Everybody who has an account.
    Everybody,
    /// Those without a subscription.
    Free,
    /// Those with one.
    Subscribers,
}

impl Affects {
    /// Whether somebody of this tier is to be told.
    #[must_use]
    pub fn includes(self, tier: AccountTier) -> bool {
        match self {
            Self::Nobody => false,
            Self::Everybody => true,
            Self::Free => tier == AccountTier::Free,
            Self::Subscribers => tier != AccountTier::Free,
        }
    }
}

/// An edition.
#[derive(Clone, Copy, Debug)]
pub struct Edition {
    /// 1, 2, …: what the database knows it by.
    pub number: i64,
    /// Its date, for people. Of a material change: when it takes effect, 30 days after it is told at the soonest.
    pub date: &'static str,
    /// Whom it is to be told.
    pub affects: Affects,
    /// What has changed, in one or two sentences, for whom it affects.
    pub changes: &'static str,
    /// SHA-256 of how long everything is kept, as docs/policy.md and docs/data.md say it.
    pub sha256: &'static str,
}

const FIRST: Edition = Edition {
    number: 1,
    date: "28 November 2026",
    affects: Affects::Everybody,
    changes: "This is the first edition.",
    sha256: "0d4d84d71e157e52b692d0de0021c4a1b54f61c21509005db23a8d7858b09a08",
};

/// The latest edition.
pub const LATEST: Edition = Edition {
    number: 2,
    date: "30 December 2026",
    affects: Affects::Everybody,
    changes: "What operators see and decide about pictures is logged, and the log is kept for a year. Anybody can report a picture; a report is kept for a year after it was decided, sealed under a key of its own. Whoever is restricted is told why and can appeal; the reasons are kept for a year, or as long as the restriction stands. Pictures that a person finds to be prohibited are counted for a year, and three suspend an account. What an authority orders to be preserved is kept. Of places and accounts, how much is prohibited is counted for a day; of everybody together, what was decided is counted by the month, in tens, and told for five years.",
    sha256: "11e6004c681fde61617f788d78efd07f430f08e75092cc4d18d63324a7fbf68e",
};

/// Every edition, the latest last.
pub const EDITIONS: [Edition; 2] = [FIRST, LATEST];

/// What somebody of this tier is to be told who knows the edition `known`: the editions since that affect them.
#[must_use]
pub fn news(known: i64, tier: AccountTier) -> Vec<&'static Edition> {
    EDITIONS.iter().filter(|edition| edition.number > known && edition.affects.includes(tier)).collect()
}

/// Accounts that are told in one run, every other minute.
pub const TOLD_MAX: i64 = 20;

/// Within which time everybody is told, in milliseconds: 100,000 of them, at [`TOLD_MAX`] in each run, and three weeks before the
/// edition takes effect.
pub const TOLD_WITHIN_MS: i64 = 7 * DAY_MS;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn editions_are_numbered_one_after_the_other() {
        for (place, edition) in (1_i64..).zip(&EDITIONS) {
            assert_eq!(edition.number, place);
            assert!(!edition.changes.is_empty() && !edition.date.is_empty());
        }
        assert_eq!(LATEST.number, EDITIONS.len() as i64);
    }

    #[test]
    fn who_is_affected_is_told_and_who_knows_is_not() {
        assert_eq!(news(0, AccountTier::Free).len(), 2);
        assert_eq!(news(1, AccountTier::Pro).len(), 1);
        assert!(news(LATEST.number, AccountTier::Pro).is_empty());
        assert!(
            Affects::Subscribers.includes(AccountTier::Unlimited) && !Affects::Subscribers.includes(AccountTier::Free)
        );
        assert!(Affects::Free.includes(AccountTier::Free) && !Affects::Free.includes(AccountTier::Pro));
        assert!(!Affects::Nobody.includes(AccountTier::Free));
    }
}
