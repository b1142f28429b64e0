//! A fast, approximate brake on bursts, before anything costs anything.

use async_trait::async_trait;

/// A limiter that may be permissive but never blocks for long: exact limits are kept in the database.
#[async_trait]
pub trait Burst: Send + Sync {
    /// Whether the caller with this pseudonym may go on. A limiter that cannot answer says yes: the
    /// exact limits still hold.
    async fn admits(&self, caller: &str) -> bool;
}
