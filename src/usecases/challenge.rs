//! Questions to authenticators: each is asked once, waits five minutes, and is answered once.

use crate::app::App;
use crate::domain::ids::AccountId;
use crate::domain::passkey::{CHALLENGE_BYTES, Challenge};
use crate::error::{Attempt as _, Fault};
use crate::policy::factors::CHALLENGE_MS;
use crate::store::challenges::{self, Purpose};

/// Makes a question and writes down that it was asked: of an account, or of whoever signs in.
///
/// # Errors
/// If the database or chance fails.
pub(super) async fn ask(app: &App, purpose: Purpose, account: Option<&AccountId>) -> Result<Challenge, Fault> {
    let mut random = [0; CHALLENGE_BYTES];
    app.ports.rng.fill(&mut random).attempt("make a challenge")?;
    let challenge = Challenge::from_random(random);
    let expires_at = app.now().plus_ms(CHALLENGE_MS);
    let asked = challenges::ask(app.ports.sql.as_ref(), &challenge, purpose, account, expires_at).await;
    asked.attempt("write down a challenge")?;
    Ok(challenge)
}

/// Takes the question that was answered. False if it never was asked, was asked for something else, has been answered,
/// or has waited too long.
///
/// # Errors
/// If the database fails.
pub(super) async fn take(
    app: &App,
    challenge: &Challenge,
    purpose: Purpose,
    account: Option<&AccountId>,
) -> Result<bool, Fault> {
    let taken = challenges::take(app.ports.sql.as_ref(), challenge, purpose, account, app.now()).await;
    taken.attempt("take a challenge")
}
