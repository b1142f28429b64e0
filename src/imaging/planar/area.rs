//! Sizes and parts of pictures.

/// Width and height in pixels; at least 1 each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sides {
    /// Pixels in a row.
    pub width: u32,
    /// Rows.
    pub height: u32,
}

/// A rectangle of a picture, in its pixels from the left top corner; edges may lie within a pixel.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Area {
    /// Distance of the left edge.
    pub x: f64,
    /// Distance of the upper edge.
    pub y: f64,
    /// More than 0.
    pub width: f64,
    /// More than 0.
    pub height: f64,
}

impl Area {
    /// All of a picture.
    #[must_use]
    pub fn whole(sides: Sides) -> Self {
        Self { x: 0.0, y: 0.0, width: f64::from(sides.width), height: f64::from(sides.height) }
    }

    /// Whether any of it lies within a picture of `sides`.
    #[must_use]
    pub fn touches(self, sides: Sides) -> bool {
        let overlaps = |from: f64, length: f64, side: u32| {
            from.is_finite() && length.is_finite() && length > 0.0 && from < f64::from(side) && from + length > 0.0
        };
        overlaps(self.x, self.width, sides.width) && overlaps(self.y, self.height, sides.height)
    }

    /// The same part of the picture at another scale: `x` times as wide, `y` times as high.
    #[must_use]
    pub fn scaled(self, x: f64, y: f64) -> Self {
        Self { x: self.x * x, y: self.y * y, width: self.width * x, height: self.height * y }
    }
}
