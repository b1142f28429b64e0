//! The keys of accounts' personal data: objects, not rows, so that destroying one erases the person from the database's
//! history and its backups, too (docs/adr/0023).

use crate::app::App;
use crate::domain::hex;
use crate::domain::ids::AccountId;
use crate::domain::sealing::{KEY_BYTES, NONCE_BYTES, PersonalKey, SealingNonce};
use crate::error::{Attempt as _, Cause, Fault};
use crate::ports::blobs::{BlobKey, BlobMeta, Bucket, PutOutcome};
use crate::ports::payload::Payload;

/// The key of an account; none if there never was one, or it was destroyed: then nothing sealed under it opens again.
///
/// # Errors
/// If the storage fails, or the master key that wraps it is not among the settings'.
pub async fn find(app: &App, account: &AccountId) -> Result<Option<PersonalKey>, Fault> {
    let attempted = format!("read the key of account {account}");
    let wrapped = app.ports.blobs.read(Bucket::Recovery, &BlobKey::personal_key(account)).await.attempt(&attempted)?;
    let Some(wrapped) = wrapped else { return Ok(None) };
    let key =
        std::str::from_utf8(&wrapped).ok().and_then(|text| app.settings.master_keys.unwrap(&place(account), text));
    // Never taken for an erased person: a deployment that lost its master key must hear of it.
    key.map(Some).ok_or_else(|| Fault { attempted, cause: Cause::Invariant("no master key opens it".into()) })
}

/// The key of an account that must have one.
///
/// # Errors
/// As [`find`], and if there is none.
pub async fn of(app: &App, account: &AccountId) -> Result<PersonalKey, Fault> {
    find(app, account).await?.ok_or_else(|| Fault {
        attempted: format!("read the key of account {account}"),
        cause: Cause::Invariant("the account is there and its key is not".into()),
    })
}

/// Makes and stores the key of a new account, before its row: an account without a key could not be read, a key without
/// an account is found by a job.
///
/// # Errors
/// If the storage or the source of chance fails.
pub async fn create(app: &App, account: &AccountId) -> Result<PersonalKey, Fault> {
    let attempted = format!("make the key of account {account}");
    let mut random = [0; KEY_BYTES];
    app.ports.rng.fill(&mut random).attempt(&attempted)?;
    let key = PersonalKey::from_random(random);
    let wrapped = app.settings.master_keys.wrap(&place(account), &key, nonce(app)?);
    let wrapped = wrapped.ok_or_else(|| too_long(&attempted))?;
    let meta = BlobMeta::plain(hex::sha256(wrapped.as_bytes()), wrapped.len() as u64, app.now());
    let body = Payload::Bytes(wrapped.into());
    let stored = app.ports.blobs.put_new(Bucket::Recovery, &BlobKey::personal_key(account), body, &meta).await;
    match stored.attempt(&attempted)? {
        PutOutcome::Stored => Ok(key),
        // A write that the platform repeated finds its own first try; whichever it is, it is the key.
        PutOutcome::AlreadyThere => of(app, account).await,
    }
}

/// Wraps the key of an account under the current master key, if another one wraps it; answers whether it did. A key that
/// is destroyed meanwhile stays destroyed.
///
/// # Errors
/// As [`find`].
pub async fn wrap_anew(app: &App, account: &AccountId) -> Result<bool, Fault> {
    let attempted = format!("wrap the key of account {account} anew");
    let (ring, at) = (&app.settings.master_keys, BlobKey::personal_key(account));
    let old = app.ports.blobs.read(Bucket::Recovery, &at).await.attempt(&attempted)?;
    let Some(old) = old else { return Ok(false) };
    if old.starts_with(format!("{}:", ring.current.id).as_bytes()) {
        return Ok(false);
    }
    let opened = std::str::from_utf8(&old).ok().and_then(|text| ring.unwrap(&place(account), text));
    let key = opened.ok_or_else(|| Fault {
        attempted: attempted.clone(),
        cause: Cause::Invariant("no master key opens it".into()),
    })?;
    let wrapped = ring.wrap(&place(account), &key, nonce(app)?).ok_or_else(|| too_long(&attempted))?;
    let meta = BlobMeta::plain(hex::sha256(wrapped.as_bytes()), wrapped.len() as u64, app.now());
    let replaced = app.ports.blobs.replace(Bucket::Recovery, &at, &old, wrapped.into_bytes(), &meta).await;
    replaced.attempt(&attempted)
}

/// Seals a value of an account for its place in the database.
///
/// # Errors
/// If the source of chance fails.
pub fn seal(app: &App, key: &PersonalKey, place: &str, plain: &str) -> Result<String, Fault> {
    key.seal(place, plain, nonce(app)?).ok_or_else(|| too_long(place))
}

/// Opens a value of an account.
///
/// # Errors
/// If it does not open: it was sealed for another place, or changed.
pub fn open(key: &PersonalKey, place: &str, sealed: &str) -> Result<String, Fault> {
    let broken = || Fault { attempted: format!("open {place}"), cause: Cause::Invariant("it does not open".into()) };
    key.open(place, sealed).ok_or_else(broken)
}

fn nonce(app: &App) -> Result<SealingNonce, Fault> {
    let mut nonce = [0; NONCE_BYTES];
    app.ports.rng.fill(&mut nonce).attempt("make a nonce")?;
    Ok(nonce)
}

fn place(account: &AccountId) -> String {
    format!("personal_key:{account}")
}

fn too_long(attempted: &str) -> Fault {
    Fault { attempted: attempted.to_owned(), cause: Cause::Invariant("too long to be sealed".into()) }
}
