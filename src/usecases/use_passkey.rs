//! A passkey is used: to sign in with nothing else, or to add to a password.

use std::net::IpAddr;

use serde_json::Value;

use super::challenge;
use super::enrol_passkey::{credentials, site};
use super::pseudonymise::pseudonymise;
use crate::app::App;
use crate::domain::ids::AccountId;
use crate::domain::passkey::assertion::{Assertion, KnownPasskey};
use crate::domain::passkey::{PasskeyFault, PublicKey, options};
use crate::error::{Attempt as _, Error, Fault, Problem};
use crate::policy::factors::CHALLENGE_MS;
use crate::store::challenges::Purpose;
use crate::store::passkeys;

/// Seconds to wait for a client that asks too often: the window of the brake.
const BURST_RETRY_S: u32 = 10;

/// What to ask the browser of somebody at `address` who signs in with a passkey and nothing else.
///
/// # Errors
/// `Busy` for a client that asks for very many, or a fault.
pub async fn begin_sign_in(app: &App, address: Option<IpAddr>) -> Result<Value, Error> {
    let client = pseudonymise(app, address, app.now()).await?;
    if !app.ports.burst.admits(&client).await {
        return Err(Problem::Busy { retry_after_s: BURST_RETRY_S }.into());
    }
    let challenge = challenge::ask(app, Purpose::SignIn, None).await?;
    Ok(options::request(&site(app), &challenge, &[], CHALLENGE_MS))
}

/// The account whose passkey answered. It has proved two factors: the passkey, and what unlocks it.
///
/// # Errors
/// `ProofWrong`, or a fault.
pub async fn finish_sign_in(app: &App, answer: &str) -> Result<AccountId, Error> {
    verify(app, answer, Purpose::SignIn, None).await
}

/// What to ask the browser of an account that adds a passkey to its password; none if it has none that is accepted.
///
/// # Errors
/// If a port fails.
pub async fn begin_second_factor(app: &App, account: &AccountId) -> Result<Option<Value>, Fault> {
    let listed = passkeys::of_account(app.ports.sql.as_ref(), account).await;
    let mut listed = listed.attempt(&format!("list the passkeys of {account}"))?;
    listed.retain(|passkey| passkey.flagged_at.is_none());
    let allowed = credentials(app, account, &listed).await?;
    if allowed.is_empty() {
        return Ok(None);
    }
    let challenge = challenge::ask(app, Purpose::SecondFactor, Some(account)).await?;
    Ok(Some(options::request(&site(app), &challenge, &allowed, CHALLENGE_MS)))
}

/// Verifies an answer to a question of this purpose, to this account if there is one, and remembers the use.
pub(super) async fn verify(
    app: &App,
    answer: &str,
    purpose: Purpose,
    account: Option<&AccountId>,
) -> Result<AccountId, Error> {
    let (sql, now) = (app.ports.sql.as_ref(), app.now());
    let assertion = Assertion::read(answer).map_err(|_| Problem::ProofWrong)?;
    if !challenge::take(app, assertion.challenge(), purpose, account).await? {
        return Err(Problem::ProofWrong.into());
    }
    let hash = assertion.credential().hash();
    let found = passkeys::find(sql, &hash).await.attempt("find a passkey")?;
    let found = found.filter(|found| account.is_none_or(|account| *account == found.account_id));
    let Some(found) = found else { return Err(Problem::ProofWrong.into()) };
    let key = PublicKey::parse(&found.public_key).ok_or(Problem::ProofWrong)?;
    let known = KnownPasskey { key, sign_count: found.sign_count, is_backup_eligible: found.backup_eligible == 1 };
    match assertion.verify(&site(app), &known, found.account_id.as_str(), account.is_none()) {
        // False: another answer of the same authenticator was quicker, and only one of two may count alike.
        Ok(used) if passkeys::remember(sql, &hash, used, now).await.attempt("remember the use of a passkey")? => {
            Ok(found.account_id)
        }
        Err(PasskeyFault::SignCount) => {
            passkeys::flag(sql, &hash, now).await.attempt("flag a passkey")?;
            Err(Problem::ProofWrong.into())
        }
        _ => Err(Problem::ProofWrong.into()),
    }
}
