//! Counts what people try without being signed in, so that guessing and flooding come to nothing. Nobody is named: a
//! place is a pseudonym of the day, an account the keyed hash of its address.

use std::net::IpAddr;

use super::pseudonymise::pseudonymise;
use crate::app::App;
use crate::domain::hex;
use crate::domain::time::Timestamp;
use crate::error::{Attempt as _, Error, Fault, Problem};
use crate::policy::rates::RateLimit;
use crate::store::rate_counters;

/// Counts an attempt of somebody at `address`.
///
/// # Errors
/// `TooManyAttempts`; a fault if the database fails.
pub async fn count_from(
    app: &App,
    what: &'static str,
    address: Option<IpAddr>,
    limits: &[RateLimit],
) -> Result<(), Error> {
    let now = app.now();
    let caller = pseudonymise(app, address, now).await?;
    refuse_if_full(count(app, &format!("{what}:{caller}"), limits, now).await?, now)
}

/// Counts an attempt on whatever `lookup` stands for.
///
/// # Errors
/// `TooManyAttempts`; a fault if the database fails.
pub async fn count_on(app: &App, what: &'static str, lookup: &str, limits: &[RateLimit]) -> Result<(), Error> {
    let now = app.now();
    refuse_if_full(count(app, &on(what, lookup), limits, now).await?, now)
}

/// As [`count_on`], answering only whether it may be: what nobody is to learn of.
///
/// # Errors
/// If the database fails.
pub async fn may(app: &App, what: &'static str, lookup: &str, limits: &[RateLimit]) -> Result<bool, Fault> {
    Ok(count(app, &on(what, lookup), limits, app.now()).await?.is_none())
}

/// Hashed once more, so that what is counted cannot be matched with what is stored.
fn on(what: &str, lookup: &str) -> String {
    hex::sha256(format!("{what}:{lookup}").as_bytes())
}

async fn count(app: &App, caller: &str, limits: &[RateLimit], now: Timestamp) -> Result<Option<RateLimit>, Fault> {
    rate_counters::count_unless_full(app.ports.sql.as_ref(), caller, limits, now).await.attempt("count an attempt")
}

fn refuse_if_full(full: Option<RateLimit>, now: Timestamp) -> Result<(), Error> {
    let Some(limit) = full else { return Ok(()) };
    let ends_at = now.window_start(limit.window_ms).plus_ms(limit.window_ms);
    Err(Problem::TooManyAttempts { retry_after_s: ends_at.ms_since(now).div_euclid(1_000) + 1 }.into())
}
