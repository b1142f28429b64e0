//! The `job_cursors` table: how far a long scan has come.

use serde::Deserialize;

use super::leases::Lease;
use super::run;
use crate::domain::time::Timestamp;
use crate::ports::sql::{Sql, SqlFailure, Statement, read_row};

const FIND: &str = "SELECT position FROM job_cursors WHERE scan = ?1";

const SET: &str = "
    INSERT INTO job_cursors (scan, position, updated_at)
    SELECT ?1, ?2, ?3 WHERE EXISTS (SELECT 1 FROM leases WHERE job = ?4 AND fence = ?5)
    ON CONFLICT (scan) DO UPDATE SET position = excluded.position, updated_at = excluded.updated_at";

const FIND_PLACE: &str = "SELECT position, updated_at FROM job_cursors WHERE scan = ?1";

pub(super) const STATEMENTS: &[&str] = &[FIND, FIND_PLACE, SET];

/// Where a scan is, and since when.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Place {
    /// Where it goes on; none: it has come round.
    pub position: Option<String>,
    /// When it came there.
    pub updated_at: Timestamp,
}

#[derive(Deserialize)]
struct CursorRow {
    position: Option<String>,
}

/// Where `scan` goes on; `None`: from the start.
///
/// # Errors
/// If the database fails.
pub async fn find(sql: &dyn Sql, scan: &'static str) -> Result<Option<String>, SqlFailure> {
    let rows = run(sql, Statement::new(FIND, [scan.into()])).await?;
    let row = rows.into_iter().next().map(read_row::<CursorRow>).transpose()?;
    Ok(row.and_then(|row| row.position))
}

/// Remembers where `scan` goes on.
///
/// # Errors
/// If the database fails.
pub async fn set(
    sql: &dyn Sql,
    lease: &Lease,
    scan: &'static str,
    position: Option<String>,
    now: Timestamp,
) -> Result<(), SqlFailure> {
    run(sql, move_to(lease, scan, position, now)).await.map(drop)
}

/// Remembers where `scan` goes on, for the batch that writes what it has found so far.
#[must_use]
pub fn move_to(lease: &Lease, scan: &'static str, position: Option<String>, now: Timestamp) -> Statement {
    Statement::new(SET, [scan.into(), position.into(), now.0.into(), lease.job.into(), lease.fence.into()])
}

/// Where `scan` is; none: it never began.
///
/// # Errors
/// If the database fails.
pub async fn find_place(sql: &dyn Sql, scan: &'static str) -> Result<Option<Place>, SqlFailure> {
    run(sql, Statement::new(FIND_PLACE, [scan.into()])).await?.into_iter().next().map(read_row).transpose()
}
