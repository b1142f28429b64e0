//! JPEG to planes of samples, at full size or a half, a quarter or an eighth of it.
//!
//! ```text
//! Header::read -> decode -> Sink: bands of rows of one plane, from the top
//!                   |-- sequential: one row of MCUs in memory
//!                   `-- progressive: the coefficients that the scale needs
//! ```
//!
//! The file has been decoded once, when it came, by other code; here it is a stranger's all the same.

mod bits;
mod header;
mod huffman;
mod idct;
mod progressive;
mod scan;
mod sequential;
mod successive;

use std::ops::Range;

use super::resample::Sides;
use crate::domain::facts::Rejection;
pub use header::{Component, Header};
pub(super) use header::{ZIGZAG, marker};

/// How much of its size a picture is decoded at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scale {
    /// One sample for each block of 8 by 8.
    Eighth,
    /// Two by two samples for each block.
    Quarter,
    /// Four by four samples for each block.
    Half,
    /// As it is.
    Full,
}

impl Scale {
    /// All, the smallest first.
    pub const ALL: [Self; 4] = [Self::Eighth, Self::Quarter, Self::Half, Self::Full];

    /// Samples on a side of a block.
    #[must_use]
    pub const fn side(self) -> usize {
        match self {
            Self::Eighth => 1,
            Self::Quarter => 2,
            Self::Half => 4,
            Self::Full => 8,
        }
    }

    /// Of the picture's sides.
    #[must_use]
    pub fn ratio(self) -> f64 {
        self.side() as f64 / 8.0
    }
}

/// Some rows of one plane.
#[derive(Clone, Copy, Debug)]
pub struct Band<'a> {
    /// Which plane: 0 is brightness.
    pub plane: usize,
    /// The number of its first row.
    pub first_row: u32,
    samples: &'a [u8],
    stride: usize,
    rows: usize,
    width: usize,
}

impl<'a> Band<'a> {
    /// Its rows, as wide as the plane.
    pub fn rows(self) -> impl Iterator<Item = &'a [u8]> {
        let rows = self.samples.chunks_exact(self.stride.max(1)).take(self.rows);
        rows.filter_map(move |row| row.get(..self.width))
    }
}

/// Where decoded rows go.
pub trait Sink {
    /// Whether any of `rows` of a plane is of use. Rows that are not are read over, and do not come.
    fn wants(&self, plane: usize, rows: Range<u32>) -> bool;

    /// Takes rows. Of each plane they come from the top.
    fn take(&mut self, band: Band<'_>);

    /// Whether no further row is of use: decoding ends there.
    fn is_complete(&self) -> bool;

    /// Asked every few rows, and between scans.
    ///
    /// # Errors
    /// If the time is up: decoding stops with it.
    fn check_deadline(&self) -> Result<(), Rejection>;
}

impl Header {
    /// How many samples a plane has at a scale. Sides of 0 if there is no such plane.
    #[must_use]
    pub fn plane_sides(&self, plane: usize, scale: Scale) -> Sides {
        let Some(component) = self.components.get(plane) else { return Sides { width: 0, height: 0 } };
        let [across, down] = self.densities(component).map(|density| density as u32 * scale.side() as u32);
        let [across_max, down_max] = self.densest().map(|density| density as u32 * 8);
        Sides {
            width: (self.sides.width * across).div_ceil(across_max),
            height: (self.sides.height * down).div_ceil(down_max),
        }
    }

    /// How wide and how high the samples of a plane are packed: parts of the picture's own pixels, at most 1.
    #[must_use]
    pub fn plane_ratio(&self, plane: usize) -> [f64; 2] {
        let Some(component) = self.components.get(plane) else { return [1.0; 2] };
        let ([across, down], [across_max, down_max]) = (self.densities(component), self.densest());
        [across as f64 / across_max as f64, down as f64 / down_max as f64]
    }

    /// How much memory decoding takes beside the file and the sink, in bytes.
    #[must_use]
    pub fn memory_bytes(&self, scale: Scale) -> u64 {
        let side = scale.side() as u64;
        let [across, down] = self.mcus().map(|count| count as u64);
        let in_mcu: u64 = self.components.iter().map(|component| (component.across * component.down) as u64).sum();
        let band = across * in_mcu * side * side;
        // Huffman tables of four components at most, with what they are made of.
        const TABLES_BYTES: u64 = 128 << 10;
        let coefficients =
            if self.is_progressive { across * down * in_mcu * progressive::block_bytes(scale) } else { 0 };
        coefficients + band + TABLES_BYTES
    }

    fn densities(&self, component: &Component) -> [usize; 2] {
        [component.across, component.down]
    }

    /// Blocks of the densest component in an MCU, across and down.
    fn densest(&self) -> [usize; 2] {
        let across = self.components.iter().map(|component| component.across).max().unwrap_or(1);
        let down = self.components.iter().map(|component| component.down).max().unwrap_or(1);
        [across.max(1), down.max(1)]
    }

    /// MCUs of the picture, across and down.
    fn mcus(&self) -> [usize; 2] {
        let [across, down] = self.densest();
        [(self.sides.width as usize).div_ceil(8 * across), (self.sides.height as usize).div_ceil(8 * down)]
    }

    /// Blocks of a component that hold any of its samples, across and down.
    fn blocks(&self, plane: usize) -> [usize; 2] {
        let sides = self.plane_sides(plane, Scale::Full);
        [sides.width.div_ceil(8) as usize, sides.height.div_ceil(8) as usize]
    }
}

/// Decodes the planes of a picture into `sink`.
///
/// # Errors
/// If the file is damaged, or the sink's time is up.
pub fn decode(data: &[u8], header: &Header, scale: Scale, sink: &mut dyn Sink) -> Result<(), Rejection> {
    match (header.is_progressive, scale) {
        (false, Scale::Full) => sequential::decode::<8>(data, header, scale, sink),
        (false, Scale::Half) => sequential::decode::<4>(data, header, scale, sink),
        (false, Scale::Quarter) => sequential::decode::<2>(data, header, scale, sink),
        (false, Scale::Eighth) => sequential::decode::<1>(data, header, scale, sink),
        (true, Scale::Full) => progressive::decode::<8>(data, header, scale, sink),
        (true, Scale::Half) => progressive::decode::<4>(data, header, scale, sink),
        (true, Scale::Quarter) => progressive::decode::<2>(data, header, scale, sink),
        (true, Scale::Eighth) => progressive::decode::<1>(data, header, scale, sink),
    }
}
