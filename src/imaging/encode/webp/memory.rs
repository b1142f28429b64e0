//! How much memory encoding takes, known before it begins.

use super::Options;

/// Of a lossy file, for a pixel, in bytes: the planes (3), the file (up to 3), and what libwebp collects of it before
/// it is put together. Measured in V8 with noise of black and white at quality 100, which is as bad as it gets: 14.3.
const LOSSY: u64 = 17;
/// From effort 3 on, libwebp keeps every symbol of the file before it writes any. Measured as above: 37.3.
const LOSSY_BY_SYMBOLS: u64 = 40;
/// Of a lossy file, whatever its size.
const LOSSY_FIXED: u64 = 256 << 10;
/// Of a lossless file, for a pixel, in bytes: colours, chains of what repeats, and references to it. Measured with noise
/// and photographs: 41.
const LOSSLESS: u64 = 44;
/// Beside a lossy file with alpha, for a pixel, in bytes: planes and alpha as it came and as it is written.
const ALPHA: u64 = 4;
/// Of a lossless file, whatever its size: the table in which repetitions are looked up, and what is small.
const LOSSLESS_FIXED: u64 = 2 << 20;
/// From effort 3 on, lossless pictures are looked at in tiles of this many pixels a side, or larger …
const TILE_PX: u64 = 8;
/// … so that there are at most so many (libwebp's `MAX_HUFF_IMAGE_SIZE`) …
const TILES_MAX: u64 = 2_600;
/// … of which each has two histograms, in bytes: 4 tables of 256 and one of 1,304 numbers of 4 bytes, rounded up.
const TILE: u64 = 20_000;

/// Most memory that encoding takes beside the given pixels, in bytes, the file included; of an animation, for a frame
/// of the whole canvas, beside the file so far and a copy of the canvas.
#[must_use]
pub fn memory_bytes(width: u32, height: u32, has_alpha: bool, options: Options) -> u64 {
    let (width, height) = (u64::from(width), u64::from(height));
    let pixels = width * height;
    let by_symbols = options.effort > 2;
    let tiles = if by_symbols { TILES_MAX.min(width.div_ceil(TILE_PX) * height.div_ceil(TILE_PX)) } else { 0 };
    let lossless = LOSSLESS_FIXED + LOSSLESS * pixels + TILE * tiles;
    let lossy = LOSSY_FIXED + if by_symbols { LOSSY_BY_SYMBOLS } else { LOSSY } * pixels;
    match (options.lossless, has_alpha) {
        (true, _) => lossless,
        // Alpha is written first, as a lossless picture of its own.
        (false, true) => lossy.max(lossless) + ALPHA * pixels,
        (false, false) => lossy,
    }
}
