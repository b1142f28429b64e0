//! Another size, while the rows come in: Lanczos in two passes, in the memory of a few rows.
//!
//! ```text
//! push_row -> (mean of rows, if very many become one) -> ring of source rows -> vertical -> horizontal -> output
//! ```
//!
//! Vertical comes first: it costs the same for every column, runs over whole rows, and leaves the horizontal pass,
//! which must gather, only as many rows as the output has. Between the passes, samples keep six bits more than they
//! came with.

use std::ops::Range;

use wide::{i16x8, i32x4, u8x16};

pub use super::area::{Area, Sides};
use super::filter::{WEIGHT_BITS, Weights};
use super::lanes::{narrowed, widened};

/// Columns that the vertical pass computes at once.
const LANES: usize = 16;

/// Weights that the horizontal pass computes at once.
const TAPS: usize = 8;

/// Bits after the point between the passes: 255 with the overshoot of Lanczos still fits `i16`.
const MIDDLE_BITS: u32 = 6;

/// From which ratio on rows are averaged before the filter sees them, and down to which: where a dozen rows
/// become one, their mean is as good (libvips does the same), and memory stays that of a few rows.
const MEAN_RATIO_MIN: f64 = 4.0;
const FILTER_RATIO_MIN: f64 = 2.0;

/// So that the sum of so many samples fits `u16`.
const MEAN_ROWS_MAX: f64 = 256.0;

/// Takes the rows of a picture of `CHANNELS` interleaved bytes a pixel from the top, gives an area of it in another
/// size. Colour with transparency must be premultiplied: every channel is filtered by itself.
#[derive(Debug)]
pub struct Resampler<const CHANNELS: usize> {
    source: Sides,
    output: Sides,
    rows: Rows,
    columns: Weights,
    /// Bytes of a source row that any output wants.
    wanted_bytes: Range<usize>,
    ring: Ring,
    /// Row after the vertical pass; channel after channel, each with `TAPS` samples of padding.
    middle: Vec<i16>,
    interleaved: Vec<i16>,
    pixels: Vec<u8>,
    /// Output rows that are done.
    done: usize,
}

/// The vertical axis.
#[derive(Debug)]
struct Rows {
    weights: Weights,
    /// Source rows that are averaged to one for the filter; 1 for most pictures.
    mean_of: usize,
    /// Source rows that came.
    pushed: usize,
    sums: Vec<u16>,
}

/// The latest rows; row `number` is at `number % rows`.
#[derive(Debug)]
struct Ring {
    bytes: Vec<u8>,
    stride: usize,
    rows: usize,
}

impl<const CHANNELS: usize> Resampler<CHANNELS> {
    /// Of `area` of a picture of `source`, to `output`. What of it lies beyond the picture is made of the
    /// edge. None if a side is 0, nothing of the area lies within the picture, or the output could not be addressed.
    #[must_use]
    pub fn new(source: Sides, area: Area, output: Sides) -> Option<Self> {
        let (width, height) = (source.width as usize, source.height as usize);
        let output_bytes = (output.width as usize).checked_mul(output.height as usize)?.checked_mul(CHANNELS)?;
        if output_bytes == 0 || isize::try_from(output_bytes).is_err() || !area.touches(source) {
            return None;
        }
        let mean_of = rows_averaged(area, output);
        let scale = 1.0 / mean_of as f64;
        let weights = Weights::new(
            height.div_ceil(mean_of),
            area.y * scale,
            area.height * scale,
            output.height as usize,
            // Rows are taken in pairs.
            2,
        );
        let columns = Weights::new(width, area.x, area.width, output.width as usize, TAPS);
        let wanted = columns.wanted(width);
        let stride = (wanted.len() * CHANNELS).next_multiple_of(LANES);
        let ring = Ring { bytes: vec![0; stride * weights.taps()], stride, rows: weights.taps() };
        let interleaved = if CHANNELS == 1 { 0 } else { stride };
        Some(Self {
            source,
            output,
            rows: Rows { weights, mean_of, pushed: 0, sums: vec![0; if mean_of > 1 { stride } else { 0 }] },
            wanted_bytes: wanted.start * CHANNELS..wanted.end * CHANNELS,
            middle: vec![0; (stride / CHANNELS + LANES + columns.taps()) * CHANNELS],
            columns,
            ring,
            interleaved: vec![0; interleaved],
            pixels: vec![0; output_bytes],
            done: 0,
        })
    }

    /// How much memory it will take, with the output, in bytes.
    #[must_use]
    pub fn memory_bytes(area: Area, output: Sides) -> u64 {
        let ratio = |length: f64, output: u32| (length / f64::from(output.max(1))).max(1.0);
        let mean_of = rows_averaged(area, output) as f64;
        let rows = 6.0 * ratio(area.height / mean_of, output.height) + 3.0;
        let columns = 6.0 * ratio(area.width, output.width) + 2.0 + TAPS as f64;
        let row_bytes = (area.width + columns + LANES as f64) * CHANNELS as f64;
        let (width, height) = (f64::from(output.width), f64::from(output.height));
        // The ring, sums and two rows between the passes; both axes, twice while they are made; the output.
        let axis = |taps: f64, outputs: f64| (taps * 4.0 + 64.0) * outputs;
        let bytes = row_bytes * (rows + 6.0) + axis(columns, width) + axis(rows, height);
        (bytes + width * height * CHANNELS as f64) as u64
    }

    /// Source rows that any output row is made of. Others may be left out with [`Self::skip_to`].
    #[must_use]
    pub fn wanted_rows(&self) -> Range<u32> {
        let height = self.source.height as usize;
        let wanted = self.rows.weights.wanted(height.div_ceil(self.rows.mean_of));
        let rows = |number: usize| u32::try_from((number * self.rows.mean_of).min(height)).unwrap_or(u32::MAX);
        rows(wanted.start)..rows(wanted.end)
    }

    /// Whether the output is complete: rows that still come are not needed.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.done == self.output.height as usize
    }

    /// Leaves out the rows before `row`. What depends on any of [`Self::wanted_rows`] among them is undefined.
    pub fn skip_to(&mut self, row: u32) {
        self.rows.pushed = self.rows.pushed.max(row as usize);
    }

    /// Takes the next row. What it has beyond the width of the picture is ignored; what it lacks is black.
    pub fn push_row(&mut self, row: &[u8]) {
        if self.is_complete() || self.rows.pushed >= self.source.height as usize {
            return;
        }
        let Range { start, end } = self.wanted_bytes;
        let row = row.get(start..end.min(row.len())).unwrap_or_default();
        let number = self.rows.pushed;
        self.rows.pushed += 1;
        let Some(in_filter) = self.take(row, number) else { return };
        while let Some((first, weights)) = self.rows.weights.get(self.done) {
            let used = weights.iter().rposition(|weight| *weight != 0).map_or(0, |last| last + 1);
            if first + used > in_filter + 1 {
                break;
            }
            let middle = if CHANNELS == 1 { &mut self.middle } else { &mut self.interleaved };
            self.ring.filter(first, weights, middle);
            if CHANNELS > 1 {
                separate::<CHANNELS>(&self.interleaved, &mut self.middle);
            }
            let width = self.output.width as usize * CHANNELS;
            if let Some(output) = self.pixels.get_mut(self.done * width..(self.done + 1) * width) {
                let channel_length = self.middle.len() / CHANNELS;
                let start = self.wanted_bytes.start / CHANNELS;
                for (channel, samples) in self.middle.chunks_exact(channel_length).enumerate() {
                    across::<CHANNELS>(&self.columns, start, samples, channel, output);
                }
            }
            self.done += 1;
        }
    }

    /// The output, row after row without gaps; none if rows that it is made of did not come.
    #[must_use]
    pub fn finish(self) -> Option<Vec<u8>> {
        self.is_complete().then_some(self.pixels)
    }

    /// Puts a source row into the ring. The number of the row that the filter got; none if it got none yet.
    fn take(&mut self, row: &[u8], number: usize) -> Option<usize> {
        let Rows { mean_of, sums, .. } = &mut self.rows;
        if *mean_of == 1 {
            let kept = self.ring.row_mut(number);
            let (there, missing) = kept.split_at_mut(row.len().min(kept.len()));
            there.iter_mut().zip(row).for_each(|(kept, byte)| *kept = *byte);
            missing.fill(0);
            return Some(number);
        }
        if number.is_multiple_of(*mean_of) {
            sums.fill(0);
        }
        sums.iter_mut().zip(row).for_each(|(sum, byte)| *sum = sum.wrapping_add(u16::from(*byte)));
        let summed = number % *mean_of + 1;
        if summed < *mean_of && number + 1 < self.source.height as usize {
            return None;
        }
        // Exact for sums of up to 256 bytes: the error of the factor is below 1/256 of a half.
        let factor = (1_u32 << 24).div_ceil(summed as u32);
        let half = (summed / 2) as u32;
        let mean = |sum: u16| ((u64::from(u32::from(sum) + half) * u64::from(factor)) >> 24) as u8;
        self.ring.row_mut(number / *mean_of).iter_mut().zip(sums).for_each(|(kept, sum)| *kept = mean(*sum));
        Some(number / *mean_of)
    }
}

/// How many source rows become one before the filter.
fn rows_averaged(area: Area, output: Sides) -> usize {
    let ratio = area.height / f64::from(output.height.max(1));
    if ratio < MEAN_RATIO_MIN { 1 } else { (ratio / FILTER_RATIO_MIN).min(MEAN_ROWS_MAX) as usize }
}

impl Ring {
    fn row_mut(&mut self, number: usize) -> &mut [u8] {
        let at = number % self.rows.max(1) * self.stride;
        self.bytes.get_mut(at..at + self.stride).unwrap_or_default()
    }

    fn row(&self, number: usize) -> &[[u8; LANES]] {
        let at = number % self.rows.max(1) * self.stride;
        self.bytes.get(at..at + self.stride).unwrap_or_default().as_chunks().0
    }

    /// The vertical pass: one row out of those from `first` on.
    fn filter(&self, first: usize, weights: &[i16], output: &mut [i16]) {
        let pairs: Vec<_> = (first..)
            .step_by(2)
            .zip(weights.as_chunks::<2>().0)
            .map(|(number, [even, odd])| {
                let weights = i16x8::new([*even, *odd, *even, *odd, *even, *odd, *even, *odd]);
                (self.row(number), self.row(number + 1), weights)
            })
            .collect();
        const SHIFT: u32 = WEIGHT_BITS - MIDDLE_BITS;
        for (at, output) in output.as_chunks_mut::<LANES>().0.iter_mut().enumerate().take(self.stride / LANES) {
            let mut sums = [i32x4::splat(1 << (SHIFT - 1)); 4];
            for (upper, lower, weights) in &pairs {
                let (Some(upper), Some(lower)) = (upper.get(at), lower.get(at)) else { continue };
                let (upper, lower) = (u8x16::new(*upper), u8x16::new(*lower));
                let (left, right) = (u8x16::unpack_low(upper, lower), u8x16::unpack_high(upper, lower));
                let parts =
                    [left, right].map(|half| [widened(half, u8x16::unpack_low), widened(half, u8x16::unpack_high)]);
                for (sum, part) in sums.iter_mut().zip(parts.as_flattened()) {
                    *sum += part.dot(*weights);
                }
            }
            let [a, b, c, d] = sums.map(|sum| sum >> SHIFT);
            let (left, right) = output.split_at_mut(LANES / 2);
            left.copy_from_slice(narrowed(a, b).as_array());
            right.copy_from_slice(narrowed(c, d).as_array());
        }
    }
}

/// Interleaved channels, one after another.
fn separate<const CHANNELS: usize>(interleaved: &[i16], separate: &mut [i16]) {
    let length = separate.len() / CHANNELS;
    for (channel, samples) in separate.chunks_exact_mut(length).enumerate() {
        let pixels = interleaved.as_chunks::<CHANNELS>().0;
        for (sample, pixel) in samples.iter_mut().zip(pixels) {
            *sample = pixel.get(channel).copied().unwrap_or_default();
        }
    }
}

/// The horizontal pass of one channel, four output samples at once: `samples` begin at column `start` of the source.
fn across<const CHANNELS: usize>(columns: &Weights, start: usize, samples: &[i16], channel: usize, output: &mut [u8]) {
    const SHIFT: u32 = WEIGHT_BITS + MIDDLE_BITS;
    let half = i32x4::splat(1 << (SHIFT - 1));
    let mut columns = columns.iter();
    for pixels in output.chunks_mut(4 * CHANNELS) {
        let sums = [(); 4].map(|()| {
            let Some((first, weights)) = columns.next() else { return i32x4::splat(0) };
            let samples = samples.get(first - start..first - start + weights.len()).unwrap_or_default();
            let parts = samples.as_chunks::<TAPS>().0.iter().zip(weights.as_chunks::<TAPS>().0);
            parts
                .fold(i32x4::splat(0), |sums, (samples, weights)| sums + i16x8::new(*samples).dot(i16x8::new(*weights)))
        });
        let [a, b, c, d] = i32x4::transpose(sums);
        let sums = ((a + b) + (c + d) + half) >> SHIFT;
        let values = sums.max(i32x4::splat(0)).min(i32x4::splat(255)).to_array();
        for (pixel, value) in pixels.as_chunks_mut::<CHANNELS>().0.iter_mut().zip(values) {
            if let Some(sample) = pixel.get_mut(channel) {
                *sample = value as u8;
            }
        }
    }
}
