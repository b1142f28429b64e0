//! WebP by `image-webp`, which writes lossless files only.

use image_webp::{ColorType, WebPEncoder};

use super::{File, Picture, no_memory};
use crate::domain::facts::Rejection;

/// A file of `picture`.
///
/// # Errors
/// If there is no memory for it.
pub fn encode(picture: Picture) -> Result<Vec<u8>, Rejection> {
    let mut file = File::default();
    let colour = if picture.channels == 4 { ColorType::Rgba8 } else { ColorType::Rgb8 };
    WebPEncoder::new(&mut file).encode(picture.pixels, picture.width, picture.height, colour).map_err(no_memory)?;
    Ok(file.into_bytes())
}
