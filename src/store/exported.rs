//! What goes into a copy of an account's data: its images with what was decided about them, its letters, and its requests.

use serde::Deserialize;
use serde_json::Value as Json;

use super::exports::Position;
use super::{json_list, run};
use crate::domain::decision::DecidedBy;
use crate::domain::ids::{AccountId, CollectionId, ImageId};
use crate::domain::image::{RemovalReason, State};
use crate::domain::retention::Surface;
use crate::domain::time::Timestamp;
use crate::domain::verdict::Verdict;
use crate::ports::sql::{Row, Sql, SqlFailure, Statement, read_row};

// What is not judged, or was never more than begun, is nobody's copy; of what is erased, nothing is left to be copied.
const IMAGES: &str = "
    SELECT id, state, surface, verdict, policy_version, created_at, expires_at, retention_class, retention_reason, facts,
           sha256, details, removing_at, removal_reason, erase_after, collection_id, is_private
    FROM images
    WHERE account_id = ?1 AND (created_at, id) > (?2, ?3) AND state NOT IN ('pending', 'gone')
    ORDER BY created_at, id LIMIT ?4";

const DECISIONS: &str = "
    SELECT image_id, decided_at, decided_by, verdict, model_id, policy_version, reason, scores
    FROM decisions WHERE image_id IN (SELECT value FROM json_each(?1)) ORDER BY image_id, number";

const LETTERS: &str = "
    SELECT kind, state, created_at FROM letters WHERE account_id = ?1 LIMIT ?2";

const REQUESTS: &str = "
    SELECT key_id, at, method, endpoint, status, problem, client FROM requests WHERE account_id = ?1 LIMIT ?2";

pub(super) const STATEMENTS: &[&str] = &[IMAGES, DECISIONS, LETTERS, REQUESTS];

/// An image as it is copied.
#[derive(Clone, Debug, Deserialize)]
pub struct ExportedRow {
    /// Its name.
    pub id: ImageId,
    /// Where it is in its life.
    pub state: State,
    /// How it came in.
    pub surface: Surface,
    /// What was concluded about its content.
    pub verdict: Verdict,
    /// By which edition of the rules.
    pub policy_version: i64,
    /// When the upload began.
    pub created_at: Timestamp,
    /// When it leaves public view.
    pub expires_at: Option<Timestamp>,
    /// What chose its window.
    pub retention_class: String,
    /// The promise in words.
    pub retention_reason: String,
    facts: Option<String>,
    /// Digest of its bytes.
    pub sha256: Option<String>,
    details: Option<String>,
    /// When its removal began.
    pub removing_at: Option<Timestamp>,
    /// Why it was removed.
    pub removal_reason: Option<RemovalReason>,
    /// When its bytes are erased.
    pub erase_after: Option<Timestamp>,
    /// The collection it is in.
    pub collection_id: Option<CollectionId>,
    is_private: i64,
}

impl ExportedRow {
    /// Where it is among its owner's.
    #[must_use]
    pub fn position(&self) -> Position {
        Position { at: self.created_at.0, id: self.id.to_string() }
    }

    /// Whether only its owner sees it.
    #[must_use]
    pub fn is_private(&self) -> bool {
        self.is_private != 0
    }

    /// What was found out about its pixels, as it is stored.
    #[must_use]
    pub fn facts(&self) -> Json {
        json(self.facts.as_deref())
    }

    /// What its uploader said about it, as it is stored.
    #[must_use]
    pub fn details(&self) -> Json {
        json(self.details.as_deref())
    }
}

/// A conclusion about an image as it is copied.
#[derive(Clone, Debug, Deserialize)]
pub struct ExportedDecision {
    /// About which image.
    pub image_id: ImageId,
    /// When.
    pub decided_at: Timestamp,
    /// By whom.
    pub decided_by: DecidedBy,
    /// What was concluded.
    pub verdict: Verdict,
    /// Which model judged.
    pub model_id: Option<String>,
    /// By which edition of the rules.
    pub policy_version: i64,
    /// On what grounds, in words.
    pub reason: String,
    scores: Option<String>,
}

impl ExportedDecision {
    /// What the model saw, as it is stored.
    #[must_use]
    pub fn scores(&self) -> Json {
        json(self.scores.as_deref())
    }
}

/// A letter as it is copied: that there was one.
#[derive(Clone, Debug, Deserialize)]
pub struct ExportedLetter {
    /// What it was about.
    pub kind: String,
    /// `waiting`, `sent` or `dead`.
    pub state: String,
    /// When it was written.
    pub created_at: Timestamp,
}

/// A request to the API as it is copied.
#[derive(Clone, Debug, Deserialize)]
pub struct ExportedRequest {
    /// With which key.
    pub key_id: String,
    /// When.
    pub at: Timestamp,
    /// How.
    pub method: String,
    /// What for.
    pub endpoint: String,
    /// What was answered.
    pub status: i64,
    /// Which problem there was.
    pub problem: Option<String>,
    /// From where, as far as clients of one day are told apart.
    pub client: Option<String>,
}

/// At most `limit` images of an account after a position.
///
/// # Errors
/// If the database fails.
pub async fn images(
    sql: &dyn Sql,
    account: &AccountId,
    after: &Position,
    limit: i64,
) -> Result<Vec<ExportedRow>, SqlFailure> {
    let params = [account.as_str().into(), after.at.into(), after.id.as_str().into(), limit.into()];
    rows(run(sql, Statement::new(IMAGES, params)).await?)
}

/// What was concluded about images, in the order in which it was.
///
/// # Errors
/// If the database fails.
pub async fn decisions(sql: &dyn Sql, of: &[ImageId]) -> Result<Vec<ExportedDecision>, SqlFailure> {
    rows(run(sql, Statement::new(DECISIONS, [json_list(of.iter().map(ImageId::as_str)).into()])).await?)
}

/// At most `limit` letters of an account.
///
/// # Errors
/// If the database fails.
pub async fn letters(sql: &dyn Sql, account: &AccountId, limit: i64) -> Result<Vec<ExportedLetter>, SqlFailure> {
    rows(run(sql, Statement::new(LETTERS, [account.as_str().into(), limit.into()])).await?)
}

/// At most `limit` requests that were made with keys of an account.
///
/// # Errors
/// If the database fails.
pub async fn requests(sql: &dyn Sql, account: &AccountId, limit: i64) -> Result<Vec<ExportedRequest>, SqlFailure> {
    rows(run(sql, Statement::new(REQUESTS, [account.as_str().into(), limit.into()])).await?)
}

fn rows<T: serde::de::DeserializeOwned>(rows: Vec<Row>) -> Result<Vec<T>, SqlFailure> {
    rows.into_iter().map(read_row).collect()
}

fn json(text: Option<&str>) -> Json {
    text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or(Json::Null)
}
