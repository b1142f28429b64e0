//! Forgets what was only ever meant to last a day: idempotency keys, rate counters, budgets, questions to authenticators,
//! attempts at second factors, apps that nobody confirmed, and the salts that made pseudonyms of addresses.

use async_trait::async_trait;

use super::Work;
use crate::app::App;
use crate::domain::time::{DAY_MS, Timestamp};
use crate::error::{Attempt as _, Fault};
use crate::policy::factors::{ATTEMPTS_DAY_MS, UNCONFIRMED_MS};
use crate::policy::retention::IDEMPOTENCY_MS;
use crate::policy::variants::BUDGET_WINDOW_MS;
use crate::ports::blobs::{BlobKey, Bucket, SALTS_PREFIX};
use crate::store::leases::Lease;
use crate::store::{challenges, factor_attempts, idempotency, rate_counters, totp_factors, variants};

/// Rows deleted from each table in one run.
const ROWS_MAX: i64 = 10_000;
/// Salts looked at in one run: there are at most two, unless the job did not run for weeks.
const SALTS_MAX: u32 = 100;

pub(super) struct ForgetEphemeral;

#[async_trait]
impl Work for ForgetEphemeral {
    async fn run(&self, app: &App, _lease: &Lease, now: Timestamp) -> Result<usize, Fault> {
        let sql = app.ports.sql.as_ref();
        let salts = destroy_past_salts(app, now).await?;
        let keys = idempotency::forget_old(sql, now.plus_ms(-IDEMPOTENCY_MS), ROWS_MAX).await;
        let keys = keys.attempt("forget idempotency keys")?;
        // The longest window is a day, so a counter begun a day ago counts nothing any more.
        let counters = rate_counters::forget_old(sql, now.plus_ms(-DAY_MS), ROWS_MAX).await;
        let counters = counters.attempt("forget rate counters")?;
        let budgets = variants::forget_budgets(sql, now.plus_ms(-BUDGET_WINDOW_MS), ROWS_MAX).await;
        let budgets = budgets.attempt("forget budgets of variants")?;
        Ok(salts + keys + counters + budgets + forget_of_factors(app, now).await?)
    }
}

async fn forget_of_factors(app: &App, now: Timestamp) -> Result<usize, Fault> {
    let sql = app.ports.sql.as_ref();
    let asked = challenges::forget_old(sql, now, ROWS_MAX).await.attempt("forget challenges")?;
    let attempts = factor_attempts::forget_old(sql, now.plus_ms(-ATTEMPTS_DAY_MS), ROWS_MAX).await;
    let attempts = attempts.attempt("forget attempts at second factors")?;
    let apps = totp_factors::forget_unconfirmed(sql, now.plus_ms(-UNCONFIRMED_MS), ROWS_MAX).await;
    Ok(asked + attempts + apps.attempt("forget unconfirmed authenticator apps")?)
}

async fn destroy_past_salts(app: &App, now: Timestamp) -> Result<usize, Fault> {
    let blobs = app.ports.blobs.as_ref();
    let page = blobs.list(Bucket::Recovery, SALTS_PREFIX, None, SALTS_MAX).await.attempt("list salts")?;
    let today = now.day();
    // Days in this notation sort as they pass. A salt of tomorrow is that of a clock slightly ahead.
    let is_past = |key: &BlobKey| key.salt_day().is_some_and(|day| day < today.as_str());
    let past: Vec<BlobKey> = page.blobs.into_iter().map(|blob| blob.key).filter(is_past).collect();
    if !past.is_empty() {
        blobs.delete(Bucket::Recovery, &past).await.attempt("destroy salts")?;
    }
    Ok(past.len())
}
