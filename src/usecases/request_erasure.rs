//! Has an account erased, as its owner wants (promise IMP-37; GDPR Art. 17): a week later, until which a link in a letter keeps
//! it after all. Meanwhile nobody is signed in to it, and nobody can sign in.

use super::erase_account::cancel_subscription;
use super::mail_link::{Destination, LinkLetter, Occasion, mail_link};
use super::prove_email::{account, address_of};
use super::remove::{finish_or_leave, log_fault};
use super::second_factor::{SecondFactor, check_second_factor};
use super::sign_in::confirm_password;
use super::{personal_keys, write_letter};
use crate::app::App;
use crate::domain::account::Account;
use crate::domain::ids::{AccountId, ErasureId, ID_BYTES};
use crate::domain::image::RemovalReason;
use crate::domain::link::LinkPurpose;
use crate::domain::time::Timestamp;
use crate::error::{Attempt as _, Cause, Error, Fault};
use crate::policy::erasure::{ERASED_AFTER_MS, REMOVED_AT_ONCE, kept_until};
use crate::ports::sql::SqlFailure;
use crate::store::{accounts, erasures, leaving_images, links, sessions};

/// What whoever is signed in shows once more.
#[derive(Clone, Debug)]
pub enum Confirmation {
    /// The password, as it was typed.
    Password(String),
    /// What else the account signs in with.
    Factor(SecondFactor),
}

/// Has the account erased, and ends every sign-in; with `hides_images`, its images leave public view at once. Answers until
/// when it can be kept.
///
/// # Errors
/// `CredentialsWrong`, `ProofWrong`, `TooManyAttempts`; a fault if something of ours failed. Then the account may be about to be
/// erased all the same; its owner has a letter if it is.
pub async fn request_erasure(
    app: &App,
    id: &AccountId,
    confirmation: &Confirmation,
    hides_images: bool,
) -> Result<Timestamp, Error> {
    let found = account(app, id).await?;
    match confirmation {
        Confirmation::Password(password) => confirm_password(app, &found, password).await?,
        Confirmation::Factor(shown) => check_second_factor(app, id, shown).await?,
    }
    if let Some(erase_at) = found.erase_at {
        return Ok(kept_until(erase_at));
    }
    let (now, attempted) = (app.now(), format!("have {id} erased"));
    let mut random = [0; ID_BYTES];
    app.ports.rng.fill(&mut random).attempt(&attempted)?;
    let (erasure, erase_at) = (ErasureId::from_random(random), now.plus_ms(ERASED_AFTER_MS));
    let letter = letter(app, &found, &erasure, erase_at).await?;
    let mut statements = vec![
        accounts::begin_erasure(id, erase_at, hides_images),
        erasures::insert(&erasure, id, now, erase_at),
        sessions::end_all(id, None),
        // Not what takes a change of the address back: whoever has this account erased may have taken it from its owner.
        links::revoke(id, LinkPurpose::VerifyEmail),
        links::revoke(id, LinkPurpose::ResetPassword),
        links::revoke(id, LinkPurpose::ChangeEmail),
        leaving_images::keep_away(id),
    ];
    statements.extend(letter.statements);
    let erase_at = match app.ports.sql.batch(statements).await {
        // Somebody was quicker, or the platform repeated the write.
        Err(SqlFailure::Conflict(_)) => requested_before(app, id, &attempted).await?,
        written => written.attempt(&attempted).map(|_| erase_at)?,
    };
    write_letter::post(app, &letter.id).await;
    if found.billing_customer.is_some()
        && let Err(fault) = cancel_subscription(app, id).await
    {
        // The job does.
        log_fault(app, &fault);
    }
    if hides_images && let Err(fault) = hide_some(app, now).await {
        // The job does.
        log_fault(app, &fault);
    }
    Ok(kept_until(erase_at))
}

async fn requested_before(app: &App, id: &AccountId, attempted: &str) -> Result<Timestamp, Error> {
    let missing =
        || Fault { attempted: attempted.to_owned(), cause: Cause::Invariant("it is not to be erased".into()) };
    Ok(account(app, id).await?.erase_at.ok_or_else(missing)?)
}

async fn hide_some(app: &App, now: Timestamp) -> Result<(), Fault> {
    let hidden = leaving_images::hide(app.ports.sql.as_ref(), now, REMOVED_AT_ONCE).await;
    for id in hidden.attempt("take images of leaving accounts out of public view")? {
        finish_or_leave(app, &id, RemovalReason::Deleted, now).await;
    }
    Ok(())
}

/// Sends the letter that keeps an account once more, to whoever asks for a new password of it.
///
/// # Errors
/// If something of ours failed.
pub async fn send_again(app: &App, account: &Account, erase_at: Timestamp) -> Result<(), Fault> {
    let attempted = format!("send the letter that keeps {} again", account.id);
    let erasure = erasures::of_account(app.ports.sql.as_ref(), &account.id).await.attempt(&attempted)?;
    // Erased meanwhile.
    let Some(erasure) = erasure else { return Ok(()) };
    let letter = letter(app, account, &erasure, erase_at).await?;
    app.ports.sql.batch(letter.statements).await.attempt(&attempted)?;
    write_letter::post(app, &letter.id).await;
    Ok(())
}

async fn letter(app: &App, account: &Account, erasure: &ErasureId, erase_at: Timestamp) -> Result<LinkLetter, Fault> {
    let key = personal_keys::of(app, &account.id).await?;
    let address = address_of(app, account).await?;
    let occasion = Occasion::Erasure { receipt: erasure, erase_at };
    mail_link(app, &account.id, &key, occasion, Destination::Own(&address))
}
