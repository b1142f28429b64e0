//! Codes that let somebody in who has lost the other factors: ten, shown once, each for one use.

use crate::app::App;
use crate::domain::ids::AccountId;
use crate::domain::recovery_code::{CODE_BYTES, CODES, RecoveryCode};
use crate::error::{Attempt as _, Error, Fault, Problem};
use crate::store::recovery_codes;

/// Makes codes for an account that has just got its first factor; none if it has codes.
///
/// # Errors
/// If the database or chance fails.
pub async fn make_first(app: &App, account: &AccountId) -> Result<Option<Vec<RecoveryCode>>, Fault> {
    let attempted = format!("make the first recovery codes of {account}");
    let codes = draw(app, &attempted)?;
    let added = recovery_codes::add_first(app.ports.sql.as_ref(), account, &hashes(account, &codes), app.now()).await;
    Ok(added.attempt(&attempted)?.then_some(codes))
}

/// Makes codes in the place of all there were.
///
/// # Errors
/// `InvalidField` if the account has no factor that could be lost, or a fault.
pub async fn renew(app: &App, account: &AccountId) -> Result<Vec<RecoveryCode>, Error> {
    let attempted = format!("renew the recovery codes of {account}");
    let codes = draw(app, &attempted)?;
    let made = recovery_codes::replace(app.ports.sql.as_ref(), account, &hashes(account, &codes), app.now()).await;
    if made.attempt(&attempted)? {
        return Ok(codes);
    }
    let detail = "add an authenticator app or a passkey first: there is nothing to recover yet".into();
    Err(Problem::InvalidField { field: "codes", detail }.into())
}

fn draw(app: &App, attempted: &str) -> Result<Vec<RecoveryCode>, Fault> {
    let mut codes = Vec::with_capacity(CODES);
    for _ in 0..CODES {
        let mut random = [0; CODE_BYTES];
        app.ports.rng.fill(&mut random).attempt(attempted)?;
        codes.push(RecoveryCode::from_random(random));
    }
    Ok(codes)
}

fn hashes(account: &AccountId, codes: &[RecoveryCode]) -> Vec<String> {
    codes.iter().map(|code| code.hash(account)).collect()
}
