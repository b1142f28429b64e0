//! One image and its life.

use serde::{Deserialize, Serialize};

use super::details::Details;
use super::facts::ImageFacts;
use super::ids::ImageId;
use super::retention::{Retention, Surface};
use super::time::Timestamp;
use super::verdict::Verdict;

/// Where an image is in its life. Visibility follows from this and from nothing else.
///
/// ```text
/// pending -> live -> removing -> recovery -> gone
///    ├──────────────────┘       ▲ (abandoned drafts skip recovery)
///    └──────────────────────────┘ (prohibited: never public)
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// The intent is written, the bytes may or may not be there; nobody knows the id.
    Pending,
    /// Served.
    Live,
    /// No longer promised to anyone; the bytes are on their way to recovery.
    Removing,
    /// The bytes are in the recovery bucket, which nothing serves from.
    Recovery,
    /// The bytes are erased; what is left says that the address was once in use.
    Gone,
}

/// Why an image left public view.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RemovalReason {
    /// Its retention window ended.
    Expired,
    /// The uploader deleted it.
    Deleted,
    /// The upload never finished; it was never public.
    Abandoned,
    /// A person found it to be prohibited after it had been public.
    Removed,
    /// It was judged to be prohibited, and never was public.
    Prohibited,
    /// Its bytes could not be found: our fault, and counted as such.
    Lost,
}

impl RemovalReason {
    /// The word stored in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::Deleted => "deleted",
            Self::Abandoned => "abandoned",
            Self::Removed => "removed",
            Self::Prohibited => "prohibited",
            Self::Lost => "lost",
        }
    }
}

/// An image as the product knows it.
#[derive(Clone, Debug, PartialEq)]
pub struct Image {
    /// Its public name.
    pub id: ImageId,
    /// Where it is in its life.
    pub state: State,
    /// How it came in.
    pub surface: Surface,
    /// What was concluded about its content.
    pub verdict: Verdict,
    /// Which edition of the verdict policy concluded it.
    pub policy_version: i64,
    /// What vision found out about the pixels.
    pub facts: ImageFacts,
    /// SHA-256 of the stored bytes, lowercase hexadecimal.
    pub sha256: String,
    /// What the uploader said about it.
    pub details: Details,
    /// The promise made at upload.
    pub retention: Retention,
    /// Hash of the token that may delete it.
    pub delete_token_hash: String,
    /// When the upload began.
    pub created_at: Timestamp,
}

impl Image {
    /// Whether its window has ended: from this millisecond on it is gone, also if no job has come by yet.
    #[must_use]
    pub fn has_expired(&self, now: Timestamp) -> bool {
        self.retention.expires_at.is_some_and(|at| at <= now)
    }
}

/// What is left to tell about an image that is no longer served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Departed {
    /// Why it left.
    pub reason: RemovalReason,
    /// When its bytes are erased, while they still wait in recovery.
    pub erased_at: Option<Timestamp>,
}
