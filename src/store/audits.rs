//! The tables `audits` and `audit_walks`: what the auditor found when it last looked, and what a walk has found so far.

use serde::Deserialize;

use super::audit::read;
use super::leases::Lease;
use super::{json_list, run};
use crate::domain::time::Timestamp;
use crate::ports::sql::{Sql, SqlFailure, Statement};

// Only while the walk is where this part of it began: a write that the platform repeats finds that it has gone on.
const ADD_TO_WALK: &str = "
    INSERT INTO audit_walks (rule, checked, broken, worst_ms, example)
    SELECT ?1, ?2, ?3, ?4, ?5
    WHERE (SELECT position FROM job_cursors WHERE scan = ?6) IS ?7
      AND EXISTS (SELECT 1 FROM leases WHERE job = ?8 AND fence = ?9)
    ON CONFLICT (rule) DO UPDATE SET
      checked = checked + excluded.checked, broken = broken + excluded.broken,
      example = CASE WHEN excluded.worst_ms > worst_ms THEN excluded.example ELSE coalesce(example, excluded.example) END,
      worst_ms = max(worst_ms, excluded.worst_ms)";

const OF_WALK: &str = "SELECT checked, broken, worst_ms, example FROM audit_walks WHERE rule = ?1";

const END_WALK: &str = "DELETE FROM audit_walks WHERE rule IN (SELECT value FROM json_each(?1))";

const RECORD: &str = "
    INSERT INTO audits (rule, checked_at, checked, broken, worst_ms, example, broken_since)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, CASE WHEN ?4 > 0 THEN ?2 END)
    ON CONFLICT (rule) DO UPDATE SET
      checked_at = excluded.checked_at, checked = excluded.checked, broken = excluded.broken, worst_ms = excluded.worst_ms,
      example = excluded.example,
      broken_since = CASE WHEN excluded.broken > 0 THEN coalesce(broken_since, excluded.broken_since) END,
      told_at = CASE WHEN excluded.broken > 0 THEN told_at END";

const RESULTS: &str = "
    SELECT rule, checked_at, checked, broken, worst_ms, example, broken_since, told_at FROM audits ORDER BY rule LIMIT ?1";

const EXAMPLE: &str = "SELECT example FROM audits WHERE rule = ?1 AND broken > 0";

const NOTE_TOLD: &str = "
    UPDATE audits SET told_at = ?2 WHERE rule IN (SELECT value FROM json_each(?1)) AND broken > 0";

pub(super) const STATEMENTS: &[&str] = &[ADD_TO_WALK, OF_WALK, END_WALK, RECORD, RESULTS, EXAMPLE, NOTE_TOLD];

/// What looking for something came to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Tally {
    /// How many things were looked at.
    pub checked: u64,
    /// How many of them broke the rule.
    pub broken: u64,
    /// By how long the worst did, in milliseconds.
    pub worst_ms: i64,
    /// The name of the worst.
    pub example: Option<String>,
}

impl Tally {
    /// Counts one thing; `late_ms` if it breaks the rule, and by how long.
    pub fn count(&mut self, name: &str, late_ms: Option<i64>) {
        self.checked += 1;
        let Some(late_ms) = late_ms else { return };
        self.broken += 1;
        if self.example.is_none() || late_ms > self.worst_ms {
            self.worst_ms = late_ms;
            self.example = Some(name.to_owned());
        }
    }
}

/// A rule's latest result.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct AuditResult {
    /// The rule.
    pub rule: String,
    /// When it was last checked.
    pub checked_at: Timestamp,
    /// How many things were looked at.
    pub checked: u64,
    /// How many of them broke it.
    pub broken: u64,
    /// By how long the worst did, in milliseconds.
    pub worst_ms: i64,
    /// The name of the worst, for operators.
    pub example: Option<String>,
    /// Since which look it has been broken.
    pub broken_since: Option<Timestamp>,
    /// When operators were last told so.
    pub told_at: Option<Timestamp>,
}

/// Where a walk was when the part of it began that is written down.
#[derive(Clone, Copy, Debug)]
pub struct Part<'a> {
    /// The right to walk.
    pub lease: &'a Lease,
    /// The walk, among [`super::job_cursors`].
    pub scan: &'static str,
    /// Where it was.
    pub position: Option<&'a str>,
}

/// Adds what a part of a walk has found for a rule. Where the walk goes on is written in the same batch, after this.
#[must_use]
pub fn add_to_walk(rule: &'static str, tally: &Tally, part: Part<'_>) -> Statement {
    Statement::new(
        ADD_TO_WALK,
        [
            rule.into(),
            count(tally.checked).into(),
            count(tally.broken).into(),
            tally.worst_ms.into(),
            tally.example.clone().into(),
            part.scan.into(),
            part.position.map(str::to_owned).into(),
            part.lease.job.into(),
            part.lease.fence.into(),
        ],
    )
}

/// What a walk has found for a rule.
///
/// # Errors
/// If the database fails.
pub async fn of_walk(sql: &dyn Sql, rule: &'static str) -> Result<Tally, SqlFailure> {
    let rows = read(run(sql, Statement::new(OF_WALK, [rule.into()])).await?)?;
    Ok(rows.into_iter().next().unwrap_or_default())
}

/// Forgets what a walk that has ended found for these rules.
#[must_use]
pub fn end_walk(rules: &[&'static str]) -> Statement {
    Statement::new(END_WALK, [json_list(rules.iter().copied()).into()])
}

/// Records what was found for a rule.
#[must_use]
pub fn record(rule: &'static str, tally: &Tally, now: Timestamp) -> Statement {
    let (checked, broken, example) = (count(tally.checked), count(tally.broken), tally.example.clone());
    let params = [rule.into(), now.0.into(), checked.into(), broken.into(), tally.worst_ms.into(), example.into()];
    Statement::new(RECORD, params)
}

fn count(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// The latest result of each rule, at most `limit`.
///
/// # Errors
/// If the database fails.
pub async fn results(sql: &dyn Sql, limit: i64) -> Result<Vec<AuditResult>, SqlFailure> {
    read(run(sql, Statement::new(RESULTS, [limit.into()])).await?)
}

/// The name of the worst that the latest look found for a rule, if it is broken.
///
/// # Errors
/// If the database fails.
pub async fn example(sql: &dyn Sql, rule: &'static str) -> Result<Option<String>, SqlFailure> {
    #[derive(Deserialize)]
    struct ExampleRow {
        example: Option<String>,
    }
    let rows: Vec<ExampleRow> = read(run(sql, Statement::new(EXAMPLE, [rule.into()])).await?)?;
    Ok(rows.into_iter().next().and_then(|row| row.example))
}

/// Notes that operators are told of these rules, for the batch that writes the letters.
#[must_use]
pub fn note_told(rules: &[&str], now: Timestamp) -> Statement {
    Statement::new(NOTE_TOLD, [json_list(rules.iter().copied()).into(), now.0.into()])
}
