//! The calls of libwebp. All that is unsafe about them is in this file.

#![allow(unsafe_code, reason = "it is C")]

use std::ffi::{c_int, c_void};
use std::{ptr, slice};

use libwebp_sys::{
    WebPConfig, WebPConfigLosslessPreset, WebPEncode, WebPEncodingError, WebPPicture, WebPPictureFree,
    WebPPictureImportRGB, WebPPictureImportRGBA, WebPPictureImportRGBX,
};

use super::studio::StudioPlanes;
use super::{EFFORT_MAX, EncodeFault, KeepGoing, Options, SIDE_PX_MAX};

/// What the bytes of a pixel are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    /// Red, green, blue.
    Rgb,
    /// Red, green, blue, alpha.
    Rgba,
    /// Red, green, blue, and one that says nothing.
    Rgbx,
}

impl Layout {
    pub(super) const fn bytes(self) -> usize {
        match self {
            Self::Rgb => 3,
            Self::Rgba | Self::Rgbx => 4,
        }
    }
}

/// What is encoded.
#[derive(Clone, Copy)]
pub(super) enum Source<'a> {
    /// Pixels, rows `stride` bytes apart.
    Packed { layout: Layout, samples: &'a [u8], stride: usize },
    /// Planes of the picture's sides.
    Planes(&'a StudioPlanes),
}

/// libwebp's own scale for lossless files, 0 to 9, at each effort: the level at which it comes to the method that the
/// effort is for lossy ones.
const LOSSLESS_LEVELS: [c_int; EFFORT_MAX as usize + 1] = [0, 1, 2, 3, 6];

/// How much longer a file gets at once, at least.
const GROWTH_BYTES: usize = 64 << 10;

/// The sides, if they are within the format's.
pub(super) fn in_range(width: u32, height: u32) -> Result<(), EncodeFault> {
    let sides = 1..=SIDE_PX_MAX;
    if sides.contains(&width) && sides.contains(&height) { Ok(()) } else { Err(EncodeFault::Side) }
}

/// The file of `source`.
pub(super) fn encode(
    source: Source<'_>,
    width: u32,
    height: u32,
    options: Options,
    keep_going: KeepGoing<'_>,
) -> Result<Vec<u8>, EncodeFault> {
    in_range(width, height)?;
    let config = config(options)?;
    let mut picture = Picture::of(source, width, height, options.lossless)?;
    let mut file = Vec::new();
    let mut keep_going = keep_going;
    picture.0.writer = Some(write);
    picture.0.custom_ptr = ptr::from_mut(&mut file).cast();
    picture.0.progress_hook = Some(progress);
    picture.0.user_data = ptr::from_mut(&mut keep_going).cast();
    // SAFETY: the configuration is made by libwebp, the picture has all its samples, and both pointers point to what
    // `write` and `progress` take them for and outlive the call.
    let done = unsafe { WebPEncode(&raw const config, &raw mut picture.0) };
    if done == 0 { Err(fault(picture.0.error_code)) } else { Ok(file) }
}

fn config(options: Options) -> Result<WebPConfig, EncodeFault> {
    let mut config = WebPConfig::new().map_err(|()| EncodeFault::Options)?;
    if options.lossless {
        let level = LOSSLESS_LEVELS.get(usize::from(options.effort)).ok_or(EncodeFault::Options)?;
        // SAFETY: libwebp has made the configuration.
        let known = unsafe { WebPConfigLosslessPreset(&raw mut config, *level) };
        return if known == 0 { Err(EncodeFault::Options) } else { Ok(config) };
    }
    if !(1..=100).contains(&options.quality) || options.effort > EFFORT_MAX {
        return Err(EncodeFault::Options);
    }
    config.quality = f32::from(options.quality);
    config.method = c_int::from(options.effort);
    Ok(config)
}

fn fault(code: WebPEncodingError) -> EncodeFault {
    match code {
        WebPEncodingError::VP8_ENC_ERROR_USER_ABORT => EncodeFault::Stopped,
        WebPEncodingError::VP8_ENC_ERROR_PARTITION0_OVERFLOW
        | WebPEncodingError::VP8_ENC_ERROR_PARTITION_OVERFLOW
        | WebPEncodingError::VP8_ENC_ERROR_FILE_TOO_BIG => EncodeFault::TooLong,
        WebPEncodingError::VP8_ENC_ERROR_BAD_DIMENSION => EncodeFault::Side,
        WebPEncodingError::VP8_ENC_ERROR_INVALID_CONFIGURATION => EncodeFault::Options,
        // `write` fails for want of memory only, and null pointers are not given.
        _ => EncodeFault::Memory,
    }
}

/// libwebp's picture, freed when it goes.
struct Picture(WebPPicture);

impl Drop for Picture {
    fn drop(&mut self) {
        // SAFETY: it was initialised by `WebPPicture::new`; libwebp frees what it allocated itself, and no planes of ours.
        unsafe { WebPPictureFree(&raw mut self.0) }
    }
}

impl Picture {
    fn of(source: Source<'_>, width: u32, height: u32, lossless: bool) -> Result<Self, EncodeFault> {
        let mut picture = Self(WebPPicture::new().map_err(|()| EncodeFault::Options)?);
        picture.0.width = side(width)?;
        picture.0.height = side(height)?;
        picture.0.use_argb = c_int::from(lossless);
        match source {
            Source::Packed { layout, samples, stride } => {
                let row_bytes = width as usize * layout.bytes();
                let bytes = (height as usize - 1) * stride + row_bytes;
                if samples.len() < bytes || stride < row_bytes {
                    return Err(EncodeFault::Samples);
                }
                let import = match layout {
                    Layout::Rgb => WebPPictureImportRGB,
                    Layout::Rgba => WebPPictureImportRGBA,
                    Layout::Rgbx => WebPPictureImportRGBX,
                };
                let stride = c_int::try_from(stride).map_err(|_| EncodeFault::Side)?;
                // SAFETY: the samples reach to the end of the last row, as was just checked; they are only read.
                let imported = unsafe { import(&raw mut picture.0, samples.as_ptr(), stride) };
                if imported == 0 { Err(EncodeFault::Memory) } else { Ok(picture) }
            }
            Source::Planes(planes) => {
                let half = (width.div_ceil(2), height.div_ceil(2));
                let is_whole = |plane: &[u8], (wide, high): (u32, u32)| plane.len() == wide as usize * high as usize;
                if !is_whole(&planes.y, (width, height)) || !is_whole(&planes.cb, half) || !is_whole(&planes.cr, half) {
                    return Err(EncodeFault::Samples);
                }
                // libwebp takes pointers that may be written through, but writes only where alpha is 0, and there is
                // no alpha.
                picture.0.y = planes.y.as_ptr().cast_mut();
                picture.0.u = planes.cb.as_ptr().cast_mut();
                picture.0.v = planes.cr.as_ptr().cast_mut();
                picture.0.y_stride = side(width)?;
                picture.0.uv_stride = side(half.0)?;
                Ok(picture)
            }
        }
    }
}

fn side(px: u32) -> Result<c_int, EncodeFault> {
    c_int::try_from(px).map_err(|_| EncodeFault::Side)
}

/// Takes a piece of the file; 0 if there is no room for it.
unsafe extern "C" fn write(data: *const u8, size: usize, picture: *const WebPPicture) -> c_int {
    if size == 0 {
        return 1;
    }
    // SAFETY: libwebp calls with what it has written and with the picture that `encode` gave it, whose `custom_ptr` is
    // the file; nothing else holds that meanwhile.
    let (data, file) = unsafe { (slice::from_raw_parts(data, size), &mut *(*picture).custom_ptr.cast::<Vec<u8>>()) };
    if file.capacity() - file.len() < size {
        // By a quarter, not by as much again: both may have to be there at once.
        let more = size.max(file.len() / 4).max(GROWTH_BYTES);
        if file.try_reserve_exact(more).is_err() {
            return 0;
        }
    }
    file.extend_from_slice(data);
    1
}

/// Asks whether to go on; 0 stops.
unsafe extern "C" fn progress(_percent: c_int, picture: *const WebPPicture) -> c_int {
    // SAFETY: as in `write`, with `user_data`.
    let user_data: *mut c_void = unsafe { (*picture).user_data };
    // SAFETY: it is what `encode` has put there.
    let keep_going = unsafe { &mut *user_data.cast::<KeepGoing<'_>>() };
    c_int::from(keep_going())
}
