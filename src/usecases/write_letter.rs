//! Writes letters: sealed, as rows, in the same batch as what they are about, so that neither is there without the other.

use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::domain::email::EmailAddress;
use crate::domain::ids::{AccountId, ID_BYTES, LetterId};
use crate::domain::letter::Letter;
use crate::domain::sealing::{NONCE_BYTES, PersonalKey};
use crate::error::{Attempt as _, Cause, Fault};
use crate::ports::queue::Message;
use crate::ports::sql::Statement;
use crate::store::letters::{self, SealedLetter};

/// What is sealed of a letter: all that says something about a person.
#[derive(Serialize, Deserialize)]
pub(super) struct Sealed {
    pub(super) to: String,
    pub(super) letter: Letter,
}

/// A letter that is written: its statement belongs into the batch with what it is about; afterwards it is [`post`]ed.
#[must_use]
pub struct Written {
    /// The letter.
    pub id: LetterId,
    /// Makes its row.
    pub statement: Statement,
}

/// Writes a letter to `to`, sealed under the key of `account`.
///
/// # Errors
/// If there is no chance to be had.
pub fn write(
    app: &App,
    account: &AccountId,
    key: &PersonalKey,
    to: &EmailAddress,
    letter: Letter,
) -> Result<Written, Fault> {
    let sealed = seal(app, account, key, to, letter)?;
    Ok(Written { statement: letters::write(&sealed), id: sealed.id })
}

/// Seals a letter, for whoever writes it down only under a condition.
///
/// # Errors
/// If there is no chance to be had.
pub fn seal(
    app: &App,
    account: &AccountId,
    key: &PersonalKey,
    to: &EmailAddress,
    letter: Letter,
) -> Result<SealedLetter, Fault> {
    let attempted = format!("write a letter ({}) of {account}", letter.kind());
    let (mut random, mut nonce) = ([0; ID_BYTES], [0; NONCE_BYTES]);
    app.ports.rng.fill(&mut random).attempt(&attempted)?;
    app.ports.rng.fill(&mut nonce).attempt(&attempted)?;
    let id = LetterId::from_random(random);
    let kind = letter.kind();
    let plain = serde_json::to_string(&Sealed { to: to.as_str().to_owned(), letter });
    let sealed = plain.ok().and_then(|plain| key.seal(&place(&id), &plain, nonce));
    let sealed = sealed.ok_or_else(|| Fault { attempted, cause: Cause::Invariant("it cannot be sealed".into()) })?;
    Ok(SealedLetter { id, account_id: account.clone(), kind, sealed, created_at: app.now() })
}

/// Has a letter that is written sent soon. If the queue does not take it, the job finds it within a minute.
pub async fn post(app: &App, id: &LetterId) {
    let sent = app.ports.queue.send(&Message::SendLetter { id: id.clone() }, 0).await;
    if let Err(fault) = sent.attempt(&format!("have letter {id} sent")) {
        super::remove::log_fault(app, &fault);
    }
}

/// What a letter is sealed for.
pub(super) fn place(id: &LetterId) -> String {
    format!("letters.sealed:{id}")
}
