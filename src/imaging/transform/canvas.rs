//! The result while it is made.

use super::turn::Turn;
use crate::domain::facts::Rejection;
use crate::domain::transform::Layout;
use crate::imaging::zeros;

/// Pixels of the result, upright.
pub struct Canvas {
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// 3: red, green, blue; 4: and alpha, which is not multiplied into them.
    pub channels: usize,
    /// Rows from the top, nothing between them.
    pub pixels: Vec<u8>,
}

/// A rectangle of a canvas, in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Region {
    /// Columns before it.
    pub left: u32,
    /// Rows above it.
    pub top: u32,
    /// At least 1.
    pub width: u32,
    /// At least 1.
    pub height: u32,
}

impl Region {
    /// Where a layout puts the image.
    pub fn of(layout: &Layout) -> Self {
        let ([left, top], [width, height]) = (layout.at, layout.scaled);
        Self { left, top, width, height }
    }
}

impl Canvas {
    /// Filled with one colour.
    ///
    /// # Errors
    /// If there is no memory for it.
    pub fn new([width, height]: [u32; 2], channels: usize, fill: [u8; 4]) -> Result<Self, Rejection> {
        let mut pixels = zeros(width as usize * height as usize * channels)?;
        if fill != [0; 4] {
            for pixel in pixels.chunks_exact_mut(channels) {
                pixel.iter_mut().zip(fill).for_each(|(sample, fill)| *sample = fill);
            }
        }
        Ok(Self { width, height, channels, pixels })
    }

    /// The rows of a region.
    pub fn rows_mut(&mut self, region: Region) -> impl Iterator<Item = &mut [u8]> {
        let columns = region.left as usize * self.channels..(region.left + region.width) as usize * self.channels;
        let rows = self.pixels.chunks_exact_mut(self.width as usize * self.channels);
        let rows = rows.skip(region.top as usize).take(region.height as usize);
        rows.map(move |row| row.get_mut(columns.clone()).unwrap_or_default())
    }

    /// Lays rows of an image into a region, from row `first` on, turned.
    pub fn put(&mut self, region: Region, turn: Turn, first: u32, band: &[u8]) {
        let channels = self.channels;
        if turn.transposes {
            // Rows become columns, some at once: a row of the canvas is a column of the band.
            let band_row = region.height as usize * channels;
            let count = band.len() / band_row.max(1);
            let left = if turn.mirrors_x { region.width as usize - (first as usize + count) } else { first as usize };
            let height = region.height as usize;
            for (y, row) in self.rows_mut(region).enumerate() {
                let from = if turn.mirrors_y { height - 1 - y } else { y } * channels;
                let columns = row.get_mut(left * channels..(left + count) * channels).unwrap_or_default();
                let pixels = band.chunks_exact(band_row).filter_map(|row| row.get(from..from + channels));
                lay(columns, channels, turn.mirrors_x, pixels);
            }
            return;
        }
        let band_row = region.width as usize * channels;
        for (number, pixels) in (first..).zip(band.chunks_exact(band_row.max(1))) {
            let y = if turn.mirrors_y { region.height.saturating_sub(1 + number) } else { number };
            let line = Region { top: region.top + y, height: 1, ..region };
            if let Some(row) = self.rows_mut(line).next() {
                if turn.mirrors_x {
                    lay(row, channels, true, pixels.chunks_exact(channels));
                } else {
                    row.copy_from_slice(pixels);
                }
            }
        }
    }
}

/// Lays pixels one after the other, from the left or from the right.
fn lay<'a>(row: &mut [u8], channels: usize, from_the_right: bool, pixels: impl Iterator<Item = &'a [u8]>) {
    let places = row.chunks_exact_mut(channels);
    if from_the_right {
        places.rev().zip(pixels).for_each(|(place, pixel)| place.copy_from_slice(pixel));
    } else {
        places.zip(pixels).for_each(|(place, pixel)| place.copy_from_slice(pixel));
    }
}
