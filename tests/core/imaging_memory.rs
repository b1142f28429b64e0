//! The gate computes what a decoder will allocate. Here decoders are measured at the edge of what it lets pass.

use tintype::domain::facts::Rejection;
use tintype::imaging;
use tintype::policy::limits::{ANONYMOUS, ImageLimits};

use crate::harness::image_files::{self as files, Jpeg, Png};
use crate::harness::memory::peak_bytes;

/// A part of the product's memory, so that the largest images are quickly made.
const fn part(divisor: u64) -> ImageLimits {
    ImageLimits { memory_bytes_max: ANONYMOUS.memory_bytes_max / divisor, ..ANONYMOUS }
}

/// Makes the largest image that is accepted, and measures it.
fn at_the_edge(width: u32, limits: &ImageLimits, make: impl Fn(u32, u32) -> Vec<u8>) -> (u64, usize, usize) {
    let mut pixels = u64::from(width) * 9_000;
    loop {
        let height = (pixels / u64::from(width)) as u32;
        let file = make(width, height);
        let (outcome, peak) = peak_bytes(|| imaging::examine(&file, limits));
        match outcome {
            Ok(_) => return (pixels, file.len(), peak),
            Err(Rejection::TooManyPixels { limit_pixels }) => pixels = limit_pixels.min(pixels * 99 / 100),
            Err(other) => panic!("{other:?}"),
        }
    }
}

fn assert_computed_well(name: &str, width: u32, limits: &ImageLimits, make: impl Fn(u32, u32) -> Vec<u8>) {
    let (pixels, file_bytes, peak) = at_the_edge(width, limits, make);
    let allowed = limits.memory_bytes_max as usize - file_bytes;
    println!("{name}: {pixels} pixels, {file_bytes} bytes, {peak} bytes at the peak of {allowed}");
    assert!(peak <= allowed, "{name}: {peak} bytes of {allowed}");
    assert!(peak > allowed / 2, "{name}: the gate is too strict: {peak} bytes of {allowed}");
}

/// Narrow: if more than 128 pixels come out of a row, `jpeg-decoder` hands rows to threads natively, which wait there
/// in numbers; in wasm it has no threads.
#[test]
fn a_progressive_jpeg_takes_the_memory_that_was_computed() {
    let limits = part(8);
    let jpeg = |kind: Jpeg| move |width, height| files::jpeg(width, height, kind);
    assert_computed_well("4:2:0", 128, &limits, jpeg(Jpeg::Progressive));
    assert_computed_well("4:4:4", 128, &limits, jpeg(Jpeg::ProgressiveFull));
}

#[test]
fn a_lossless_webp_takes_the_memory_that_was_computed() {
    assert_computed_well("VP8L", 1_000, &part(4), |width, height| files::webp(width, height, false));
    assert_computed_well("VP8L with alpha", 1_000, &part(4), |width, height| files::webp(width, height, true));
}

#[test]
fn formats_that_are_decoded_row_by_row_take_little_memory_however_large_they_are() {
    let wide = [
        files::png(16_384, 300, Png::Rgba),
        files::png(16_384, 300, Png::Grey16),
        files::interlaced_png(16_384, 100),
        files::gif(16_384, 300, 1, true),
        files::gif(4_000, 100, 20, false),
        files::png(2_000, 200, Png::Animated(10)),
    ];
    for file in wide {
        let (outcome, peak) = peak_bytes(|| imaging::examine(&file, &ANONYMOUS));
        // Most of it is what is seen, which is the same for all: 200,704 cells, on white and on black.
        assert!(outcome.is_ok() && peak < 8 << 20, "{peak} bytes, {:?}", outcome.err());
    }
}
