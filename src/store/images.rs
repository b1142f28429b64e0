//! The `images` table: from intent to life, and reading.

use serde::Deserialize;

use super::{json_list, run};
use crate::domain::details::Details;
use crate::domain::facts::ImageFacts;
use crate::domain::ids::{AccountId, CollectionId, IdempotencyKey, ImageId};
use crate::domain::image::{Departed, HeldImage, HeldReason, Image, Placement, RemovalReason, State};
use crate::domain::owner::Owner;
use crate::domain::retention::{Retention, Surface, Tier};
use crate::domain::search::search_text;
use crate::domain::time::Timestamp;
use crate::domain::verdict::Verdict;
use crate::ports::sql::{Sql, SqlFailure, Statement, Value, read_row};

const INSERT_PENDING: &str = "
    INSERT INTO images (id, state, surface, verdict, policy_version, created_at, expires_at, retention_class,
                        retention_reason, facts, sha256, details, delete_token_hash, ttl_ms, account_id, owner_tier,
                        collection_id, is_private, search_text, stored_bytes)
    VALUES (?1, 'pending', ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15,
            -- It may have been deleted since it was found.
            (SELECT id FROM collections WHERE id = ?16 AND account_id = ?14), ?17, ?18, json_extract(?9, '$.bytes'))";

const PUBLISH: &str = "
    UPDATE images SET state = 'live'
    WHERE id = ?1 AND state = 'pending'
      AND (SELECT verdict FROM decisions WHERE image_id = ?1 ORDER BY number DESC LIMIT 1) IN ('safe', 'flagged', 'restricted')
    RETURNING id";

const PUBLISH_UNDER_KEY: &str = "
    UPDATE images SET state = 'live'
    WHERE id = ?1 AND state = 'pending'
      AND (SELECT verdict FROM decisions WHERE image_id = ?1 ORDER BY number DESC LIMIT 1) IN ('safe', 'flagged', 'restricted')
      AND EXISTS (SELECT 1 FROM idempotency_keys WHERE key_hash = ?2 AND image_id = ?1)
    RETURNING id";

const WITHHOLD: &str = "
    UPDATE images SET state = 'recovery', removing_at = ?2, removal_reason = 'prohibited',
                      erase_after = max(?3, coalesce((SELECT max(until) FROM holds WHERE image_id = ?1 AND released_at IS NULL), 0))
    WHERE id = ?1 AND state = 'pending'
    RETURNING id";

const WITHHOLD_UNDER_KEY: &str = "
    UPDATE images SET state = 'recovery', removing_at = ?2, removal_reason = 'prohibited',
                      erase_after = max(?3, coalesce((SELECT max(until) FROM holds WHERE image_id = ?1 AND released_at IS NULL), 0))
    WHERE id = ?1 AND state = 'pending'
      AND EXISTS (SELECT 1 FROM idempotency_keys WHERE key_hash = ?4 AND image_id = ?1)
    RETURNING id";

const FIND: &str = "SELECT * FROM images WHERE id = ?1";

const STATES: &str = "
    SELECT id, state, removal_reason, erase_after FROM images WHERE id IN (SELECT value FROM json_each(?1))";

const STORED_AFTER: &str = "
    SELECT id, state, removal_reason, erase_after FROM images WHERE id > ?1 ORDER BY id LIMIT ?2";

const DELETE_PENDING: &str = "DELETE FROM images WHERE id = ?1 AND state = 'pending'";

pub(super) const STATEMENTS: &[&str] = &[
    INSERT_PENDING,
    PUBLISH,
    PUBLISH_UNDER_KEY,
    WITHHOLD,
    WITHHOLD_UNDER_KEY,
    FIND,
    STATES,
    STORED_AFTER,
    DELETE_PENDING,
];

#[derive(Deserialize)]
pub(super) struct ImageRow {
    id: ImageId,
    state: State,
    surface: Surface,
    verdict: Verdict,
    policy_version: i64,
    created_at: Timestamp,
    expires_at: Option<Timestamp>,
    retention_class: String,
    retention_reason: String,
    facts: Option<String>,
    sha256: Option<String>,
    details: Option<String>,
    delete_token_hash: Option<String>,
    removal_reason: Option<RemovalReason>,
    erase_after: Option<Timestamp>,
    held_reason: Option<HeldReason>,
    held_until: Option<Timestamp>,
    ttl_ms: Option<i64>,
    account_id: Option<AccountId>,
    owner_tier: Option<Tier>,
    collection_id: Option<CollectionId>,
    is_private: i64,
}

/// What the database knows about an id.
#[derive(Clone, Debug, PartialEq)]
pub enum Found {
    /// Everything: the image is in use.
    Present(Box<Image>),
    /// It is to be judged before it is shown, or shown again.
    Held(Box<HeldImage>),
    /// It left public view.
    Departed(Departed),
    /// It was judged to be prohibited and never was public: nobody is told of it but who uploaded it.
    Withheld,
}

/// An id with where it is in its life: what the reconciler compares with the buckets.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct IdState {
    /// The id.
    pub id: ImageId,
    /// Its state.
    pub state: State,
    /// Why it is leaving or left, if so.
    pub removal_reason: Option<RemovalReason>,
    /// When its bytes in recovery are erased, if they are there.
    pub erase_after: Option<Timestamp>,
}

/// Writes the intent to store an image.
#[must_use]
pub fn insert_pending(image: &Image) -> Statement {
    Statement::new(
        INSERT_PENDING,
        [
            image.id.as_str().into(),
            image.surface.as_str().into(),
            image.verdict.as_str().into(),
            image.policy_version.into(),
            image.created_at.0.into(),
            image.retention.expires_at.map(|at| at.0).into(),
            image.retention.class.as_str().into(),
            image.retention.reason.as_str().into(),
            json_text(&image.facts),
            image.sha256.as_str().into(),
            json_text(&image.details),
            image.delete_token_hash.as_str().into(),
            image.ttl_ms.into(),
            account_id(image.owner.as_ref()),
            owner_tier(image.owner.as_ref()),
            collection_id(&image.placement),
            is_private(&image.placement),
            // Nobody has a gallery in which images of nobody are looked for.
            image.owner.as_ref().map(|_| search_text(&image.details)).into(),
        ],
    )
}

/// Makes a pending image live; answers its row if it did. Does nothing to one about which the latest decision does
/// not allow it or that has none (promise IMP-20), nor to one that the sweep was quicker to
/// abandon, nor to one whose idempotency key a repeat has taken over: of two attempts under a key, one publishes.
#[must_use]
pub fn publish(id: &ImageId, key: Option<&IdempotencyKey>) -> Statement {
    match key {
        Some(key) => Statement::new(PUBLISH_UNDER_KEY, [id.as_str().into(), key.hash().into()]),
        None => Statement::new(PUBLISH, [id.as_str().into()]),
    }
}

/// Puts a pending image, whose bytes are in recovery, where it waits to be erased or reviewed, never having been
/// public, at least as long as a hold on it stands; answers its row if it did. As with [`publish`], not if the sweep or a repeat was quicker.
#[must_use]
pub fn withhold(id: &ImageId, key: Option<&IdempotencyKey>, now: Timestamp, erase_after: Timestamp) -> Statement {
    match key {
        Some(key) => Statement::new(
            WITHHOLD_UNDER_KEY,
            [id.as_str().into(), now.0.into(), erase_after.0.into(), key.hash().into()],
        ),
        None => Statement::new(WITHHOLD, [id.as_str().into(), now.0.into(), erase_after.0.into()]),
    }
}

/// Forgets an intent whose bytes are known not to exist.
#[must_use]
pub fn delete_pending(id: &ImageId) -> Statement {
    Statement::new(DELETE_PENDING, [id.as_str().into()])
}

/// Looks an image up; drafts and abandoned drafts are nobody's business and not found.
///
/// # Errors
/// If the database fails.
pub async fn find(sql: &dyn Sql, id: &ImageId) -> Result<Option<Found>, SqlFailure> {
    let rows = run(sql, Statement::new(FIND, [id.as_str().into()])).await?;
    let Some(row) = rows.into_iter().next() else { return Ok(None) };
    read_row::<ImageRow>(row)?.into_found()
}

/// The states of those of `ids` that are known.
///
/// # Errors
/// If the database fails.
pub async fn states(sql: &dyn Sql, ids: &[ImageId]) -> Result<Vec<IdState>, SqlFailure> {
    let list = json_list(ids.iter().map(ImageId::as_str));
    let rows = run(sql, Statement::new(STATES, [list.into()])).await?;
    rows.into_iter().map(read_row).collect()
}

/// The next `limit` images after the id `after`, in order of ids.
///
/// # Errors
/// If the database fails.
pub async fn stored_after(sql: &dyn Sql, after: &str, limit: i64) -> Result<Vec<IdState>, SqlFailure> {
    let rows = run(sql, Statement::new(STORED_AFTER, [after.into(), limit.into()])).await?;
    rows.into_iter().map(read_row).collect()
}

impl ImageRow {
    pub(super) fn into_found(self) -> Result<Option<Found>, SqlFailure> {
        match self.state {
            State::Pending => Ok(None),
            State::Held | State::Releasing => Ok(Some(Found::Held(Box::new(self.into_held()?)))),
            State::Live => Ok(Some(Found::Present(Box::new(self.into_image()?)))),
            State::Removing | State::Recovery | State::Gone => Ok(self.into_departed()),
        }
    }

    fn owner(&self) -> Option<Owner> {
        let account_id = self.account_id.clone()?;
        Some(Owner { account_id, tier: self.owner_tier.unwrap_or(Tier::Anonymous) })
    }

    fn placement(&self) -> Placement {
        Placement { collection: self.collection_id.clone(), is_private: self.is_private != 0 }
    }

    pub(super) fn into_image(self) -> Result<Image, SqlFailure> {
        Ok(Image {
            owner: self.owner(),
            placement: self.placement(),
            facts: from_json::<ImageFacts>("facts", self.facts)?,
            sha256: self.sha256.ok_or_else(|| missing("sha256"))?,
            details: from_json::<Details>("details", self.details)?,
            delete_token_hash: self.delete_token_hash.ok_or_else(|| missing("delete_token_hash"))?,
            retention: Retention {
                class: self.retention_class,
                reason: self.retention_reason,
                expires_at: self.expires_at,
            },
            id: self.id,
            state: self.state,
            surface: self.surface,
            verdict: self.verdict,
            policy_version: self.policy_version,
            created_at: self.created_at,
            ttl_ms: self.ttl_ms,
        })
    }

    pub(super) fn into_held(self) -> Result<HeldImage, SqlFailure> {
        Ok(HeldImage {
            owner: self.owner(),
            placement: self.placement(),
            details: from_json::<Details>("details", self.details)?,
            delete_token_hash: self.delete_token_hash.ok_or_else(|| missing("delete_token_hash"))?,
            retention: Retention {
                class: self.retention_class,
                reason: self.retention_reason,
                expires_at: self.expires_at,
            },
            // One in recovery is not held, but would be for a person, and can be until its bytes are erased.
            reason: self.held_reason.unwrap_or(HeldReason::Review),
            held_until: self.held_until.or(self.erase_after).ok_or_else(|| missing("held_until"))?,
            id: self.id,
            surface: self.surface,
            created_at: self.created_at,
            ttl_ms: self.ttl_ms,
        })
    }

    fn into_departed(self) -> Option<Found> {
        let reason = self.removal_reason?;
        match reason {
            RemovalReason::Abandoned => return None,
            RemovalReason::Prohibited => return Some(Found::Withheld),
            RemovalReason::Expired
            | RemovalReason::Deleted
            | RemovalReason::Removed
            | RemovalReason::Lost
            | RemovalReason::Refused
            | RemovalReason::Unscanned => {}
        }
        let erased_at = self.erase_after.filter(|_| self.state == State::Recovery);
        let (is_private, account_id) = (self.is_private != 0, self.account_id);
        Some(Found::Departed(Departed { reason, erased_at, is_private, account_id }))
    }
}

pub(super) fn account_id(owner: Option<&Owner>) -> Value {
    owner.map(|owner| owner.account_id.as_str().to_owned()).into()
}

pub(super) fn owner_tier(owner: Option<&Owner>) -> Value {
    owner.map(|owner| owner.tier.as_str().to_owned()).into()
}

pub(super) fn collection_id(placement: &Placement) -> Value {
    placement.collection.as_ref().map(|id| id.as_str().to_owned()).into()
}

pub(super) fn is_private(placement: &Placement) -> Value {
    i64::from(placement.is_private).into()
}

pub(super) fn json_text(value: &impl serde::Serialize) -> Value {
    // These types are maps of strings and numbers; serde_json cannot fail on them. NULL would be
    // caught by `into_image`, so even the impossible does not go unnoticed.
    serde_json::to_string(value).ok().into()
}

fn from_json<T: serde::de::DeserializeOwned>(column: &str, text: Option<String>) -> Result<T, SqlFailure> {
    let text = text.ok_or_else(|| missing(column))?;
    serde_json::from_str(&text).map_err(|e| SqlFailure::Failed(format!("column {column}: {e}")))
}

fn missing(column: &str) -> SqlFailure {
    SqlFailure::Failed(format!("an image lacks {column}"))
}
