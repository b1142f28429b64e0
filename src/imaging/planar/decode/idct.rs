//! From coefficients to samples, at full size and at smaller ones.
//!
//! Full size is the accurate integer method of libjpeg (`jidctint.c`), bit by bit. Smaller ones use the coefficients
//! of low frequency alone, as `jpeg-decoder` does (Dugad and Ahuja, "A fast scheme for image size change in the
//! compressed domain", 2001).

use wide::{i16x8, i32x4, u8x16};

use super::header::Factors;
use crate::imaging::planar::dct::{CONST_BITS, EVEN, INNER, OUTER, PASS1_BITS, Pair, SHARED};

/// Coefficients, row after row.
pub type Block = [[i16; 8]; 8];

/// Eight by eight samples.
#[inline]
pub fn full(block: &Block, factors: &Factors) -> [[u8; 8]; 8] {
    let mut rows = [i16x8::splat(0); 8];
    for ((row, coefficients), factors) in rows.iter_mut().zip(block).zip(factors) {
        *row = i16x8::new(*coefficients) * i16x8::new(factors.map(|factor| factor as i16));
    }
    let columns = i16x8::transpose(pass::<{ CONST_BITS - PASS1_BITS }>(rows));
    // Both directions scale by the root of 8.
    let columns = pass::<{ CONST_BITS + PASS1_BITS + 3 }>(columns);
    let rows = i16x8::transpose(columns).map(|row| row.saturating_add(i16x8::splat(128)));
    let [a, b, c, d, e, f, g, h] = rows;
    let mut samples = [[0; 8]; 8];
    for (two, [upper, lower]) in samples.as_chunks_mut::<2>().0.iter_mut().zip([[a, b], [c, d], [e, f], [g, h]]) {
        two.as_flattened_mut().copy_from_slice(u8x16::narrow_i16x8(upper, lower).as_array());
    }
    samples
}

/// One dimension of eight columns, divided by two to the power of `BITS`.
#[inline(always)]
fn pass<const BITS: u32>([s0, s1, s2, s3, s4, s5, s6, s7]: [i16x8; 8]) -> [i16x8; 8] {
    const ONE: i16 = 1 << CONST_BITS;
    let [factors2, factors3] = EVEN;
    let (even, middle) = (Pair::new(s2, s6), Pair::new(s0, s4));
    let (t2, t3) = (even.dot(factors2), even.dot(factors3));
    let (t0, t1) = (middle.dot([ONE, ONE]), middle.dot([ONE, -ONE]));
    let (t10, t13, t11, t12) = (t0 + t3, t0 - t3, t1 + t2, t1 - t2);

    let shared = Pair::new(s7 + s3, s5 + s1);
    let [z3, z4] = SHARED.map(|factors| shared.dot(factors));
    let (outer, inner) = (Pair::new(s7, s1), Pair::new(s5, s3));
    let ([factors0, factors3], [factors1, factors2]) = (OUTER, INNER);
    let (t0, t3) = (outer.dot(factors0) + z3, outer.dot(factors3) + z4);
    let (t1, t2) = (inner.dot(factors1) + z4, inner.dot(factors2) + z3);

    let sums = [t10 + t3, t11 + t2, t12 + t1, t13 + t0, t13 - t0, t12 - t1, t11 - t2, t10 - t3];
    sums.map(|sum| sum.rounded(BITS))
}

/// Of a block without any but its first coefficient: the value of all its samples, at any size.
#[inline]
pub fn flat(dc: i16, factors: &Factors) -> u8 {
    let [[factor, ..], ..] = factors;
    let sum = product(&dc, factor) + 4;
    ((sum >> 3) + 128).clamp(0, 255) as u8
}

/// As whole vectors are multiplied: what does not fit is a damaged file, and becomes anything.
#[inline(always)]
fn product(coefficient: &i16, factor: &u16) -> i32 {
    i32::from(coefficient.wrapping_mul(*factor as i16))
}

/// Constants of the smaller sizes have one bit less, as in `jpeg-decoder`: round(c * 4096).
const HALF_BITS: u32 = 12;
const HALF_FACTORS: [i32; 3] = [2217, -7567, 3135];

/// Four by four samples of the lowest 16 coefficients.
#[inline]
pub fn half(block: &Block, factors: &Factors) -> [[u8; 4]; 4] {
    let mut rows = [i32x4::splat(0); 4];
    for ((row, [a, b, c, d, ..]), [e, f, g, h, ..]) in rows.iter_mut().zip(block).zip(factors) {
        *row = i32x4::new([product(a, e), product(b, f), product(c, g), product(d, h)]);
    }
    let rounding = i32x4::splat(1 << (HALF_BITS - PASS1_BITS - 1));
    let (evens, odds) = half_pass(rows, PASS1_BITS);
    let odds = odds.map(|odd| (odd + rounding) >> (HALF_BITS - PASS1_BITS));
    let columns = i32x4::transpose(joined(evens, odds));
    const BITS: u32 = HALF_BITS + PASS1_BITS + 3;
    let (evens, odds) = half_pass(columns, HALF_BITS);
    let evens = evens.map(|even| even + i32x4::splat((1 << (BITS - 1)) + (128 << BITS)));
    let rows = i32x4::transpose(joined(evens, odds));
    rows.map(|row| (row >> BITS).max(i32x4::splat(0)).min(i32x4::splat(255)).to_array().map(|sample| sample as u8))
}

/// The two even and the two odd parts of one dimension; the even ones are shifted by `bits`.
#[inline(always)]
fn half_pass([s0, s1, s2, s3]: [i32x4; 4], bits: u32) -> ([i32x4; 2], [i32x4; 2]) {
    let [c6, c2_less, c2_more] = HALF_FACTORS.map(i32x4::splat);
    let shared = (s1 + s3) * c6;
    ([(s0 + s2) << bits, (s0 - s2) << bits], [shared + s1 * c2_more, shared + s3 * c2_less])
}

#[inline(always)]
fn joined([even0, even1]: [i32x4; 2], [odd0, odd1]: [i32x4; 2]) -> [i32x4; 4] {
    [even0 + odd0, even1 + odd1, even1 - odd1, even0 - odd0]
}

/// Two by two samples of the lowest four coefficients.
#[inline]
pub fn quarter(block: &Block, factors: &Factors) -> [[u8; 2]; 2] {
    let ([[a, b, ..], [c, d, ..], ..], [[e, f, ..], [g, h, ..], ..]) = (block, factors);
    let (s00, s01, s10, s11) = (product(a, e), product(b, f), product(c, g), product(d, h));
    let sample = |sum: i32| ((sum + 4 + (128 << 3)) >> 3).clamp(0, 255) as u8;
    let (left, right) = ((s00 + s10, s00 - s10), (s01 + s11, s01 - s11));
    [[sample(left.0 + right.0), sample(left.0 - right.0)], [sample(left.1 + right.1), sample(left.1 - right.1)]]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `jpeg_idct_islow` of libjpeg 6b, line by line.
    fn islow(block: &Block, factors: &Factors) -> [[u8; 8]; 8] {
        let mut middle = [[0_i32; 8]; 8];
        for x in 0..8 {
            let column: [i32; 8] = std::array::from_fn(|y| i32::from(block[y][x]) * i32::from(factors[y][x]));
            for (y, value) in islow_1d(column, CONST_BITS - PASS1_BITS).into_iter().enumerate() {
                middle[y][x] = value;
            }
        }
        middle.map(|row| islow_1d(row, CONST_BITS + PASS1_BITS + 3).map(|value| (value + 128).clamp(0, 255) as u8))
    }

    fn islow_1d(s: [i32; 8], bits: u32) -> [i32; 8] {
        let z1 = (s[2] + s[6]) * 4433;
        let (t2, t3) = (z1 - s[6] * 15137, z1 + s[2] * 6270);
        let (t0, t1) = ((s[0] + s[4]) << CONST_BITS, (s[0] - s[4]) << CONST_BITS);
        let (t10, t13, t11, t12) = (t0 + t3, t0 - t3, t1 + t2, t1 - t2);
        let (t0, t1, t2, t3) = (s[7], s[5], s[3], s[1]);
        let (z1, z2, z3, z4) = (t0 + t3, t1 + t2, t0 + t2, t1 + t3);
        let z5 = (z3 + z4) * 9633;
        let (t0, t1, t2, t3) = (t0 * 2446, t1 * 16819, t2 * 25172, t3 * 12299);
        let (z1, z2) = (z1 * -7373, z2 * -20995);
        let (z3, z4) = (z3 * -16069 + z5, z4 * -3196 + z5);
        let (t0, t1, t2, t3) = (t0 + z1 + z3, t1 + z2 + z4, t2 + z2 + z3, t3 + z1 + z4);
        let sums = [t10 + t3, t11 + t2, t12 + t1, t13 + t0, t13 - t0, t12 - t1, t11 - t2, t10 - t3];
        sums.map(|sum| (sum + (1 << (bits - 1))) >> bits)
    }

    /// Blocks as pictures have them: larger coefficients at lower frequencies.
    fn blocks() -> impl Iterator<Item = Block> {
        let mut state = 1_u32;
        (0..2_000).map(move |number| {
            let mut block = [[0; 8]; 8];
            for (at, coefficient) in block.as_flattened_mut().iter_mut().enumerate() {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let reach = 40 / (1 + (at % 8 + at / 8) as i32 * (number % 5));
                *coefficient = ((state >> 8) as i32 % (2 * reach + 1) - reach) as i16;
            }
            block
        })
    }

    #[test]
    fn full_size_is_libjpegs_to_the_bit() {
        let factors: Factors = std::array::from_fn(|y| std::array::from_fn(|x| (3 + x + 2 * y) as u16));
        for block in blocks() {
            assert_eq!(full(&block, &factors), islow(&block, &factors));
        }
    }

    #[test]
    fn a_flat_block_is_the_same_at_any_size() {
        let factors = [[7; 8]; 8];
        for dc in -200..200 {
            let mut block = [[0; 8]; 8];
            block[0][0] = dc;
            let sample = flat(dc, &factors);
            assert_eq!(full(&block, &factors), [[sample; 8]; 8]);
            assert_eq!(half(&block, &factors), [[sample; 4]; 4]);
            assert_eq!(quarter(&block, &factors), [[sample; 2]; 2]);
        }
    }

    #[test]
    fn smaller_sizes_are_means_of_the_full_one_where_the_picture_is_smooth() {
        let factors = [[1; 8]; 8];
        for (x, y) in [(300, 0), (0, -250), (200, 100)] {
            let mut block = [[0; 8]; 8];
            (block[0][0], block[0][1], block[1][0]) = (80, x, y);
            let full = full(&block, &factors);
            let mean = |left: usize, top: usize, side: usize| {
                let rows = full[top..top + side].iter().flat_map(|row| &row[left..left + side]);
                (rows.map(|sample| u32::from(*sample)).sum::<u32>() / (side * side) as u32) as u8
            };
            let (half, quarter) = (half(&block, &factors), quarter(&block, &factors));
            for (at, sample) in half.as_flattened().iter().enumerate() {
                assert!(sample.abs_diff(mean(at % 4 * 2, at / 4 * 2, 2)) <= 2, "{half:?}");
            }
            for (at, sample) in quarter.as_flattened().iter().enumerate() {
                assert!(sample.abs_diff(mean(at % 2 * 4, at / 2 * 4, 4)) <= 6, "{quarter:?}");
            }
        }
    }
}
