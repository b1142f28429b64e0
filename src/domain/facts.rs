//! What vision finds out about an image, and why it may refuse one.

use serde::{Deserialize, Serialize};

use super::format::Format;

/// What an accepted image is, as far as looking at the file tells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageFacts {
    /// Found by looking at the bytes, never believed from a name or header field.
    pub format: Format,
    /// Pixels as displayed, that is after the orientation is applied.
    pub width: u32,
    /// Pixels as displayed.
    pub height: u32,
    /// How many frames; at least 1.
    pub frames: u32,
    /// Whether it moves: more than one frame.
    pub animated: bool,
    /// Exif orientation, 1 to 8 (CIPA DC-008, tag 0x0112); 1 where the file says nothing usable.
    pub orientation: u8,
    /// Whether any pixel can be other than opaque.
    pub has_alpha: bool,
    /// What to show while it loads: a ThumbHash, base64 with padding.
    pub thumbhash: String,
    /// The most common colour, `#rrggbb`.
    pub dominant_color: String,
    /// Length of the stored file, after stripping.
    pub bytes: u64,
}

/// Why an image is not acceptable. Each limit is the one that was passed, from [`crate::policy::limits`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum Rejection {
    /// No bytes at all.
    Empty,
    /// Not one of the formats that are taken.
    UnsupportedFormat {
        /// Its usual name (`SVG`, `HEIC`, `PDF`), if it is recognised.
        detected: Option<String>,
    },
    /// More bytes than allowed.
    TooManyBytes {
        /// The limit.
        limit_bytes: u64,
    },
    /// Wider or higher than allowed.
    SideTooLong {
        /// The limit.
        limit_px: u32,
    },
    /// More pixels than can be checked in the memory there is, for this kind of file.
    TooManyPixels {
        /// The limit.
        limit_pixels: u64,
    },
    /// More frames than allowed.
    TooManyFrames {
        /// The limit.
        limit_frames: u32,
    },
    /// More pixels over all frames than allowed.
    AnimationTooLarge {
        /// The limit.
        limit_pixels: u64,
    },
    /// A progressive JPEG of more scans than allowed.
    TooManyScans {
        /// The limit.
        limit_scans: u32,
    },
    /// Damaged, cut short, or not what it says.
    Undecodable {
        /// What the decoder found, in our words.
        detail: String,
    },
    /// A variant of it would take more work than one may.
    TooMuchWork,
    /// The decoder asked for more memory than there is, in spite of the limits.
    OutOfMemory,
}
