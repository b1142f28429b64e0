//! Consent (GDPR Art. 7): what somebody allowed, as an append-only ledger. The latest entry about a purpose counts, and
//! without one nothing is allowed.

use serde::{Deserialize, Serialize};

use super::ids::AccountId;
use super::time::Timestamp;

/// What a consent is for; each is asked for, given and withdrawn by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// Letters about what is new (promise IMP-08).
    ProductEmail,
    /// Counting, per account, what is used, to make it better.
    ServiceStatistics,
    /// Training of models with what was uploaded (promise MSF-02). Nothing does that.
    ModelTraining,
    /// Cookies and storage that are not strictly necessary (promise BGR-01). There are none.
    NonEssentialCookies,
}

impl Purpose {
    /// Every purpose, in the order in which forms ask.
    pub const ALL: [Self; 4] =
        [Self::ProductEmail, Self::ServiceStatistics, Self::ModelTraining, Self::NonEssentialCookies];

    /// The word stored in the database and used in forms.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ProductEmail => "product_email",
            Self::ServiceStatistics => "service_statistics",
            Self::ModelTraining => "model_training",
            Self::NonEssentialCookies => "non_essential_cookies",
        }
    }

    /// The purpose of this word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|purpose| purpose.as_str() == word)
    }

    /// Whether a Global Privacy Control signal speaks against it: all but letters that somebody asked for are a sharing
    /// or profiling in the widest sense, and a browser that says no is not asked again (promise IMP-53).
    #[must_use]
    pub fn is_opted_out_by_gpc(self) -> bool {
        !matches!(self, Self::ProductEmail)
    }
}

/// What a person did about a purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    /// Allowed it.
    Granted,
    /// Did not allow it, or not any more.
    Withdrawn,
}

impl Act {
    /// The word stored in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Granted => "granted",
            Self::Withdrawn => "withdrawn",
        }
    }
}

/// An entry of the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsentRecord {
    /// Whose.
    pub account_id: AccountId,
    /// About what.
    pub purpose: Purpose,
    /// What was done.
    pub act: Act,
    /// When.
    pub recorded_at: Timestamp,
    /// From which country, as the person says or the edge tells: ISO 3166-1, two letters.
    pub country: Option<String>,
    /// Which edition of the text was shown.
    pub text_version: String,
    /// SHA-256 of that text, lowercase hexadecimal, so that an edition cannot be rewritten.
    pub text_sha256: String,
    /// Where it was asked: `sign_up`, `settings`, `unsubscribe` or `gpc`.
    pub surface: String,
    /// Whether the browser sent `Sec-GPC: 1`.
    pub gpc: bool,
}

/// That the latest entry of the ledger allows a purpose to an account: what needs consent takes this as an argument, and
/// nothing else makes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsentProof {
    account_id: AccountId,
    purpose: Purpose,
}

impl ConsentProof {
    /// The proof, if `latest`, the latest entry about its purpose, allows it.
    #[must_use]
    pub fn of(latest: &ConsentRecord) -> Option<Self> {
        (latest.act == Act::Granted).then(|| Self { account_id: latest.account_id.clone(), purpose: latest.purpose })
    }

    /// Whether it allows `purpose` to `account`.
    #[must_use]
    pub fn allows(&self, account: &AccountId, purpose: Purpose) -> bool {
        self.account_id == *account && self.purpose == purpose
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::ID_BYTES;

    fn record(act: Act) -> ConsentRecord {
        ConsentRecord {
            account_id: AccountId::from_random([1; ID_BYTES]),
            purpose: Purpose::ProductEmail,
            act,
            recorded_at: Timestamp(5),
            country: Some("PT".into()),
            text_version: "1".into(),
            text_sha256: String::new(),
            surface: "sign_up".into(),
            gpc: false,
        }
    }

    #[test]
    fn promise_imp_08_only_a_grant_proves_consent_and_only_for_its_purpose() {
        let proof = ConsentProof::of(&record(Act::Granted)).expect("granted");
        assert!(proof.allows(&record(Act::Granted).account_id, Purpose::ProductEmail));
        assert!(!proof.allows(&record(Act::Granted).account_id, Purpose::ModelTraining));
        assert!(!proof.allows(&AccountId::from_random([2; ID_BYTES]), Purpose::ProductEmail));
        assert_eq!(ConsentProof::of(&record(Act::Withdrawn)), None);
    }

    #[test]
    fn every_purpose_reads_back() {
        for purpose in Purpose::ALL {
            assert_eq!(Purpose::parse(purpose.as_str()), Some(purpose));
            assert_eq!(serde_json::to_value(purpose).ok(), Some(purpose.as_str().into()));
        }
    }
}
