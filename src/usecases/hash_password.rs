//! Passwords on their way into the database.

use crate::app::App;
use crate::domain::email::EmailAddress;
use crate::domain::password::{Password, SALT_BYTES};
use crate::error::{Attempt as _, Cause, Fault, Problem};

/// Takes what somebody chose, if it may be a password of the account of `email`.
///
/// # Errors
/// `InvalidField` with the rule that it breaks.
pub fn accept(text: &str, email: &EmailAddress) -> Result<Password, Problem> {
    Password::for_account(text, email.as_str())
        .map_err(|fault| Problem::InvalidField { field: "password", detail: fault.advice() })
}

/// What the database keeps of it.
///
/// # Errors
/// If there is no randomness or no memory.
pub fn hash(app: &App, password: &Password) -> Result<String, Fault> {
    let mut salt = [0; SALT_BYTES];
    app.ports.rng.fill(&mut salt).attempt("make a salt")?;
    let attempted = || Fault { attempted: "hash a password".into(), cause: Cause::Invariant("no memory".into()) };
    password.hash(salt).ok_or_else(attempted)
}
