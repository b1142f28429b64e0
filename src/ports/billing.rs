//! Whoever takes payments. The product knows a customer by one word, and asks for nothing but that they be forgotten.

use async_trait::async_trait;

/// Why a customer was not forgotten; in words that say nothing of them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("billing: {0}")]
pub struct BillingFailure(pub String);

/// A payment processor.
#[async_trait]
pub trait Billing: Send + Sync {
    /// Cancels the customer's subscription at once, and scrubs what says who they are (promise IMP-40). Of somebody who was
    /// forgotten before, nothing is left to be done, which is a success.
    ///
    /// # Errors
    /// If it was not done, or nobody knows.
    async fn forget_customer(&self, customer: &str) -> Result<(), BillingFailure>;
}
