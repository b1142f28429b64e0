//! Public keys that owners register, so that nobody but them has what signs.

use std::fmt;

use data_encoding::BASE64;

use crate::domain::hex;

/// Bytes in an Ed25519 public key (RFC 8032 §5.1.5).
pub const PUBLIC_KEY_BYTES: usize = 32;
/// What precedes the key in the `SubjectPublicKeyInfo` of RFC 8410 §4.
const SPKI_PREFIX: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
const PEM_HEAD: &str = "-----BEGIN PUBLIC KEY-----";
const PEM_FOOT: &str = "-----END PUBLIC KEY-----";

/// An Ed25519 public key that a signature can be verified with.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey(pub(super) ed25519_dalek::VerifyingKey);

/// Why a text is no public key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PublicKeyFault {
    /// Neither of the two notations.
    #[error("an Ed25519 public key in PEM (`openssl pkey -pubout`), or its 32 bytes in base64")]
    Notation,
    /// It is a key of another kind.
    #[error("the PEM holds a key of another kind; only Ed25519 is taken")]
    Kind,
    /// The bytes are no point, or one with which signatures prove nothing.
    #[error("these 32 bytes are not a usable Ed25519 public key")]
    Weak,
}

impl PublicKey {
    /// Reads what an owner registers: PEM, or 32 bytes in base64.
    ///
    /// # Errors
    /// If it is no usable key.
    pub fn parse(text: &str) -> Result<Self, PublicKeyFault> {
        let text = text.trim();
        let pem = text.strip_prefix(PEM_HEAD).and_then(|rest| rest.strip_suffix(PEM_FOOT));
        let encoded: String = pem.unwrap_or(text).chars().filter(|c| !c.is_ascii_whitespace()).collect();
        let decoded = BASE64.decode(encoded.as_bytes()).map_err(|_| PublicKeyFault::Notation)?;
        let bytes = match (pem, decoded.strip_prefix(&SPKI_PREFIX)) {
            (None, None) => decoded.as_slice(),
            (Some(_), None) => return Err(PublicKeyFault::Kind),
            (_, Some(key)) => key,
        };
        Self::of_bytes(bytes.try_into().map_err(|_| PublicKeyFault::Notation)?).ok_or(PublicKeyFault::Weak)
    }

    /// Reads what [`Self::stored`] wrote.
    #[must_use]
    pub fn from_stored(text: &str) -> Option<Self> {
        Self::of_bytes(hex::decode(text)?.try_into().ok()?)
    }

    /// The text for a column: 64 lowercase hexadecimal digits.
    #[must_use]
    pub fn stored(&self) -> String {
        hex::encode(self.0.as_bytes())
    }

    fn of_bytes(bytes: [u8; PUBLIC_KEY_BYTES]) -> Option<Self> {
        ed25519_dalek::VerifyingKey::from_bytes(&bytes).ok().filter(|key| !key.is_weak()).map(Self)
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", self.stored())
    }
}
