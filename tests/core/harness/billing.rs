//! A payment processor that remembers whom it was to forget, and fails when told to.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use tintype::ports::billing::{Billing, BillingFailure};

#[derive(Default)]
pub struct RecordingBilling {
    pub cancelled: Mutex<Vec<String>>,
    pub forgotten: Mutex<Vec<String>>,
    pub is_down: AtomicBool,
}

#[async_trait]
impl Billing for RecordingBilling {
    async fn cancel_subscription(&self, customer: &str) -> Result<(), BillingFailure> {
        if self.is_down.load(Ordering::Relaxed) {
            return Err(BillingFailure("status 503".into()));
        }
        self.cancelled.lock().expect("not poisoned").push(customer.to_owned());
        Ok(())
    }

    async fn forget_customer(&self, customer: &str) -> Result<(), BillingFailure> {
        if self.is_down.load(Ordering::Relaxed) {
            return Err(BillingFailure("status 503".into()));
        }
        self.forgotten.lock().expect("not poisoned").push(customer.to_owned());
        Ok(())
    }
}
