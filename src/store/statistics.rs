//! The `statistics` table, and what is counted for it: how many images came and left on a day. No row is about anybody, and none says
//! how many there were of what there were few of.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::leases::Lease;
use super::run;
use crate::domain::statistics::{Kind, Subject, Told};
use crate::domain::time::Timestamp;
use crate::ports::sql::{Row, Sql, SqlFailure, Statement, read_row};

/// Which images are counted: those that were taken, and not those of who objects to it (promise IMP-52).
macro_rules! is_counted {
    () => {
        "state <> 'pending' AND coalesce(removal_reason, '') NOT IN ('abandoned', 'refused')
      AND NOT EXISTS (SELECT 1 FROM accounts WHERE accounts.id = images.account_id AND accounts.restricted_at IS NOT NULL)"
    };
}

const UPLOADS: &str = concat!(
    "
    SELECT surface, coalesce(json_extract(facts, '$.format'), 'unknown') AS format, verdict, '' AS reason, count(*) AS count
    FROM images WHERE created_at >= ?1 AND created_at < ?2 AND ",
    is_counted!(),
    " GROUP BY 1, 2, 3"
);

// One that is on its way still goes behind the others when it fails, and is of the day on which it arrives.
const REMOVALS: &str = concat!(
    "
    SELECT '' AS surface, '' AS format, '' AS verdict, removal_reason AS reason, count(*) AS count
    FROM images WHERE removing_at >= ?1 AND removing_at < ?2 AND state IN ('recovery', 'gone')
      AND removal_reason IN ('expired', 'deleted', 'removed', 'lost') AND ",
    is_counted!(),
    " GROUP BY 4"
);

// A day is told once: what is told of it later could be compared with what was told before.
const TELL: &str = "
    INSERT INTO statistics (day, subject, surface, format, verdict, reason, count)
    SELECT ?1, value ->> 'subject', value ->> 'surface', value ->> 'format', value ->> 'verdict', value ->> 'reason',
           value ->> 'count'
    FROM json_each(?2)
    WHERE NOT EXISTS (SELECT 1 FROM statistics WHERE day = ?1) AND EXISTS (SELECT 1 FROM leases WHERE job = ?3 AND fence = ?4)
    RETURNING 1 AS told";

const TOLD_DAYS: &str = "
    SELECT day FROM statistics
    WHERE day >= ?1 AND subject = 'uploads' AND surface = '' AND format = '' AND verdict = '' AND reason = ''
    ORDER BY day LIMIT ?2";

const FIRST_UPLOAD: &str = "SELECT created_at FROM images ORDER BY created_at LIMIT 1";

const FORGET_OLD: &str = "
    DELETE FROM statistics
    WHERE (day, subject, surface, format, verdict, reason) IN
          (SELECT day, subject, surface, format, verdict, reason FROM statistics WHERE day <= ?1 ORDER BY day LIMIT ?2)
    RETURNING 1 AS gone";

const BY_DAY: &str = "
    SELECT day, subject, sum(count) AS told, count(*) > count(count) AS has_untold FROM statistics
    WHERE day >= ?1 GROUP BY day, subject ORDER BY day DESC, subject DESC LIMIT ?2";

const BY_MONTH: &str = "
    SELECT strftime('%Y-%m', day / 1000, 'unixepoch') AS month, subject, sum(count) AS told,
           count(*) > count(count) AS has_untold, count(DISTINCT day) AS days
    FROM statistics WHERE day > ?1 GROUP BY month, subject";

const BY_KIND: &str = "
    SELECT subject, surface, format, verdict, reason, sum(count) AS told, 0 AS has_untold FROM statistics
    WHERE day >= ?1 AND count IS NOT NULL GROUP BY subject, surface, format, verdict, reason";

pub(super) const STATEMENTS: &[&str] =
    &[UPLOADS, REMOVALS, TELL, TOLD_DAYS, FIRST_UPLOAD, FORGET_OLD, BY_DAY, BY_MONTH, BY_KIND];

#[derive(Deserialize)]
struct KindRow {
    surface: String,
    format: String,
    verdict: String,
    reason: String,
    count: i64,
}

/// What was told of a stretch of time.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Figure {
    /// Of what; `uploads` or `removals`.
    pub subject: String,
    /// All that is told, together; none: nothing is.
    pub told: Option<u64>,
    /// 1: there may have been a few more, which are not told.
    pub has_untold: i64,
}

/// What was told of a day.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct DayFigure {
    /// When it began.
    pub day: Timestamp,
    /// How many there were.
    #[serde(flatten)]
    pub figure: Figure,
}

/// What was told of the days of a month.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct MonthFigure {
    /// `2026-11`.
    pub month: String,
    /// Of how many days something is told.
    pub days: u64,
    /// How many there were.
    #[serde(flatten)]
    pub figure: Figure,
}

/// What was told of a kind; the one without any word is all the rest.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct KindFigure {
    /// How it came in.
    pub surface: String,
    /// The format.
    pub format: String,
    /// What was concluded about it.
    pub verdict: String,
    /// Why it left.
    pub reason: String,
    /// How many there were.
    #[serde(flatten)]
    pub figure: Figure,
}

/// How many of each kind there were from `from` on and before `until`.
///
/// # Errors
/// If the database fails.
pub async fn count(
    sql: &dyn Sql,
    subject: Subject,
    from: Timestamp,
    until: Timestamp,
) -> Result<BTreeMap<Kind, i64>, SqlFailure> {
    let question = match subject {
        Subject::Uploads => UPLOADS,
        Subject::Removals => REMOVALS,
    };
    let rows = run(sql, Statement::new(question, [from.0.into(), until.0.into()])).await?;
    let rows: Vec<KindRow> = rows.into_iter().map(read_row).collect::<Result<_, _>>()?;
    let kind = |row: KindRow| {
        (Kind { surface: row.surface, format: row.format, verdict: row.verdict, reason: row.reason }, row.count)
    };
    Ok(rows.into_iter().map(kind).collect())
}

/// Writes down what is told of a day, unless something is; answers whether it did.
///
/// # Errors
/// If the database fails.
pub async fn tell(sql: &dyn Sql, lease: &Lease, day: Timestamp, told: &[(Subject, Told)]) -> Result<bool, SqlFailure> {
    let mut rows = Vec::new();
    for (subject, told) in told {
        let kinds = told.kinds.iter().map(|(kind, count)| (kind.clone(), Some(*count)));
        for (kind, count) in kinds.chain([(Kind::default(), told.rest)]) {
            rows.push(serde_json::json!({
                "subject": subject.as_str(), "surface": kind.surface, "format": kind.format, "verdict": kind.verdict,
                "reason": kind.reason, "count": count,
            }));
        }
    }
    let rows = serde_json::Value::from(rows).to_string();
    let params = [day.0.into(), rows.into(), lease.job.into(), lease.fence.into()];
    Ok(!run(sql, Statement::new(TELL, params)).await?.is_empty())
}

/// The days from `from` on of which something is told, at most `limit`.
///
/// # Errors
/// If the database fails.
pub async fn told_days(sql: &dyn Sql, from: Timestamp, limit: i64) -> Result<Vec<Timestamp>, SqlFailure> {
    #[derive(Deserialize)]
    struct DayRow {
        day: Timestamp,
    }
    let rows = run(sql, Statement::new(TOLD_DAYS, [from.0.into(), limit.into()])).await?;
    let rows: Vec<DayRow> = read(rows)?;
    Ok(rows.into_iter().map(|row| row.day).collect())
}

/// When the first upload came of which there is a row.
///
/// # Errors
/// If the database fails.
pub async fn first_upload(sql: &dyn Sql) -> Result<Option<Timestamp>, SqlFailure> {
    #[derive(Deserialize)]
    struct FirstRow {
        created_at: Timestamp,
    }
    let rows: Vec<FirstRow> = read(run(sql, Statement::new(FIRST_UPLOAD, [])).await?)?;
    Ok(rows.into_iter().next().map(|row| row.created_at))
}

/// Forgets at most `limit` rows of days that began at or before `until`; answers how many.
///
/// # Errors
/// If the database fails.
pub async fn forget_old(sql: &dyn Sql, until: Timestamp, limit: i64) -> Result<usize, SqlFailure> {
    Ok(run(sql, Statement::new(FORGET_OLD, [until.0.into(), limit.into()])).await?.len())
}

/// What is told of each day from `from` on, the latest first; at most `limit` figures.
///
/// # Errors
/// If the database fails.
pub async fn by_day(sql: &dyn Sql, from: Timestamp, limit: i64) -> Result<Vec<DayFigure>, SqlFailure> {
    read(run(sql, Statement::new(BY_DAY, [from.0.into(), limit.into()])).await?)
}

/// What is told of each month, of days that began after `since`.
///
/// # Errors
/// If the database fails.
pub async fn by_month(sql: &dyn Sql, since: Timestamp) -> Result<Vec<MonthFigure>, SqlFailure> {
    read(run(sql, Statement::new(BY_MONTH, [since.0.into()])).await?)
}

/// What is told of each kind, of days from `from` on.
///
/// # Errors
/// If the database fails.
pub async fn by_kind(sql: &dyn Sql, from: Timestamp) -> Result<Vec<KindFigure>, SqlFailure> {
    read(run(sql, Statement::new(BY_KIND, [from.0.into()])).await?)
}

fn read<T: serde::de::DeserializeOwned>(rows: Vec<Row>) -> Result<Vec<T>, SqlFailure> {
    rows.into_iter().map(read_row).collect()
}
