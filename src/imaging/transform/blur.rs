//! The Gaussian, one direction after the other.
//!
//! A wide one is three boxes in a row, whose cost does not depend on the width and which nobody tells from it (P. Kovesi,
//! Fast Almost-Gaussian Filtering, 2010). Beyond an edge, its pixels go on.

use super::canvas::{Canvas, Region};
use super::colours::{divide_alpha, multiply_alpha};

/// From this standard deviation on three boxes are good enough, in pixels.
const BOXES_MIN: f32 = 3.0;
/// Samples of a row that are worked on together in the vertical direction: as many as a processor's cache line has.
const COLUMNS: usize = 64;

/// Blurs a region; colours are weighed by alpha. `sigma` is the standard deviation in pixels, above 0.
pub fn blur(canvas: &mut Canvas, region: Region, sigma: f32) {
    if canvas.channels == 4 {
        canvas.rows_mut(region).for_each(multiply_alpha);
    }
    let kernel = Kernel::new(sigma);
    let channels = canvas.channels;
    let (mut line, mut wide) = (Vec::new(), Vec::new());
    for row in canvas.rows_mut(region) {
        line.clear();
        line.extend(row.iter().map(|sample| f32::from(*sample)));
        kernel.apply(&mut line, channels, &mut wide);
        row.iter_mut().zip(&line).for_each(|(sample, value)| *sample = level(*value));
    }
    let row_bytes = region.width as usize * channels;
    for start in (0..row_bytes).step_by(COLUMNS) {
        let end = (start + COLUMNS).min(row_bytes);
        line.clear();
        for row in canvas.rows_mut(region) {
            line.extend(row.get(start..end).unwrap_or_default().iter().map(|sample| f32::from(*sample)));
        }
        kernel.apply(&mut line, end - start, &mut wide);
        for (row, values) in canvas.rows_mut(region).zip(line.chunks_exact(end - start)) {
            let samples = row.get_mut(start..end).unwrap_or_default();
            samples.iter_mut().zip(values).for_each(|(sample, value)| *sample = level(*value));
        }
    }
    if canvas.channels == 4 {
        canvas.rows_mut(region).for_each(divide_alpha);
    }
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "means of values from 0 to 255")]
fn level(value: f32) -> u8 {
    (value + 0.5) as u8
}

enum Kernel {
    /// An odd number of them, which come to 1.
    Weights(Vec<f32>),
    /// Odd widths.
    Boxes([usize; 3]),
}

impl Kernel {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "small")]
    fn new(sigma: f32) -> Self {
        if sigma < BOXES_MIN {
            // Beyond three standard deviations there is a quarter of a percent.
            let radius = (3.0 * sigma).ceil() as i32;
            let weights: Vec<f32> =
                (-radius..=radius).map(|at| (-(at * at) as f32 / (2.0 * sigma * sigma)).exp()).collect();
            let sum: f32 = weights.iter().sum();
            return Self::Weights(weights.into_iter().map(|weight| weight / sum).collect());
        }
        // Two odd widths that come to the same variance together: m boxes of the smaller, 3 - m of the larger.
        let variance = 12.0 * sigma * sigma;
        let ideal = (variance / 3.0 + 1.0).sqrt();
        let lower = ((ideal as usize).saturating_sub(1) / 2) * 2 + 1;
        let width = lower as f32;
        let count = ((3.0 * width * width + 12.0 * width + 9.0 - variance) / (4.0 * width + 4.0)).round() as usize;
        Self::Boxes(std::array::from_fn(|number| if number < count { lower } else { lower + 2 }))
    }

    /// Filters a line whose positions have so many samples each.
    fn apply(&self, line: &mut [f32], lanes: usize, wide: &mut Vec<f32>) {
        match self {
            Self::Weights(weights) => {
                widen(line, lanes, weights.len() / 2, wide);
                line.fill(0.0);
                for (at, weight) in weights.iter().enumerate() {
                    let shifted = wide.get(at * lanes..).unwrap_or_default();
                    line.iter_mut().zip(shifted).for_each(|(sum, value)| *sum += weight * value);
                }
            }
            Self::Boxes(widths) => widths.iter().for_each(|width| mean(line, lanes, *width, wide)),
        }
    }
}

/// The line with its first and last position repeated so many times.
fn widen(line: &[f32], lanes: usize, times: usize, wide: &mut Vec<f32>) {
    wide.clear();
    let first = line.get(..lanes).unwrap_or_default();
    let last = line.get(line.len().saturating_sub(lanes)..).unwrap_or_default();
    (0..times).for_each(|_| wide.extend_from_slice(first));
    wide.extend_from_slice(line);
    (0..times).for_each(|_| wide.extend_from_slice(last));
}

/// The means of `width` positions, with a sum that goes along.
fn mean(line: &mut [f32], lanes: usize, width: usize, wide: &mut Vec<f32>) {
    widen(line, lanes, width / 2, wide);
    // Doubles: what is added and taken off thousands of times must not add up.
    let mut sums = [0.0_f64; COLUMNS];
    for position in wide.chunks_exact(lanes).take(width - 1) {
        sums.iter_mut().zip(position).for_each(|(sum, value)| *sum += f64::from(*value));
    }
    #[allow(clippy::cast_precision_loss, reason = "a few hundred")]
    let part = 1.0 / width as f64;
    let entering = wide.chunks_exact(lanes).skip(width - 1);
    for ((to, entering), leaving) in line.chunks_exact_mut(lanes).zip(entering).zip(wide.chunks_exact(lanes)) {
        for (((to, sum), entering), leaving) in to.iter_mut().zip(&mut sums).zip(entering).zip(leaving) {
            *sum += f64::from(*entering);
            #[allow(clippy::cast_possible_truncation, reason = "a level")]
            let mean = (*sum * part) as f32;
            *to = mean;
            *sum -= f64::from(*leaving);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIDE: u32 = 129;

    /// A white line in the middle of black, blurred: a row of what it becomes.
    fn spread(sigma: f32) -> Vec<f64> {
        let mut canvas = Canvas::new([SIDE, 5], 3, [0; 4]).unwrap();
        let middle = Region { left: SIDE / 2, top: 0, width: 1, height: 5 };
        canvas.rows_mut(middle).for_each(|row| row.fill(255));
        blur(&mut canvas, Region { left: 0, top: 0, width: SIDE, height: 5 }, sigma);
        canvas.pixels.chunks(3).take(SIDE as usize).map(|pixel| f64::from(pixel[0])).collect()
    }

    #[test]
    fn a_line_spreads_as_a_gaussian_does_narrow_or_wide() {
        for sigma in [0.8_f32, 2.0, 2.9, 3.1, 6.0, 10.0] {
            let found = spread(sigma);
            for (x, level) in found.iter().enumerate() {
                let far = (x as f64 - f64::from(SIDE / 2)) / f64::from(sigma);
                let expected = 255.0 * (-far * far / 2.0).exp() / (f64::from(sigma) * std::f64::consts::TAU.sqrt());
                assert!((level - expected).abs() <= 1.5 + expected * 0.05, "{sigma} {x}: {level} {expected}");
            }
        }
    }

    #[test]
    fn one_colour_stays_what_it_is_up_to_the_edges_however_wide_the_blur() {
        for sigma in [0.5, 3.0, 40.0, 100.0] {
            let mut canvas = Canvas::new([30, 20], 4, [200, 100, 50, 255]).unwrap();
            blur(&mut canvas, Region { left: 0, top: 0, width: 30, height: 20 }, sigma);
            assert!(canvas.pixels.chunks(4).all(|pixel| pixel == [200, 100, 50, 255]), "{sigma}");
        }
    }

    #[test]
    fn only_the_region_is_blurred_and_clear_pixels_do_not_shine_in() {
        let mut canvas = Canvas::new([40, 10], 4, [9, 9, 9, 255]).unwrap();
        let region = Region { left: 10, top: 2, width: 20, height: 6 };
        let clear = Region { left: 10, top: 2, width: 10, height: 6 };
        canvas.rows_mut(region).for_each(|row| row.chunks_mut(4).for_each(|pixel| pixel.copy_from_slice(&[255; 4])));
        canvas.rows_mut(clear).for_each(|row| row.fill(0));
        blur(&mut canvas, region, 2.0);
        let at = |x: usize, y: usize| &canvas.pixels[(y * 40 + x) * 4..][..4];
        assert_eq!((at(9, 5), at(30, 5), at(15, 1)), (&[9, 9, 9, 255][..], &[9, 9, 9, 255][..], &[9, 9, 9, 255][..]));
        let edge = at(19, 5);
        assert!(edge[3] > 60 && edge[3] < 200 && edge[0] > 250, "{edge:?}");
    }
}
