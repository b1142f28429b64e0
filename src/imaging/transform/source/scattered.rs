//! Pixels that come in any order: kept as they are if they all fit, else as the means of areas that do.

use super::{Pixels, area};
use crate::domain::facts::Rejection;
use crate::imaging::decode::rendition::Rendition;
use crate::imaging::transform::rows::{Bitmap, Samples};
use crate::imaging::zeros;

/// What a cell of a rendition takes, in bytes: its sums, and the pixel that is made of them, twice.
const CELL_BYTES: u64 = 24;

/// Collects them.
pub enum Scattered {
    Whole(Bitmap),
    Means { rendition: Rendition, reduction: [f64; 2] },
}

impl Scattered {
    /// For an image of these sides, in so much memory.
    pub fn new([width, height]: [u32; 2], samples: Samples, memory_bytes: u64) -> Result<Self, Rejection> {
        let pixels = area([width, height]);
        if pixels * samples.count() as u64 <= memory_bytes {
            let length = width as usize * height as usize * samples.count();
            let reduction = [1.0; 2];
            return Ok(Self::Whole(Bitmap { width, height, samples, reduction, pixels: zeros(length)? }));
        }
        // A small one always has room; what is smaller still is nothing to look at.
        let cells = (memory_bytes / CELL_BYTES).max(1 << 16);
        #[allow(clippy::cast_precision_loss, reason = "far below 2^53")]
        let factor = (pixels as f64 / cells as f64).sqrt().max(1.0);
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "less than a side")]
        let cells = |side: u32| ((f64::from(side) / factor) as u32).max(1);
        let (columns, rows) = (cells(width), cells(height));
        let reduction = [f64::from(width) / f64::from(columns), f64::from(height) / f64::from(rows)];
        Ok(Self::Means { rendition: Rendition::new(width, height, columns, rows), reduction })
    }

    /// Adds pixels of one row, from column `x` on, `step` columns apart. What lies outside the image is ignored.
    pub fn add(&mut self, x: u32, y: u32, step: u32, pixels: impl Iterator<Item = [u8; 4]>) {
        match self {
            Self::Means { rendition, .. } => rendition.add(x, y, step as usize, pixels),
            Self::Whole(bitmap) => {
                let count = bitmap.samples.count();
                let row = bitmap.pixels.chunks_exact_mut(bitmap.width as usize * count).nth(y as usize);
                let places = row.unwrap_or_default().chunks_exact_mut(count).skip(x as usize);
                for (place, pixel) in places.step_by(step.max(1) as usize).zip(pixels) {
                    place.iter_mut().zip(pixel).for_each(|(to, from)| *to = from);
                }
            }
        }
    }

    /// What was collected; where nothing was added, it is transparent, or black if it cannot be.
    pub fn finish(self) -> Pixels<'static> {
        match self {
            Self::Whole(bitmap) => {
                let held_bytes = bitmap.pixels.len() as u64;
                Pixels { rows: Box::new(bitmap), held_bytes, coarse: false }
            }
            Self::Means { rendition, reduction } => {
                let small = rendition.finish();
                drop(rendition);
                let pixels: Vec<u8> = small.pixels.into_flattened();
                let held_bytes = pixels.len() as u64;
                let (width, height) = (small.width, small.height);
                let bitmap = Bitmap { width, height, samples: Samples::Rgba, reduction, pixels };
                Pixels { rows: Box::new(bitmap), held_bytes, coarse: true }
            }
        }
    }
}
