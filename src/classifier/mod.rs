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
mod regions;
mod scores;
mod weights;

pub use model::Classifier;

use std::borrow::Cow;

use crate::domain::picture::{Look, Picture};
use crate::domain::verdict::{Assessment, FrameScores, Region, UnscannedReason};
use crate::policy::verdicts::LOOKS_JUDGED_MAX;

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

/// What the model is shown.
#[derive(Clone, Debug)]
pub struct View<'a> {
    /// Which frame.
    pub frame: u32,
    /// Which part of it; none is the whole.
    pub region: Option<Region>,
    /// The pixels.
    pub picture: Cow<'a, Picture>,
}

/// Every look as a whole, and then the parts of each that deserve it, as far as [`LOOKS_JUDGED_MAX`] allows.
pub fn views(looks: &[Look]) -> impl Iterator<Item = View<'_>> {
    let part = |(look, region): (&Look, Region)| {
        let picture = Cow::Owned(regions::crop(&look.picture, region));
        View { frame: look.frame, region: Some(region), picture }
    };
    let parts = looks.iter().flat_map(|look| regions::regions(look).into_iter().map(move |region| (look, region)));
    let more = LOOKS_JUDGED_MAX.saturating_sub(looks.len());
    let whole =
        looks.iter().map(|look| View { frame: look.frame, region: None, picture: Cow::Borrowed(&look.picture) });
    whole.chain(parts.take(more).map(part))
}

/// Judges all [`views`] or none: an animation of which a part was judged was not judged.
///
/// # Errors
/// If the model fails on any of them.
pub fn assess(classifier: &Classifier, looks: &[Look]) -> Result<Assessment, ClassifierFault> {
    let score = |view: View<'_>| {
        let scores = classifier.classify(&view.picture)?;
        Ok(FrameScores { frame: view.frame, region: view.region, scores })
    };
    let frames = views(looks).map(score).collect::<Result<Vec<_>, ClassifierFault>>()?;
    if frames.is_empty() {
        return Err(ClassifierFault::Run("there was nothing to look at".into()));
    }
    let model = classifier.model();
    Ok(Assessment::Scored { frames, model_id: model.id.to_owned(), model_sha256: model.sha256.to_owned() })
}
