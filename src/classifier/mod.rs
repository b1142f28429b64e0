//! What an image shows, as far as a model can tell. The verdict is not made here but by policy
//! ([`crate::policy::verdicts`]).
//!
//! ```text
//! bytes of the model -> model::Classifier (once for each instance)
//! Look -> regions -> preprocess -> 224 x 224 x 3 numbers -> network of layers -> scores -> FrameScores
//! ```
//! Where the model comes from, what it knows and what it does not: docs/model-card.md.

mod layers;
mod model;
mod network;
#[cfg(test)]
mod oracle;
mod preprocess;
mod scores;
mod weights;

pub use model::Classifier;

use crate::domain::picture::Look;
use crate::domain::verdict::{Assessment, FrameScores, UnscannedReason};

/// Why there are no scores.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClassifierFault {
    /// No model of that name, or other bytes than this version was tested with.
    #[error("not the model of this version: {0}")]
    WrongModel(String),
    /// The model cannot be loaded.
    #[error("load the model: {0}")]
    Load(String),
    /// It ran and failed, or its answer is none.
    #[error("run the model: {0}")]
    Run(String),
}

impl ClassifierFault {
    /// What is said to those who must not publish.
    #[must_use]
    pub fn reason(&self) -> UnscannedReason {
        match self {
            Self::WrongModel(_) | Self::Load(_) => UnscannedReason::ModelUnavailable,
            Self::Run(_) => UnscannedReason::ModelFailed,
        }
    }
}

/// Looks at every picture. All of them or none: an animation of which a part was judged was not judged.
///
/// # Errors
/// If the model fails on any of them.
pub fn assess(classifier: &Classifier, looks: &[Look]) -> Result<Assessment, ClassifierFault> {
    let score = |look: &Look| {
        let scores = classifier.classify(&look.picture)?;
        Ok(FrameScores { frame: look.frame, scores })
    };
    let frames = looks.iter().map(score).collect::<Result<Vec<_>, ClassifierFault>>()?;
    if frames.is_empty() {
        return Err(ClassifierFault::Run("there was nothing to look at".into()));
    }
    let model = classifier.model();
    Ok(Assessment::Scored { frames, model_id: model.id.to_owned(), model_sha256: model.sha256.to_owned() })
}
