//! Statements of reasons, appeals against them, and strikes (Regulation (EU) 2022/2065, Art. 17 and 20).

use serde::{Deserialize, Serialize};

use super::decision::DecidedBy;
use super::ground::Ground;
use super::ids::{AccountId, AppealId, DeleteToken};
use super::known_bad::Category;
use super::time::Timestamp;
use super::words::words;

words! {
    /// What a statement of reasons is about.
    Restriction {
        /// The image is out of public view, or never was in it.
        Removal = "removal", "Not shown";
        /// The image is shown after a warning, and perhaps not for as long.
        Warning = "warning", "Shown after a warning";
        /// The image is out of view until a person has decided.
        Held = "held", "Not shown until somebody has looked";
        /// The account can add nothing.
        Suspension = "suspension", "Account suspended";
    }
}

words! {
    /// What came of an appeal.
    AppealOutcome {
        /// The restriction stands.
        Upheld = "upheld", "The decision stands";
        /// The restriction was a mistake.
        Reversed = "reversed", "The decision was wrong and is taken back";
        /// Whoever appealed is not there any more.
        Withdrawn = "withdrawn", "Withdrawn";
    }
}

/// A statement of reasons, as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Statement {
    /// The image, or the account of a suspension.
    pub subject: String,
    /// Which statement about it this is: 1, 2, …
    pub number: i64,
    /// What is restricted.
    pub kind: Restriction,
    /// Since when.
    pub imposed_at: Timestamp,
    /// Whose it was then.
    pub account_id: Option<AccountId>,
    /// The hash of the image's delete token.
    pub token_hash: Option<String>,
    /// Who decided.
    pub decided_by: DecidedBy,
    /// Which operator, if one did.
    pub operator: Option<String>,
    is_detected: i64,
    /// What it rests on, if a person said so.
    pub ground: Option<Ground>,
    /// The notice that led to it.
    pub notice_id: Option<String>,
    /// The facts, in words.
    pub reason: String,
    /// Of a list of known material, what that says.
    pub category: Option<Category>,
    /// When the image would have left without it, if the restriction has changed that.
    pub expires_before: Option<Timestamp>,
    /// When the image leaves.
    pub expires_at: Option<Timestamp>,
    /// When the restriction ended.
    pub ended_at: Option<Timestamp>,
    /// Since when somebody is to be told.
    pub due_at: Option<Timestamp>,
    /// When the letter was written.
    pub told_at: Option<Timestamp>,
}

impl Statement {
    /// Whether a program found what it is about.
    #[must_use]
    pub fn is_detected_by_program(&self) -> bool {
        self.is_detected == 1
    }

    /// Whether no person decided.
    #[must_use]
    pub fn is_automated(&self) -> bool {
        self.decided_by != DecidedBy::Operator
    }

    /// Whether `token` deletes, or deleted, the image that it is about.
    #[must_use]
    pub fn is_opened_by(&self, token: &DeleteToken) -> bool {
        self.token_hash.as_deref().is_some_and(|hash| token.matches(hash))
    }
}

/// An appeal, as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Appeal {
    /// Its name.
    pub id: AppealId,
    /// What the statement is about.
    pub subject: String,
    /// Which statement about that.
    pub number: i64,
    /// Who appeals; none: whoever has the delete token.
    pub account_id: Option<AccountId>,
    /// Why, sealed.
    #[serde(rename = "words")]
    pub sealed_words: String,
    /// When it came.
    pub opened_at: Timestamp,
    /// By when it is decided.
    pub due_at: Timestamp,
    /// When it was.
    pub decided_at: Option<Timestamp>,
    /// What came of it.
    pub outcome: Option<AppealOutcome>,
    /// Which operator decided.
    pub decided_by: Option<String>,
    /// Why, in words for whoever appealed.
    pub reason: Option<String>,
    /// When everything was done that was decided.
    pub finished_at: Option<Timestamp>,
    is_back: Option<i64>,
}

impl Appeal {
    /// Under whose key its words are: the account's, or the appeal's own.
    #[must_use]
    pub fn holder(&self) -> AccountId {
        self.account_id.clone().unwrap_or_else(|| AccountId::of_appeal(&self.id))
    }

    /// Whether the image is where it was; none: not known yet, or there is none.
    #[must_use]
    pub fn is_back(&self) -> Option<bool> {
        self.is_back.map(|back| back == 1)
    }

    /// Where its words are sealed.
    #[must_use]
    pub fn words_place(id: &AppealId) -> String {
        format!("appeals.words:{id}")
    }
}

/// A strike, as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Strike {
    /// The image.
    pub image_id: String,
    /// What the decision rests on.
    pub ground: Ground,
    /// Since when it counts.
    pub imposed_at: Timestamp,
    /// Until when.
    pub expires_at: Timestamp,
    /// When it was taken back.
    pub reversed_at: Option<Timestamp>,
}

impl Strike {
    /// Whether it counts.
    #[must_use]
    pub fn counts(&self, now: Timestamp) -> bool {
        self.reversed_at.is_none() && self.expires_at > now
    }
}
