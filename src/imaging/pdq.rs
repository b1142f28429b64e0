//! What a picture looks like, as a PDQ hash: blurred, reduced to 64 x 64, and of its cosine transform the signs of
//! 16 x 16 low frequencies against their median. Written after the published algorithm ("The TMK+PDQF video-hashing
//! algorithm and the PDQ image-hashing algorithm", Meta 2019), because the crate for it brings decoders of its own;
//! tests/core/pdq.rs compares it with the reference implementation.

use std::f32::consts::PI;

use crate::domain::known_bad::{Likeness, PdqHash};
use crate::domain::picture::{Look, Picture};

/// The side that a picture is reduced to.
const SIDE: usize = 64;
/// Frequencies that count, along each side.
const FREQUENCIES: usize = 16;
/// Smaller pictures have no hash, as in the reference.
const SIDE_PX_MIN: usize = 5;
/// Twice a box is nearly a tent.
const BLURS: usize = 2;
/// Weights of red, green and blue (ITU-R BT.601).
const LUMA: [f32; 3] = [0.299, 0.587, 0.114];
/// Steps of brightness for which the quality is 1 (chosen by the reference).
const STEPS_PER_QUALITY: u32 = 90;

/// The likenesses of what was looked at, without repetitions.
#[must_use]
pub fn of_looks(looks: &[Look]) -> Vec<Likeness> {
    let mut likenesses = Vec::new();
    for likeness in looks.iter().filter_map(|look| of(&look.picture)) {
        if !likenesses.contains(&likeness) {
            likenesses.push(likeness);
        }
    }
    likenesses
}

/// The likeness of a picture; none if it is smaller than 5 pixels on a side.
#[must_use]
pub fn of(picture: &Picture) -> Option<Likeness> {
    let (width, height) = (picture.width as usize, picture.height as usize);
    if width.min(height) < SIDE_PX_MIN {
        return None;
    }
    let luma = |pixel: &[u8; 3]| pixel.iter().zip(LUMA).map(|(value, weight)| f32::from(*value) * weight).sum();
    let mut plane: Vec<f32> = picture.pixels.iter().map(luma).collect();
    for _ in 0..BLURS {
        plane = blurred_across(&plane, width, window(width));
        plane = blurred_across(&plane, height, window(height));
    }
    let small = reduced(&plane, width, height);
    let quality = quality(&small);
    Some(Likeness { hash: hash(&frequencies(&small)), quality })
}

/// Pixels that are averaged, along a side of so many.
fn window(side: usize) -> usize {
    side.div_ceil(2 * SIDE)
}

/// Averages along rows, and turns rows into columns: done twice, both directions are averaged and upright again.
fn blurred_across(plane: &[f32], width: usize, window: usize) -> Vec<f32> {
    let height = plane.len() / width;
    // Of an even number, the odd one lies behind.
    let after = window / 2;
    let before = window - 1 - after;
    let mut turned = vec![0.0; plane.len()];
    for (y, row) in plane.chunks_exact(width).enumerate() {
        let mut sums = Vec::with_capacity(width + 1);
        sums.push(0.0_f64);
        sums.extend(row.iter().scan(0.0_f64, |sum, value| {
            *sum += f64::from(*value);
            Some(*sum)
        }));
        let sum = |at: usize| sums.get(at).copied().unwrap_or_default();
        for (x, column) in turned.chunks_exact_mut(height).enumerate() {
            let (from, to) = (x.saturating_sub(before), (x + after + 1).min(width));
            if let Some(value) = column.get_mut(y) {
                *value = mean(sum(to) - sum(from), to - from);
            }
        }
    }
    turned
}

#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "a brightness, of some pixels")]
fn mean(sum: f64, count: usize) -> f32 {
    (sum / count as f64) as f32
}

type Small = [[f32; SIDE]; SIDE];

/// Takes the middle of each of 64 x 64 parts.
fn reduced(plane: &[f32], width: usize, height: usize) -> Small {
    let middle = |at: usize, side: usize| (2 * at + 1) * side / (2 * SIDE);
    let value = |y: usize, x: usize| plane.get(middle(y, height) * width + middle(x, width)).copied();
    std::array::from_fn(|y| std::array::from_fn(|x| value(y, x).unwrap_or_default()))
}

/// How many clear steps there are between neighbours, 0 to 100.
fn quality(small: &Small) -> u8 {
    let [mut across, mut down] = [0; 2];
    for row in small {
        across += row.iter().zip(row.iter().skip(1)).map(|(left, right)| steps(*left, *right)).sum::<u32>();
    }
    for (upper, lower) in small.iter().zip(small.iter().skip(1)) {
        down += upper.iter().zip(lower).map(|(upper, lower)| steps(*upper, *lower)).sum::<u32>();
    }
    u8::try_from(((across + down) / STEPS_PER_QUALITY).min(100)).unwrap_or(100)
}

/// Whole hundredths of the range between two values: what is less counts nothing.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 100")]
fn steps(one: f32, other: f32) -> u32 {
    ((one - other) * 100.0 / 255.0).abs() as u32
}

type Frequencies = [[f32; FREQUENCIES]; FREQUENCIES];

/// The cosine transform (DCT-II) of the lowest frequencies but the constant ones.
fn frequencies(small: &Small) -> Frequencies {
    #[allow(clippy::cast_precision_loss, reason = "below 64")]
    let wave = |frequency: usize, at: usize| {
        let side = SIDE as f32;
        (2.0 / side).sqrt() * (PI / 2.0 / side * (frequency + 1) as f32 * (2 * at + 1) as f32).cos()
    };
    let waves: [[f32; SIDE]; FREQUENCIES] = std::array::from_fn(|f| std::array::from_fn(|at| wave(f, at)));
    let down: [[f32; SIDE]; FREQUENCIES] = waves.map(|wave| {
        let mut sums = [0.0; SIDE];
        for (weight, row) in wave.iter().zip(small) {
            sums.iter_mut().zip(row).for_each(|(sum, value)| *sum += weight * value);
        }
        sums
    });
    down.map(|line| waves.map(|wave| wave.iter().zip(line).map(|(weight, value)| weight * value).sum()))
}

/// A bit for each frequency: whether it is above the median (the lower one of the two middle values).
fn hash(frequencies: &Frequencies) -> PdqHash {
    let all = frequencies.as_flattened();
    let mut sorted = all.to_vec();
    sorted.sort_by(f32::total_cmp);
    let median = sorted.get(all.len() / 2 - 1).copied().unwrap_or_default();
    let mut bytes = [0; 32];
    // The last frequency is the first bit that is written.
    for (byte, values) in bytes.iter_mut().rev().zip(all.chunks(8)) {
        let bits = values.iter().enumerate().map(|(bit, value)| u8::from(*value > median) << bit);
        *byte = bits.fold(0, |byte, bit| byte | bit);
    }
    PdqHash(bytes)
}
