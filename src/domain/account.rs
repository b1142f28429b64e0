//! Accounts: who can sign in.

use serde::{Deserialize, Serialize};

use super::ids::AccountId;
use super::retention::Tier;
use super::time::Timestamp;

/// What an account may store; the figures are in `policy::quotas`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountTier {
    /// Without a subscription.
    Free,
    /// With a subscription.
    Pro,
    /// Without limits: the operator's own.
    Unlimited,
}

impl AccountTier {
    /// Every tier, the smallest first.
    pub const ALL: [Self; 3] = [Self::Free, Self::Pro, Self::Unlimited];

    /// The word stored in the database and shown in answers.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Free => "free",
            Self::Pro => "pro",
            Self::Unlimited => "unlimited",
        }
    }

    /// How long its images are kept (promise IMP-30): as without an account until the address is proved.
    #[must_use]
    pub fn retention(self, is_verified: bool) -> Tier {
        match (is_verified, self) {
            (false, _) => Tier::Anonymous,
            (true, Self::Free) => Tier::Free,
            (true, Self::Pro | Self::Unlimited) => Tier::Paid,
        }
    }
}

/// An account as the database has it. What says who the person is, is sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its name in our tables.
    pub id: AccountId,
    /// The email address.
    pub sealed_email: String,
    /// What the person wants to be called.
    pub sealed_name: String,
    /// Argon2id, in PHC notation; none: signs in with a passkey only.
    pub password_hash: Option<String>,
    /// ISO 3166-1, two letters, as the person says.
    pub country: Option<String>,
    /// What it may store.
    pub tier: AccountTier,
    /// Whether the person runs this deployment.
    pub is_operator: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// When the address was proved.
    pub verified_at: Option<Timestamp>,
    /// From when on it is erased; none: it stays. Until then nobody can sign in to it.
    pub erase_at: Option<Timestamp>,
    /// What the payment processor calls the person; none: it knows nobody.
    pub billing_customer: Option<String>,
    /// Since when nothing is done with its data but what it asks for; none: that is not paused.
    pub restricted_at: Option<Timestamp>,
}

impl Account {
    /// Where its address is sealed.
    #[must_use]
    pub fn email_place(id: &AccountId) -> String {
        format!("accounts.email:{id}")
    }

    /// Where its name is sealed.
    #[must_use]
    pub fn name_place(id: &AccountId) -> String {
        format!("accounts.name:{id}")
    }
}
