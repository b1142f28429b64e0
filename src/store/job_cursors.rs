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

pub(super) const STATEMENTS: &[&str] = &[FIND, SET];

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
    let params = [scan.into(), position.into(), now.0.into(), lease.job.into(), lease.fence.into()];
    run(sql, Statement::new(SET, params)).await.map(drop)
}
