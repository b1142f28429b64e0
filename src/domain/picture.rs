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

/// One look at one frame. A frame with transparency is looked at more than once: what it shows depends on what
/// lies behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look {
    /// Which frame, counted from 0.
    pub frame: u32,
    /// What is seen, squeezed or stretched as it may be.
    pub picture: Picture,
}
