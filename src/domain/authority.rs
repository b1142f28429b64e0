//! What is reported to an authority, and what one has ordered to be preserved.

use serde::{Deserialize, Serialize};

use super::ids::{AccountId, ImageId, OrderId};
use super::time::Timestamp;
use super::words::words;

words! {
    /// Where a report stands.
    ReportState {
        /// It is to be made.
        Due = "due", "to be made";
        /// It was.
        Filed = "filed", "made";
        /// It need not be: a person found that it was a mistake.
        Dismissed = "dismissed", "not needed";
    }
}

/// That an image must be reported.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorityReport {
    /// The image.
    pub image_id: ImageId,
    /// The list on which it was found; `operator`: a person found it.
    pub list: String,
    /// What that list says.
    pub category: String,
    /// How it was recognised.
    pub kind: String,
    /// By how many bits it differs; none if nobody knows.
    pub distance: Option<i64>,
    /// How it came in.
    pub surface: String,
    /// When.
    pub uploaded_at: Timestamp,
    /// When it was recognised.
    pub created_at: Timestamp,
    /// Where the report stands.
    pub state: ReportState,
    /// When it was made.
    pub filed_at: Option<Timestamp>,
    /// What the authority calls it.
    pub reference: Option<String>,
    /// Why it was not.
    pub reason: Option<String>,
}

/// What an authority has ordered to be preserved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// Its name here.
    pub id: OrderId,
    /// What it is about.
    pub image_id: ImageId,
    /// What the authority calls it.
    pub reference: String,
    /// When it was written down.
    pub placed_at: Timestamp,
    /// Until when it preserves.
    pub until: Timestamp,
    /// When it was lifted before that.
    pub lifted_at: Option<Timestamp>,
}

/// What is known of an image that an authority asks about, wherever it stands. Never the image itself.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ImageFactsRow {
    /// The image.
    pub id: ImageId,
    /// Where it stands.
    pub state: String,
    /// How it came in.
    pub surface: String,
    /// When.
    pub created_at: Timestamp,
    /// What the file is, as JSON; none once its bytes are erased.
    pub facts: Option<String>,
    /// By what it can be recognised, as JSON.
    pub hashes: Option<String>,
    /// The digest of the bytes that are kept.
    pub sha256: Option<String>,
    /// What its uploader said about it, as JSON.
    pub details: Option<String>,
    /// Whose it is.
    pub account_id: Option<AccountId>,
    /// Until when it is under a legal hold.
    pub held_until: Option<Timestamp>,
}
