//! Between bytes and wider numbers, several at once.

use wide::{i16x8, i32x4, i32x8, u8x16};

/// Eight bytes as numbers, from one half of sixteen: interleaved with zeros, which are upper halves, since the
/// processors that this runs on put the lower one first. What `wide` has for this goes through single bytes in wasm.
#[inline(always)]
pub fn widened(bytes: u8x16, unpack: fn(u8x16, u8x16) -> u8x16) -> i16x8 {
    i16x8::from_ne_bytes(unpack(bytes, u8x16::splat(0)).to_ne_bytes())
}

/// Eight numbers, each the nearest that fits.
#[inline(always)]
pub fn narrowed(low: i32x4, high: i32x4) -> i16x8 {
    let ([a, b, c, d], [e, f, g, h]) = (low.to_array(), high.to_array());
    i16x8::from_i32x8_saturate(i32x8::new([a, b, c, d, e, f, g, h]))
}
