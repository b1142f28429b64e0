//! A conclusion about one image's content, with its grounds: what is stored, and what an appeal can look at.

use serde::{Deserialize, Serialize};

use super::ground::Ground;
use super::ids::NoticeId;
use super::known_bad::Match;
use super::opinion::Label;
use super::verdict::{FrameScores, Verdict};

/// Who concluded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DecidedBy {
    /// The policy, without a model.
    Policy,
    /// A model's scores and the policy's thresholds.
    Model,
    /// A person.
    Operator,
    /// A list of known material.
    KnownBad,
    /// A classifier outside.
    Outside,
}

impl DecidedBy {
    /// The word stored in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Policy => "policy",
            Self::Model => "model",
            Self::Operator => "operator",
            Self::KnownBad => "known_bad",
            Self::Outside => "outside",
        }
    }
}

/// Which model judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JudgingModel {
    /// Its name.
    pub id: String,
    /// SHA-256 of its file, lowercase hexadecimal; a service outside does not tell.
    pub sha256: Option<String>,
}

/// A threshold as it was applied.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct AppliedThreshold {
    /// What was compared.
    pub measure: &'static str,
    /// The smallest probability that counted.
    pub at_least: f32,
    /// What it led to.
    pub verdict: &'static str,
}

/// What a reviewer looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// The image itself.
    Image,
    /// Only what is known about it: digest, facts, scores.
    Facts,
}

impl Seen {
    /// The word stored in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Facts => "facts",
        }
    }
}

/// The person who decided (promise IMP-22).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reviewer {
    /// The operator's account, or what a program calls itself.
    pub operator: String,
    /// What that person looked at.
    pub seen: Seen,
}

/// A conclusion and its grounds (promises IMP-20, IMP-21, IMP-22).
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// What was concluded.
    pub verdict: Verdict,
    /// By whom.
    pub decided_by: DecidedBy,
    /// With which model, if any.
    pub model: Option<JudgingModel>,
    /// What the model said about each frame; empty without a model.
    pub scores: Vec<FrameScores>,
    /// What a classifier outside said; empty unless one decided.
    pub labels: Vec<Label>,
    /// What the scores or labels were held against; empty without a model.
    pub thresholds: Vec<AppliedThreshold>,
    /// The edition of the rules.
    pub policy_version: i64,
    /// Who decided, if a person did.
    pub reviewer: Option<Reviewer>,
    /// On which list the image is, if that decided.
    pub matched: Option<Match>,
    /// What a person's decision rests on.
    pub ground: Option<Ground>,
    /// The notice that led to it, if one did.
    pub notice: Option<NoticeId>,
    /// Why, in words.
    pub reason: String,
}

impl Decision {
    /// A decision whose reason says everything: no model, no list and no person.
    #[must_use]
    pub fn bare(verdict: Verdict, decided_by: DecidedBy, policy_version: i64, reason: String) -> Self {
        Self {
            verdict,
            decided_by,
            model: None,
            scores: Vec::new(),
            labels: Vec::new(),
            thresholds: Vec::new(),
            policy_version,
            reviewer: None,
            matched: None,
            ground: None,
            notice: None,
            reason,
        }
    }
}
