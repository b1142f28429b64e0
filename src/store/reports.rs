//! The `reports` table: what must be reported to an authority (promise IMP-24). Rows leave with their image's row,
//! which stays as long as one is due.

use super::{json_list, run};
use crate::domain::authority::{AuthorityReport, ImageFactsRow};
use crate::domain::ids::ImageId;
use crate::domain::known_bad::Match;
use crate::domain::review::Waiting;
use crate::domain::time::Timestamp;
use crate::ports::sql::{Row, Sql, SqlFailure, Statement, read_row};

// What was dismissed, and is found again, is due again; what was filed, was.
const ENTER: &str = "
    INSERT INTO reports (image_id, list, category, kind, distance, surface, uploaded_at, created_at, state)
    SELECT id, ?3, ?4, ?5, ?6, surface, created_at, ?7, 'due'
    FROM images WHERE id = ?1 AND state IN (SELECT value FROM json_each(?2))
    ON CONFLICT (image_id) DO UPDATE
    SET list = excluded.list, category = excluded.category, kind = excluded.kind, distance = excluded.distance,
        created_at = excluded.created_at, state = 'due', reason = NULL, reminded_at = NULL
    WHERE reports.state = 'dismissed'";

const DUE: &str = "
    SELECT image_id, list, category, kind, distance, surface, uploaded_at, created_at, state, filed_at, reference, reason
    FROM reports WHERE state = 'due' AND (created_at, image_id) > (?1, ?2) ORDER BY created_at, image_id LIMIT ?3";

const COUNT_DUE: &str = "
    SELECT count(*) AS open, min(created_at) AS first_due
    FROM (SELECT created_at FROM reports WHERE state = 'due' ORDER BY created_at LIMIT ?1)";

const SETTLED: &str = "
    SELECT image_id, list, category, kind, distance, surface, uploaded_at, created_at, state, filed_at, reference, reason
    FROM reports WHERE state <> 'due' ORDER BY created_at DESC LIMIT ?1";

const FIND: &str = "
    SELECT image_id, list, category, kind, distance, surface, uploaded_at, created_at, state, filed_at, reference, reason
    FROM reports WHERE image_id = ?1";

const FILE: &str = "
    UPDATE reports SET filed_at = ?2, reference = ?3, state = 'filed' WHERE image_id = ?1 AND state = 'due'
    RETURNING image_id";

const DISMISS: &str = "
    UPDATE reports SET reason = ?2, state = 'dismissed' WHERE image_id = ?1 AND state = 'due' RETURNING image_id";

const TO_REMIND: &str = "
    SELECT image_id, list, category, kind, distance, surface, uploaded_at, created_at, state, filed_at, reference, reason
    FROM reports
    WHERE state = 'due' AND created_at <= ?1 AND (reminded_at IS NULL OR reminded_at <= ?2) ORDER BY created_at LIMIT ?3";

const NOTE_REMINDED: &str = "
    UPDATE reports SET reminded_at = ?2 WHERE image_id IN (SELECT value FROM json_each(?1)) AND state = 'due'";

const FACTS: &str = "
    SELECT id, state, surface, created_at, facts, hashes, sha256, details, account_id,
           (SELECT until FROM holds WHERE image_id = images.id AND kind = 'legal' AND released_at IS NULL) AS held_until
    FROM images WHERE id = ?1";

pub(super) const STATEMENTS: &[&str] =
    &[ENTER, DUE, COUNT_DUE, SETTLED, FIND, FILE, DISMISS, TO_REMIND, NOTE_REMINDED, FACTS];

/// Notes that an image that is in one of `states` has to be reported, once; again, if that was dismissed.
#[must_use]
pub fn enter(id: &ImageId, states: &[&'static str], matched: &Match, now: Timestamp) -> Statement {
    let params = [
        id.as_str().into(),
        json_list(states.iter().copied()).into(),
        matched.list.as_str().into(),
        matched.category.as_str().into(),
        matched.kind.as_str().into(),
        matched.distance.map(i64::from).into(),
        now.0.into(),
    ];
    Statement::new(ENTER, params)
}

fn read(rows: Vec<Row>) -> Result<Vec<AuthorityReport>, SqlFailure> {
    rows.into_iter().map(read_row).collect()
}

/// How many reports are to be made, of at most `limit`, and since when the first.
///
/// # Errors
/// If the database fails.
pub async fn count_due(sql: &dyn Sql, limit: i64) -> Result<Waiting, SqlFailure> {
    let row = run(sql, Statement::new(COUNT_DUE, [limit.into()])).await?.into_iter().next();
    row.map_or(Ok(Waiting::default()), read_row)
}

/// At most `limit` reports that are due after the one of that time and image, the oldest first.
///
/// # Errors
/// If the database fails.
pub async fn due(sql: &dyn Sql, after: (Timestamp, &str), limit: i64) -> Result<Vec<AuthorityReport>, SqlFailure> {
    read(run(sql, Statement::new(DUE, [after.0.0.into(), after.1.into(), limit.into()])).await?)
}

/// At most `limit` reports that were made or dismissed, the latest first.
///
/// # Errors
/// If the database fails.
pub async fn settled(sql: &dyn Sql, limit: i64) -> Result<Vec<AuthorityReport>, SqlFailure> {
    read(run(sql, Statement::new(SETTLED, [limit.into()])).await?)
}

/// The report of an image.
///
/// # Errors
/// If the database fails.
pub async fn find(sql: &dyn Sql, id: &ImageId) -> Result<Option<AuthorityReport>, SqlFailure> {
    Ok(read(run(sql, Statement::new(FIND, [id.as_str().into()])).await?)?.pop())
}

/// Writes down that a report was made, and what the authority calls it. Answers a row if it was due.
#[must_use]
pub fn file(id: &ImageId, reference: &str, now: Timestamp) -> Statement {
    Statement::new(FILE, [id.as_str().into(), now.0.into(), reference.into()])
}

/// Writes down that a report need not be made, and why. Answers a row if it was due.
#[must_use]
pub fn dismiss(id: &ImageId, reason: &str) -> Statement {
    Statement::new(DISMISS, [id.as_str().into(), reason.into()])
}

/// At most `limit` reports due since `since` or longer, of which nobody was reminded after `reminded_before`.
///
/// # Errors
/// If the database fails.
pub async fn to_remind(
    sql: &dyn Sql,
    since: Timestamp,
    reminded_before: Timestamp,
    limit: i64,
) -> Result<Vec<AuthorityReport>, SqlFailure> {
    read(run(sql, Statement::new(TO_REMIND, [since.0.into(), reminded_before.0.into(), limit.into()])).await?)
}

/// Writes down that operators are reminded.
#[must_use]
pub fn note_reminded(ids: &[ImageId], now: Timestamp) -> Statement {
    Statement::new(NOTE_REMINDED, [json_list(ids.iter().map(ImageId::as_str)).into(), now.0.into()])
}

/// What is known of an image, wherever it stands.
///
/// # Errors
/// If the database fails.
pub async fn facts(sql: &dyn Sql, id: &ImageId) -> Result<Option<ImageFactsRow>, SqlFailure> {
    run(sql, Statement::new(FACTS, [id.as_str().into()])).await?.into_iter().next().map(read_row).transpose()
}
