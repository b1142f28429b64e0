//! How large an image may be. Decided from the file's headers, before anything is decoded.

use serde::{Deserialize, Serialize};

/// Limits on one image. They travel to vision with the image, so both Workers mean the same.
///
/// A limit that the other Worker does not send yet, because it is deployed second, is the one of this file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ImageLimits {
    /// Length of the file in bytes.
    pub bytes_max: u64,
    /// Width or height in pixels, as the file is stored.
    pub side_px_max: u32,
    /// Width times height. Formats that are decoded row by row reach it; others stop at `memory_bytes_max`.
    pub pixels_max: u64,
    /// The received file and what its decoder will allocate, together, in bytes. Computed from the headers
    /// for each kind of file, because a progressive JPEG costs sixty times what a baseline one does.
    pub memory_bytes_max: u64,
    /// Frames of an animation.
    pub frames_max: u32,
    /// Frames times canvas pixels.
    pub animation_pixels_max: u64,
    /// Scans of a JPEG.
    pub scans_max: u32,
    /// Scans times pixels of a JPEG: every scan of a progressive file walks the whole image again.
    pub scan_pixels_max: u64,
}

impl Default for ImageLimits {
    fn default() -> Self {
        ANONYMOUS
    }
}

/// For uploads without an account. The reference host takes the same number of bytes.
pub const ANONYMOUS: ImageLimits = ImageLimits {
    // What the reference host takes.
    bytes_max: 20_000_000,
    // The largest side that WebP can say (RFC 9649, 14 bits), and more than any screen or camera has.
    side_px_max: 16_384,
    // Cameras make 12 to 50 MP, a few phones 100 and more. The slowest kind of 100 MP, a PNG of 16 bits a sample,
    // takes a second natively.
    pixels_max: 100_000_000,
    // The vision instance has 96 MiB. Ten stay for code, stack, tables and the answer: 20 MB of file leave
    // 66.9 MiB to the decoder, a small file leaves it more.
    memory_bytes_max: 86 * 1024 * 1024,
    // 40 seconds of motion at 50 frames a second.
    frames_max: 2_000,
    // About two seconds of decoding; 217 frames of 1280 x 720.
    animation_pixels_max: 200_000_000,
    // Encoders write about ten; each repeats the work of decoding (the "JPEG bomb" of libjpeg-turbo's notes).
    scans_max: 64,
    // 28 MP, the most that the memory allows a progressive file, in 14 scans.
    scan_pixels_max: 400_000_000,
};

/// Most bytes of files that the vision Worker holds at once; a further file waits with its sender. One file
/// of the largest size and a few small ones fit, and leave the rest of the 96 MiB to the decoder.
pub const VISION_RECEIVED_BYTES_MAX: u64 = 24_000_000;
/// Most files that wait for room in one isolate.
pub const VISION_QUEUE_MAX: u32 = 16;
/// How long a file waits for room before its sender is asked to come back, in milliseconds.
pub const VISION_WAIT_MS: u32 = 15_000;
/// While others wait for room, a sender slower than this many bytes a second loses its own: a mobile network
/// of 1 Mbit/s is faster.
pub const SENDER_BYTES_PER_S_MIN: u32 = 100_000;
/// Time in which a sender need not show its pace, in milliseconds; shorter than the others' wait.
pub const SENDER_GRACE_MS: u32 = 8_000;
