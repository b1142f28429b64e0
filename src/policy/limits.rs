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
