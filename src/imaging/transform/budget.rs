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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::limits::ANONYMOUS;
    use crate::policy::transforms::{BOUNDS, COSTS};

    /// The largest of each kind, filtered twice and written in the dearest way that is not a choice of colours.
    #[test]
    fn no_still_image_that_is_accepted_is_too_much_work() {
        let limits = ANONYMOUS;
        let result = BOUNDS.pixels_max * (COSTS.resample + 2 * COSTS.filter + COSTS.encode_webp);
        let png = limits.pixels_max * 2 * (COSTS.png + COSTS.resample);
        // As many as there is memory for, all of them in as many scans as are allowed: see `ANONYMOUS`.
        let progressive = limits.scan_pixels_max * COSTS.jpeg_scan + 2 * 28_000_000 * COSTS.resample;
        let webp = 28_000_000 * (COSTS.webp_lossy + 2 * COSTS.resample);
        for cost in [png, progressive, webp] {
            assert!(Work::new().allows(cost + result), "{cost} and {result}");
        }
    }

    #[test]
    fn what_is_spent_is_gone_and_what_is_not_there_cannot_be_spent() {
        let mut work = Work { left: 100 };
        assert!(work.allows(100) && !work.allows(101));
        assert_eq!(work.spend(60), Ok(()));
        assert!(!work.allows(41));
        assert_eq!(work.spend(41), Err(Rejection::TooMuchWork));
        // A refusal takes nothing.
        assert_eq!(work.spend(40), Ok(()));
    }
}
