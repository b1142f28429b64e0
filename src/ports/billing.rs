//! Whoever takes payments. The product knows a customer by one word, and asks for nothing but that they be forgotten.

use async_trait::async_trait;

/// Why something was not done about a customer; in words that say nothing of them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("billing: {0}")]
pub struct BillingFailure(pub String);

/// A payment processor.
#[async_trait]
pub trait Billing: Send + Sync {
    /// Cancels the customer's subscription at once (promise IMP-40). Of somebody who has none, nothing is to be cancelled, which is
    /// a success.
    ///
    /// # Errors
    /// If it was not done, or nobody knows.
    async fn cancel_subscription(&self, customer: &str) -> Result<(), BillingFailure>;

    /// Scrubs what says who the customer is (promise IMP-40). Of somebody who was forgotten before, nothing is left to be done, which
    /// is a success.
    ///
    /// # Errors
    /// If it was not done, or nobody knows.
    async fn forget_customer(&self, customer: &str) -> Result<(), BillingFailure>;
}
