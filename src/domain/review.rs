//! What waits for a person to look at it.

use serde::{Deserialize, Serialize};

/// What a review came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It may be public.
    Released,
    /// It may not.
    Prohibited,
}

impl Outcome {
    /// The word stored in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Released => "released",
            Self::Prohibited => "prohibited",
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
}

impl Cause {
    /// The word stored in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Flagged => "flagged",
            Self::Prohibited => "prohibited",
        }
    }
}
