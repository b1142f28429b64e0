//! Time is an argument.

use crate::domain::time::Timestamp;

/// The wall clock.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Timestamp;
}
