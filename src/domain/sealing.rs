//! Personal data at rest: sealed under a key of the account's own, found again by a keyed hash.
//!
//! ```text
//! master key (a secret of the deployment, with a name)
//!    ├─ wraps  ─> personal key (32 random bytes, an object in the recovery bucket)
//!    │               └─ seals ─> email address, name, IP address, user agent (columns of the database)
//!    └─ hashes ─> lookup of an email address
//! ```
//! Whoever destroys the personal key erases the person also from every history of the database that nobody can edit
//! (D1 keeps 30 days of it, and so do backups). AES-256-GCM (NIST SP 800-38D) with random nonces: a key seals far fewer
//! than 2^32 values. What is sealed is bound to its place, so that a value moved to another row or column does not open.

use aes_gcm::aead::{Aead as _, KeyInit as _, Payload};
use aes_gcm::{Aes256Gcm, Key, Nonce};
use data_encoding::BASE64URL_NOPAD;
use hkdf::Hkdf;
use sha2::Sha256;

use super::hex;

/// Bytes in a key: AES-256's.
pub const KEY_BYTES: usize = 32;
/// Bytes in a nonce (NIST SP 800-38D §8.2).
pub const NONCE_BYTES: usize = 12;

/// Fresh random bytes for one sealing.
pub type SealingNonce = [u8; NONCE_BYTES];

/// The key of one account's personal data.
#[derive(Clone, PartialEq, Eq)]
pub struct PersonalKey([u8; KEY_BYTES]);

/// A key of the deployment: it wraps personal keys and hashes what they hide.
#[derive(Clone, PartialEq, Eq)]
pub struct MasterKey {
    /// 1 to 32 letters, digits, `-` and `_`: what wrapped keys and lookups call it by.
    pub id: String,
    secret: [u8; KEY_BYTES],
}

/// The keys of a deployment: the current one, and the previous one while there is something left that it made.
#[derive(Clone, PartialEq, Eq)]
pub struct MasterKeyring {
    /// What is made is made with this one.
    pub current: MasterKey,
    /// What it made is still accepted.
    pub previous: Option<MasterKey>,
}

impl PersonalKey {
    /// A key of fresh random bytes.
    #[must_use]
    pub fn from_random(random: [u8; KEY_BYTES]) -> Self {
        Self(random)
    }

    /// Seals `plain` for the place `context` (such as `accounts.email:{id}`): text for a column. `None` only for
    /// gigabytes.
    #[must_use]
    pub fn seal(&self, context: &str, plain: &str, nonce: SealingNonce) -> Option<String> {
        seal(&self.0, context, plain.as_bytes(), nonce)
    }

    /// Opens what [`Self::seal`] made for the same place.
    #[must_use]
    pub fn open(&self, context: &str, sealed: &str) -> Option<String> {
        String::from_utf8(open(&self.0, context, sealed)?).ok()
    }
}

impl MasterKey {
    /// A key, if its name and length are right: at least [`KEY_BYTES`] bytes.
    #[must_use]
    pub fn new(id: &str, secret: &[u8]) -> Option<Self> {
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        let is_right = (1..=32).contains(&id.len()) && id.bytes().all(is_name) && secret.len() >= KEY_BYTES;
        let secret = is_right.then(|| derive(secret, "master"))?;
        Some(Self { id: id.to_owned(), secret })
    }

    /// The key for one purpose of the deployment's own. Purposes are never shared, so that what one use of a key gives
    /// away is of no use to another (RFC 5869 §3.2).
    #[must_use]
    pub fn for_purpose(&self, purpose: &str) -> [u8; KEY_BYTES] {
        derive(&self.secret, purpose)
    }

    /// What `text` is found by in a column: a keyed hash, with the key's name before it.
    #[must_use]
    pub fn lookup(&self, kind: &str, text: &str) -> String {
        let mac = hex::hmac_sha256(&self.for_purpose("lookup"), format!("{kind}:{text}").as_bytes());
        format!("{}:{}", self.id, hex::encode(&mac))
    }

    fn wrap(&self, context: &str, key: &PersonalKey, nonce: SealingNonce) -> Option<String> {
        Some(format!("{}:{}", self.id, seal(&self.for_purpose("wrap"), context, &key.0, nonce)?))
    }
}

impl MasterKeyring {
    /// Every key, the current one first.
    pub fn keys(&self) -> impl Iterator<Item = &MasterKey> {
        std::iter::once(&self.current).chain(self.previous.as_ref())
    }

    /// Wraps a personal key under the current master key, for the place `context`.
    #[must_use]
    pub fn wrap(&self, context: &str, key: &PersonalKey, nonce: SealingNonce) -> Option<String> {
        self.current.wrap(context, key, nonce)
    }

    /// Opens a wrapped key, by whichever master key wrapped it.
    #[must_use]
    pub fn unwrap(&self, context: &str, wrapped: &str) -> Option<PersonalKey> {
        let (id, sealed) = wrapped.split_once(':')?;
        let key = self.keys().find(|key| key.id == id)?;
        open(&key.for_purpose("wrap"), context, sealed)?.try_into().map(PersonalKey).ok()
    }

    /// Every lookup under which `text` may be, the current key's first.
    #[must_use]
    pub fn lookups(&self, kind: &str, text: &str) -> Vec<String> {
        self.keys().map(|key| key.lookup(kind, text)).collect()
    }
}

fn derive(secret: &[u8], purpose: &str) -> [u8; KEY_BYTES] {
    let mut derived = [0; KEY_BYTES];
    // HKDF can make 255 times the hash's length (RFC 5869 §2.3), so this does not fail.
    let filled = Hkdf::<Sha256>::new(None, secret).expand(format!("tintype {purpose}").as_bytes(), &mut derived);
    debug_assert!(filled.is_ok());
    derived
}

fn seal(key: &[u8; KEY_BYTES], context: &str, plain: &[u8], nonce: SealingNonce) -> Option<String> {
    let payload = Payload { msg: plain, aad: context.as_bytes() };
    let sealed = cipher(key).encrypt(&Nonce::from(nonce), payload).ok()?;
    Some(BASE64URL_NOPAD.encode(&[nonce.as_slice(), &sealed].concat()))
}

/// Whether a text looks like something sealed: nobody can read it without a key. It need not open.
#[must_use]
pub fn is_sealed(text: &str) -> bool {
    const TAG_BYTES: usize = 16;
    BASE64URL_NOPAD.decode(text.as_bytes()).is_ok_and(|bytes| bytes.len() >= NONCE_BYTES + TAG_BYTES)
}

fn open(key: &[u8; KEY_BYTES], context: &str, sealed: &str) -> Option<Vec<u8>> {
    let bytes = BASE64URL_NOPAD.decode(sealed.as_bytes()).ok()?;
    let (nonce, sealed) = bytes.split_first_chunk::<NONCE_BYTES>()?;
    cipher(key).decrypt(&Nonce::from(*nonce), Payload { msg: sealed, aad: context.as_bytes() }).ok()
}

fn cipher(key: &[u8; KEY_BYTES]) -> Aes256Gcm {
    Aes256Gcm::new(&Key::<Aes256Gcm>::from(*key))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn master(id: &str) -> MasterKey {
        MasterKey::new(id, format!("{id:#>32}").as_bytes()).expect("a fine key")
    }

    fn ring(current: &str, previous: Option<&str>) -> MasterKeyring {
        MasterKeyring { current: master(current), previous: previous.map(master) }
    }

    #[test]
    fn what_is_sealed_opens_in_its_place_only() {
        let key = PersonalKey::from_random([7; KEY_BYTES]);
        let sealed = key.seal("accounts.email:a", "ada@example.org", [1; NONCE_BYTES]).expect("sealed");
        assert!(!sealed.contains("ada"));
        assert_eq!(key.open("accounts.email:a", &sealed).as_deref(), Some("ada@example.org"));
        assert_eq!(key.open("accounts.email:b", &sealed), None);
        assert_eq!(PersonalKey::from_random([8; KEY_BYTES]).open("accounts.email:a", &sealed), None);
        let changed = sealed.replace('A', "B");
        assert_eq!(
            key.open("accounts.email:a", &changed),
            if changed == sealed { Some("ada@example.org".into()) } else { None }
        );
        for broken in ["", "AAAA", "not base64!", &sealed[..sealed.len() - 2]] {
            assert_eq!(key.open("accounts.email:a", broken), None, "{broken}");
        }
    }

    #[test]
    fn a_key_wrapped_by_the_previous_master_key_still_opens() {
        let key = PersonalKey::from_random([7; KEY_BYTES]);
        let wrapped = ring("old", None).wrap("keys:a", &key, [2; NONCE_BYTES]).expect("wrapped");
        assert!(ring("new", Some("old")).unwrap("keys:a", &wrapped) == Some(key));
        assert!(ring("new", None).unwrap("keys:a", &wrapped).is_none());
        assert!(ring("new", Some("old")).unwrap("keys:b", &wrapped).is_none(), "it is bound to its account");
    }

    #[test]
    fn a_lookup_says_nothing_without_the_key() {
        let lookups = ring("new", Some("old")).lookups("email", "ada@example.org");
        assert_eq!(lookups.len(), 2);
        assert!(lookups.iter().all(|lookup| !lookup.contains("ada")));
        assert_eq!(lookups.last(), ring("old", None).lookups("email", "ada@example.org").first());
        assert_ne!(master("old").lookup("email", "a"), master("old").lookup("invitation", "a"));
        assert!(MasterKey::new("short", b"too short").is_none() && MasterKey::new("a b", &[0; 32]).is_none());
    }
}
