//! Passkeys: what the server of a site does in Web Authentication, Level 3 (W3C).
//!
//! ```text
//! options ── challenge ──> browser ── client data ──> authenticator
//!                                                         │ signs authenticator data, hash of client data
//! registration / assertion <──────── JSON ────────────────┘
//! ```
//! [`registration`] follows §7.1 and [`assertion`] §7.2, with the numbers of their steps. What is decided where the
//! standard leaves a choice:
//!
//! - The person is always verified (PIN, finger, face): a passkey is two factors, and signs in by itself.
//! - No statement is asked for about who made the authenticator: what it would tell is nobody's business.
//! - ES256, Ed25519 and RS256: what the standard recommends to ask for (§5.4), and what there is.
//! - Never inside a page of another site.

pub mod assertion;
mod authenticator_data;
mod client_data;
pub mod options;
mod public_key;
pub mod registration;

use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Deserializer};
use sha2::{Digest as _, Sha256};
use url::Url;

use super::hex;

pub use public_key::PublicKey;

/// Random bytes in a challenge (§13.4.3 asks for 16).
pub const CHALLENGE_BYTES: usize = 32;
/// Longest credential id in bytes (§7.1 step 25).
pub const CREDENTIAL_ID_BYTES_MAX: usize = 1023;

/// Why an answer of an authenticator is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasskeyFault {
    /// It cannot be read as what it says it is.
    Malformed,
    /// It was made for the other of the two ceremonies.
    Ceremony,
    /// It was made on another site.
    Origin,
    /// It was made inside a page of another site.
    Embedded,
    /// It was made for another site.
    RelyingParty,
    /// Nobody touched the authenticator.
    UserAbsent,
    /// The authenticator did not verify who touched it.
    UserUnverified,
    /// It says that the passkey is copied and cannot be, or the opposite of what it said before.
    Backup,
    /// Its key is of a kind that was not asked for.
    Algorithm,
    /// What it says about its authenticator does not hold.
    Attestation,
    /// It is about another credential than it says, or one with too long a name.
    Credential,
    /// It names another account.
    Owner,
    /// The signature is not the passkey's.
    Signature,
    /// It counts less than before: there may be a copy of the authenticator.
    SignCount,
}

/// Who asks: this site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RelyingParty {
    /// The host, to which passkeys are bound.
    pub id: String,
    /// `https://host`, with a port if it has one.
    pub origin: String,
}

impl RelyingParty {
    /// The site at this origin.
    #[must_use]
    pub fn of(origin: &Url) -> Self {
        let id = origin.host_str().unwrap_or_default().to_owned();
        Self { id, origin: origin.origin().ascii_serialization() }
    }

    fn id_hash(&self) -> [u8; 32] {
        Sha256::digest(self.id.as_bytes()).into()
    }
}

/// What an authenticator signs so that its answer is to this question and no other.
#[derive(Clone, PartialEq, Eq)]
pub struct Challenge([u8; CHALLENGE_BYTES]);

impl Challenge {
    /// A challenge of fresh random bytes.
    #[must_use]
    pub fn from_random(random: [u8; CHALLENGE_BYTES]) -> Self {
        Self(random)
    }

    /// The challenge as browsers take and return it.
    #[must_use]
    pub fn base64url(&self) -> String {
        BASE64URL_NOPAD.encode(&self.0)
    }

    /// What the database keeps.
    #[must_use]
    pub fn hash(&self) -> String {
        hex::sha256(&self.0)
    }

    fn parse(text: &str) -> Option<Self> {
        BASE64URL_NOPAD.decode(text.as_bytes()).ok()?.try_into().map(Self).ok()
    }
}

/// How an authenticator calls a passkey.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CredentialId(Vec<u8>);

impl CredentialId {
    /// Reads what [`Self::base64url`] wrote.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).ok()?;
        (1..=CREDENTIAL_ID_BYTES_MAX).contains(&bytes.len()).then_some(Self(bytes))
    }

    /// The id as browsers take and return it.
    #[must_use]
    pub fn base64url(&self) -> String {
        BASE64URL_NOPAD.encode(&self.0)
    }

    /// What it is found by in the database.
    #[must_use]
    pub fn hash(&self) -> String {
        hex::sha256(&self.0)
    }
}

/// A binary value in the JSON of browsers (§5.1, `Base64URLString`).
struct Binary(Vec<u8>);

impl<'de> Deserialize<'de> for Binary {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        BASE64URL_NOPAD.decode(text.as_bytes()).map(Self).map_err(serde::de::Error::custom)
    }
}
