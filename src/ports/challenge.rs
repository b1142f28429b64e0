//! What tells a person from a program, asked about whoever is slowed (promise SHO-05). It gets what the caller's browser was
//! given for solving a task, and not where the caller is.

use async_trait::async_trait;

/// Why nobody knows.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("challenge: {0}")]
pub struct ChallengeFailure(pub String);

/// A service that sets tasks which people solve and programs do not.
#[async_trait]
pub trait Challenge: Send + Sync {
    /// Whether `token` was given to somebody for solving one, a short while ago, and is shown for the first time.
    async fn is_solved(&self, token: &str) -> Result<bool, ChallengeFailure>;
}
