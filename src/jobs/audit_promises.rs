//! Audits the promises: every hour at what is due and at a sample, nightly by walking through everything; and tells the operators
//! what is broken.

use async_trait::async_trait;

use super::room::Room;
use super::{EVERY_HOUR, EVERY_NIGHT, JOBS, Work};
use crate::app::App;
use crate::domain::time::{HOUR_MS, MINUTE_MS, Timestamp};
use crate::error::Fault;
use crate::store::leases::Lease;
use crate::usecases::audit::{JobDue, look, tell_operators, walk_on};

pub(super) struct AuditPromises;

#[async_trait]
impl Work for AuditPromises {
    async fn run(&self, app: &App, lease: &Lease, now: Timestamp, _room: &Room) -> Result<usize, Fault> {
        let others = JOBS.iter().filter(|job| job.cron != super::AUDIT);
        let jobs: Vec<JobDue> = others.map(|job| (job.name, allowed_ms(job.cron))).collect();
        // Where one cannot look, the others do, and what was found is told.
        let (looked, walked) = (look(app, &jobs, now).await, walk_on(app, lease, now).await);
        tell_operators(app, now).await?;
        looked.and(walked)
    }
}

/// How long ago a job of this trigger may have ended well at most: a few runs may fail, or be late.
fn allowed_ms(cron: &str) -> i64 {
    match cron {
        EVERY_HOUR => 3 * HOUR_MS,
        EVERY_NIGHT => 26 * HOUR_MS,
        _ => 30 * MINUTE_MS,
    }
}
