//! WebP, lossy and lossless, still and animated, written by libwebp in C (docs/adr/0019-webp-is-encoded-by-libwebp.md).
//!
//! Only its encoder is linked. What strangers send is decoded by `image-webp`, in Rust.

mod animation;
#[cfg(target_arch = "wasm32")]
mod libc;
mod libwebp;
mod memory;
mod studio;

use thiserror::Error;

pub use animation::Animation;
pub use memory::memory_bytes;
pub use studio::{Plane, Planes};

use libwebp::{Layout, Source};

/// Longest side, in pixels: a frame's header has 14 bits for it (RFC 9649).
pub const SIDE_PX_MAX: u32 = 16_383;

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// How near a lossy file comes to the pixels, 1 to 100. A lossless one has only one quality.
    pub quality: u8,
    /// Whether every visible pixel is kept exactly. What a fully transparent pixel hides is not.
    pub lossless: bool,
    /// How much is tried to make the file smaller, 0 to [`EFFORT_MAX`].
    pub effort: u8,
}

/// libwebp goes on to 6, in seconds for a picture and with twice the memory.
pub const EFFORT_MAX: u8 = 4;

/// The effort to take, unless there is a reason: libwebp's own default, 4, takes 2 to 3 times as long and 2 to 4 times
/// the memory for files that are 2 to 5 % shorter (docs/adr/0019-webp-is-encoded-by-libwebp.md).
pub const EFFORT: u8 = 2;

/// Why there is no file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum EncodeFault {
    /// A side is 0 or longer than [`SIDE_PX_MAX`].
    #[error("a side is not of 1 to {SIDE_PX_MAX} pixels")]
    Side,
    /// There are fewer samples than pixels.
    #[error("there are fewer samples than pixels")]
    Samples,
    /// An option is out of its range.
    #[error("an option is out of its range")]
    Options,
    /// The caller said so.
    #[error("it was stopped")]
    Stopped,
    /// There is not enough memory.
    #[error("there is not enough memory")]
    Memory,
    /// The format has no room for that much.
    #[error("it would be longer than the format allows")]
    TooLong,
    /// An animation without a frame.
    #[error("an animation has at least one frame")]
    NoFrame,
}

/// Asked now and then; encoding stops as soon as the answer is no.
pub type KeepGoing<'a> = &'a mut dyn FnMut() -> bool;

/// A file of `pixels`, four bytes each: red, green, blue, and alpha, which is not multiplied into them. Without
/// `has_alpha`, the fourth is not looked at.
///
/// # Errors
/// Any but [`EncodeFault::NoFrame`].
pub fn rgba(
    pixels: &[u8],
    width: u32,
    height: u32,
    has_alpha: bool,
    options: Options,
    keep_going: KeepGoing<'_>,
) -> Result<Vec<u8>, EncodeFault> {
    let layout = if has_alpha { Layout::Rgba } else { Layout::Rgbx };
    let stride = width as usize * layout.bytes();
    libwebp::encode(Source::Packed { layout, samples: pixels, stride }, width, height, options, keep_going)
}

/// A file of `pixels`, three bytes each: red, green, blue.
///
/// # Errors
/// Any but [`EncodeFault::NoFrame`].
pub fn rgb(
    pixels: &[u8],
    width: u32,
    height: u32,
    options: Options,
    keep_going: KeepGoing<'_>,
) -> Result<Vec<u8>, EncodeFault> {
    let layout = Layout::Rgb;
    let stride = width as usize * layout.bytes();
    libwebp::encode(Source::Packed { layout, samples: pixels, stride }, width, height, options, keep_going)
}

/// A lossy file of the planes that a JPEG decoder has before it makes colours: nothing is converted but their range.
/// `options.lossless` is refused: these are not pixels yet.
///
/// # Errors
/// Any but [`EncodeFault::NoFrame`].
pub fn planes(
    planes: Planes<'_>,
    width: u32,
    height: u32,
    options: Options,
    keep_going: KeepGoing<'_>,
) -> Result<Vec<u8>, EncodeFault> {
    if options.lossless {
        return Err(EncodeFault::Options);
    }
    libwebp::in_range(width, height)?;
    let studio = planes.to_studio(width, height)?;
    libwebp::encode(Source::Planes(&studio), width, height, options, keep_going)
}
