//! How long something is kept: the words. The figures are in [`crate::policy::retention`].

use serde::{Deserialize, Serialize};

use super::time::Timestamp;

/// Who owns an image, as far as retention cares (promise IMP-30).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// No account.
    Anonymous,
    /// An account without a subscription.
    Free,
    /// An account with a subscription.
    Paid,
}

impl Tier {
    /// The word stored in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Anonymous => "anonymous",
            Self::Free => "free",
            Self::Paid => "paid",
        }
    }
}

/// How an image came in (promise IMP-30).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Surface {
    /// The upload page, with or without JavaScript.
    Web,
    /// A program's request carrying the bytes.
    Api,
    /// A program's request naming a URL to fetch.
    Import,
    /// The S3-compatible interface.
    S3,
    /// A one-off image tool.
    Tool,
    /// A reference image for another service.
    Reference,
    /// Processing only: nothing is kept.
    Process,
}

impl Surface {
    /// Every surface, in the order of the policy table.
    pub const ALL: [Self; 7] =
        [Self::Web, Self::Api, Self::Import, Self::S3, Self::Tool, Self::Reference, Self::Process];

    /// The word stored in the database and shown in answers.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Web => "web",
            Self::Api => "api",
            Self::Import => "import",
            Self::S3 => "s3",
            Self::Tool => "tool",
            Self::Reference => "reference",
            Self::Process => "process",
        }
    }
}

/// The promise made about one image at its upload, and kept with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retention {
    /// The content class that chose the window: `safe` or `restricted`.
    pub class: String,
    /// Why this long, in words for the uploader.
    pub reason: String,
    /// When the image leaves public view; `None`: when its owner says so.
    pub expires_at: Option<Timestamp>,
}
