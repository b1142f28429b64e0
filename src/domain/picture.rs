//! A small picture of a large one: what a model looks at.

/// Pixels in rows from the top left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// Pixels in a row; at least 1.
    pub width: u32,
    /// Rows; at least 1.
    pub height: u32,
    /// Red, green and blue of each pixel.
    pub pixels: Vec<[u8; 3]>,
}

/// From which ratio of its sides on a picture is long, and looked at in pieces too. Phones' screens, which are
/// photographed often, have 2.2.
pub const LONG_RATIO_MIN: f32 = 2.5;

/// How many times as long as the other the longer side is; at least 1, and infinite if there is none.
#[must_use]
#[allow(clippy::cast_precision_loss, reason = "sides are below 2^24")]
pub fn ratio(one: u32, other: u32) -> f32 {
    one.max(other) as f32 / one.min(other) as f32
}

/// One look at one frame. A frame with transparency is looked at more than once: what it shows depends on what
/// lies behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look {
    /// Which frame, counted from 0.
    pub frame: u32,
    /// What is seen, squeezed or stretched as it may be.
    pub picture: Picture,
    /// Width and height of the frame itself, in pixels.
    pub sides_px: [u32; 2],
}
