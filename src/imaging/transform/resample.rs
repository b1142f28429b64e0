//! Another size, while the rows come in: Lanczos by `fast_image_resize`, in the memory of a few rows.
//!
//! Where many pixels become one, their mean is taken first, as long as two or more stay for Lanczos to weigh: as sharp
//! as libvips makes it, which does the same, and neither time nor memory depends on how far an image is reduced.

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};

use super::rows::{RowSink, Rows, Samples};
use crate::domain::facts::Rejection;
use crate::domain::transform::Rect;
use crate::imaging::zeros;

/// Output rows that are made at once: enough that a call costs little, few enough that what they need stays in the
/// processor's cache.
const BAND_ROWS: u32 = 16;
/// Pixels to either side that Lanczos weighs, in those of the smaller picture.
const SUPPORT: f64 = 3.0;
/// At most so many pixels are averaged in a direction, so that the sum over a square fits 32 bits.
const MEAN_MAX: u32 = 2_048;

/// What becomes what.
#[derive(Clone, Copy, Debug)]
pub struct Scaling {
    /// Part of the picture that comes, in its pixels.
    pub cut: Rect,
    /// Width and height of the result, in pixels.
    pub to: [u32; 2],
}

/// Along one side.
#[derive(Clone, Copy)]
struct Axis {
    /// How many pixels are averaged.
    mean: u32,
    /// Means there are.
    length: u32,
    /// Where the cut begins, in means.
    start: f64,
    /// Means in an output pixel.
    step: f64,
}

impl Axis {
    fn new(source: u32, start: f64, length: f64, to: u32) -> Self {
        let ratio = length / f64::from(to);
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 1 and MEAN_MAX")]
        let mean = (ratio / 2.0).clamp(1.0, f64::from(MEAN_MAX)) as u32;
        let scale = f64::from(mean);
        Self { mean, length: source.div_ceil(mean), start: start / scale, step: ratio / scale }
    }

    /// How far Lanczos looks, in means.
    fn support(self) -> f64 {
        SUPPORT * self.step.max(1.0)
    }

    /// The means that output pixels from `from` to `to` are made of.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a float becomes the nearest u32")]
    fn needs(self, from: u32, to: u32) -> (u32, u32) {
        // One more on either side than the filter weighs, so that rounding never leaves one out.
        let first = (self.start + f64::from(from) * self.step - self.support() - 1.0).max(0.0) as u32;
        let last = (self.start + f64::from(to) * self.step + self.support() + 1.0).ceil() as u32;
        (first.min(self.length), last.min(self.length))
    }
}

/// What resampling takes beside source and result, in bytes, for rows of so many pixels.
pub fn memory_bytes(width: u32, samples: Samples, scaling: &Scaling) -> u64 {
    let across = Axis::new(width, scaling.cut.left, scaling.cut.width, scaling.to[0]);
    let down = Axis::new(u32::MAX, scaling.cut.top, scaling.cut.height, scaling.to[1]);
    let (first, last) = (down.needs(1 << 16, 1 << 16), down.needs(1 << 16, (1 << 16) + BAND_ROWS));
    let window_rows = u64::from(last.1 - first.0) + 2;
    let row = u64::from(across.length) * samples.count() as u64;
    let made = u64::from(scaling.to[0]) * samples.count() as u64 * u64::from(BAND_ROWS);
    // The window, sums of four bytes, a multiplied row, the band between two passes, and the coefficients of 8 bytes.
    let weights = |axis: Axis, count: u32| (axis.support().ceil() * 2.0 + 1.0) * 8.0 * f64::from(count);
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "far below 2^53")]
    let weights = (weights(across, scaling.to[0]) * 2.0 + weights(down, BAND_ROWS)) as u64;
    row * (window_rows + 4 + u64::from(BAND_ROWS)) + u64::from(width) * 4 + made + weights + (64 << 10)
}

/// Resamples `rows`; gives bands of finished rows to `sink`, colours multiplied by alpha if there is one.
///
/// # Errors
/// If a row cannot be had, there is no memory, or as the sink says.
pub fn resample(rows: &dyn Rows, scaling: &Scaling, sink: RowSink) -> Result<(), Rejection> {
    let mut window = Window::new(rows.sides(), rows.samples(), scaling)?;
    rows.each(&mut |row| window.push(row, sink))?;
    window.finish(sink)
}

struct Window<'a> {
    scaling: &'a Scaling,
    samples: Samples,
    across: Axis,
    down: Axis,
    means: Means,
    /// Averaged rows from `first` on.
    rows: Vec<u8>,
    first: u32,
    /// Output rows that are done.
    done: u32,
    resizer: Resizer,
    band: Vec<u8>,
}

impl<'a> Window<'a> {
    fn new([width, height]: [u32; 2], samples: Samples, scaling: &'a Scaling) -> Result<Self, Rejection> {
        let Rect { left, top, width: cut_width, height: cut_height } = scaling.cut;
        let across = Axis::new(width, left, cut_width, scaling.to[0]);
        let down = Axis::new(height, top, cut_height, scaling.to[1]);
        Ok(Self {
            scaling,
            samples,
            across,
            down,
            means: Means::new(width, across, down, samples),
            rows: Vec::new(),
            first: 0,
            done: 0,
            resizer: Resizer::new(),
            band: zeros(scaling.to[0] as usize * samples.count() * BAND_ROWS as usize)?,
        })
    }

    fn row_bytes(&self) -> usize {
        self.across.length as usize * self.samples.count()
    }

    fn have(&self) -> u32 {
        self.first + u32::try_from(self.rows.len() / self.row_bytes().max(1)).unwrap_or(u32::MAX)
    }

    fn push(&mut self, row: &[u8], sink: RowSink) -> Result<(), Rejection> {
        if self.done < self.scaling.to[1] && self.means.add(row) {
            self.mean(sink)?;
        }
        Ok(())
    }

    /// Takes a finished mean over rows, and makes of the window what can be made.
    fn mean(&mut self, sink: RowSink) -> Result<(), Rejection> {
        self.rows.try_reserve(self.row_bytes()).map_err(|_| Rejection::OutOfMemory)?;
        self.means.finish_into(&mut self.rows);
        let to = self.scaling.to[1];
        while self.done < to {
            let next = (self.done + BAND_ROWS).min(to);
            if self.have() < self.down.needs(self.done, next).1 {
                break;
            }
            self.make(next, sink)?;
        }
        // Rows that nothing will ask for any more.
        let (needed, _) = self.down.needs(self.done, self.done);
        if needed > self.first {
            let gone = (needed - self.first) as usize * self.row_bytes();
            self.rows.drain(..gone.min(self.rows.len()));
            self.first = needed;
        }
        Ok(())
    }

    fn make(&mut self, next: u32, sink: RowSink) -> Result<(), Rejection> {
        let kind = match self.samples {
            Samples::Grey => PixelType::U8,
            Samples::Rgb => PixelType::U8x3,
            Samples::Rgba | Samples::Cmyk => PixelType::U8x4,
        };
        let (width, height) = (self.across.length, self.have() - self.first);
        let (made_width, made_height) = (self.scaling.to[0], next - self.done);
        let top = self.down.start + f64::from(self.done) * self.down.step - f64::from(self.first);
        let (left, wide) = within(self.across.start, self.across.step * f64::from(made_width), width);
        let (top, high) = within(top, self.down.step * f64::from(made_height), height);
        // Alpha is multiplied in already.
        let options = ResizeOptions::new()
            .resize_alg(ResizeAlg::Convolution(FilterType::Lanczos3))
            .crop(left, top, wide, high)
            .use_alpha(false);
        let made = self.band.get_mut(..made_width as usize * made_height as usize * self.samples.count());
        let made = made.ok_or(Rejection::OutOfMemory)?;
        let source = ImageRef::new(width, height, &self.rows, kind).map_err(|_| Rejection::OutOfMemory)?;
        let mut target =
            Image::from_slice_u8(made_width, made_height, made, kind).map_err(|_| Rejection::OutOfMemory)?;
        self.resizer.resize(&source, &mut target, &options).map_err(|_| Rejection::OutOfMemory)?;
        sink(target.buffer())?;
        self.done = next;
        Ok(())
    }

    /// What is left at the bottom, where the last mean may be of fewer rows.
    fn finish(&mut self, sink: RowSink) -> Result<(), Rejection> {
        if self.done < self.scaling.to[1] && self.means.has_rows() {
            self.mean(sink)?;
        }
        Ok(())
    }
}

/// A range that does not pass the end by the error of a float.
fn within(start: f64, length: f64, end: u32) -> (f64, f64) {
    let end = f64::from(end);
    let start = start.clamp(0.0, end);
    let length = if start + length > end { end - start } else { length };
    // Subtracting may round up.
    (start, if start + length > end { length.next_down() } else { length })
}

/// Averages rectangles of pixels.
struct Means {
    samples: Samples,
    across: usize,
    down: u32,
    /// Sums of a row of rectangles.
    sums: Vec<u32>,
    /// Rows in them.
    rows: u32,
    width: u32,
    /// Colours multiplied by alpha, of a row.
    multiplied: Vec<u8>,
}

impl Means {
    fn new(width: u32, across: Axis, down: Axis, samples: Samples) -> Self {
        Self {
            samples,
            across: across.mean as usize,
            down: down.mean,
            sums: vec![0; across.length as usize * samples.count()],
            rows: 0,
            width,
            multiplied: Vec::new(),
        }
    }

    fn has_rows(&self) -> bool {
        self.rows > 0
    }

    /// Adds a row; tells whether the rectangles are full.
    fn add(&mut self, row: &[u8]) -> bool {
        let row = if self.samples == Samples::Rgba {
            multiply_alpha(row, &mut self.multiplied);
            &self.multiplied
        } else {
            row
        };
        match self.samples.count() {
            1 => add_row::<1>(&mut self.sums, row, self.across),
            3 => add_row::<3>(&mut self.sums, row, self.across),
            _ => add_row::<4>(&mut self.sums, row, self.across),
        }
        self.rows += 1;
        self.rows == self.down
    }

    /// Appends the means of the rectangles, and begins anew.
    fn finish_into(&mut self, rows: &mut Vec<u8>) {
        let count = self.samples.count();
        let mean = |sum: u32, pixels: u32| u8::try_from((sum + pixels / 2) / pixels.max(1)).unwrap_or(255);
        let across = u32::try_from(self.across).unwrap_or(u32::MAX);
        let full = across * self.rows;
        if full == 1 {
            rows.extend(self.sums.iter().map(|sum| u8::try_from(*sum).unwrap_or(255)));
        } else {
            let whole = (self.width / across) as usize * count;
            let (whole, rest) = self.sums.split_at(whole.min(self.sums.len()));
            rows.extend(whole.iter().map(|sum| mean(*sum, full)));
            rows.extend(rest.iter().map(|sum| mean(*sum, self.width % across * self.rows)));
        }
        self.sums.fill(0);
        self.rows = 0;
    }
}

fn add_row<const N: usize>(sums: &mut [u32], row: &[u8], across: usize) {
    let (sums, _) = sums.as_chunks_mut::<N>();
    let (pixels, _) = row.as_chunks::<N>();
    let add = |sum: &mut [u32; N], pixel: &[u8; N]| {
        for (sum, sample) in sum.iter_mut().zip(pixel) {
            *sum += u32::from(*sample);
        }
    };
    if across == 1 {
        sums.iter_mut().zip(pixels).for_each(|(sum, pixel)| add(sum, pixel));
        return;
    }
    for (sum, pixels) in sums.iter_mut().zip(pixels.chunks(across)) {
        pixels.iter().for_each(|pixel| add(sum, pixel));
    }
}

/// So that what transparent pixels hide does not come to light when they are weighed with others.
fn multiply_alpha(row: &[u8], multiplied: &mut Vec<u8>) {
    multiplied.clear();
    multiplied.extend(row.as_chunks::<4>().0.iter().flat_map(|[red, green, blue, alpha]| {
        let part = |value: &u8| {
            // (x * 257 + 257) >> 16 is x / 255 rounded, for x up to 255 * 255 + 127.
            let product = u32::from(*value) * u32::from(*alpha) + 127;
            u8::try_from((product * 257 + 257) >> 16).unwrap_or(255)
        };
        [part(red), part(green), part(blue), *alpha]
    }));
}
