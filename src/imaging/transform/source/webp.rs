//! The first picture of a WebP, as a whole: nothing in it comes by rows.

use super::placed::placed;
use super::{Pixels, area};
use crate::domain::facts::Rejection;
use crate::imaging::damaged;
use crate::imaging::decode::webp::decode;
use crate::imaging::metadata::webp::{Coding, Walk};
use crate::imaging::transform::budget::Work;
use crate::imaging::transform::rows::{Bitmap, Samples};
use crate::policy::transforms::COSTS;

pub fn pixels<'a>(bytes: &'a [u8], walk: &'a Walk, work: &mut Work) -> Result<Pixels<'a>, Rejection> {
    let picture = walk.pictures.first().ok_or_else(|| damaged("the WebP has no image data"))?;
    let (width, height) = (picture.width, picture.height);
    let cost = match picture.coding {
        Coding::Lossy { .. } => COSTS.webp_lossy,
        Coding::Lossless { .. } => COSTS.webp_lossless,
    };
    work.spend(area([width, height]) * cost)?;
    let mut pixels = Vec::new();
    let count = decode(bytes, picture, &mut pixels)?;
    let has_alpha = walk.header.has_alpha && count == 4;
    if !has_alpha && count == 4 {
        // The decoder was told to make alpha of nothing (`decode::webp`).
        let opaque = pixels.len() / 4;
        for at in 0..opaque {
            pixels.copy_within(at * 4..at * 4 + 3, at * 3);
        }
        pixels.truncate(opaque * 3);
    }
    let held_bytes = pixels.capacity() as u64;
    let samples = if has_alpha { Samples::Rgba } else { Samples::Rgb };
    let bitmap = Bitmap { width, height, samples, reduction: [1.0; 2], pixels };
    let pixels = Pixels { rows: Box::new(bitmap), held_bytes, coarse: false };
    Ok(placed(pixels, [picture.left, picture.top], [walk.header.width, walk.header.height]))
}
