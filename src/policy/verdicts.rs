//! From an assessment to a verdict, and from a verdict to what happens.

use crate::domain::verdict::{Assessment, Verdict};

/// The edition of this file. Stored with every verdict, so that a later reader knows which rules
/// were in force.
pub const POLICY_VERSION: i64 = 1;

/// The verdict on an image that no classifier has judged: the one place where such an image becomes
/// publishable. A deployment with a classifier never reads this value.
pub const WITHOUT_CLASSIFIER: Verdict = Verdict::Safe;

/// What becomes of an image under a verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Publication {
    /// It may be served.
    Public,
    /// It is never served.
    Withheld,
}

/// The verdict on what vision reports.
#[must_use]
pub fn verdict(assessment: Assessment) -> Verdict {
    match assessment {
        Assessment::NotClassified => WITHOUT_CLASSIFIER,
    }
}

/// Whether an image under `verdict` may be served.
#[must_use]
pub fn publication(verdict: Verdict) -> Publication {
    match verdict {
        Verdict::Safe | Verdict::Restricted => Publication::Public,
        Verdict::Prohibited => Publication::Withheld,
    }
}
