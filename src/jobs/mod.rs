//! What happens by itself. A job takes no input but the time, does a bounded amount of work and stops;
//! the next run goes on. Running twice, or beside itself, does no harm.

mod audit_promises;
mod close_teams;
mod count_statistics;
mod erase_accounts;
mod finish_removals;
mod forget_ephemeral;
mod forget_receipts;
mod forget_requests;
mod forget_tombstones;
mod judge_held;
mod reap_expired;
mod reap_recovery;
mod reap_variants;
mod reconcile_blobs;
mod reconcile_keys;
mod recount_storage;
mod return_images;
mod rotate_master_key;
mod send_letters;
mod sweep_pending;

use async_trait::async_trait;

use crate::app::App;
use crate::domain::time::{MINUTE_MS, Timestamp};
use crate::error::{Attempt as _, Cause, Fault};
use crate::ports::log::LogLine;
use crate::store::leases::{self, Lease};

/// Every minute: what people wait for.
pub const EVERY_MINUTE: &str = "* * * * *";
/// Every other minute: what becomes of accounts that are erased, and of what there may be much of. An invocation of its
/// own has more room.
pub const EVERY_OTHER_MINUTE: &str = "*/2 * * * *";
/// Every hour, at a minute when fewer others start.
pub const EVERY_HOUR: &str = "7 * * * *";
/// Every hour, by itself: what looks at what the others have done.
pub const AUDIT: &str = "37 * * * *";
/// Every night (UTC).
pub const EVERY_NIGHT: &str = "23 3 * * *";

/// How long a run keeps others out if it dies: longer than a run works. Where one takes longer after all,
/// another begins beside it, which does no harm.
const LEASE_MS: i64 = 5 * MINUTE_MS;

/// One kind of work.
#[async_trait]
trait Work: Send + Sync {
    /// Does a bounded amount of it and answers how much.
    async fn run(&self, app: &App, lease: &Lease, now: Timestamp) -> Result<usize, Fault>;
}

/// A row of the job table.
pub struct Job {
    /// Its name: a verb and what it acts on.
    pub name: &'static str,
    /// When it runs (a cron expression of wrangler.toml).
    pub cron: &'static str,
    work: &'static dyn Work,
}

/// Every job.
pub const JOBS: [Job; 20] = [
    Job { name: "reap_expired", cron: EVERY_MINUTE, work: &reap_expired::ReapExpired },
    Job { name: "finish_removals", cron: EVERY_MINUTE, work: &finish_removals::FinishRemovals },
    Job { name: "judge_held", cron: EVERY_MINUTE, work: &judge_held::JudgeHeld },
    Job { name: "close_teams", cron: EVERY_MINUTE, work: &close_teams::CloseTeams },
    Job { name: "send_letters", cron: EVERY_MINUTE, work: &send_letters::SendLetters },
    Job { name: "rotate_master_key", cron: EVERY_MINUTE, work: &rotate_master_key::RotateMasterKey },
    Job { name: "erase_accounts", cron: EVERY_OTHER_MINUTE, work: &erase_accounts::EraseAccounts },
    Job { name: "return_images", cron: EVERY_OTHER_MINUTE, work: &return_images::ReturnImages },
    Job { name: "forget_requests", cron: EVERY_OTHER_MINUTE, work: &forget_requests::ForgetRequests },
    Job { name: "sweep_pending", cron: EVERY_HOUR, work: &sweep_pending::SweepPending },
    Job { name: "reap_recovery", cron: EVERY_HOUR, work: &reap_recovery::ReapRecovery },
    Job { name: "reap_variants", cron: EVERY_HOUR, work: &reap_variants::ReapVariants },
    Job { name: "forget_ephemeral", cron: EVERY_HOUR, work: &forget_ephemeral::ForgetEphemeral },
    Job { name: "reconcile_blobs", cron: EVERY_HOUR, work: &reconcile_blobs::ReconcileBlobs },
    Job { name: "reconcile_keys", cron: EVERY_HOUR, work: &reconcile_keys::ReconcileKeys },
    Job { name: "audit_promises", cron: AUDIT, work: &audit_promises::AuditPromises },
    Job { name: "recount_storage", cron: EVERY_NIGHT, work: &recount_storage::RecountStorage },
    Job { name: "count_statistics", cron: EVERY_NIGHT, work: &count_statistics::CountStatistics },
    Job { name: "forget_receipts", cron: EVERY_NIGHT, work: &forget_receipts::ForgetReceipts },
    Job { name: "forget_tombstones", cron: EVERY_NIGHT, work: &forget_tombstones::ForgetTombstones },
];

/// Runs the jobs of a trigger: a cron expression, or `job:name` for one of them (which only the
/// development server sends).
///
/// # Errors
/// The faults of the jobs that failed; the others have run. A trigger without a job is a fault, too: a cron
/// that was renamed in one place only would otherwise stop its jobs without a word.
pub async fn run_due(app: &App, trigger: &str, now: Timestamp) -> Result<(), Vec<Fault>> {
    let name = trigger.strip_prefix("job:");
    let due: Vec<&Job> = JOBS.iter().filter(|job| job.cron == trigger || name == Some(job.name)).collect();
    let mut faults = Vec::new();
    if due.is_empty() {
        let attempted = format!("find the jobs of the trigger '{trigger}'");
        faults.push(Fault { attempted, cause: Cause::Invariant("there are none".into()) });
    }
    for job in due {
        faults.extend(run(app, job, now).await.err());
    }
    if faults.is_empty() { Ok(()) } else { Err(faults) }
}

async fn run(app: &App, job: &Job, now: Timestamp) -> Result<(), Fault> {
    let outcome = run_leased(app, job, now).await;
    let words = match &outcome {
        Ok(0) => None,
        Ok(count) => Some(("job", format!("{count} done"))),
        Err(fault) => Some(("fault", fault.to_string())),
    };
    if let Some((kind, outcome)) = words {
        let attempted = job.name.to_owned();
        app.ports.log.write(&LogLine { kind, attempted, outcome, request_id: None });
    }
    outcome.map(drop)
}

async fn run_leased(app: &App, job: &Job, now: Timestamp) -> Result<usize, Fault> {
    let sql = app.ports.sql.as_ref();
    let lease = leases::take(sql, job.name, now, now.plus_ms(LEASE_MS)).await.attempt("take a lease")?;
    let Some(lease) = lease else { return Ok(0) };
    let outcome = job.work.run(app, &lease, now).await;
    // A lease that could not be given back ends by itself: no reason to call the work failed.
    drop(leases::release(sql, &lease, outcome.is_ok().then_some(now)).await);
    outcome
}
