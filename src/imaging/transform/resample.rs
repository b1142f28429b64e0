//! Another size, while the rows come in: Lanczos by `fast_image_resize`, in the memory of a few rows.
//!
//! Where many pixels become one, their mean is taken first, as long as two or more stay for Lanczos to weigh: as sharp
//! as libvips makes it, which does the same, and neither time nor memory depends on how far an image is reduced.

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};

use super::colours::multiply_alpha;
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

    /// How many means a band of output rows is made of, at the most, and one more that comes in.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few hundred")]
    fn window(self) -> u32 {
        let rows = f64::from(BAND_ROWS) * self.step + 2.0 * (self.support() + 1.0) + 3.0;
        (rows.ceil() as u32).min(self.length)
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
    let row = u64::from(across.length) * samples.count() as u64;
    let made = u64::from(scaling.to[0]) * samples.count() as u64 * u64::from(BAND_ROWS);
    // The window, sums of four bytes, a multiplied row, the band between two passes, and the coefficients of 8 bytes.
    let weights = |axis: Axis, count: u32| (axis.support().ceil() * 2.0 + 1.0) * 8.0 * f64::from(count);
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "far below 2^53")]
    let weights = (weights(across, scaling.to[0]) * 2.0 + weights(down, BAND_ROWS)) as u64;
    row * (u64::from(down.window()) + 4 + u64::from(BAND_ROWS)) + u64::from(width) * 4 + made + weights + (64 << 10)
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
        let mut rows = Vec::new();
        let window_bytes = across.length as usize * samples.count() * down.window() as usize;
        rows.try_reserve_exact(window_bytes).map_err(|_| Rejection::OutOfMemory)?;
        Ok(Self {
            scaling,
            samples,
            across,
            down,
            means: Means::new(width, across, down, samples),
            rows,
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
        let needed = self.down.needs(self.done, self.done).0.min(self.have());
        if needed > self.first {
            self.rows.drain(..(needed - self.first) as usize * self.row_bytes());
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
            self.multiplied.clear();
            self.multiplied.extend_from_slice(row);
            multiply_alpha(&mut self.multiplied);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::imaging::transform::rows::Bitmap;

    /// Noise over a gradient: every place is like no other.
    fn picture(width: u32, height: u32, samples: Samples) -> Bitmap {
        let mut noise = 1_u32;
        let mut value = |at: usize| {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            if samples == Samples::Rgba && at % 4 == 3 { 255 } else { (at / 7 % 200) as u8 + (noise >> 27) as u8 }
        };
        let length = width as usize * height as usize * samples.count();
        Bitmap { width, height, samples, reduction: [1.0; 2], pixels: (0..length).map(&mut value).collect() }
    }

    fn resampled(picture: &Bitmap, scaling: &Scaling) -> Vec<u8> {
        let mut made = Vec::new();
        resample(picture, scaling, &mut |band| {
            made.extend_from_slice(band);
            Ok(())
        })
        .unwrap();
        assert_eq!(made.len(), (scaling.to[0] * scaling.to[1]) as usize * picture.samples.count());
        made
    }

    #[test]
    fn bands_of_rows_come_out_as_the_whole_picture_does() {
        for (width, height, to) in [(150, 131, [61, 67]), (40, 30, [133, 90]), (90, 90, [90, 33]), (7, 5, [1, 1])] {
            for samples in [Samples::Grey, Samples::Rgb, Samples::Rgba] {
                let picture = picture(width, height, samples);
                let cut = Rect { left: 3.25, top: 2.5, width: f64::from(width) - 3.5, height: f64::from(height) - 4.0 };
                let found = resampled(&picture, &Scaling { cut, to });
                let kind = [PixelType::U8, PixelType::U8x3, PixelType::U8x4]
                    [[1, 3, 4].iter().position(|count| *count == samples.count()).unwrap()];
                let source = ImageRef::new(width, height, &picture.pixels, kind).unwrap();
                let mut expected = Image::new(to[0], to[1], kind);
                let options = ResizeOptions::new().crop(cut.left, cut.top, cut.width, cut.height).use_alpha(false);
                Resizer::new().resize(&source, &mut expected, &options).unwrap();
                // Means are taken only where more than three become one: none of these but the last.
                let most = if to == [1, 1] { 12 } else { 1 };
                let near =
                    found.iter().zip(expected.buffer()).all(|(found, expected)| found.abs_diff(*expected) <= most);
                assert!(near, "{width} x {height} to {to:?} of {samples:?}");
            }
        }
    }

    #[test]
    fn a_large_reduction_is_a_mean_and_shifts_nothing() {
        // A ramp: what is in the middle of a part has its mean.
        let (width, height) = (2_000, 1_500);
        let pixels = (0..height).flat_map(|y| (0..width).map(move |x| ((x + y) * 255 / 3_500) as u8)).collect();
        let picture = Bitmap { width, height, samples: Samples::Grey, reduction: [1.0; 2], pixels };
        let cut = Rect { left: 200.0, top: 300.0, width: 1_600.0, height: 1_200.0 };
        let made = resampled(&picture, &Scaling { cut, to: [40, 30] });
        for (at, level) in made.iter().enumerate() {
            let (x, y) = (200 + (at % 40) * 40 + 20, 300 + (at / 40) * 40 + 20);
            let expected = (x + y) * 255 / 3_500;
            // At the edges, Lanczos sees what is beyond the cut.
            assert!(usize::from(*level).abs_diff(expected) <= 2, "{at}: {level} {expected}");
        }
    }

    #[test]
    fn memory_is_what_is_said_to_be_taken() {
        for (width, height, to) in [(3_000, 400, [1_000, 130]), (300, 4_000, [40, 500]), (200, 200, [1_000, 1_000])] {
            let picture = picture(width, height, Samples::Rgba);
            let cut = Rect { left: 0.0, top: 0.0, width: width.into(), height: height.into() };
            let scaling = Scaling { cut, to };
            let mut window = Window::new([width, height], Samples::Rgba, &scaling).unwrap();
            let mut most = 0;
            picture
                .each(&mut |row| {
                    window.push(row, &mut |_| Ok(()))?;
                    most = most.max(window.rows.capacity() + window.resizer.size_of_internal_buffers());
                    Ok(())
                })
                .unwrap();
            let said = memory_bytes(width, Samples::Rgba, &scaling);
            assert!((most as u64) < said && said < 3 * most as u64 + (1 << 20), "{most} of {said}");
        }
    }
}
