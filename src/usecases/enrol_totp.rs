//! An account gets an authenticator app: a secret is shown, and counts once a code of it was seen.

use super::sealed_fields::SealedFields;
use crate::app::App;
use crate::domain::ids::AccountId;
use crate::domain::totp::{SECRET_BYTES, TotpSecret};
use crate::error::{Attempt as _, Error, Fault, Problem};
use crate::store::totp_factors;

/// Where the secret of an account rests.
pub(super) fn place(account: &AccountId) -> String {
    format!("totp_factors.secret:{account}")
}

/// Makes a secret for the account to put into its app. Another that was begun and not confirmed is worth nothing then.
///
/// # Errors
/// `InvalidField` if the account has an app, or a fault.
pub async fn begin(app: &App, account: &AccountId) -> Result<TotpSecret, Error> {
    let attempted = format!("begin an authenticator app of {account}");
    let mut random = [0; SECRET_BYTES];
    app.ports.rng.fill(&mut random).attempt(&attempted)?;
    let secret = TotpSecret::from_random(random);
    let sealed = SealedFields::of(app, account).await?.seal(&place(account), &secret.base32())?;
    let begun = totp_factors::begin(app.ports.sql.as_ref(), account, &sealed, app.now()).await;
    if begun.attempt(&attempted)? { Ok(secret) } else { Err(there_is_one().into()) }
}

/// The secret that waits for its first code, to be shown again.
///
/// # Errors
/// If a port fails.
pub async fn unconfirmed(app: &App, account: &AccountId) -> Result<Option<TotpSecret>, Fault> {
    let found = totp_factors::find(app.ports.sql.as_ref(), account).await;
    let found = found.attempt(&format!("find the authenticator app of {account}"))?;
    match found.filter(|found| found.confirmed_at.is_none()) {
        Some(found) => {
            Ok(TotpSecret::parse(&SealedFields::of(app, account).await?.open(&place(account), &found.secret)?))
        }
        None => Ok(None),
    }
}

/// Confirms the app that was begun, by a code that it shows now. From then on it is asked for.
///
/// # Errors
/// `InvalidField` if the code is not right, nothing was begun or the account has an app; or a fault.
pub async fn confirm(app: &App, account: &AccountId, code: &str) -> Result<(), Error> {
    let attempted = format!("confirm the authenticator app of {account}");
    let (sql, now) = (app.ports.sql.as_ref(), app.now());
    let found = totp_factors::find(sql, account).await.attempt(&attempted)?;
    let found = found.ok_or_else(|| wrong_code("begin again: the app was not added in time"))?;
    if found.confirmed_at.is_some() {
        return Err(there_is_one().into());
    }
    let secret = SealedFields::of(app, account).await?.open(&place(account), &found.secret)?;
    let step = TotpSecret::parse(&secret).and_then(|secret| secret.accepted_step(code, now, None));
    let step = step.ok_or_else(|| wrong_code("type the six digits that the app shows now; its clock must be right"))?;
    let confirmed = totp_factors::confirm(sql, account, &found.secret, step, now).await.attempt(&attempted)?;
    if confirmed { Ok(()) } else { Err(wrong_code("begin again: it was begun anew in another window").into()) }
}

fn there_is_one() -> Problem {
    Problem::InvalidField { field: "totp", detail: "there is an authenticator app already: remove it first".into() }
}

fn wrong_code(detail: &str) -> Problem {
    Problem::InvalidField { field: "code", detail: detail.into() }
}
