//! Audits the promises: looks at the data itself, with questions of its own, and finds what the jobs should not have left. It
//! changes nothing but its own results (docs/adr/0030-the-auditor-asks-its-own-questions.md).

mod bytes;
mod journal;
mod rows;
mod tell;
mod walk;

use crate::app::App;
use crate::domain::time::Timestamp;
use crate::error::{Attempt as _, Fault};
use crate::policy::audit::{LOOKED_AT_MAX, Look, RULES, Rule, find, names};
use crate::policy::editions::{LATEST, TOLD_WITHIN_MS};
use crate::ports::blobs::{Bucket, SALTS_PREFIX};
use crate::ports::sql::Statement;
use crate::store::audit::{self, Behind, DUE};
use crate::store::audits::{self, AuditResult, Tally};

pub use tell::tell_operators;
pub use walk::walk_on;

/// Salts looked at.
const SALTS_MAX: u32 = 1_000;

/// Of a job: what it is called, and how long ago it may have ended well at most, in milliseconds.
pub type JobDue = (&'static str, i64);

/// Looks at everything whose time has come, at every job, and at a few images' bytes, and records what it finds.
///
/// # Errors
/// If a port fails; what was found until then is not recorded, and looked at again with the next run.
pub async fn look(app: &App, jobs: &[JobDue], now: Timestamp) -> Result<(), Fault> {
    let sql = app.ports.sql.as_ref();
    let mut found: Vec<Statement> = Vec::with_capacity(RULES.len());
    for (name, question) in DUE {
        let Some(Rule { look: Look::Due(kept_ms), allowance_ms, .. }) = find(name) else { continue };
        let tally = audit::due(sql, question, (*kept_ms, *allowance_ms), now, LOOKED_AT_MAX).await;
        found.push(audits::record(name, &tally.attempt(&format!("audit {name}"))?, now));
    }
    found.push(audits::record(names::SALTS, &salts(app, now).await?, now));
    found.push(audits::record(names::COPIED, &journal::copied(app, now).await?, now));
    found.push(audits::record(names::JOURNAL, &journal::forgotten(app, now).await?, now));
    found.push(audits::record(names::RESTORED, &journal::restored(app, now).await?, now));
    found.push(audits::record(names::TOLD, &editions_told(app, now).await?, now));
    found.push(audits::record(names::JOBS, &job_runs(app, jobs, now).await?, now));
    found.push(audits::record(names::UNCHANGED, &bytes::digest_some(app, now).await?, now));
    sql.batch(found).await.attempt("record what the audit found").map(drop)
}

async fn salts(app: &App, now: Timestamp) -> Result<Tally, Fault> {
    let page = app.ports.blobs.list(Bucket::Recovery, SALTS_PREFIX, None, SALTS_MAX).await;
    let allowance_ms = find(names::SALTS).map_or(0, |rule| rule.allowance_ms);
    let oldest = now.plus_ms(-allowance_ms).day();
    let mut tally = Tally::default();
    for blob in page.attempt("audit salts")?.blobs {
        let is_late = blob.key.salt_day().is_some_and(|day| day < oldest.as_str());
        tally.count(blob.key.as_str(), is_late.then(|| now.ms_since(blob.stored_at) - allowance_ms));
    }
    Ok(tally)
}

async fn editions_told(app: &App, now: Timestamp) -> Result<Tally, Fault> {
    let sql = app.ports.sql.as_ref();
    let Behind { known_since, behind } =
        audit::behind_edition(sql, LATEST.number, now, LOOKED_AT_MAX).await.attempt("audit who knows the policy")?;
    let late_ms = now.ms_since(known_since) - TOLD_WITHIN_MS;
    let is_late = late_ms > 0 && behind > 0;
    Ok(Tally {
        checked: behind,
        broken: if is_late { behind } else { 0 },
        worst_ms: if is_late { late_ms } else { 0 },
        example: None,
    })
}

async fn job_runs(app: &App, jobs: &[JobDue], now: Timestamp) -> Result<Tally, Fault> {
    let names: Vec<&'static str> = jobs.iter().map(|(name, _)| *name).collect();
    let runs = audit::jobs(app.ports.sql.as_ref(), &names, now).await.attempt("audit the jobs")?;
    let mut tally = Tally::default();
    for (name, allowed_ms) in jobs {
        let done_at = runs.iter().find(|run| run.job == *name).map(|run| run.done_at);
        let late_ms = done_at.map_or(0, |at| now.ms_since(at)) - allowed_ms;
        tally.count(name, (late_ms > 0).then_some(late_ms));
    }
    Ok(tally)
}

/// A rule, with what was found when it was last checked.
#[derive(Clone, Debug)]
pub struct Audited {
    /// The rule.
    pub rule: &'static Rule,
    /// None: it was not checked yet.
    pub result: Option<AuditResult>,
    /// Whether the result is too old to say anything.
    pub is_stale: bool,
}

impl Audited {
    /// Whether the promise was kept when anybody last looked, and somebody has looked lately.
    #[must_use]
    pub fn is_kept(&self) -> bool {
        !self.is_stale && self.result.as_ref().is_some_and(|result| result.broken == 0)
    }
}

/// Every rule, with what was found.
///
/// # Errors
/// If the database fails.
pub async fn results(app: &App) -> Result<Vec<Audited>, Fault> {
    let most = i64::try_from(2 * RULES.len()).unwrap_or(i64::MAX);
    let results = audits::results(app.ports.sql.as_ref(), most).await.attempt("read what the audit found")?;
    let now = app.now();
    let audited = |rule: &'static Rule| {
        let result = results.iter().find(|result| result.rule == rule.name).cloned();
        let is_stale = result.as_ref().is_some_and(|result| now.ms_since(result.checked_at) > rule.stale_ms());
        Audited { rule, result, is_stale }
    };
    Ok(RULES.iter().map(audited).collect())
}
