//! The `review_queue` table: images that wait for a person. Entries leave with their image's row.

use serde::Deserialize;

use super::{json_list, run};
use crate::domain::ids::ImageId;
use crate::domain::image::State;
use crate::domain::review::{Cause, Outcome};
use crate::domain::time::Timestamp;
use crate::domain::verdict::Verdict;
use crate::ports::sql::{Sql, SqlFailure, Statement, read_row};

const ENTER: &str = "
    INSERT INTO review_queue (image_id, cause, severity, entered_at)
    SELECT id, ?2, ?3, ?4 FROM images WHERE id = ?1 AND state IN (SELECT value FROM json_each(?5))
    ON CONFLICT (image_id, cause) DO UPDATE SET entered_at = excluded.entered_at, decided_at = NULL, outcome = NULL
    WHERE decided_at IS NOT NULL";

/// Entries with what a reviewer needs to begin, of a part of the queue.
macro_rules! entries {
    ($part:literal) => {
        concat!(
            "SELECT q.image_id, q.cause, q.severity, q.entered_at, i.state, i.verdict, i.created_at, i.sha256, i.facts,
                    (SELECT reason FROM decisions WHERE image_id = q.image_id ORDER BY number DESC LIMIT 1) AS reason
             FROM review_queue AS q JOIN images AS i ON i.id = q.image_id
             WHERE q.decided_at IS NULL AND i.state <> 'pending' AND ",
            $part
        )
    };
}

// Two questions, because each begins where the index says and reads no more than a page: those as severe as where the page
// before ended, and the less severe.
const OPEN_AFTER: &str = entries!(
    "q.severity = ?1 AND (q.entered_at, q.image_id, q.cause) > (?2, ?3, ?4)
     ORDER BY q.entered_at, q.image_id, q.cause LIMIT ?5"
);
const OPEN_BELOW: &str =
    entries!("q.severity < ?1 ORDER BY q.severity DESC, q.entered_at, q.image_id, q.cause LIMIT ?2");

// As far as an operator wants to know: there are many, or so many.
const COUNT_OPEN: &str = "
    SELECT count(*) AS open, min(entered_at) AS oldest
    FROM (SELECT entered_at FROM review_queue WHERE decided_at IS NULL ORDER BY severity DESC, entered_at LIMIT ?1)";

const DECIDE: &str = "
    UPDATE review_queue SET decided_at = ?4, outcome = ?3
    WHERE image_id = ?1 AND decided_at IS NULL
      AND EXISTS (SELECT 1 FROM images WHERE id = ?1 AND state IN (SELECT value FROM json_each(?2)))
    RETURNING image_id";

const DECIDE_BY_OPINION: &str = "
    UPDATE review_queue SET decided_at = ?3, outcome = ?2
    WHERE image_id = ?1 AND cause = 'flagged' AND decided_at IS NULL
      AND (SELECT decided_by FROM decisions WHERE image_id = ?1 ORDER BY number DESC LIMIT 1) = 'outside'";

const FORGET_OF_NOBODY: &str = "
    DELETE FROM review_queue
    WHERE image_id IN (SELECT value FROM json_each(?1)) AND NOT EXISTS (SELECT 1 FROM images WHERE id = image_id)";

pub(super) const STATEMENTS: &[&str] =
    &[ENTER, OPEN_AFTER, OPEN_BELOW, COUNT_OPEN, DECIDE, DECIDE_BY_OPINION, FORGET_OF_NOBODY];

/// An open entry, with what a reviewer needs to begin.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Entry {
    /// The image.
    pub image_id: ImageId,
    /// Why it waits.
    pub cause: Cause,
    /// How urgent it is; larger is more urgent.
    pub severity: i64,
    /// Since when it waits.
    pub entered_at: Timestamp,
    /// Where the image is in its life.
    pub state: State,
    /// What was concluded about it.
    pub verdict: Verdict,
    /// When it was uploaded.
    pub created_at: Timestamp,
    /// Digest of the stored bytes, unless they are erased.
    pub sha256: Option<String>,
    /// The facts as JSON, unless they are forgotten.
    pub facts: Option<String>,
    /// The grounds of the latest decision.
    pub reason: Option<String>,
}

/// Where a page of the queue ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    severity: i64,
    entered_at: Timestamp,
    image_id: String,
    cause: String,
}

impl Position {
    /// Before the first entry.
    #[must_use]
    pub fn start() -> Self {
        Self { severity: i64::from(u8::MAX), entered_at: Timestamp(0), image_id: String::new(), cause: String::new() }
    }

    /// As it is written in an address.
    #[must_use]
    pub fn to_text(&self) -> String {
        format!("{}.{}.{}.{}", self.severity, self.entered_at.0, self.image_id, self.cause)
    }

    /// What [`Self::to_text`] wrote.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(4, '.');
        let (severity, entered_at) = (parts.next()?.parse().ok()?, Timestamp(parts.next()?.parse().ok()?));
        Some(Self { severity, entered_at, image_id: parts.next()?.to_owned(), cause: parts.next()?.to_owned() })
    }

    /// Behind `entry`.
    #[must_use]
    pub fn after(entry: &Entry) -> Self {
        Self {
            severity: entry.severity,
            entered_at: entry.entered_at,
            image_id: entry.image_id.to_string(),
            cause: entry.cause.as_str().to_owned(),
        }
    }
}

/// Puts an image that is in one of `states` into the queue, once for each cause; one that was decided about before
/// waits anew.
#[must_use]
pub fn enter(id: &ImageId, states: &[&'static str], cause: Cause, severity: u8, now: Timestamp) -> Statement {
    let states = json_list(states.iter().copied());
    let params = [id.as_str().into(), cause.as_str().into(), i64::from(severity).into(), now.0.into(), states.into()];
    Statement::new(ENTER, params)
}

/// Closes the open entries of an image that is in one of `states`; answers their rows.
#[must_use]
pub fn decide(id: &ImageId, states: &[&'static str], outcome: Outcome, now: Timestamp) -> Statement {
    let states = json_list(states.iter().copied());
    Statement::new(DECIDE, [id.as_str().into(), states.into(), outcome.as_str().into(), now.0.into()])
}

/// Closes the entry of a flagged image, if the latest decision about it came from outside.
#[must_use]
pub fn decide_by_opinion(id: &ImageId, outcome: Outcome, now: Timestamp) -> Statement {
    Statement::new(DECIDE_BY_OPINION, [id.as_str().into(), outcome.as_str().into(), now.0.into()])
}

/// The next `limit` open entries: the severest first, then the longest waiting.
///
/// # Errors
/// If the database fails.
pub async fn open_after(sql: &dyn Sql, position: &Position, limit: i64) -> Result<Vec<Entry>, SqlFailure> {
    let params = [
        position.severity.into(),
        position.entered_at.0.into(),
        position.image_id.as_str().into(),
        position.cause.as_str().into(),
        limit.into(),
    ];
    let below = [position.severity.into(), limit.into()];
    let parts = sql.batch(vec![Statement::new(OPEN_AFTER, params), Statement::new(OPEN_BELOW, below)]).await?;
    let limit = usize::try_from(limit).unwrap_or_default();
    parts.into_iter().flatten().take(limit).map(read_row).collect()
}

/// How much waits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Waiting {
    /// How many entries are open, at most as many as were counted.
    pub open: i64,
    /// Since when the oldest of them waits.
    pub oldest: Option<Timestamp>,
}

/// How much waits, counting at most `limit` entries, the severest first.
///
/// # Errors
/// If the database fails.
pub async fn waiting(sql: &dyn Sql, limit: i64) -> Result<Waiting, SqlFailure> {
    let row = run(sql, Statement::new(COUNT_OPEN, [limit.into()])).await?.into_iter().next();
    row.map_or(Ok(Waiting::default()), read_row)
}

/// Forgets the entries of those of `ids` that have no row any more.
#[must_use]
pub fn forget_of_nobody(ids: &[ImageId]) -> Statement {
    let list = json_list(ids.iter().map(ImageId::as_str));
    Statement::new(FORGET_OF_NOBODY, [list.into()])
}
