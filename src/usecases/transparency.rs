//! Counts what was decided in a month that has ended, and tells it: once, so that it survives what it was counted from, and no two
//! counts of one month can be compared.

use crate::app::App;
use crate::domain::time::Timestamp;
use crate::error::{Attempt as _, Fault};
use crate::policy::transparency::{COUNTED_WITHIN_MS, KINDS_MAX, ROWS_MAX, TOLD_MS, told};
use crate::store::leases::Lease;
use crate::store::transparency::{self, MEASURES};

pub use crate::store::transparency::ToldRow;

/// Counts the month before `now`'s, and the one before that, as far as they are not counted and still can be; answers how many.
///
/// # Errors
/// If the database fails.
pub async fn count_months(app: &App, lease: &Lease, now: Timestamp) -> Result<usize, Fault> {
    let mut end = now.month_start();
    let mut counted = 0;
    while now.ms_since(end) <= COUNTED_WITHIN_MS {
        let month = end.plus_ms(-1).month_start();
        counted += usize::from(count_month(app, lease, (month, end)).await?);
        end = month;
    }
    Ok(counted)
}

async fn count_month(app: &App, lease: &Lease, (month, end): (Timestamp, Timestamp)) -> Result<bool, Fault> {
    let (sql, attempted) = (app.ports.sql.as_ref(), format!("count what was decided in {}", month.month()));
    if transparency::is_told(sql, month).await.attempt(&attempted)? {
        return Ok(false);
    }
    let mut numbers = Vec::new();
    for (measure, statement) in MEASURES {
        let counts = transparency::count(sql, statement, (month, end), KINDS_MAX).await.attempt(&attempted)?;
        numbers.extend(counts.into_iter().filter_map(|(kind, count)| Some((measure, kind, told(count)?))));
    }
    transparency::tell(sql, lease, month, &numbers).await.attempt(&attempted)
}

/// Everything that is told, the earliest month first.
///
/// # Errors
/// If the database fails.
pub async fn told_months(app: &App) -> Result<Vec<ToldRow>, Fault> {
    let since = app.now().plus_ms(-TOLD_MS);
    transparency::all(app.ports.sql.as_ref(), since, ROWS_MAX).await.attempt("read what is told of decisions")
}
