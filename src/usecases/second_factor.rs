//! The second factor: whether an account has one, and whether somebody has shown it (promise I2A-01).

use super::enrol_passkey::place_of_name;
use super::enrol_totp::place;
use super::sealed_fields::SealedFields;
use super::use_passkey;
use crate::app::App;
use crate::domain::ids::AccountId;
use crate::domain::recovery_code::RecoveryCode;
use crate::domain::time::{SECOND_MS, Timestamp};
use crate::domain::totp::TotpSecret;
use crate::error::{Attempt as _, Error, Fault, Problem};
use crate::policy::factors::{ATTEMPTS_DAY_MAX, ATTEMPTS_DAY_MS, ATTEMPTS_MAX, ATTEMPTS_WINDOW_MS};
use crate::store::challenges::Purpose;
use crate::store::factor_attempts::{self, Allowance};
use crate::store::factors::{self, Which};
use crate::store::{passkeys, recovery_codes, totp_factors};

/// What somebody shows beside the password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecondFactor {
    /// The code of an authenticator app, as it was typed.
    Totp(String),
    /// A recovery code, as it was typed.
    Recovery(String),
    /// A browser's answer to [`use_passkey::begin_second_factor`], as JSON.
    Passkey(String),
}

const ALLOWANCE: Allowance = Allowance {
    window_ms: ATTEMPTS_WINDOW_MS,
    window_max: ATTEMPTS_MAX,
    day_ms: ATTEMPTS_DAY_MS,
    day_max: ATTEMPTS_DAY_MAX,
};

/// What an account proves itself with, for its owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Factors {
    /// Since when there is an authenticator app, and the UTC day of its last use.
    pub totp: Option<(Timestamp, Option<String>)>,
    /// The passkeys, the oldest first.
    pub passkeys: Vec<ShownPasskey>,
    /// Recovery codes that were not used.
    pub codes_left: u32,
}

/// A passkey, for its owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownPasskey {
    /// What it is removed by.
    pub handle: String,
    /// What its owner calls it.
    pub name: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// The UTC day of its last use.
    pub last_used_day: Option<String>,
    /// Whether it is on other devices of its owner, too.
    pub is_backed_up: bool,
    /// Since when it is not accepted, because there may be a copy of its authenticator.
    pub flagged_at: Option<Timestamp>,
}

/// Whether the account must show something beside its password.
///
/// # Errors
/// If the database fails.
pub async fn has_second_factor(app: &App, account: &AccountId) -> Result<bool, Fault> {
    let Which { totp, passkey } = which(app, account).await?;
    Ok(totp || passkey)
}

/// Which kinds of second factor the account can show.
///
/// # Errors
/// If the database fails.
pub async fn which(app: &App, account: &AccountId) -> Result<Which, Fault> {
    factors::which(app.ports.sql.as_ref(), account).await.attempt(&format!("see which factors {account} has"))
}

/// Looks at what somebody shows who has given the password of `account`. What is right is used up. Wrong codes of an app
/// count, and after too many none is looked at for a while; recovery codes and signatures have more than the 64 bits from
/// which on nobody guesses (NIST SP 800-63B-4 §3.1.2.2), and so stay a way in for an owner whose app somebody else has
/// worn out.
///
/// # Errors
/// `ProofWrong`, `TooManyAttempts`, or a fault.
pub async fn check_second_factor(app: &App, account: &AccountId, shown: &SecondFactor) -> Result<(), Error> {
    let (sql, now) = (app.ports.sql.as_ref(), app.now());
    let is_right = match shown {
        SecondFactor::Totp(code) => {
            let counted = factor_attempts::count(sql, account, &ALLOWANCE, now).await;
            if let Err(next_at) = counted.attempt(&format!("count an attempt at the second factor of {account}"))? {
                let retry_after_s = next_at.ms_since(now).div_euclid(SECOND_MS) + 1;
                return Err(Problem::TooManyAttempts { retry_after_s }.into());
            }
            accept_totp(app, account, code).await?
        }
        SecondFactor::Recovery(code) => use_up_recovery_code(app, account, code).await?,
        SecondFactor::Passkey(answer) => {
            use_passkey::verify(app, answer, Purpose::SecondFactor, Some(account)).await?;
            true
        }
    };
    if !is_right {
        return Err(Problem::ProofWrong.into());
    }
    // What was shown is used up. If the count stays, that is for a quarter of an hour, and no reason to show more.
    let forgotten = sql.batch(vec![factor_attempts::remove(account)]).await;
    if let Err(fault) = forgotten.attempt(&format!("forget the failed attempts of {account}")) {
        super::remove::log_fault(app, &fault);
    }
    Ok(())
}

async fn accept_totp(app: &App, account: &AccountId, code: &str) -> Result<bool, Fault> {
    let attempted = format!("accept a code of {account}");
    let (sql, now) = (app.ports.sql.as_ref(), app.now());
    let found = totp_factors::find(sql, account).await.attempt(&attempted)?;
    let Some(found) = found.filter(|found| found.confirmed_at.is_some()) else { return Ok(false) };
    let secret = SealedFields::of(app, account).await?.open(&place(account), &found.secret)?;
    let step = TotpSecret::parse(&secret).and_then(|secret| secret.accepted_step(code, now, found.last_step));
    match step {
        Some(step) => totp_factors::accept(sql, account, step, now).await.attempt(&attempted),
        None => Ok(false),
    }
}

async fn use_up_recovery_code(app: &App, account: &AccountId, code: &str) -> Result<bool, Fault> {
    let Some(code) = RecoveryCode::from_caller(code) else { return Ok(false) };
    let used = recovery_codes::use_up(app.ports.sql.as_ref(), account, &code.hash(account)).await;
    used.attempt(&format!("use up a recovery code of {account}"))
}

/// What the account proves itself with, for its owner.
///
/// # Errors
/// If a port fails.
pub async fn factors_of(app: &App, account: &AccountId) -> Result<Factors, Fault> {
    let (sql, attempted) = (app.ports.sql.as_ref(), format!("list the factors of {account}"));
    let totp = totp_factors::find(sql, account).await.attempt(&attempted)?;
    let listed = passkeys::of_account(sql, account).await.attempt(&attempted)?;
    let codes_left = recovery_codes::left(sql, account).await.attempt(&attempted)?;
    let mut shown = Vec::with_capacity(listed.len());
    if !listed.is_empty() {
        let fields = SealedFields::of(app, account).await?;
        for passkey in listed {
            shown.push(ShownPasskey {
                name: fields.open(&place_of_name(&passkey.credential_hash), &passkey.name)?,
                handle: passkey.credential_hash,
                created_at: passkey.created_at,
                last_used_day: passkey.last_used_day,
                is_backed_up: passkey.backed_up == 1,
                flagged_at: passkey.flagged_at,
            });
        }
    }
    let totp = totp.and_then(|totp| Some((totp.confirmed_at?, totp.last_used_day)));
    Ok(Factors { totp, passkeys: shown, codes_left })
}
