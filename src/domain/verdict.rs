//! What a content classification concludes.

use serde::{Deserialize, Serialize};

/// The conclusion about one image's content (promises IMP-20, IMP-21).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Served.
    Safe,
    /// Served, and looked at by a person.
    Flagged,
    /// Served only behind a warning, and for a shorter time.
    Restricted,
    /// Never served.
    Prohibited,
    /// Nothing is concluded yet, or not any more: not served until something is.
    Unscanned,
}

impl Verdict {
    /// The word stored in the database and shown in answers.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Safe => "safe",
            Self::Flagged => "flagged",
            Self::Restricted => "restricted",
            Self::Prohibited => "prohibited",
            Self::Unscanned => "unscanned",
        }
    }

    /// The verdict in words for people.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Safe => "no objection",
            Self::Flagged => "shown, and to be reviewed",
            Self::Restricted => "shown after a warning",
            Self::Prohibited => "not allowed",
            Self::Unscanned => "being checked",
        }
    }

    /// How severe it is: the worst of several counts.
    #[must_use]
    pub fn severity(self) -> u8 {
        match self {
            Self::Safe | Self::Unscanned => 0,
            Self::Flagged => 1,
            Self::Restricted => 2,
            Self::Prohibited => 3,
        }
    }
}

/// What a model makes of one picture: the probability of each of its five classes, 0 to 1, together 1.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scores {
    /// A drawing that shows nothing sexual.
    pub drawing: f32,
    /// A drawing that shows something pornographic.
    pub hentai: f32,
    /// A photograph that shows nothing sexual.
    pub neutral: f32,
    /// A photograph that shows something pornographic.
    pub porn: f32,
    /// A photograph that is sexual and not pornographic.
    pub sexy: f32,
}

impl Scores {
    /// How sure the model is that something pornographic is shown.
    #[must_use]
    pub fn explicit(&self) -> f32 {
        self.porn + self.hentai
    }

    /// How sure the model is that something sexual is shown. The model confuses neighbouring classes, so this
    /// sum is steadier than its parts (docs/model-card.md).
    #[must_use]
    pub fn sexual(&self) -> f32 {
        self.explicit() + self.sexy
    }
}

/// A part of a frame, in thousandths of its sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Region {
    /// Where it begins; before `right`.
    pub left: u16,
    /// Where it begins; before `bottom`.
    pub top: u16,
    /// Where it ends; at most 1000.
    pub right: u16,
    /// Where it ends; at most 1000.
    pub bottom: u16,
}

impl Region {
    /// All of the frame.
    pub const WHOLE: Self = Self { left: 0, top: 0, right: 1_000, bottom: 1_000 };

    /// How much of the frame it is, 0 to 1.
    #[must_use]
    pub fn area(self) -> f32 {
        let side = |from: u16, to: u16| f32::from(to.saturating_sub(from)) / 1_000.0;
        side(self.left, self.right) * side(self.top, self.bottom)
    }
}

/// What the model makes of one frame, or of a part of it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct FrameScores {
    /// Which frame, counted from 0; a still image has only that one.
    pub frame: u32,
    /// Which part of it; none is the whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<Region>,
    /// The model's answer.
    pub scores: Scores,
}

/// Why a classifier that should have judged an image did not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnscannedReason {
    /// The model was not there, or is not the one that this build knows.
    ModelUnavailable,
    /// The model's answer was no answer: it failed, or its numbers are no probabilities.
    ModelFailed,
    /// There was no memory left for it.
    OutOfMemory,
    /// Vision had too much to do.
    VisionBusy,
    /// Vision did not answer, or died.
    VisionUnavailable,
}

impl UnscannedReason {
    /// The word in the database and in log lines.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ModelUnavailable => "model_unavailable",
            Self::ModelFailed => "model_failed",
            Self::OutOfMemory => "out_of_memory",
            Self::VisionBusy => "vision_busy",
            Self::VisionUnavailable => "vision_unavailable",
        }
    }
}

/// What vision says about an image's content: the input of a [`Verdict`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Assessment {
    /// This deployment of vision has no classifier. What then holds is a policy value
    /// ([`crate::policy::verdicts::WITHOUT_CLASSIFIER`]), never a default.
    NotClassified,
    /// A model judged it.
    Scored {
        /// Its answers, in the order of frames, then those for parts of frames: at least one, and for animations several.
        frames: Vec<FrameScores>,
        /// Which model: a name of [`crate::policy::models`].
        model_id: String,
        /// SHA-256 of the model's file, lowercase hexadecimal.
        model_sha256: String,
    },
    /// A model should have judged it and did not. Nothing is concluded from that, and nothing is published.
    Unscanned {
        /// Why.
        reason: UnscannedReason,
    },
}
