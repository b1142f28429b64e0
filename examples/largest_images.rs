//! Writes the largest images that are accepted, one of each kind, and examines every file in the folder.
//!
//! `cargo run --release --example largest_images -- FOLDER`: prints milliseconds and the peak of memory. The files
//! are also what to send to the Worker when its own memory is measured. Lossy WebP is not written, for want of an
//! encoder: put such files into the folder, and they are examined too.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a tool that stops where something fails, and measures time"
)]

use std::path::Path;
use std::time::Instant;

use tintype::domain::facts::Rejection;
use tintype::imaging;
use tintype::policy::limits::ANONYMOUS;

#[path = "../tests/core/harness/image_files.rs"]
#[allow(dead_code, reason = "the tests use the rest")]
mod image_files;
#[path = "../tests/core/harness/memory.rs"]
mod memory;

use image_files::{self as files, Jpeg, Png};

/// Shrinks until it is accepted.
fn largest(name: &str, folder: &Path, pixels: u64, make: impl Fn(u32, u32) -> Vec<u8>) {
    let mut pixels = pixels;
    loop {
        let width = (pixels as f64).sqrt() as u32;
        let file = make(width, (pixels / u64::from(width)) as u32);
        match imaging::examine(&file, &ANONYMOUS) {
            Ok(_) => return std::fs::write(folder.join(name), file).expect("written"),
            Err(Rejection::TooManyPixels { limit_pixels }) => pixels = limit_pixels.min(pixels * 199 / 200),
            Err(Rejection::TooManyBytes { .. }) => pixels = pixels * 9 / 10,
            Err(other) => panic!("{name}: {other:?}"),
        }
    }
}

/// Without noise, so that all the pixels that are allowed fit into the bytes that are allowed.
fn smooth_png(width: u32, height: u32) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width, height);
    encoder.set_color(png::ColorType::Rgba);
    encoder.set_depth(png::BitDepth::Sixteen);
    encoder.set_compression(png::Compression::Fast);
    let mut writer = encoder.write_header().expect("a header");
    let mut rows = writer.stream_writer().expect("a stream");
    for y in 0..height {
        let row: Vec<u8> = (0..width).flat_map(|x| [(x / 64) as u8, 0, (y / 64) as u8, 0, 90, 0, 255, 255]).collect();
        std::io::Write::write_all(&mut rows, &row).expect("a row");
    }
    rows.finish().expect("an end");
    writer.finish().expect("an end");
    file
}

fn main() {
    let folder = std::env::args().nth(1).expect("a folder to write to");
    let folder = Path::new(&folder);
    std::fs::create_dir_all(folder).expect("a folder");
    largest("baseline.jpg", folder, 100_000_000, |w, h| files::jpeg(w, h, Jpeg::Baseline));
    largest("progressive-420.jpg", folder, 40_000_000, |w, h| files::jpeg(w, h, Jpeg::Progressive));
    largest("progressive-444.jpg", folder, 20_000_000, |w, h| files::jpeg(w, h, Jpeg::ProgressiveFull));
    std::fs::write(folder.join("rgba16.png"), smooth_png(10_000, 10_000)).expect("written");
    largest("still.gif", folder, 60_000_000, |w, h| files::gif(w as u16, h as u16, 1, false));
    largest("lossless.webp", folder, 14_000_000, |w, h| files::webp(w, h, true));
    std::fs::write(folder.join("animated.gif"), files::gif(1_280, 720, 216, false)).expect("written");
    std::fs::write(folder.join("animated.webp"), files::animated_webp(640, 360, 100)).expect("written");
    std::fs::write(folder.join("animated.png"), files::png(640, 360, Png::Animated(60))).expect("written");

    let entries = std::fs::read_dir(folder).expect("a folder");
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    for path in paths {
        let file = std::fs::read(&path).expect("a file");
        let start = Instant::now();
        let (outcome, peak) = memory::peak_bytes(|| imaging::examine(&file, &ANONYMOUS));
        let took = start.elapsed().as_millis();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let about = match outcome {
            Ok(examined) => {
                let facts = examined.facts;
                format!("{} x {}, {} frames", facts.width, facts.height, facts.frames)
            }
            Err(rejection) => format!("{rejection:?}"),
        };
        println!("{name:24} {:>9} bytes {took:>6} ms {peak:>9} bytes at the peak  {about}", file.len());
    }
}
