//! Pixels into files, without metadata: colours are those of sRGB, which is what a file means that says nothing.

pub(super) mod gif;
pub(super) mod jpeg;
pub(super) mod png;
pub mod webp;

use std::io::{self, Write};

use crate::domain::facts::Rejection;
use crate::domain::format::Format;

/// Upright pixels from the top, nothing between rows.
#[derive(Clone, Copy)]
pub(super) struct Picture<'a> {
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// 3: red, green, blue; 4: and alpha, which is not multiplied into them.
    pub channels: usize,
    /// All of them.
    pub pixels: &'a [u8],
}

impl Picture<'_> {
    /// Whether any pixel lets anything through.
    pub fn is_transparent(&self) -> bool {
        self.channels == 4 && self.pixels.iter().skip(3).step_by(4).any(|alpha| *alpha < 255)
    }
}

/// What encoding takes beside the pixels, in bytes: the file, and what the encoder keeps.
pub(super) fn memory_bytes([width, height]: [u32; 2], is_transparent: bool, format: Format, quality: u8) -> u64 {
    let pixels = u64::from(width) * u64::from(height);
    match format {
        // Noise at the best quality.
        Format::Jpeg => pixels * 2,
        // A file that does not get shorter.
        Format::Png => pixels * 4,
        // The screen, the frame, and the part that is written, of four bytes each; indices, codes, and a file that does
        // not get shorter; counts of colours.
        Format::Gif => pixels * 18 + (6 << 20),
        Format::WebP if !is_transparent && quality <= WEBP_GOOD_MAX => pixels * WEBP_GOOD + (256 << 10),
        Format::WebP => webp::memory_bytes(width, height, is_transparent, webp_options(quality)),
    }
}

/// Up to this quality, the parts of a lossy file that libwebp collects are far shorter than at the best …
const WEBP_GOOD_MAX: u8 = 90;
/// … and so many bytes a pixel are enough: planes (3), and noise that becomes 2 in the file and as much before.
const WEBP_GOOD: u64 = 9;

/// How WebP is written.
pub(super) fn webp_options(quality: u8) -> webp::Options {
    webp::Options { quality, lossless: false, effort: webp::EFFORT }
}

/// A WebP file of `picture`.
///
/// # Errors
/// If there is no memory for it.
pub(super) fn webp(picture: Picture, quality: u8) -> Result<Vec<u8>, Rejection> {
    let Picture { width, height, pixels, .. } = picture;
    let options = webp_options(quality);
    // The work is paid for.
    let keep_going: webp::KeepGoing = &mut || true;
    match picture.channels {
        3 => webp::rgb(pixels, width, height, options, keep_going),
        _ => webp::rgba(pixels, width, height, picture.is_transparent(), options, keep_going),
    }
    .map_err(no_memory)
}

/// A file that grows without ending the instance where there is no more memory.
#[derive(Default)]
pub(super) struct File {
    bytes: Vec<u8>,
}

/// How much longer a file gets at once, at least.
const GROWTH_BYTES: usize = 64 << 10;

impl File {
    /// What was written.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

impl Write for File {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.bytes.capacity() - self.bytes.len() < bytes.len() {
            // By a quarter, not by as much again: both may have to be there at once.
            let more = bytes.len().max(self.bytes.len() / 4).max(GROWTH_BYTES);
            self.bytes.try_reserve_exact(more).map_err(|_| io::ErrorKind::OutOfMemory)?;
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Encoders fail for want of memory only: what they are given is of the right sides.
pub(super) fn no_memory<E>(_: E) -> Rejection {
    Rejection::OutOfMemory
}
