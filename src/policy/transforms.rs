//! What may be asked of a transform, and what it may cost.

use crate::domain::transform::{Bounds, Named, NamedSize};

/// What one transform may cost, in pixels: those that are decoded, resized, filtered and encoded, each time. It stands
/// for a deadline, because the clock of a Worker stands still while it computes. About ten seconds.
pub const WORK_PIXELS_MAX: u64 = 600_000_000;

/// What a pixel costs where it is worked on, in the pixels of `WORK_PIXELS_MAX`.
pub const COSTS: Costs = Costs {
    jpeg_scan: 1,
    png: 1,
    gif: 1,
    webp_lossy: 3,
    webp_lossless: 3,
    resample: 1,
    filter: 3,
    encode_jpeg: 2,
    encode_png: 3,
    encode_gif: 10,
    encode_webp: 6,
};

/// See [`COSTS`].
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs, reason = "the words say it")]
pub struct Costs {
    pub jpeg_scan: u64,
    pub png: u64,
    pub gif: u64,
    pub webp_lossy: u64,
    pub webp_lossless: u64,
    pub resample: u64,
    pub filter: u64,
    pub encode_jpeg: u64,
    pub encode_png: u64,
    pub encode_gif: u64,
    pub encode_webp: u64,
}

/// The values that are taken; what lies outside is set to the nearest and said so, what is no value is ignored.
pub const BOUNDS: Bounds = Bounds {
    // The longer side of a 4K television, and of most screens that will ever show a picture of this host.
    side_px_max: 4_096,
    // 3840 x 2160 rounded up: with four bytes a pixel a third of what an instance has.
    pixels_max: 8_400_000,
    // Nobody has seen a difference beyond three (phones' own figure is 3).
    dpr_max: 3.0,
    // A Gaussian wider than this leaves one colour of any picture of these sizes.
    blur_max: 100.0,
    // As the reference host: 1 is typical, 10 is grotesque.
    sharpen_max: 10.0,
    // As the reference host: factors, 1 leaves everything as it is.
    adjust_max: 10.0,
    // Where files get smaller and eyes do not mind: the value that libjpeg and libwebp call good, and sharp's own.
    quality: 80,
    sizes: &[
        // The reference host's shorter sides.
        NamedSize { name: "s", size: Named::Short(320) },
        NamedSize { name: "m", size: Named::Short(640) },
        NamedSize { name: "l", size: Named::Short(1_080) },
        // What OpenGraph readers show largest (1.91 to 1).
        NamedSize { name: "social", size: Named::Padded(1_200, 630) },
    ],
};
