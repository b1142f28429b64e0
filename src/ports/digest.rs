//! Hashing of long payloads by the platform, which is several times faster than wasm.

use async_trait::async_trait;

use super::payload::Payload;

/// The payload could not be read to its end.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("digest: {0}")]
pub struct DigestFailure(pub String);

/// Digests of payloads.
#[async_trait]
pub trait Digest: Send + Sync {
    /// The payload's SHA-256, lowercase hexadecimal.
    async fn sha256(&self, payload: Payload) -> Result<String, DigestFailure>;
}
