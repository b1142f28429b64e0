//! Counts what may become unusual, and answers what is (promise SHO-05; rules in policy/anomalies.rs).
//!
//! ```text
//! admit, sign in -> watch: has a rule fired? -> one at a time, or a challenge
//!                   └─> record: what happened
//! ```
//! A counter that cannot be read or written stops what it guards, as every limit does. A service that cannot say whether
//! somebody is a person changes nothing: whoever asked stays as slow as they were.

use std::net::IpAddr;

use super::mail_link::page;
use super::pseudonymise::pseudonymise;
use super::tell_operators::tell_operators;
use crate::app::App;
use crate::domain::ids::AccountId;
use crate::domain::letter::Letter;
use crate::domain::owner::Member;
use crate::domain::time::{DAY_MS, SECOND_MS, Timestamp};
use crate::domain::turnstile::TOKEN_CHARS_MAX;
use crate::error::{Attempt as _, Error, Fault, Problem};
use crate::policy::anomalies::{COUNTERS_MAX, Counted, Guarded, RULES, Rule, Whom, counting, find};
use crate::policy::rates::RateLimit;
use crate::store::anomaly_counters::{self, Counter};
use crate::store::rate_counters;

/// Where whoever is slowed can show to be a person.
pub const CHALLENGE_PATH: &str = "/challenge";

/// Who does something, as far as rules tell callers apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// An account whose address is proved, by itself or one of its programs.
    Account(AccountId),
    /// Somebody with a ticket, by the same pseudonym as if they had none.
    Bringer(String),
    /// Anybody else, by the pseudonym of their place.
    Place(String),
}

impl Subject {
    /// Who uploads: a member, unless it is somebody with a ticket, for whom no account answers.
    ///
    /// # Errors
    /// If the day's salt can be neither read nor made.
    pub async fn of_upload(
        app: &App,
        member: Option<&Member>,
        has_ticket: bool,
        address: Option<IpAddr>,
    ) -> Result<Self, Fault> {
        match member.filter(|member| member.is_verified) {
            Some(_) if has_ticket => Ok(Self::Bringer(pseudonymise(app, address, app.now()).await?)),
            Some(member) => Ok(Self::Account(member.account_id.clone())),
            None => Self::of_place(app, address).await,
        }
    }

    /// Whoever is at `address`.
    ///
    /// # Errors
    /// If the day's salt can be neither read nor made.
    pub async fn of_place(app: &App, address: Option<IpAddr>) -> Result<Self, Fault> {
        Ok(Self::Place(pseudonymise(app, address, app.now()).await?))
    }

    fn whom(&self) -> Whom {
        match self {
            Self::Account(_) => Whom::Account,
            Self::Bringer(_) => Whom::Bringer,
            Self::Place(_) => Whom::Place,
        }
    }

    /// The caller in `rate_counters`, apart from those of limits.
    fn caller(&self, purpose: &str) -> String {
        match self {
            Self::Account(account) => format!("{purpose}:account:{account}"),
            Self::Bringer(pseudonym) => format!("{purpose}:ticket:{pseudonym}"),
            Self::Place(pseudonym) => format!("{purpose}:{pseudonym}"),
        }
    }
}

/// Lets somebody do what `guarded` says, unless a rule has fired for them: then one at a time.
///
/// # Errors
/// `ChallengeNeeded` or `TooManyAttempts`; a fault if the database fails.
pub async fn watch(app: &App, guarded: Guarded, subject: &Subject) -> Result<(), Error> {
    let fired = fired(app, guarded, subject).await?;
    let slowest = fired.iter().filter_map(|rule| rule.pause_ms().map(|pause_ms| (rule, pause_ms)));
    let Some((rule, pause_ms)) = slowest.max_by_key(|(_, pause_ms)| *pause_ms) else { return Ok(()) };
    let (sql, now) = (app.ports.sql.as_ref(), app.now());
    let one = [RateLimit { name: rule.name, window_ms: pause_ms, count_max: 1 }];
    let full = rate_counters::count_unless_full(sql, &subject.caller("slowed"), &one, now).await;
    if full.attempt("let one through")?.is_none() {
        return Ok(());
    }
    let again_at = now.window_start(pause_ms).plus_ms(pause_ms);
    let retry_after_s = again_at.ms_since(now).div_euclid(SECOND_MS) + 1;
    let is_lifted = app.ports.challenge.is_some() && fired.iter().all(|rule| rule.is_lifted_by_challenge());
    Err(match is_lifted {
        true => Problem::ChallengeNeeded { url: format!("{}{CHALLENGE_PATH}", app.settings.app_base()), retry_after_s },
        false => Problem::TooManyAttempts { retry_after_s },
    }
    .into())
}

/// The rules that have fired for somebody.
async fn fired(app: &App, guarded: Guarded, subject: &Subject) -> Result<Vec<&'static Rule>, Fault> {
    let concerns = |rule: &&Rule| rule.whom == subject.whom() && rule.guarded() == Some(guarded);
    let rules: Vec<&Rule> = RULES.iter().filter(concerns).collect();
    if rules.is_empty() {
        return Ok(Vec::new());
    }
    let limits: Vec<RateLimit> = rules.iter().map(|rule| rule.limit()).collect();
    let full = rate_counters::full(app.ports.sql.as_ref(), &subject.caller("anomaly"), &limits, app.now()).await;
    let full = full.attempt("see whether somebody is to be slowed")?;
    Ok(rules.into_iter().filter(|rule| full.contains(&rule.name)).collect())
}

/// Counts that something happened, of whoever did it and of everybody.
///
/// # Errors
/// If the database fails.
pub async fn record(app: &App, what: Counted, subject: Option<&Subject>) -> Result<(), Fault> {
    let now = app.now();
    let mut statements: Vec<_> =
        counting(what, Whom::Deployment).iter().map(|limit| anomaly_counters::count(limit, now)).collect();
    if let Some(subject) = subject {
        let limits = counting(what, subject.whom());
        if !limits.is_empty() {
            statements.push(rate_counters::count(&subject.caller("anomaly"), &limits, now));
        }
    }
    app.ports.sql.batch(statements).await.attempt("count what may become unusual").map(drop)
}

/// Counts somebody at `address` afresh who shows, by what a challenge gave them, to be a person.
///
/// # Errors
/// `NotFound` if the deployment has no challenge, `Busy` if they ask too often, `ChallengeNeeded` if the token is worth nothing;
/// a fault if something of ours failed. Then they are as slow as before.
pub async fn show_person(app: &App, token: &str, address: Option<IpAddr>) -> Result<(), Error> {
    let Some(challenge) = app.ports.challenge.as_ref() else { return Err(Problem::NotFound.into()) };
    let subject = Subject::of_place(app, address).await?;
    if !app.ports.burst.admits(&subject.caller("challenge")).await {
        return Err(Problem::Busy { retry_after_s: 10 }.into());
    }
    let is_token = !token.is_empty() && token.len() <= TOKEN_CHARS_MAX;
    if !is_token || !challenge.is_solved(token).await.attempt("ask whether somebody is a person")? {
        let url = format!("{}{CHALLENGE_PATH}", app.settings.app_base());
        return Err(Problem::ChallengeNeeded { url, retry_after_s: 1 }.into());
    }
    let lifted = RULES.iter().filter(|rule| rule.is_lifted_by_challenge() && rule.whom == subject.whom());
    let names: Vec<&str> = lifted.map(|rule| rule.name).collect();
    let afresh = rate_counters::forget(&subject.caller("anomaly"), &names);
    app.ports.sql.batch(vec![afresh]).await.attempt("count a person afresh").map(drop).map_err(Error::from)
}

/// Writes to operators what is unusual of everybody together, once for each rule and window; answers of how many.
///
/// # Errors
/// If something of ours failed; it is then tried again with the next run.
pub async fn tell(app: &App, now: Timestamp) -> Result<usize, Fault> {
    let untold = anomaly_counters::untold(app.ports.sql.as_ref(), now.plus_ms(-DAY_MS), COUNTERS_MAX).await;
    let untold = untold.attempt("look for what is unusual")?;
    let fired = |counter: &Counter| find(&counter.rule).filter(|rule| counter.events >= rule.fires_at);
    let unusual: Vec<(&Counter, &Rule)> =
        untold.iter().filter_map(|counter| fired(counter).map(|rule| (counter, rule))).collect();
    if unusual.is_empty() {
        return Ok(0);
    }
    let findings = unusual.iter().map(|(counter, rule)| finding(counter, rule)).collect();
    let letter = Letter::AnomaliesSeen { findings, link: page(app, "/statistics")? };
    let told = unusual.iter().map(|(counter, _)| anomaly_counters::note_told(counter, now)).collect();
    tell_operators(app, &letter, told).await?;
    Ok(unusual.len())
}

fn finding(counter: &Counter, rule: &Rule) -> String {
    let Rule { name, fires_at, why, .. } = rule;
    let (events, since) = (counter.events, counter.started_at.human());
    format!("{name}: {events} since {since}, from {fires_at} on it is unusual. {why}")
}
