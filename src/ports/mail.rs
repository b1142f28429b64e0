//! Mail: two senders, who never stand in for each other.

use async_trait::async_trait;

pub use crate::domain::letter::MailFailure;

use crate::domain::consent::{ConsentProof, Purpose};
use crate::domain::ids::LetterId;
use crate::domain::letter::OutgoingLetter;

/// Longest time an attempt to send may take, in milliseconds: afterwards the letter may be tried again.
pub const SEND_TIMEOUT_MS: u32 = 10_000;

/// Who delivers letters. `key` is the same at every attempt to send a letter, and no other letter has it: whoever
/// delivers sends once for each key, as far as the service behind it can.
#[async_trait]
pub trait Mail: Send + Sync {
    /// Sends what an account needs.
    ///
    /// # Errors
    /// If it was not sent, or nobody knows.
    async fn send_transactional(&self, letter: &OutgoingLetter, key: &LetterId) -> Result<(), MailFailure>;

    /// Sends what is new, to somebody who allowed it (promise IMP-08). Whoever implements it asks [`allowed`] first.
    ///
    /// It cannot be called without a proof, which only the ledger's latest entry makes:
    ///
    /// ```
    /// use tintype::domain::consent::ConsentProof;
    /// use tintype::domain::{ids::LetterId, letter::OutgoingLetter};
    /// use tintype::ports::mail::Mail;
    ///
    /// async fn send(mail: &dyn Mail, letter: &OutgoingLetter, proof: &ConsentProof, key: &LetterId) {
    ///     drop(mail.send_product(letter, proof, key).await);
    /// }
    /// ```
    /// ```compile_fail,E0061
    /// use tintype::domain::{ids::LetterId, letter::OutgoingLetter};
    /// use tintype::ports::mail::Mail;
    ///
    /// async fn send(mail: &dyn Mail, letter: &OutgoingLetter, key: &LetterId) {
    ///     drop(mail.send_product(letter, key).await);
    /// }
    /// ```
    /// ```compile_fail,E0451
    /// use tintype::domain::consent::{ConsentProof, Purpose};
    /// use tintype::domain::ids::AccountId;
    ///
    /// fn forge(account_id: AccountId) -> ConsentProof {
    ///     ConsentProof { account_id, purpose: Purpose::ProductEmail }
    /// }
    /// ```
    ///
    /// # Errors
    /// If it was not sent, or nobody knows; always, if the proof is another account's or another purpose's.
    async fn send_product(
        &self,
        letter: &OutgoingLetter,
        proof: &ConsentProof,
        key: &LetterId,
    ) -> Result<(), MailFailure>;
}

/// Whether a proof is about product email to the letter's account.
///
/// # Errors
/// If it is not.
pub fn allowed(letter: &OutgoingLetter, proof: &ConsentProof) -> Result<(), MailFailure> {
    if proof.allows(&letter.account_id, Purpose::ProductEmail) {
        return Ok(());
    }
    Err(MailFailure::Refused("the consent is another account's, or for another purpose".into()))
}
