//! What waits for a person to look at it.

use serde::{Deserialize, Serialize};

/// What a review came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It may be public.
    Released,
    /// It may be public, behind a warning.
    Restricted,
    /// It may not.
    Prohibited,
    /// Nothing is left to be decided: the image has left, or a later judgement of the model stands.
    Left,
}

impl Outcome {
    /// The word stored in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Released => "released",
            Self::Restricted => "restricted",
            Self::Prohibited => "prohibited",
            Self::Left => "left",
        }
    }
}

/// Why an image is in the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The verdict is `flagged`: it is served meanwhile.
    Flagged,
    /// The verdict is `prohibited`: it was never public, and may be so by mistake.
    Prohibited,
    /// Nothing could judge it yet: it is held.
    Unscanned,
    /// It is on a list of known material.
    KnownBad,
    /// A person had it held until somebody has decided.
    Reported,
}

impl Cause {
    /// The word stored in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Flagged => "flagged",
            Self::Prohibited => "prohibited",
            Self::Unscanned => "unscanned",
            Self::KnownBad => "known_bad",
            Self::Reported => "reported",
        }
    }
}
