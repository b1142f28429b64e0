//! What one transform may take: work and memory.

use crate::domain::facts::Rejection;
use crate::policy::limits::ImageLimits;
use crate::policy::transforms::WORK_PIXELS_MAX;

/// Work that may still be done, in pixels (`policy::transforms`). It is counted, not timed: the same transform is always
/// refused or always made.
pub struct Work {
    left: u64,
}

impl Work {
    /// All that a transform has.
    pub fn new() -> Self {
        Self { left: WORK_PIXELS_MAX }
    }

    /// Whether so much could be spent.
    pub fn allows(&self, pixels: u64) -> bool {
        pixels <= self.left
    }

    /// Spends it.
    ///
    /// # Errors
    /// If there is less.
    pub fn spend(&mut self, pixels: u64) -> Result<(), Rejection> {
        self.left = self.left.checked_sub(pixels).ok_or(Rejection::TooMuchWork)?;
        Ok(())
    }
}

/// Bytes that are left beside the received file.
pub fn memory_bytes(received: &[u8], limits: &ImageLimits) -> u64 {
    limits.memory_bytes_max.saturating_sub(received.len() as u64)
}
