//! What happens by itself. A job takes no input but the time, does a bounded amount of work and stops;
//! the next run goes on. Running twice, or beside itself, does no harm.

mod announce_policy;
mod audit_promises;
mod build_exports;
mod carry_out_notices;
mod close_teams;
mod copy_journal;
mod count_statistics;
mod count_transparency;
mod erase_accounts;
mod find_copies;
mod finish_appeals;
mod finish_removals;
mod forget_ephemeral;
mod forget_exports;
mod forget_journal;
mod forget_receipts;
mod forget_requests;
mod forget_review_log;
mod forget_statements;
mod forget_tombstones;
mod judge_held;
mod reap_expired;
mod reap_recovery;
mod reap_variants;
mod reconcile_blobs;
mod reconcile_exports;
mod reconcile_keys;
mod recount_storage;
mod remind_notices;
mod remind_reports;
mod remind_requests;
mod replay_journal;
mod restore_countered;
mod return_images;
mod room;
mod rotate_master_key;
mod send_letters;
mod send_statements;
mod sweep_pending;
mod watch_anomalies;

use async_trait::async_trait;

use crate::app::App;
use crate::domain::time::Timestamp;
use crate::error::{Attempt as _, Cause, Fault};
use crate::policy::platform::{LEASE_MS, LONG_LEASE_MS};
use crate::ports::log::LogLine;
use crate::store::leases::{self, Lease};
use crate::usecases::journal::notice;
use crate::usecases::remove::log_fault;
use room::{Room, Spent};

/// Every minute: what people wait for.
pub const EVERY_MINUTE: &str = "* * * * *";
/// Every other minute: what is only meant to last for a while, of which there may be much, and what becomes of accounts that are
/// erased. An invocation of its
/// own has more room.
pub const EVERY_OTHER_MINUTE: &str = "*/2 * * * *";
/// Every hour, at a minute when fewer others start: what compares everything with everything.
pub const EVERY_HOUR: &str = "7 * * * *";
/// Every hour, by itself: what looks at what the others have done.
pub const AUDIT: &str = "37 * * * *";
/// Every night (UTC).
pub const EVERY_NIGHT: &str = "23 3 * * *";

/// One kind of work.
#[async_trait]
trait Work: Send + Sync {
    /// Does a bounded amount of it, or as much as there is room for, and answers how much.
    async fn run(&self, app: &App, lease: &Lease, now: Timestamp, room: &Room) -> Result<usize, Fault>;
}

/// A row of the job table.
pub struct Job {
    /// Its name: a verb and what it acts on.
    pub name: &'static str,
    /// When it runs (a cron expression of wrangler.toml).
    pub cron: &'static str,
    work: &'static dyn Work,
}

impl Job {
    fn lease_ms(&self) -> i64 {
        match self.cron {
            EVERY_MINUTE | EVERY_OTHER_MINUTE => LEASE_MS,
            _ => LONG_LEASE_MS,
        }
    }
}

/// Every job.
pub const JOBS: [Job; 39] = [
    Job { name: "reap_expired", cron: EVERY_MINUTE, work: &reap_expired::ReapExpired },
    Job { name: "finish_removals", cron: EVERY_MINUTE, work: &finish_removals::FinishRemovals },
    Job { name: "judge_held", cron: EVERY_MINUTE, work: &judge_held::JudgeHeld },
    Job { name: "carry_out_notices", cron: EVERY_MINUTE, work: &carry_out_notices::CarryOutNotices },
    Job { name: "close_teams", cron: EVERY_MINUTE, work: &close_teams::CloseTeams },
    Job { name: "send_letters", cron: EVERY_MINUTE, work: &send_letters::SendLetters },
    Job { name: "rotate_master_key", cron: EVERY_MINUTE, work: &rotate_master_key::RotateMasterKey },
    Job { name: "replay_journal", cron: EVERY_OTHER_MINUTE, work: &replay_journal::ReplayJournal },
    Job { name: "copy_journal", cron: EVERY_OTHER_MINUTE, work: &copy_journal::CopyJournal },
    Job { name: "forget_ephemeral", cron: EVERY_OTHER_MINUTE, work: &forget_ephemeral::ForgetEphemeral },
    Job { name: "forget_receipts", cron: EVERY_OTHER_MINUTE, work: &forget_receipts::ForgetReceipts },
    Job { name: "reap_recovery", cron: EVERY_OTHER_MINUTE, work: &reap_recovery::ReapRecovery },
    Job { name: "forget_tombstones", cron: EVERY_OTHER_MINUTE, work: &forget_tombstones::ForgetTombstones },
    Job { name: "reap_variants", cron: EVERY_OTHER_MINUTE, work: &reap_variants::ReapVariants },
    Job { name: "sweep_pending", cron: EVERY_OTHER_MINUTE, work: &sweep_pending::SweepPending },
    Job { name: "erase_accounts", cron: EVERY_OTHER_MINUTE, work: &erase_accounts::EraseAccounts },
    Job { name: "return_images", cron: EVERY_OTHER_MINUTE, work: &return_images::ReturnImages },
    Job { name: "forget_requests", cron: EVERY_OTHER_MINUTE, work: &forget_requests::ForgetRequests },
    Job { name: "forget_exports", cron: EVERY_OTHER_MINUTE, work: &forget_exports::ForgetExports },
    Job { name: "send_statements", cron: EVERY_OTHER_MINUTE, work: &send_statements::SendStatements },
    Job { name: "finish_appeals", cron: EVERY_OTHER_MINUTE, work: &finish_appeals::FinishAppeals },
    Job { name: "forget_statements", cron: EVERY_OTHER_MINUTE, work: &forget_statements::ForgetStatements },
    Job { name: "announce_policy", cron: EVERY_OTHER_MINUTE, work: &announce_policy::AnnouncePolicy },
    Job { name: "remind_requests", cron: EVERY_OTHER_MINUTE, work: &remind_requests::RemindRequests },
    Job { name: "remind_notices", cron: EVERY_OTHER_MINUTE, work: &remind_notices::RemindNotices },
    Job { name: "restore_countered", cron: EVERY_OTHER_MINUTE, work: &restore_countered::RestoreCountered },
    Job { name: "find_copies", cron: EVERY_OTHER_MINUTE, work: &find_copies::FindCopies },
    Job { name: "remind_reports", cron: EVERY_OTHER_MINUTE, work: &remind_reports::RemindReports },
    Job { name: "watch_anomalies", cron: EVERY_OTHER_MINUTE, work: &watch_anomalies::WatchAnomalies },
    // Last, because it takes longest.
    Job { name: "build_exports", cron: EVERY_OTHER_MINUTE, work: &build_exports::BuildExports },
    Job { name: "reconcile_blobs", cron: EVERY_HOUR, work: &reconcile_blobs::ReconcileBlobs },
    Job { name: "reconcile_keys", cron: EVERY_HOUR, work: &reconcile_keys::ReconcileKeys },
    Job { name: "audit_promises", cron: AUDIT, work: &audit_promises::AuditPromises },
    Job { name: "recount_storage", cron: EVERY_NIGHT, work: &recount_storage::RecountStorage },
    Job { name: "count_statistics", cron: EVERY_NIGHT, work: &count_statistics::CountStatistics },
    Job { name: "count_transparency", cron: EVERY_NIGHT, work: &count_transparency::CountTransparency },
    Job { name: "reconcile_exports", cron: EVERY_NIGHT, work: &reconcile_exports::ReconcileExports },
    Job { name: "forget_review_log", cron: EVERY_NIGHT, work: &forget_review_log::ForgetReviewLog },
    Job { name: "forget_journal", cron: EVERY_NIGHT, work: &forget_journal::ForgetJournal },
];

/// What runs while a database that was set back is told what it has forgotten: what tells it, and what only looks. The others
/// would act on what is not so any more.
const WHILE_RESTORING: [&str; 2] = ["replay_journal", "audit_promises"];

/// Runs the jobs of a trigger: a cron expression, or `job:name` for one of them (which only the
/// development server sends). Before those of a cron expression, it is asked whether the database was set back.
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
    let is_restoring = match name {
        Some(_) => false,
        None => is_restoring(app, now).await.map_err(|fault| vec![fault])?,
    };
    let spent = Spent::default();
    let metered = spent.metered(app);
    for job in due.into_iter().filter(|job| !is_restoring || WHILE_RESTORING.contains(&job.name)) {
        faults.extend(run(&metered, job, now, &spent).await.err());
    }
    if faults.is_empty() { Ok(()) } else { Err(faults) }
}

/// Whether only the jobs of [`WHILE_RESTORING`] may run. Where nobody knows whether what the database says is so, none may.
async fn is_restoring(app: &App, now: Timestamp) -> Result<bool, Fault> {
    notice(app, now).await.inspect_err(|fault| log_fault(app, fault))
}

async fn run(app: &App, job: &Job, now: Timestamp, spent: &Spent) -> Result<(), Fault> {
    let outcome = run_leased(app, job, now, spent).await;
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

async fn run_leased(app: &App, job: &Job, now: Timestamp, spent: &Spent) -> Result<usize, Fault> {
    let sql = app.ports.sql.as_ref();
    // By the clock: the jobs before it have taken their time, and the next run begins when it begins.
    let began_at = app.now();
    let lease =
        leases::take(sql, job.name, began_at, began_at.plus_ms(job.lease_ms())).await.attempt("take a lease")?;
    let Some(lease) = lease else { return Ok(0) };
    let outcome = job.work.run(app, &lease, now, &Room::new(app, spent)).await;
    // A lease that could not be given back ends by itself: no reason to call the work failed.
    drop(leases::release(sql, &lease, outcome.is_ok().then_some(now)).await);
    outcome
}
