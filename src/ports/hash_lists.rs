//! Lists of known material that others keep. Only hashes are sent there, never bytes.

use async_trait::async_trait;

use crate::domain::known_bad::PdqHash;

/// Why a list did not answer. Nothing is published meanwhile.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("outside hash lists: {0}")]
pub struct HashListFailure(pub String);

/// A service that knows lists of hashes.
#[async_trait]
pub trait HashLists: Send + Sync {
    /// The names of the lists on which something like `hash` is, by that service's own measure of likeness.
    async fn lookup(&self, hash: &PdqHash) -> Result<Vec<String>, HashListFailure>;
}
