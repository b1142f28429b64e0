//! The outbox of a deployment on one machine: each letter is an object that the development page shows, and goes nowhere
//! else. An adapter that needs nothing of a platform but the storage.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Map, Value, json};

use crate::domain::consent::ConsentProof;
use crate::domain::hex;
use crate::domain::ids::LetterId;
use crate::domain::letter::{OutgoingLetter, Sender};
use crate::ports::blobs::{BlobKey, BlobMeta, Blobs, Bucket};
use crate::ports::mail::{Mail, MailFailure, allowed};
use crate::ports::payload::Payload;

/// The outbox in the recovery bucket.
pub struct LocalOutbox(pub Arc<dyn Blobs>);

#[async_trait]
impl Mail for LocalOutbox {
    async fn send_transactional(&self, letter: &OutgoingLetter, key: &LetterId) -> Result<(), MailFailure> {
        self.put(letter, Sender::Transactional, key).await
    }

    async fn send_product(
        &self,
        letter: &OutgoingLetter,
        proof: &ConsentProof,
        key: &LetterId,
    ) -> Result<(), MailFailure> {
        allowed(letter, proof)?;
        self.put(letter, Sender::Product, key).await
    }
}

impl LocalOutbox {
    async fn put(&self, letter: &OutgoingLetter, sender: Sender, key: &LetterId) -> Result<(), MailFailure> {
        let fields: Map<String, Value> =
            letter.fields.iter().map(|(name, value)| ((*name).to_owned(), value.as_str().into())).collect();
        let object = json!({
            "id": key,
            "kind": letter.kind,
            "sender": sender,
            "to": letter.to.as_str(),
            "written_at": letter.written_at.rfc3339(),
            "subject": letter.content.subject,
            "text": letter.content.text,
            "html": letter.content.html,
            "headers": fields,
        })
        .to_string();
        let meta = BlobMeta {
            media_type: "application/json".into(),
            sha256: hex::sha256(object.as_bytes()),
            bytes: object.len() as u64,
            created_at: letter.written_at,
            expires_at: None,
            warning: None,
            is_private: false,
            notes: Vec::new(),
        };
        let (name, body) = (BlobKey::outbox(letter.written_at, key), Payload::Bytes(object.into()));
        // What is there already was sent under this key before.
        let put = self.0.put_new(Bucket::Recovery, &name, body, &meta).await;
        put.map(drop).map_err(|failure| MailFailure::Passing(failure.to_string()))
    }
}
