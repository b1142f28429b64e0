//! The `leases` table: at most one run of a job does work at a time. A lease saves work; correctness
//! comes from every step being repeatable, and from the fence, which a late run no longer holds.

use serde::Deserialize;

use super::run;
use crate::domain::time::Timestamp;
use crate::ports::sql::{Sql, SqlFailure, Statement, read_row};

const TAKE: &str = "
    INSERT INTO leases (job, fence, held_until) VALUES (?1, 1, ?3)
    ON CONFLICT (job) DO UPDATE SET fence = fence + 1, held_until = ?3 WHERE held_until NOT BETWEEN ?2 + 1 AND ?3
    RETURNING fence";

const RELEASE: &str = "
    UPDATE leases SET held_until = 0, done_at = coalesce(?3, done_at) WHERE job = ?1 AND fence = ?2";

pub(super) const STATEMENTS: &[&str] = &[TAKE, RELEASE];

/// The right to run a job for a while.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// The job.
    pub job: &'static str,
    /// Grows with every lease of the job; writes carry it, so that those of a run that lost its lease
    /// do nothing.
    pub fence: i64,
}

#[derive(Deserialize)]
struct FenceRow {
    fence: i64,
}

/// Takes the lease of `job` until `until`, if nobody holds it at `now`. One that is held for longer than it could be by this
/// clock was taken by another, which was ahead: whatever it says, it keeps nobody out.
///
/// # Errors
/// If the database fails.
pub async fn take(
    sql: &dyn Sql,
    job: &'static str,
    now: Timestamp,
    until: Timestamp,
) -> Result<Option<Lease>, SqlFailure> {
    let rows = run(sql, Statement::new(TAKE, [job.into(), now.0.into(), until.0.into()])).await?;
    let fence = rows.into_iter().next().map(read_row::<FenceRow>).transpose()?;
    Ok(fence.map(|row| Lease { job, fence: row.fence }))
}

/// Gives the lease back; `done_at` if the run ended well.
///
/// # Errors
/// If the database fails; the lease then ends by itself.
pub async fn release(sql: &dyn Sql, lease: &Lease, done_at: Option<Timestamp>) -> Result<(), SqlFailure> {
    let params = [lease.job.into(), lease.fence.into(), done_at.map(|at| at.0).into()];
    run(sql, Statement::new(RELEASE, params)).await.map(drop)
}
