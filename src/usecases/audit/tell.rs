//! Tells the operators of rules that are broken, once a day for each.

use crate::app::App;
use crate::domain::letter::Letter;
use crate::domain::time::{Timestamp, rough_duration};
use crate::error::{Attempt as _, Cause, Fault};
use crate::policy::audit::{TOLD_EVERY_MS, find};
use crate::store::audits::{self, AuditResult};
use crate::usecases::mail_link::page;
use crate::usecases::remove::log_fault;
use crate::usecases::tell_operators;

/// Writes to every operator, and into the log, which rules are broken, unless that was done a short while ago.
///
/// # Errors
/// If something of ours failed; it is then tried again with the next run.
pub async fn tell_operators(app: &App, now: Timestamp) -> Result<(), Fault> {
    let sql = app.ports.sql.as_ref();
    let results = audits::results(sql, 1_000).await.attempt("read what the audit found")?;
    let is_to_be_told =
        |result: &&AuditResult| result.broken > 0 && result.told_at.is_none_or(|at| now.ms_since(at) >= TOLD_EVERY_MS);
    let broken: Vec<&AuditResult> = results.iter().filter(is_to_be_told).collect();
    if broken.is_empty() {
        return Ok(());
    }
    let findings: Vec<String> = broken.iter().map(|result| finding(result)).collect();
    let names: Vec<&str> = broken.iter().map(|result| result.rule.as_str()).collect();
    let letter = Letter::PromisesBroken { findings: findings.clone(), link: page(app, "/promises")? };
    if let Err(fault) = tell_operators::tell_operators(app, &letter, vec![audits::note_told(&names, now)]).await {
        // What is broken may be the only operator's own account: the log tells, once a day as well.
        log_fault(app, &fault);
        sql.batch(vec![audits::note_told(&names, now)])
            .await
            .attempt("note that the log tells what the audit found")?;
    }
    for finding in findings {
        log_fault(app, &Fault { attempted: "keep what is promised".into(), cause: Cause::Invariant(finding) });
    }
    Ok(())
}

fn finding(result: &AuditResult) -> String {
    let words = find(&result.rule).map_or("", |rule| rule.words);
    let worst = rough_duration(result.worst_ms);
    let example = result.example.as_ref().map_or(String::new(), |name| format!(": {name}"));
    let (rule, broken, checked) = (&result.rule, result.broken, result.checked);
    format!("{rule}: \"{words}\" {broken} of {checked} are not so, the worst by {worst}{example}.")
}
