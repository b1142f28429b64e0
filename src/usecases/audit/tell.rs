//! Tells the operators of rules that are broken, once a day for each.

use crate::app::App;
use crate::domain::ids::AccountId;
use crate::domain::letter::Letter;
use crate::domain::time::{Timestamp, rough_duration};
use crate::error::{Attempt as _, Cause, Fault};
use crate::policy::audit::{TOLD_EVERY_MS, find};
use crate::store::accounts;
use crate::store::audits::{self, AuditResult};
use crate::usecases::mail_link::page;
use crate::usecases::remove::log_fault;
use crate::usecases::team_letters::{Reader, reader};
use crate::usecases::write_letter::{self, Written};

/// Operators who are told.
const OPERATORS_MAX: i64 = 20;

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
    let (mut statements, mut letters) = (vec![audits::note_told(&names, now)], Vec::new());
    for operator in accounts::operators(sql, OPERATORS_MAX).await.attempt("find operators")? {
        match letter(app, &operator, &findings).await {
            Ok(written) => {
                let (id, statement) = written.map(|written| (written.id, written.statement)).unzip();
                statements.extend(statement);
                letters.extend(id);
            }
            // What is broken may be this operator's own account; the others are told.
            Err(fault) => log_fault(app, &fault),
        }
    }
    sql.batch(statements).await.attempt("tell operators what the audit found")?;
    for letter in &letters {
        write_letter::post(app, letter).await;
    }
    for finding in findings {
        log_fault(app, &Fault { attempted: "keep what is promised".into(), cause: Cause::Invariant(finding) });
    }
    Ok(())
}

/// The letter to an operator; none if their account, or its key, is gone.
async fn letter(app: &App, operator: &AccountId, findings: &[String]) -> Result<Option<Written>, Fault> {
    let Some(Reader { key, address, .. }) = reader(app, operator).await? else { return Ok(None) };
    let letter = Letter::PromisesBroken { findings: findings.to_vec(), link: page(app, "/promises")? };
    write_letter::write(app, operator, &key, &address, letter).map(Some)
}

fn finding(result: &AuditResult) -> String {
    let words = find(&result.rule).map_or("", |rule| rule.words);
    let worst = rough_duration(result.worst_ms);
    let example = result.example.as_ref().map_or(String::new(), |name| format!(": {name}"));
    let (rule, broken, checked) = (&result.rule, result.broken, result.checked);
    format!("{rule}: \"{words}\" {broken} of {checked} are not so, the worst by {worst}{example}.")
}
