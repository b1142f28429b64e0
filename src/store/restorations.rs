//! The table `restorations`: that the database was set back to an earlier day, and how far replaying what it had forgotten has
//! come. While that is under way, nobody is signed in.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::run;
use crate::domain::journal::Phase;
use crate::domain::time::Timestamp;
use crate::ports::sql::{Sql, SqlFailure, Statement, read_row};

// scripts/restore.mjs begins with another phase: it is not noticed before everything is back.
const OPEN: &str = "
    INSERT INTO restorations (id, noticed_at, phase) VALUES (1, ?1, 'noticed')
    ON CONFLICT (id) DO UPDATE SET noticed_at = excluded.noticed_at, phase = 'noticed', finished_at = NULL,
                                   unknown_images = 0, counts = '{}'
    WHERE finished_at IS NOT NULL";

const FIND: &str = "
    SELECT noticed_at, phase, finished_at, unknown_images, counts FROM restorations WHERE id = 1";

const MOVE_ON: &str = "UPDATE restorations SET phase = ?2 WHERE id = 1 AND phase = ?1 AND finished_at IS NULL";

const COUNT: &str = "
    UPDATE restorations
    SET counts = json_set(counts, '$.' || ?1, coalesce(json_extract(counts, '$.' || ?1), 0) + CAST(?2 AS INTEGER))
    WHERE id = 1 AND finished_at IS NULL";

// Whatever opened a door before is gone when the doors open.
const FINISH: &str = "
    UPDATE restorations SET phase = 'done', finished_at = ?1
    WHERE id = 1 AND phase = 'applying' AND finished_at IS NULL
      AND (SELECT min(aspect) FROM replays) IS NULL AND (SELECT min(id) FROM sessions) IS NULL
    RETURNING id";

const NOTE_UNKNOWN: &str = "
    UPDATE restorations SET unknown_images = CASE WHEN ?1 THEN 0 ELSE unknown_images END + CAST(?2 AS INTEGER) WHERE id = 1";

const END_SESSIONS: &str = "
    DELETE FROM sessions WHERE id IN (SELECT id FROM sessions ORDER BY expires_at LIMIT ?1) RETURNING 1 AS ended";

// What takes a change of the address back is nobody's but the earlier address's, and may be all that its owner has.
const END_LINKS: &str = "
    DELETE FROM links
    WHERE id IN (SELECT id FROM links WHERE purpose <> 'undo_email_change' AND created_at <= ?2 ORDER BY expires_at LIMIT ?1)
    RETURNING 1 AS ended";

const END_LETTERS: &str = "
    DELETE FROM letters
    WHERE id IN (SELECT id FROM letters WHERE state = 'waiting' AND created_at <= ?2 ORDER BY next_attempt_at LIMIT ?1)
    RETURNING 1 AS ended";

const END_INVITATIONS: &str = "
    DELETE FROM team_invitations
    WHERE id IN (SELECT id FROM team_invitations ORDER BY expires_at LIMIT ?1) RETURNING 1 AS ended";

const END_REPEATS: &str = "
    DELETE FROM idempotency_keys
    WHERE key_hash IN (SELECT key_hash FROM idempotency_keys ORDER BY created_at LIMIT ?1) RETURNING 1 AS ended";

const END_CHALLENGES: &str = "
    DELETE FROM challenges
    WHERE challenge_hash IN (SELECT challenge_hash FROM challenges ORDER BY expires_at LIMIT ?1) RETURNING 1 AS ended";

const OF_ANY_TIME: [&str; 4] = [END_SESSIONS, END_INVITATIONS, END_REPEATS, END_CHALLENGES];
const OF_BEFORE: [&str; 2] = [END_LINKS, END_LETTERS];

pub(super) const STATEMENTS: &[&str] = &[
    OPEN,
    FIND,
    MOVE_ON,
    COUNT,
    FINISH,
    NOTE_UNKNOWN,
    END_SESSIONS,
    END_LINKS,
    END_LETTERS,
    END_INVITATIONS,
    END_REPEATS,
    END_CHALLENGES,
];

/// The latest time that the database was set back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restoration {
    /// When that was noticed.
    pub noticed_at: Timestamp,
    /// How far replaying has come.
    pub phase: Phase,
    /// When everything was made good; none: it is under way.
    pub finished_at: Option<Timestamp>,
    /// Pictures in public view of which the database does not know, as far as they were counted.
    pub unknown_images: u64,
    /// How much was made good, for each aspect.
    pub counts: BTreeMap<String, u64>,
}

#[derive(Deserialize)]
struct RestorationRow {
    noticed_at: Timestamp,
    phase: Phase,
    finished_at: Option<Timestamp>,
    unknown_images: u64,
    counts: String,
}

/// Writes down that the database was set back. Nothing changes if that is known and not made good yet.
///
/// # Errors
/// If the database fails.
pub async fn open(sql: &dyn Sql, now: Timestamp) -> Result<(), SqlFailure> {
    run(sql, Statement::new(OPEN, [now.0.into()])).await.map(drop)
}

/// The latest time that the database was set back; none: it never was.
///
/// # Errors
/// If the database fails.
pub async fn find(sql: &dyn Sql) -> Result<Option<Restoration>, SqlFailure> {
    let row = run(sql, Statement::new(FIND, [])).await?.into_iter().next();
    let row = row.map(read_row::<RestorationRow>).transpose()?;
    Ok(row.map(|row| Restoration {
        noticed_at: row.noticed_at,
        phase: row.phase,
        finished_at: row.finished_at,
        unknown_images: row.unknown_images,
        counts: serde_json::from_str(&row.counts).unwrap_or_default(),
    }))
}

/// Goes on from one phase to another.
///
/// # Errors
/// If the database fails.
pub async fn move_on(sql: &dyn Sql, from: Phase, to: Phase) -> Result<(), SqlFailure> {
    run(sql, Statement::new(MOVE_ON, [from.as_str().into(), to.as_str().into()])).await.map(drop)
}

/// Counts what was made good, for the batch that does it.
#[must_use]
pub fn count(aspect: &'static str, entries: i64) -> Statement {
    Statement::new(COUNT, [aspect.into(), entries.into()])
}

/// Opens the doors, if everything is carried out and nobody is signed in; answers whether.
///
/// # Errors
/// If the database fails.
pub async fn finish(sql: &dyn Sql, now: Timestamp) -> Result<bool, SqlFailure> {
    Ok(!run(sql, Statement::new(FINISH, [now.0.into()])).await?.is_empty())
}

/// Counts pictures in public view of which the database does not know; `is_first`: from the start.
///
/// # Errors
/// If the database fails.
pub async fn note_unknown(sql: &dyn Sql, is_first: bool, images: i64) -> Result<(), SqlFailure> {
    run(sql, Statement::new(NOTE_UNKNOWN, [i64::from(is_first).into(), images.into()])).await.map(drop)
}

/// Ends at most `limit` of each: sign-ins, invitations, keys that recognise repeats, questions to authenticators; and of what
/// was made at or before `until`, links in letters and letters that wait. Answers how many.
///
/// # Errors
/// If the database fails.
pub async fn end_what_opens(sql: &dyn Sql, until: Timestamp, limit: i64) -> Result<usize, SqlFailure> {
    let mut statements: Vec<Statement> =
        OF_ANY_TIME.iter().map(|statement| Statement::new(statement, [limit.into()])).collect();
    statements.extend(OF_BEFORE.iter().map(|statement| Statement::new(statement, [limit.into(), until.0.into()])));
    Ok(sql.batch(statements).await?.iter().map(Vec::len).sum())
}
