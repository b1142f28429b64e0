//! From samples to quantised coefficients: the accurate integer method of libjpeg (`jfdctint.c`), bit by bit, and a
//! division that rounds as it does.

use wide::{i16x8, u8x16, u16x8};

use super::tables::Factors;
use crate::imaging::planar::dct::{CONST_BITS, EVEN, INNER, OUTER, PASS1_BITS, Pair, SHARED, Wide};
use crate::imaging::planar::lanes::widened;

/// Divides coefficients by quantisation factors: by two multiplications instead of a division.
#[derive(Clone, Debug)]
pub struct Quantiser {
    rows: [QuantiserRow; 8],
}

#[derive(Clone, Copy, Debug, Default)]
struct QuantiserRow {
    half: u16x8,
    reciprocal: u16x8,
    scale: u16x8,
}

impl Quantiser {
    /// For factors from 1 to 255; coefficients come eight times as large as they are.
    pub fn new(factors: &Factors) -> Self {
        let rows = factors.map(|row| {
            let divisors = row.map(|factor| divisor(u32::from(factor) * 8));
            QuantiserRow {
                half: u16x8::new(divisors.map(|[half, _, _]| half)),
                reciprocal: u16x8::new(divisors.map(|[_, reciprocal, _]| reciprocal)),
                scale: u16x8::new(divisors.map(|[_, _, scale]| scale)),
            }
        });
        Self { rows }
    }

    #[inline(always)]
    fn divide(&self, rows: [i16x8; 8]) -> [i16x8; 8] {
        let mut quotients = rows;
        for (row, by) in quotients.iter_mut().zip(&self.rows) {
            let sign = *row >> 15_u32;
            let size: u16x8 = u16x8::new((((*row) ^ sign) - sign).to_array().map(|value| value as u16));
            let quotient = (size + by.half).mul_keep_high(by.reciprocal).mul_keep_high(by.scale);
            let quotient = i16x8::new(quotient.to_array().map(|value| value as i16));
            *row = (quotient ^ sign) - sign;
        }
        quotients
    }
}

/// What to add, and by what to multiply twice, to divide any 15 bits by `divisor` (8 to 2040) and round; exact, by
/// Granlund and Montgomery, "Division by invariant integers using multiplication", as in libjpeg-turbo.
fn divisor(divisor: u32) -> [u16; 3] {
    let bits = 31 - divisor.leading_zeros();
    let mut shift = 16 + bits;
    let (mut reciprocal, rest) = ((1_u32 << shift) / divisor, (1_u32 << shift) % divisor);
    let mut half = divisor / 2;
    if rest == 0 {
        // A power of two: its reciprocal would not fit.
        reciprocal >>= 1;
        shift -= 1;
    } else if rest <= divisor / 2 {
        half += 1;
    } else {
        reciprocal += 1;
    }
    [half as u16, reciprocal as u16, 1 << (32 - shift)]
}

/// Quantised coefficients of eight by eight samples, row after row.
#[inline]
pub fn coefficients(samples: &[[u8; 8]; 8], quantiser: &Quantiser) -> [i16x8; 8] {
    let mut rows = [i16x8::splat(0); 8];
    for (rows, sixteen) in rows.as_chunks_mut::<2>().0.iter_mut().zip(samples.as_flattened().as_chunks().0) {
        let sixteen = u8x16::new(*sixteen);
        *rows = [u8x16::unpack_low, u8x16::unpack_high].map(|half| widened(sixteen, half) - i16x8::splat(128));
    }
    let columns = pass::<{ CONST_BITS - PASS1_BITS }>(i16x8::transpose(rows), |sum| sum << PASS1_BITS);
    let rows = i16x8::transpose(columns);
    let half = i16x8::splat(1 << (PASS1_BITS - 1));
    quantiser.divide(pass::<{ CONST_BITS + PASS1_BITS }>(rows, |sum| (sum + half) >> PASS1_BITS))
}

/// One dimension of eight columns; what is multiplied is divided by two to the power of `BITS`, and `scale` does the
/// like to what is only added up.
#[inline(always)]
fn pass<const BITS: u32>([d0, d1, d2, d3, d4, d5, d6, d7]: [i16x8; 8], scale: impl Fn(i16x8) -> i16x8) -> [i16x8; 8] {
    let (t0, t1, t2, t3) = (d0 + d7, d1 + d6, d2 + d5, d3 + d4);
    let (t4, t5, t6, t7) = (d3 - d4, d2 - d5, d1 - d6, d0 - d7);
    let (t10, t13, t11, t12) = (t0 + t3, t0 - t3, t1 + t2, t1 - t2);
    let even = Pair::new(t13, t12);
    let [out6, out2] = EVEN.map(|factors| even.dot(factors));

    let shared = Pair::new(t4 + t6, t5 + t7);
    let [z3, z4] = SHARED.map(|factors| shared.dot(factors));
    let [outer, inner] = [Pair::new(t4, t7), Pair::new(t5, t6)];
    let ([factors7, factors1], [factors5, factors3]) = (OUTER, INNER);
    let (out7, out1) = (outer.dot(factors7) + z3, outer.dot(factors1) + z4);
    let (out5, out3) = (inner.dot(factors5) + z4, inner.dot(factors3) + z3);
    let rounded = |sum: Wide| sum.rounded(BITS);
    [
        scale(t10 + t11),
        rounded(out1),
        rounded(out2),
        rounded(out3),
        scale(t10 - t11),
        rounded(out5),
        rounded(out6),
        rounded(out7),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `jpeg_fdct_islow` of libjpeg 6b, then its division.
    fn reference(samples: &[[u8; 8]; 8], factors: &Factors) -> [[i16; 8]; 8] {
        let mut block = samples.map(|row| row.map(|sample| i32::from(sample) - 128));
        for row in &mut block {
            *row = reference_1d(*row, 11, |sum| sum << 2);
        }
        for x in 0..8 {
            let column = reference_1d(block.map(|row| row[x]), 15, |sum| (sum + 2) >> 2);
            block.iter_mut().zip(column).for_each(|(row, value)| row[x] = value);
        }
        std::array::from_fn(|y| {
            std::array::from_fn(|x| {
                let divisor = i32::from(factors[y][x]) * 8;
                ((block[y][x].abs() + divisor / 2) / divisor * block[y][x].signum()) as i16
            })
        })
    }

    fn reference_1d(d: [i32; 8], bits: u32, scale: impl Fn(i32) -> i32) -> [i32; 8] {
        let (t0, t1, t2, t3) = (d[0] + d[7], d[1] + d[6], d[2] + d[5], d[3] + d[4]);
        let (t4, t5, t6, t7) = (d[3] - d[4], d[2] - d[5], d[1] - d[6], d[0] - d[7]);
        let (t10, t13, t11, t12) = (t0 + t3, t0 - t3, t1 + t2, t1 - t2);
        let rounded = |sum: i32| (sum + (1 << (bits - 1))) >> bits;
        let z1 = (t12 + t13) * 4433;
        let (out2, out6) = (z1 + t13 * 6270, z1 - t12 * 15137);
        let (z1, z2, z3, z4) = (t4 + t7, t5 + t6, t4 + t6, t5 + t7);
        let z5 = (z3 + z4) * 9633;
        let (z1, z2, z3, z4) = (z1 * -7373, z2 * -20995, z3 * -16069 + z5, z4 * -3196 + z5);
        let out7 = t4 * 2446 + z1 + z3;
        let out5 = t5 * 16819 + z2 + z4;
        let out3 = t6 * 25172 + z2 + z3;
        let out1 = t7 * 12299 + z1 + z4;
        [
            scale(t10 + t11),
            rounded(out1),
            rounded(out2),
            rounded(out3),
            scale(t10 - t11),
            rounded(out5),
            rounded(out6),
            rounded(out7),
        ]
    }

    #[test]
    fn coefficients_are_libjpegs_to_the_bit() {
        let mut state = 7_u32;
        for factor in 1..=255 {
            let factors: Factors = std::array::from_fn(|y| std::array::from_fn(|x| ((factor + x * y) % 255 + 1) as u8));
            let quantiser = Quantiser::new(&factors);
            for kind in 0..8 {
                let samples: [[u8; 8]; 8] = std::array::from_fn(|y| {
                    std::array::from_fn(|x| {
                        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                        let noise = (state >> 24) as u8;
                        match kind {
                            0 => 0,
                            1 => 255,
                            2 => ((x + y) % 2 * 255) as u8,
                            3 => (x * 36) as u8,
                            4 => noise / 128 * 255,
                            5 => 100 + noise / 16,
                            _ => noise,
                        }
                    })
                });
                let found = coefficients(&samples, &quantiser).map(i16x8::to_array);
                assert_eq!(found, reference(&samples, &factors), "{samples:?} by {factors:?}");
            }
        }
    }
}
