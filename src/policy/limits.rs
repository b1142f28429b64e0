//! How large an image may be. Decided from the file's headers, before anything is decoded.

use serde::{Deserialize, Serialize};

/// Limits on one image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageLimits {
    /// Length of the file in bytes.
    pub bytes_max: u64,
}

/// For uploads without an account. The reference host takes the same.
pub const ANONYMOUS: ImageLimits = ImageLimits { bytes_max: 20_000_000 };

/// Most bytes of files that the vision Worker holds at once; a further file waits with its sender. One file
/// of the largest size and a few small ones fit, and leave the rest of the 96 MiB to the decoder.
pub const VISION_RECEIVED_BYTES_MAX: u64 = 24_000_000;
/// Most files that wait for room in one isolate.
pub const VISION_QUEUE_MAX: u32 = 16;
/// How long a file waits for room before its sender is asked to come back, in milliseconds.
pub const VISION_WAIT_MS: u32 = 15_000;
