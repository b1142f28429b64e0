//! Counts a day that has ended, and writes down what may be told of it (promises MSF-08, BGR-03). It is done once: what images were
//! changes later, and of two counts of one day the difference would tell something.

use std::collections::BTreeMap;

use crate::app::App;
use crate::domain::statistics::{Kind, Subject, Told, tell};
use crate::domain::time::{DAY_MS, HOUR_MS, Timestamp};
use crate::error::{Attempt as _, Fault};
use crate::policy::statistics::{COUNTED_WITHIN_MS, KINDS_OF_REMOVALS, KINDS_OF_UPLOADS, TOLD_FROM};
use crate::store::leases::Lease;
use crate::store::statistics;

/// At most `limit` days that have ended and are not counted, the first first: of those whose images all have rows still.
///
/// # Errors
/// If the database fails.
pub async fn uncounted(app: &App, now: Timestamp, limit: usize) -> Result<Vec<Timestamp>, Fault> {
    let sql = app.ports.sql.as_ref();
    let today = now.window_start(DAY_MS);
    let first = statistics::first_upload(sql).await.attempt("find the first upload")?;
    let Some(first) = first.map(|at| at.window_start(DAY_MS).max(today.plus_ms(-COUNTED_WITHIN_MS))) else {
        return Ok(Vec::new());
    };
    let days_max = COUNTED_WITHIN_MS / DAY_MS;
    let counted = statistics::told_days(sql, first, days_max).await.attempt("find the days that are counted")?;
    let days = std::iter::successors(Some(first), |day| Some(day.plus_ms(DAY_MS))).take_while(|day| *day < today);
    Ok(days.filter(|day| !counted.contains(day)).take(limit).collect())
}

/// Counts the day that began at `day`; answers whether it was not counted before.
///
/// # Errors
/// If the database fails.
pub async fn count_day(app: &App, lease: &Lease, day: Timestamp) -> Result<bool, Fault> {
    let attempted = format!("count {}", day.day());
    let mut told: Vec<(Subject, Told)> = Vec::new();
    for (subject, kinds) in [(Subject::Uploads, KINDS_OF_UPLOADS), (Subject::Removals, KINDS_OF_REMOVALS)] {
        let mut counts: BTreeMap<Kind, i64> = BTreeMap::new();
        // An hour at once: whoever uploads meanwhile does not wait.
        for hour in 0..24 {
            let from = day.plus_ms(hour * HOUR_MS);
            let some = statistics::count(app.ports.sql.as_ref(), subject, from, from.plus_ms(HOUR_MS)).await;
            for (kind, count) in some.attempt(&attempted)? {
                *counts.entry(kind).or_default() += count;
            }
        }
        told.push((subject, tell(&counts, kinds, TOLD_FROM)));
    }
    statistics::tell(app.ports.sql.as_ref(), lease, day, &told).await.attempt(&attempted)
}
