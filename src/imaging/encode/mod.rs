//! Pixels into files, without metadata: colours are those of sRGB, which is what a file means that says nothing.

pub mod gif;
pub mod jpeg;
pub mod png;
pub mod webp;

use std::io::{self, Write};

use crate::domain::facts::Rejection;
use crate::domain::format::Format;

/// Upright pixels from the top, nothing between rows.
#[derive(Clone, Copy)]
pub struct Picture<'a> {
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// 3: red, green, blue; 4: and alpha, which is not multiplied into them.
    pub channels: usize,
    /// All of them.
    pub pixels: &'a [u8],
}

/// What encoding a pixel takes, in bytes: the file, and what the encoder keeps beside the pixels.
pub fn bytes_per_pixel(format: Format) -> u64 {
    match format {
        // Noise at the best quality.
        Format::Jpeg => 2,
        // A file that does not get shorter.
        Format::Png => 4,
        // Indices, and a frame that does not get shorter.
        Format::Gif => 3,
        // Planes, what is known of each block, and the file.
        Format::WebP => 6,
    }
}

/// A file that grows without ending the instance where there is no more memory.
#[derive(Default)]
pub struct File {
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
fn no_memory<E>(_: E) -> Rejection {
    Rejection::OutOfMemory
}
