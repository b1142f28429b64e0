//! Whose an image is.

use super::account::AccountTier;
use super::ids::AccountId;
use super::retention::Tier;

/// The account to which an image belongs, and as what its promise was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// The account.
    pub account_id: AccountId,
    /// How long its images were kept when the promise was made: another subscription later takes none back.
    pub tier: Tier,
}

/// Somebody with an account, as far as images care.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The account.
    pub account_id: AccountId,
    /// What it may store.
    pub tier: AccountTier,
    /// Whether its address is proved: until then it has what everybody has.
    pub is_verified: bool,
}

impl Member {
    /// How long what is uploaded now is kept.
    #[must_use]
    pub fn retention_tier(&self) -> Tier {
        self.tier.retention(self.is_verified)
    }

    /// The owner of what is uploaded now.
    #[must_use]
    pub fn owner(&self) -> Owner {
        Owner { account_id: self.account_id.clone(), tier: self.retention_tier() }
    }
}

/// How long images of an owner, or of nobody, are kept.
#[must_use]
pub fn tier_of(owner: Option<&Owner>) -> Tier {
    owner.map_or(Tier::Anonymous, |owner| owner.tier)
}
