//! SHA-256 as lowercase hexadecimal: the one way digests are written down.

use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};

/// The SHA-256 of `bytes` (FIPS 180-4), 64 lowercase hexadecimal digits.
#[must_use]
pub fn sha256(bytes: &[u8]) -> String {
    HEXLOWER.encode(&Sha256::digest(bytes))
}

/// The HMAC-SHA256 (RFC 2104) of `message` under `key`.
#[must_use]
pub fn hmac_sha256(key: &[u8], message: &[u8]) -> [u8; 32] {
    // HMAC takes keys of any length (RFC 2104 §2), so the error arm cannot be reached; hashing
    // the key first is what the RFC itself does with long ones.
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap_or_else(|_| Hmac::<Sha256>::new(&Default::default()));
    mac.update(message);
    mac.finalize().into_bytes().into()
}

/// The bytes behind a lowercase hexadecimal string; `None` if it is not one.
#[must_use]
pub fn decode(hex: &str) -> Option<Vec<u8>> {
    HEXLOWER.decode(hex.as_bytes()).ok()
}

/// Lowercase hexadecimal of `bytes`.
#[must_use]
pub fn encode(bytes: &[u8]) -> String {
    HEXLOWER.encode(bytes)
}
