//! What an upload has to pass before any work is done for it.

use super::anomalies::{Subject, record, watch};
use super::check_quota::check_quota;
use crate::app::App;
use crate::domain::owner::Member;
use crate::domain::retention::{Surface, Tier};
use crate::domain::time::{Timestamp, human_duration};
use crate::error::{Attempt as _, Error, Problem};
use crate::policy::anomalies::{Counted, Guarded};
use crate::policy::rates;
use crate::policy::retention::TtlRefusal;
use crate::store::rate_counters;
use crate::usecases::read_statements::refuse_suspended;

/// Checks the life that is asked for, in milliseconds, against the policy for what `tier` uploads.
///
/// # Errors
/// `InvalidField` if it is not granted.
pub fn check_ttl(app: &App, surface: Surface, tier: Tier, ttl_ms: Option<i64>) -> Result<(), Problem> {
    let Some(ttl_ms) = ttl_ms else { return Ok(()) };
    app.settings.retention.check_ttl(surface, tier, ttl_ms).map_err(|refusal| {
        let detail = match refusal {
            TtlRefusal::Fixed => "this kind of upload has a fixed life".to_owned(),
            TtlRefusal::OutOfRange { min_ms, max_ms: None } => {
                format!("at least {} seconds ({})", min_ms / 1_000, human_duration(min_ms))
            }
            TtlRefusal::OutOfRange { min_ms, max_ms: Some(max_ms) } => format!(
                "from {} to {} seconds ({} to {})",
                min_ms / 1_000,
                max_ms / 1_000,
                human_duration(min_ms),
                human_duration(max_ms)
            ),
        };
        Problem::InvalidField { field: "ttl", detail }
    })
}

/// Counts an upload of a member, or of whoever `subject` is, and lets it in if the limits allow and nothing about them is
/// unusual.
///
/// # Errors
/// `AccountSuspended`, `Busy`, `TooManyAttempts`, `ChallengeNeeded`, `RateLimited`, or `QuotaExceeded` if the account has no room for any image; a fault if the database fails.
pub async fn admit(app: &App, member: Option<&Member>, subject: &Subject, now: Timestamp) -> Result<(), Error> {
    if let Some(member) = member {
        refuse_suspended(app, &member.account_id).await?;
        check_quota(app, member, now).await?;
    }
    let limits = rates::of_uploads(member);
    let caller = match member.filter(|member| member.is_verified) {
        // Wherever somebody uploads from, it is the same somebody; and who shares a place shares no allowance.
        Some(member) => format!("account:{}", member.account_id),
        None => match subject {
            Subject::Place(pseudonym) | Subject::Bringer(pseudonym) => pseudonym.clone(),
            Subject::Account(account) => format!("account:{account}"),
        },
    };
    if !app.ports.burst.admits(&caller).await {
        return Err(Problem::Busy { retry_after_s: 10 }.into());
    }
    watch(app, Guarded::Uploads, subject).await?;
    if limits.is_empty() {
        return record(app, Counted::Uploads, Some(subject)).await.map_err(Error::from);
    }
    let sql = app.ports.sql.as_ref();
    let full = rate_counters::count_unless_full(sql, &caller, limits, now).await;
    match full.attempt("count an upload")? {
        None => record(app, Counted::Uploads, Some(subject)).await.map_err(Error::from),
        Some(limit) => {
            let ends_at = now.window_start(limit.window_ms).plus_ms(limit.window_ms);
            let retry_after_s = ends_at.ms_since(now).div_euclid(1_000) + 1;
            let policy = rates::policy_field(limits);
            let (limit, uploads_max) = (limit.name, limit.count_max);
            Err(Problem::RateLimited { limit, uploads_max, policy, retry_after_s }.into())
        }
    }
}
