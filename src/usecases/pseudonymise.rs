//! Tells callers apart without knowing them: a keyed hash of the address prefix, under a salt that is
//! made for one UTC day and destroyed after it. The salt lives outside the database, whose history
//! cannot be erased at will; once it is gone, the hashes cannot be traced back (promise IMP-11).

use std::net::IpAddr;

use crate::app::App;
use crate::domain::address::{caller_prefix, coarse_prefix};
use crate::domain::hex;
use crate::domain::ids::AccountId;
use crate::domain::time::Timestamp;
use crate::error::{Attempt as _, Cause, Fault};
use crate::ports::blobs::{BlobKey, BlobMeta, Bucket};
use crate::ports::payload::Payload;

/// Bytes in a salt: the output length of SHA-256, so that trying salts is no shorter way.
const SALT_BYTES: usize = 32;

/// Bytes of a client's name: of a thousand clients on one day, two share one in one list of eight thousand.
const CLIENT_BYTES: usize = 4;

/// The pseudonym of the caller at `address` for the day of `now`. Callers whose address the platform
/// does not tell share one pseudonym, and so one allowance.
///
/// # Errors
/// If the day's salt can be neither read nor made.
pub async fn pseudonymise(app: &App, address: Option<IpAddr>, now: Timestamp) -> Result<String, Fault> {
    let salt = salt_of_day(app, now).await?;
    let prefix = address.map_or_else(|| "unknown".to_owned(), caller_prefix);
    let mac = hex::hmac_sha256(&salt, prefix.as_bytes());
    Ok(hex::encode(mac.get(..16).unwrap_or(&mac)))
}

/// What the part of the network that `address` is in is called in the list of an account's requests of the day of `now`: enough to tell
/// clients apart on that day and in that list. On another day, or in another account's list, the same client is called something else,
/// and once the day's salt is destroyed, nobody can find out which. It says less than [`pseudonymise`]: many callers share one, and it
/// is of another domain, so that neither is ever the other.
///
/// # Errors
/// If the day's salt can be neither read nor made.
pub async fn client_of_day(
    app: &App,
    account: Option<&AccountId>,
    address: IpAddr,
    now: Timestamp,
) -> Result<String, Fault> {
    let salt = salt_of_day(app, now).await?;
    // No prefix of a caller begins like this.
    let text = format!("requests of {}: {}", account.map_or("nobody", AccountId::as_str), coarse_prefix(address));
    let mac = hex::hmac_sha256(&salt, text.as_bytes());
    Ok(hex::encode(mac.get(..CLIENT_BYTES).unwrap_or(&mac)))
}

async fn salt_of_day(app: &App, now: Timestamp) -> Result<Vec<u8>, Fault> {
    let key = BlobKey::salt(&now.day());
    if let Some(salt) = read(app, &key).await? {
        return Ok(salt);
    }
    let mut fresh = [0; SALT_BYTES];
    app.ports.rng.fill(&mut fresh).attempt("make the day's salt")?;
    let meta = BlobMeta::plain(hex::sha256(&fresh), SALT_BYTES as u64, now);
    let body = Payload::Bytes(fresh.to_vec().into());
    app.ports.blobs.put_new(Bucket::Recovery, &key, body, &meta).await.attempt("store the day's salt")?;
    // Read back rather than trusted: another request may have been first.
    read(app, &key).await?.ok_or_else(|| Fault {
        attempted: "read the day's salt".into(),
        cause: Cause::Invariant("it was stored and is not there".into()),
    })
}

async fn read(app: &App, key: &BlobKey) -> Result<Option<Vec<u8>>, Fault> {
    app.ports.blobs.read(Bucket::Recovery, key).await.attempt("read the day's salt")
}
