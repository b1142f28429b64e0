//! Chance is an argument.

/// A source of cryptographically secure random bytes.
pub trait Rng: Send + Sync {
    /// Fills `bytes`.
    ///
    /// # Errors
    /// If the platform has no randomness to give; the caller must stop.
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RngFailure>;
}

/// The platform has no randomness to give.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("randomness: {0}")]
pub struct RngFailure(pub String);
