//! Encodes WebP in wasm, for `tests/worker/webp.test.mjs`: without a Worker around it, whose memory would be measured
//! with it.

#![allow(unsafe_code, reason = "numbers are all that crosses into wasm without bindings; it exists in tests alone")]

use std::slice;

use webp::{Options, Plane, Planes};

#[allow(dead_code, reason = "not all of it is called here")]
#[path = "../../../src/imaging/encode/webp/mod.rs"]
pub mod webp;

/// Room for pixels, for as long as the instance lives.
#[unsafe(no_mangle)]
pub extern "C" fn room(bytes: usize) -> *mut u8 {
    Vec::leak(vec![0; bytes]).as_mut_ptr()
}

/// Encodes what is in a room, lossless if `quality` is 0, and gives the file's length, or 0 if there is none. `channels`
/// is 3 or 4, or 1 for planes that follow each other.
///
/// # Safety
/// The room at `pixels` has all of them, and `file` is another room, large enough.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn encode(
    pixels: *const u8,
    width: u32,
    height: u32,
    channels: usize,
    quality: u8,
    effort: u8,
    file: *mut u8,
) -> usize {
    let options = Options { quality, lossless: quality == 0, effort };
    let area = |width: u32, height: u32| width as usize * height as usize;
    let half_width = width.div_ceil(2) as usize;
    let (whole, half) = (area(width, height), half_width * height.div_ceil(2) as usize);
    let bytes = if channels == 1 { whole + 2 * half } else { whole * channels };
    // SAFETY: the caller's.
    let pixels = unsafe { slice::from_raw_parts(pixels, bytes) };
    let keep_going = &mut || true;
    let made = match channels {
        1 => {
            let (y, colours) = pixels.split_at(whole);
            let (cb, cr) = colours.split_at(half);
            let plane = |samples, stride| Plane { samples, stride };
            let planes = Planes { y: plane(y, width as usize), cb: plane(cb, half_width), cr: plane(cr, half_width) };
            webp::planes(planes, width, height, options, keep_going)
        }
        3 => webp::rgb(pixels, width, height, options, keep_going),
        _ => webp::rgba(pixels, width, height, true, options, keep_going),
    };
    let Ok(made) = made else { return 0 };
    // SAFETY: the caller's.
    unsafe { slice::from_raw_parts_mut(file, made.len()) }.copy_from_slice(&made);
    made.len()
}

/// What the product says that this takes, in bytes.
#[unsafe(no_mangle)]
pub extern "C" fn memory_bytes(width: u32, height: u32, has_alpha: bool, lossless: bool, effort: u8) -> f64 {
    webp::memory_bytes(width, height, has_alpha, Options { quality: 100, lossless, effort }) as f64
}
