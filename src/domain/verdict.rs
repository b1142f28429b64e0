//! What a content classification concludes.

use serde::{Deserialize, Serialize};

/// The conclusion about one image's content (promises IMP-20, IMP-21).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Served.
    Safe,
    /// Served only behind a warning, and for a shorter time.
    Restricted,
    /// Never served.
    Prohibited,
}

impl Verdict {
    /// The word stored in the database and shown in answers.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Safe => "safe",
            Self::Restricted => "restricted",
            Self::Prohibited => "prohibited",
        }
    }
}

/// What vision says about an image's content: the input of a [`Verdict`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Assessment {
    /// This deployment of vision has no classifier. What then holds is a policy value
    /// ([`crate::policy::verdicts::WITHOUT_CLASSIFIER`]), never a default.
    NotClassified,
}
