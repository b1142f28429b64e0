//! Signs people in. Who has no account, and who has another password, get the same answer for the same work.

use super::anomalies::{Subject, record, watch};
use super::count_attempts::{count_from, count_on};
use super::prove_email::account;
use super::second_factor::{SecondFactor, check_second_factor, has_second_factor};
use super::sign_up::find;
use super::{hash_password, open_session, use_passkey};
use crate::app::App;
use crate::domain::account::Account;
use crate::domain::email::EmailAddress;
use crate::domain::password::{DUMMY, Password, Verified};
use crate::error::{Attempt as _, Error, Problem};
use crate::policy::anomalies::{Counted, Guarded};
use crate::policy::rates;
use crate::store::accounts;

use open_session::{OpenSession, Origin, SessionUse};

/// An attempt to sign in.
#[derive(Debug)]
pub struct SignIn {
    /// The address as it was typed; none if it cannot be one.
    pub email: Option<EmailAddress>,
    /// As it was typed.
    pub password: String,
    /// Where from, and with what.
    pub origin: Origin,
}

/// Signs in, or as far as a second factor allows.
///
/// # Errors
/// `CredentialsWrong`, `TooManyAttempts` or `ChallengeNeeded`; a fault if something of ours failed.
pub async fn sign_in(app: &App, attempt: SignIn) -> Result<OpenSession, Error> {
    let subject = Subject::of_place(app, attempt.origin.address).await?;
    watch(app, Guarded::SignIns, &subject).await?;
    count_from(app, "sign_in", attempt.origin.address, &rates::SIGN_IN_FROM).await?;
    let account = match check_password(app, attempt.email.as_ref(), &attempt.password).await {
        Err(Error::Problem(Problem::CredentialsWrong)) => {
            record(app, Counted::FailedSignIns, Some(&subject)).await?;
            return Err(Problem::CredentialsWrong.into());
        }
        checked => checked?,
    };
    enter(app, &account, &attempt.origin).await
}

/// Begins a sign-in of whoever has shown one factor: whole, if the account has no second one.
///
/// # Errors
/// `FactorNeeded`; a fault if something of ours failed.
pub async fn enter(app: &App, account: &Account, origin: &Origin) -> Result<OpenSession, Error> {
    let awaits_factor = has_second_factor(app, &account.id).await?;
    if account.is_operator && !awaits_factor {
        return Err(Problem::FactorNeeded.into());
    }
    open_session::open(app, account, origin, awaits_factor).await
}

/// Goes on with a sign-in that waits for its second factor: a new one, which is whole, takes its place.
///
/// # Errors
/// `ProofWrong` or `TooManyAttempts`; a fault if something of ours failed.
pub async fn show_factor(
    app: &App,
    waiting: &SessionUse,
    shown: &SecondFactor,
    origin: &Origin,
) -> Result<OpenSession, Error> {
    check_second_factor(app, &waiting.account_id, shown).await?;
    let account = account(app, &waiting.account_id).await?;
    let session = open_session::open(app, &account, origin, false).await?;
    open_session::end(app, &waiting.account_id, &waiting.id).await?;
    Ok(session)
}

/// Signs in whoever has a passkey, which is two factors at once: itself, and what unlocks it.
///
/// # Errors
/// `ProofWrong` or `TooManyAttempts`; a fault if something of ours failed.
pub async fn sign_in_with_passkey(app: &App, answer: &str, origin: &Origin) -> Result<OpenSession, Error> {
    count_from(app, "sign_in", origin.address, &rates::SIGN_IN_FROM).await?;
    let id = use_passkey::finish_sign_in(app, answer).await?;
    open_session::open(app, &account(app, &id).await?, origin, false).await
}

/// The account that `password` opens.
///
/// # Errors
/// As [`sign_in`].
pub async fn check_password(app: &App, email: Option<&EmailAddress>, password: &str) -> Result<Account, Error> {
    let lookup = email.map(|email| app.settings.master_keys.current.lookup("email", &email.canonical()));
    count_on(app, "sign_in", lookup.as_deref().unwrap_or_default(), &rates::SIGN_IN_TO).await?;
    let account = match email {
        Some(email) => find(app, email).await?,
        None => None,
    };
    let password = Password::from_caller(password);
    let stored = account.as_ref().and_then(|account| account.password_hash.as_deref());
    let verified = password.verify(stored.unwrap_or(DUMMY));
    let (Some(account), Some(stored)) = (&account, stored) else { return Err(Problem::CredentialsWrong.into()) };
    match verified {
        Verified::Wrong => return Err(Problem::CredentialsWrong.into()),
        Verified::Right => {}
        Verified::RightButOld => {
            let fresh = hash_password::hash(app, &password)?;
            accounts::rehash(app.ports.sql.as_ref(), &account.id, stored, &fresh)
                .await
                .attempt("hash a password anew")?;
        }
    }
    Ok(account.clone())
}

/// Asks whoever is signed in for the password once more, before something that a borrowed browser must not do.
///
/// # Errors
/// As [`sign_in`].
pub async fn confirm_password(app: &App, account: &Account, password: &str) -> Result<(), Error> {
    count_on(app, "confirm", account.id.as_str(), &rates::SIGN_IN_TO).await?;
    let stored = account.password_hash.as_deref().unwrap_or(DUMMY);
    match Password::from_caller(password).verify(stored) {
        Verified::Right | Verified::RightButOld if account.password_hash.is_some() => Ok(()),
        _ => Err(Problem::CredentialsWrong.into()),
    }
}
