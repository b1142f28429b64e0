//! Mail by whom the deployment named: Amazon SES, Resend, or the local outbox.

mod handed_in;
mod resend;
mod ses;

use async_trait::async_trait;
use worker::send::SendFuture;

use crate::domain::consent::ConsentProof;
use crate::domain::ids::LetterId;
use crate::domain::letter::OutgoingLetter;
use crate::local_outbox::LocalOutbox;
use crate::ports::mail::{Mail, MailFailure, allowed};
use crate::settings;
use crate::settings::Sending;

/// Both senders.
pub struct Senders {
    /// What the deployment set.
    pub named: settings::Mail,
    /// Where letters go on a developer's machine.
    pub outbox: LocalOutbox,
}

#[async_trait]
impl Mail for Senders {
    async fn send_transactional(&self, letter: &OutgoingLetter, key: &LetterId) -> Result<(), MailFailure> {
        match &self.named.transactional {
            Sending::Service(named) => SendFuture::new(ses::send(named, letter, key)).await,
            Sending::Outbox => self.outbox.send_transactional(letter, key).await,
            Sending::Nobody => Err(MailFailure::Passing("nobody sends it: set MAIL_FROM and SES_REGION".into())),
        }
    }

    async fn send_product(
        &self,
        letter: &OutgoingLetter,
        proof: &ConsentProof,
        key: &LetterId,
    ) -> Result<(), MailFailure> {
        allowed(letter, proof)?;
        match &self.named.product {
            Sending::Service(named) => SendFuture::new(resend::send(named, letter, key)).await,
            Sending::Outbox => self.outbox.send_product(letter, proof, key).await,
            Sending::Nobody => {
                Err(MailFailure::Passing("nobody sends it: set MAIL_PRODUCT_FROM and RESEND_API_KEY".into()))
            }
        }
    }
}
