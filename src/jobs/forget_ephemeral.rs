//! Forgets what was only ever meant to last a while: idempotency keys, rate counters, counts of what may become unusual, budgets, and the salts that made
//! pseudonyms of addresses; of accounts, sign-ins, links, nonces, API keys and upload tickets that have ended, questions to
//! authenticators, attempts at second factors and apps that nobody confirmed; invitations that nobody accepted; letters that were sent, dead ones after a
//! week, and the local outbox.

use async_trait::async_trait;

use super::Work;
use super::room::Room;
use crate::app::App;
use crate::domain::time::{DAY_MS, Timestamp};
use crate::error::{Attempt as _, Fault};
use crate::policy::api_keys::ENDED_KEPT_MS;
use crate::policy::factors::{ATTEMPTS_DAY_MS, UNCONFIRMED_MS};
use crate::policy::mail::OUTBOX_KEPT_MS;
use crate::policy::retention::IDEMPOTENCY_MS;
use crate::policy::tickets::ENDED_KEPT_MS as TICKETS_KEPT_MS;
use crate::policy::variants::BUDGET_WINDOW_MS;
use crate::ports::blobs::{BlobKey, Bucket, ListedBlob, OUTBOX_PREFIX, SALTS_PREFIX};
use crate::store::leases::Lease;
use crate::store::{
    anomaly_counters, api_keys, challenges, factor_attempts, idempotency, letters, links, rate_counters, sessions,
    signature_nonces, team_invitations, tickets, totp_factors, variants,
};

/// Rows deleted from each table in one run.
const ROWS_MAX: i64 = 10_000;
/// Salts looked at in one run: there are at most two, unless the job did not run for weeks.
const SALTS_MAX: u32 = 100;
/// Letters of the local outbox looked at in one run, the oldest first.
const LETTERS_MAX: u32 = 100;

pub(super) struct ForgetEphemeral;

#[async_trait]
impl Work for ForgetEphemeral {
    async fn run(&self, app: &App, _lease: &Lease, now: Timestamp, _room: &Room) -> Result<usize, Fault> {
        let sql = app.ports.sql.as_ref();
        let salts = destroy_past_salts(app, now).await?;
        let keys = idempotency::forget_old(sql, now.plus_ms(-IDEMPOTENCY_MS), ROWS_MAX).await;
        let keys = keys.attempt("forget idempotency keys")?;
        // The longest window is a day, so a counter begun a day ago counts nothing any more.
        let counters = rate_counters::forget_old(sql, now.plus_ms(-DAY_MS), ROWS_MAX).await;
        let counters = counters.attempt("forget rate counters")?;
        let unusual = anomaly_counters::forget_old(sql, now.plus_ms(-DAY_MS), ROWS_MAX).await;
        let counters = counters + unusual.attempt("forget counts of what may become unusual")?;
        let budgets = variants::forget_budgets(sql, now.plus_ms(-BUDGET_WINDOW_MS), ROWS_MAX).await;
        let budgets = budgets.attempt("forget budgets of variants")?;
        let letters = letters::forget_old(sql, now, ROWS_MAX).await.attempt("forget letters")?;
        let shown = if app.settings.mail.is_outbox() { empty_outbox(app, now).await? } else { 0 };
        // With them, where somebody was signed in, and with what (promise IMP-06).
        let sessions = sessions::forget_ended(sql, now, ROWS_MAX).await.attempt("forget sign-ins")?;
        let links = links::forget_expired(sql, now, ROWS_MAX).await.attempt("forget links")?;
        let nonces = signature_nonces::forget_old(sql, now, ROWS_MAX).await.attempt("forget nonces")?;
        let ended = api_keys::forget_ended(sql, now.plus_ms(-ENDED_KEPT_MS), ROWS_MAX).await;
        let ended = ended.attempt("forget API keys that have ended")?;
        let invited = team_invitations::forget_expired(sql, now, ROWS_MAX).await.attempt("forget invitations")?;
        let expired = tickets::forget_expired(sql, now.plus_ms(-TICKETS_KEPT_MS), ROWS_MAX).await;
        let expired = expired.attempt("forget upload tickets")?;
        let of_accounts = letters + shown + sessions + links + nonces + ended + invited + expired;
        Ok(salts + keys + counters + budgets + of_accounts + forget_of_factors(app, now).await?)
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

async fn empty_outbox(app: &App, now: Timestamp) -> Result<usize, Fault> {
    let blobs = app.ports.blobs.as_ref();
    let page = blobs.list(Bucket::Recovery, OUTBOX_PREFIX, None, LETTERS_MAX).await.attempt("list the local outbox")?;
    let since = now.plus_ms(-OUTBOX_KEPT_MS);
    let is_old = |blob: &ListedBlob| blob.stored_at <= since;
    let old: Vec<BlobKey> = page.blobs.into_iter().filter(is_old).map(|blob| blob.key).collect();
    if !old.is_empty() {
        blobs.delete(Bucket::Recovery, &old).await.attempt("empty the local outbox")?;
    }
    Ok(old.len())
}
