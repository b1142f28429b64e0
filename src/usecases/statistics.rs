//! Finds what is told of all uploads together, for whoever wants to know.

use crate::app::App;
use crate::domain::time::{DAY_MS, Timestamp};
use crate::error::{Attempt as _, Fault};
use crate::policy::statistics::{DAYS_TOLD, STATISTICS_MS};
use crate::store::statistics;

pub use crate::store::statistics::{DayFigure, Figure, KindFigure, MonthFigure};

/// What is told.
#[derive(Clone, Debug)]
pub struct Statistics {
    /// From when on the days of the last month are.
    pub days_from: Timestamp,
    /// Each of them, the latest first.
    pub days: Vec<DayFigure>,
    /// By kind, of the same days.
    pub kinds: Vec<KindFigure>,
    /// Each month, the earliest first.
    pub months: Vec<MonthFigure>,
}

/// What is told at this moment.
///
/// # Errors
/// If the database fails.
pub async fn statistics(app: &App) -> Result<Statistics, Fault> {
    let (sql, now) = (app.ports.sql.as_ref(), app.now());
    let attempted = "read the statistics";
    let days_from = now.window_start(DAY_MS).plus_ms(-DAYS_TOLD * DAY_MS);
    let days = statistics::by_day(sql, days_from, DAYS_TOLD.saturating_mul(2)).await.attempt(attempted)?;
    let kinds = statistics::by_kind(sql, days_from).await.attempt(attempted)?;
    let months = statistics::by_month(sql, now.plus_ms(-STATISTICS_MS)).await.attempt(attempted)?;
    Ok(Statistics { days_from, days, kinds, months })
}
