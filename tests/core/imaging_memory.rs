//! The gate computes what a decoder will allocate. Here decoders are measured at the edge of what it lets pass.

use tintype::domain::facts::Rejection;
use tintype::imaging;
use tintype::policy::limits::{ANONYMOUS, ImageLimits};

use crate::harness::image_files::{self as files, Jpeg, Png};
use crate::harness::memory::peak_bytes;

/// A quarter of the product's memory, so that the largest images are quickly made.
const LIMITS: ImageLimits = ImageLimits { memory_bytes_max: ANONYMOUS.memory_bytes_max / 4, ..ANONYMOUS };

/// Makes the largest image that is accepted, and measures it. It is narrow: of wide ones `jpeg-decoder` hands rows to
/// threads natively, which wait there in numbers; in wasm it has no threads.
fn at_the_edge(make: impl Fn(u32, u32) -> Vec<u8>) -> (u64, usize, usize) {
    let mut pixels = 9_000_000;
    loop {
        let width = 1_000;
        let height = (pixels / u64::from(width)) as u32;
        let file = make(width, height);
        let (outcome, peak) = peak_bytes(|| imaging::examine(&file, &LIMITS));
        match outcome {
            Ok(_) => return (pixels, file.len(), peak),
            Err(Rejection::TooManyPixels { limit_pixels }) => pixels = limit_pixels.min(pixels * 99 / 100),
            Err(other) => panic!("{other:?}"),
        }
    }
}

fn assert_computed_well(name: &str, make: impl Fn(u32, u32) -> Vec<u8>) {
    let (pixels, file_bytes, peak) = at_the_edge(make);
    let allowed = LIMITS.memory_bytes_max as usize - file_bytes;
    println!("{name}: {pixels} pixels, {file_bytes} bytes, {peak} bytes at the peak of {allowed}");
    assert!(peak <= allowed, "{name}: {peak} bytes of {allowed}");
    assert!(peak > allowed / 2, "{name}: the gate is too strict: {peak} bytes of {allowed}");
}

#[test]
fn a_progressive_jpeg_takes_the_memory_that_was_computed() {
    assert_computed_well("4:2:0", |width, height| files::jpeg(width, height, Jpeg::Progressive));
    assert_computed_well("4:4:4", |width, height| files::jpeg(width, height, Jpeg::ProgressiveFull));
}

#[test]
fn a_lossless_webp_takes_the_memory_that_was_computed() {
    assert_computed_well("VP8L", |width, height| files::webp(width, height, false));
    assert_computed_well("VP8L with alpha", |width, height| files::webp(width, height, true));
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
        assert!(outcome.is_ok() && peak < 4 << 20, "{peak} bytes, {:?}", outcome.err());
    }
}
