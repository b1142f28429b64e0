//! A picture that comes row by row.

use crate::domain::facts::Rejection;

/// What the samples of a pixel are, eight bits each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Samples {
    /// One.
    Grey,
    /// Red, green, blue.
    Rgb,
    /// Red, green, blue, and alpha, which is not multiplied into them.
    Rgba,
    /// Cyan, magenta, yellow and black; 255 is all of the ink.
    Cmyk,
}

impl Samples {
    /// How many a pixel has.
    pub const fn count(self) -> usize {
        match self {
            Self::Grey => 1,
            Self::Rgb => 3,
            Self::Rgba | Self::Cmyk => 4,
        }
    }
}

/// What takes rows.
pub type RowSink<'a> = &'a mut dyn FnMut(&[u8]) -> Result<(), Rejection>;

/// The rows of a picture as it is stored, from the top; as often as they are wanted.
pub trait Rows {
    /// Width and height of what comes, in pixels.
    fn sides(&self) -> [u32; 2];

    /// Stored pixels in one that comes, across and down: more than one if it is a small rendition of what is stored.
    fn reduction(&self) -> [f64; 2] {
        [1.0, 1.0]
    }

    /// What pixels are made of.
    fn samples(&self) -> Samples;

    /// Gives every row to `sink`, in order.
    ///
    /// # Errors
    /// If the file is damaged, or as the sink says.
    fn each(&self, sink: RowSink) -> Result<(), Rejection>;
}

/// A picture that is in memory as a whole.
pub struct Bitmap {
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// What pixels are made of.
    pub samples: Samples,
    /// See [`Rows::reduction`].
    pub reduction: [f64; 2],
    /// Rows from the top, nothing between them.
    pub pixels: Vec<u8>,
}

impl Rows for Bitmap {
    fn sides(&self) -> [u32; 2] {
        [self.width, self.height]
    }

    fn reduction(&self) -> [f64; 2] {
        self.reduction
    }

    fn samples(&self) -> Samples {
        self.samples
    }

    fn each(&self, sink: RowSink) -> Result<(), Rejection> {
        let row_bytes = self.width as usize * self.samples.count();
        self.pixels.chunks_exact(row_bytes.max(1)).take(self.height as usize).try_for_each(sink)
    }
}
