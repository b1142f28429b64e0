//! Pixels: what a file is, whether it is whole, and what of it is kept.
//!
//! The order of work is the defence. Nothing is decoded before the headers have passed every limit, and
//! what is decoded is not the file as it came but the parts that will be stored: a decoder never sees the
//! metadata of a stranger, and what was checked is, byte for byte, what is kept.
//!
//! ```text
//! bytes -> sniff -> metadata::<format>::walk (gate on the way) -> Plan { Stripped, header facts }
//!                                                                   |
//!     ImageFacts <- placeholder <-\ Film <- Rendition <- decode::<format>::check (every frame)
//!  looks for the classifier, PDQ <-/
//! ```

mod bytes;
mod decode;
mod encode;
mod gate;
mod metadata;
mod orientation;
pub mod pdq;
mod placeholder;
pub mod small_jpeg;
mod sniff;
mod stripped;
mod transform;

use crate::domain::facts::{ImageFacts, Rejection};
use crate::domain::format::Format;
use crate::domain::known_bad::Likeness;
use crate::domain::picture::{Look, Picture};
use crate::policy::limits::ImageLimits;

pub use stripped::Stripped;
pub use transform::transform;

/// An acceptable image.
#[derive(Clone, Debug)]
pub struct Examination {
    /// What it is.
    pub facts: ImageFacts,
    /// What of the file is kept.
    pub stripped: Stripped,
    /// What the classifier has to judge, upright; at least one.
    pub looks: Vec<Look>,
    /// What it looks like: of every look that differs and is large enough.
    pub pdq: Vec<Likeness>,
}

/// What a walk through the container tells, before any pixel is decoded.
#[derive(Debug)]
struct Header {
    /// Pixels as stored, that is before the orientation is applied.
    width: u32,
    /// Pixels as stored.
    height: u32,
    /// At least 1.
    frames: u32,
    /// Exif orientation, 1 to 8.
    orientation: u8,
    /// Whether the file says that it has transparency: a colour type, a chunk or a flag, not a look at pixels.
    has_alpha: bool,
}

/// Examines a file: within the limits, whole, and free of what nobody needs to know.
///
/// # Errors
/// If it is not acceptable.
pub fn examine(bytes: &[u8], limits: &ImageLimits) -> Result<Examination, Rejection> {
    gate::length(bytes, limits)?;
    let format = sniff::format(bytes)?;
    let (header, stripped, seen) = match format {
        Format::Jpeg => {
            let walk = metadata::jpeg::walk(bytes, limits)?;
            let seen = decode::jpeg::check(walk.stripped.reader(bytes))?;
            (walk.header, walk.stripped, seen)
        }
        Format::Png => {
            let walk = metadata::png::walk(bytes, limits)?;
            let seen = decode::png::check(walk.stripped.reader(bytes), &walk.header)?;
            (walk.header, walk.stripped, seen)
        }
        Format::Gif => {
            let walk = metadata::gif::walk(bytes, limits)?;
            let seen = decode::gif::check(bytes, &walk)?;
            (walk.header, walk.stripped, seen)
        }
        Format::WebP => {
            let walk = metadata::webp::walk(bytes, limits)?;
            let seen = decode::webp::check(bytes, &walk)?;
            (walk.header, walk.stripped, seen)
        }
    };
    let placeholder = placeholder::of(&seen.first, header.width, header.height, header.orientation);
    let turned = header.orientation >= 5;
    let (width, height) = if turned { (header.height, header.width) } else { (header.width, header.height) };
    let facts = ImageFacts {
        format,
        width,
        height,
        frames: header.frames,
        animated: header.frames > 1,
        orientation: header.orientation,
        has_alpha: header.has_alpha,
        thumbhash: placeholder.thumbhash,
        dominant_color: placeholder.dominant_color,
        bytes: stripped.len() as u64,
    };
    let looks: Vec<Look> = seen.looks.into_iter().map(|look| upright(look, header.orientation)).collect();
    let pdq = pdq::of_looks(&looks);
    Ok(Examination { facts, stripped, looks, pdq })
}

/// The model has learnt from pictures that stand upright.
fn upright(look: Look, orientation: u8) -> Look {
    let Picture { width, height, pixels } = look.picture;
    let (width, height, pixels) = orientation::turn(width, height, &pixels, orientation);
    let [frame_width, frame_height] = look.sides_px;
    let sides_px = if orientation >= 5 { [frame_height, frame_width] } else { look.sides_px };
    Look { picture: Picture { width, height, pixels }, sides_px, ..look }
}

/// A file that is not what its format's specification says.
fn damaged(detail: &str) -> Rejection {
    Rejection::Undecodable { detail: detail.to_owned() }
}

/// A buffer of zeros.
///
/// # Errors
/// If there is no memory for it.
fn zeros(length: usize) -> Result<Vec<u8>, Rejection> {
    let mut buffer = Vec::new();
    buffer.try_reserve_exact(length).map_err(|_| Rejection::OutOfMemory)?;
    buffer.resize(length, 0);
    Ok(buffer)
}
