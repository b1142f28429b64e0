//! The keys of personal data: one object for each account, wrapped. Without it, what the account's rows hold cannot be
//! read any more, in the database or in any copy of it.

use crate::app::App;
use crate::domain::hex;
use crate::domain::ids::AccountId;
use crate::domain::sealing::{KEY_BYTES, NONCE_BYTES, PersonalKey};
use crate::error::{Attempt as _, Cause, Fault};
use crate::ports::blobs::{BlobKey, BlobMeta, Bucket};
use crate::ports::payload::Payload;

/// The key of an account; none if there is none, or none any more.
///
/// # Errors
/// If the storage fails, or the key was wrapped by a master key that the deployment has no more.
pub async fn find(app: &App, account: &AccountId) -> Result<Option<PersonalKey>, Fault> {
    let attempted = format!("read the personal key of {account}");
    let stored = app.ports.blobs.read(Bucket::Recovery, &BlobKey::personal_key(account)).await.attempt(&attempted)?;
    let Some(wrapped) = stored else { return Ok(None) };
    let opened = String::from_utf8(wrapped)
        .ok()
        .and_then(|wrapped| app.settings.master_keys.unwrap(&context(account), &wrapped));
    match opened {
        Some(key) => Ok(Some(key)),
        None => Err(Fault { attempted, cause: Cause::Invariant("no master key opens it".into()) }),
    }
}

/// Makes the key of a new account; if there is one already, that.
///
/// # Errors
/// If the storage or chance fails.
pub async fn create(app: &App, account: &AccountId) -> Result<PersonalKey, Fault> {
    let attempted = format!("make the personal key of {account}");
    let (mut random, mut nonce) = ([0; KEY_BYTES], [0; NONCE_BYTES]);
    app.ports.rng.fill(&mut random).attempt(&attempted)?;
    app.ports.rng.fill(&mut nonce).attempt(&attempted)?;
    let missing = || Fault { attempted: attempted.clone(), cause: Cause::Invariant("it is not there".into()) };
    let wrapped = app.settings.master_keys.wrap(&context(account), &PersonalKey::from_random(random), nonce);
    let wrapped = wrapped.ok_or_else(missing)?;
    let meta = BlobMeta {
        media_type: "text/plain".into(),
        sha256: hex::sha256(wrapped.as_bytes()),
        bytes: wrapped.len() as u64,
        created_at: app.now(),
        expires_at: None,
        warning: None,
        notes: Vec::new(),
    };
    let (key, body) = (BlobKey::personal_key(account), Payload::Bytes(wrapped.into()));
    app.ports.blobs.put_new(Bucket::Recovery, &key, body, &meta).await.attempt(&attempted)?;
    find(app, account).await?.ok_or_else(missing)
}

fn context(account: &AccountId) -> String {
    format!("personal_key:{account}")
}
