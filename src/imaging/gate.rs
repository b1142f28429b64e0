//! The limits, applied to what headers say. Nothing here allocates, and nothing is decoded before it.

use super::damaged;
use crate::domain::facts::Rejection;
use crate::policy::limits::ImageLimits;

/// The first question: is there anything, and is it short enough to look at?
pub fn length(bytes: &[u8], limits: &ImageLimits) -> Result<(), Rejection> {
    if bytes.is_empty() {
        return Err(Rejection::Empty);
    }
    if bytes.len() as u64 > limits.bytes_max {
        return Err(Rejection::TooManyBytes { limit_bytes: limits.bytes_max });
    }
    Ok(())
}

/// Sides first, then their product.
pub fn canvas(width: u32, height: u32, limits: &ImageLimits) -> Result<(), Rejection> {
    if width == 0 || height == 0 {
        return Err(damaged("it has no pixels"));
    }
    if width.max(height) > limits.side_px_max {
        return Err(Rejection::SideTooLong { limit_px: limits.side_px_max });
    }
    if u64::from(width) * u64::from(height) > limits.pixels_max {
        return Err(Rejection::TooManyPixels { limit_pixels: limits.pixels_max });
    }
    Ok(())
}

/// Frames first, then the pixels of all of them. `frame_pixels` is what the frames cover if that is more than
/// their canvases: GIF frames may be larger than their screen.
pub fn animation(frames: u32, canvas_pixels: u64, frame_pixels: u64, limits: &ImageLimits) -> Result<(), Rejection> {
    if frames == 0 {
        return Err(damaged("it has no frames"));
    }
    if frames > limits.frames_max {
        return Err(Rejection::TooManyFrames { limit_frames: limits.frames_max });
    }
    let shown = canvas_pixels.saturating_mul(u64::from(frames));
    if frames > 1 && shown.max(frame_pixels) > limits.animation_pixels_max {
        return Err(Rejection::AnimationTooLarge { limit_pixels: limits.animation_pixels_max });
    }
    Ok(())
}

/// Whether the decoder's memory fits beside the received file. The refusal names the pixels that would fit
/// for this kind of file, because that is what a person can change.
pub fn memory(pixels: u64, decoder_bytes: u64, received_bytes: usize, limits: &ImageLimits) -> Result<(), Rejection> {
    let left = limits.memory_bytes_max.saturating_sub(received_bytes as u64);
    if decoder_bytes <= left {
        return Ok(());
    }
    let limit_pixels = u128::from(pixels) * u128::from(left) / u128::from(decoder_bytes.max(1));
    Err(Rejection::TooManyPixels { limit_pixels: u64::try_from(limit_pixels).unwrap_or(u64::MAX) })
}

/// Scans of a JPEG: few enough, and few enough for its size.
pub fn scans(scans: u32, pixels: u64, limits: &ImageLimits) -> Result<(), Rejection> {
    let for_its_size = limits.scan_pixels_max / pixels.max(1);
    let limit_scans = u32::try_from(for_its_size).unwrap_or(u32::MAX).min(limits.scans_max);
    if scans > limit_scans { Err(Rejection::TooManyScans { limit_scans }) } else { Ok(()) }
}
