//! One image and its life.

use serde::{Deserialize, Serialize};

use super::details::Details;
use super::facts::ImageFacts;
use super::ids::{AccountId, CollectionId, ImageId};
use super::owner::Owner;
use super::retention::{Retention, Surface};
use super::time::Timestamp;
use super::verdict::Verdict;

/// Where an image is in its life. Visibility follows from this and from nothing else.
///
/// ```text
/// pending ──────────────────> live -> removing -> recovery -> gone
///  │ │ └─> held -> releasing ──┘ │     ▲ ▲          ▲ │         ▲
///  │ │      │ └──────────────────│─────│─┘          │ │         │
///  │ │      └── (a person's wish)┘     │            │ │         │
///  │ └─ (abandoned: skips recovery) ───┘            │ └> releasing (a mistake, mended)
///  └─ (prohibited: never public) ───────────────────┘
/// ```
///
/// What becomes public has passed vision: `pending` images before they are stored, `releasing` ones again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// The intent is written, the bytes may or may not be there; nobody knows the id.
    Pending,
    /// The bytes wait where nothing serves them, until vision or a person has judged them.
    Held,
    /// Judged to be fit for the public; the bytes are on their way there.
    Releasing,
    /// Served.
    Live,
    /// No longer promised to anyone; the bytes are on their way to recovery.
    Removing,
    /// The bytes are in the recovery bucket, which nothing serves from.
    Recovery,
    /// The bytes are erased; what is left says that the address was once in use.
    Gone,
}

impl State {
    /// The word stored in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Held => "held",
            Self::Releasing => "releasing",
            Self::Live => "live",
            Self::Removing => "removing",
            Self::Recovery => "recovery",
            Self::Gone => "gone",
        }
    }
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
    /// It was held, and when it could be looked at, it was not a file that is taken.
    Refused,
    /// It was held, and nothing could judge it in time.
    Unscanned,
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
            Self::Refused => "refused",
            Self::Unscanned => "unscanned",
        }
    }

    /// Whether the bytes wait in recovery for their window: a mistake about them could be mended. The others never
    /// were public and cannot become so.
    #[must_use]
    pub fn keeps_bytes(self) -> bool {
        match self {
            Self::Expired | Self::Deleted | Self::Removed | Self::Prohibited | Self::Lost => true,
            Self::Abandoned | Self::Refused | Self::Unscanned => false,
        }
    }

    /// Whether copies of the image may be elsewhere that do not end by themselves with its public life: those made before
    /// it left before its date.
    #[must_use]
    pub fn needs_purge(self) -> bool {
        match self {
            // Some of what is prohibited was public after all: what is on a list may be found later.
            Self::Deleted | Self::Removed | Self::Prohibited | Self::Lost => true,
            Self::Expired | Self::Abandoned | Self::Refused | Self::Unscanned => false,
        }
    }
}

/// Where an image is among its owner's, and who sees it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Placement {
    /// The collection that it is in.
    pub collection: Option<CollectionId>,
    /// Whether only its owner sees it, and whoever has an address that its owner signed.
    pub is_private: bool,
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
    /// The life that the uploader asked for, in milliseconds: a later judgement may not grant a longer one.
    pub ttl_ms: Option<i64>,
    /// Hash of the token that may delete it.
    pub delete_token_hash: String,
    /// Whose it is; none: nobody's with an account.
    pub owner: Option<Owner>,
    /// Where it is in its owner's gallery, and who sees it.
    pub placement: Placement,
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

/// Why an image is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HeldReason {
    /// Nothing could judge it yet: vision or its model did not answer, or had too much to do.
    Unscanned,
    /// A person wants to look before it is shown again.
    Review,
}

impl HeldReason {
    /// The word stored in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unscanned => "unscanned",
            Self::Review => "review",
        }
    }
}

/// An image that is not served yet, or not at the moment, because it is to be judged. Nothing is known about its
/// pixels: what vision may have said about them once is asked again before they become public.
#[derive(Clone, Debug, PartialEq)]
pub struct HeldImage {
    /// Its public name.
    pub id: ImageId,
    /// Why it is held.
    pub reason: HeldReason,
    /// How it came in.
    pub surface: Surface,
    /// What the uploader said about it; the file name as given.
    pub details: Details,
    /// The promise, if it is found to be safe.
    pub retention: Retention,
    /// The life that the uploader asked for, in milliseconds.
    pub ttl_ms: Option<i64>,
    /// Hash of the token that may delete it.
    pub delete_token_hash: String,
    /// Whose it is; none: nobody's with an account.
    pub owner: Option<Owner>,
    /// Where it is in its owner's gallery, and who sees it.
    pub placement: Placement,
    /// When the upload began.
    pub created_at: Timestamp,
    /// Until when it is held at most.
    pub held_until: Timestamp,
}

impl HeldImage {
    /// Whether it is not held any more, also if no job has come by yet.
    #[must_use]
    pub fn has_expired(&self, now: Timestamp) -> bool {
        self.held_until <= now || self.retention.expires_at.is_some_and(|at| at <= now)
    }
}

/// What is left to tell about an image that is no longer served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Departed {
    /// Why it left.
    pub reason: RemovalReason,
    /// When its bytes are erased, while they still wait in recovery.
    pub erased_at: Option<Timestamp>,
    /// Whether only its owner saw it: then nobody else learns that it was there.
    pub is_private: bool,
    /// Whose it was, while that is known: until its bytes are erased.
    pub account_id: Option<AccountId>,
}
