//! The short way for most of what is asked for: a photograph in another size. Where nothing changes its colours, a JPEG
//! is read, resampled and turned as planes of brightness and colour, and is never RGB (`imaging::planar`).
//!
//! What does not go this way goes the long one, which is also what this one is compared with.

use super::Notes;
use super::budget::Work;
use super::draw::Drawing;
use super::source::Source;
use super::still::{TOO_MANY_PIXELS, encoding_cost};
use crate::domain::facts::Rejection;
use crate::domain::format::Format;
use crate::domain::transform::VariantFacts;
use crate::imaging::encode::{self, webp};
use crate::imaging::orientation::turn;
use crate::imaging::planar::decode::Header;
use crate::imaging::planar::encode::encode;
use crate::imaging::planar::planes::{Planes, chroma_sides};
use crate::imaging::planar::resample::{Area, Sides};
use crate::imaging::planar::resize::Resize;
use crate::policy::transforms::{BOUNDS, COSTS};

/// What a pixel of planes takes, in bytes: one of brightness, two quarters of colour; twice, while they are turned.
const PLANES_BYTES: u64 = 3;

/// Makes a result of planes; none if this is no way for it.
///
/// # Errors
/// If it would take too much work.
pub fn make(
    source: &Source,
    drawing: &Drawing,
    memory_bytes: u64,
    work: &mut Work,
    mut notes: Notes,
) -> Result<Option<(VariantFacts, Vec<u8>)>, Rejection> {
    let (format, quality) = (drawing.transform.format, drawing.transform.quality);
    let Some(data) = source.jpeg().filter(|_| matches!(format, Format::Jpeg | Format::WebP)) else { return Ok(None) };
    // A file that is damaged for this decoder may be none for the other.
    let Ok(Some(header)) = Header::read(data) else { return Ok(None) };
    if !drawing.keeps_colours(header.components.len()) {
        return Ok(None);
    }
    let layout = drawing.layout(None, &BOUNDS);
    let by = drawing.turn();
    let ([width, height], cut) = (by.sides(layout.scaled), by.back(layout.cut, source.sides()));
    let area = Area { x: cut.left, y: cut.top, width: cut.width, height: cut.height };
    let Some(resize) = Resize::new(&header, area, Sides { width, height }) else { return Ok(None) };
    // Of an odd side, colours are paired from the end that will be the first.
    let resize = resize.paired_from_end(by.sides([by.mirrors_x, by.mirrors_y]));
    let pixels = u64::from(width) * u64::from(height);
    let encoder_bytes = encode::memory_bytes([width, height], false, format, quality);
    if resize.memory_bytes().max(encoder_bytes) + pixels * PLANES_BYTES > memory_bytes {
        return Ok(None);
    }
    let [stored_width, stored_height] = source.sides().map(u64::from);
    work.spend(stored_width * stored_height * source.scans() * COSTS.jpeg_scan)?;
    work.spend(pixels * (COSTS.resample + encoding_cost(format)))?;
    let Ok(planes) = resize.run(data, &|| Ok(())) else { return Ok(None) };
    let planes = turned(planes, by.orientation());
    let file = match format {
        Format::WebP => webp_of(&planes, quality),
        _ => encode(&planes, quality),
    };
    let Some(file) = file else { return Ok(None) };
    if layout.reduced {
        notes.add("size", TOO_MANY_PIXELS);
    }
    let [width, height] = layout.canvas;
    let facts = VariantFacts { format, width, height, frames: 1, bytes: file.len() as u64, notes: notes.0 };
    Ok(Some((facts, file)))
}

/// The planes, upright.
fn turned(planes: Planes, orientation: u8) -> Planes {
    if orientation == 1 {
        return planes;
    }
    let Planes { sides, luma, chroma } = planes;
    let half = chroma_sides(sides);
    let (width, height, luma) = turn(sides.width, sides.height, &luma, orientation);
    let chroma = chroma.map(|planes| planes.map(|plane| turn(half.width, half.height, &plane, orientation).2));
    Planes { sides: Sides { width, height }, luma, chroma }
}

fn webp_of(planes: &Planes, quality: u8) -> Option<Vec<u8>> {
    let Sides { width, height } = planes.sides;
    let half = chroma_sides(planes.sides);
    // What has no colour has the middle of it.
    let grey = || vec![128; half.width as usize * half.height as usize];
    let [blueness, redness] = planes.chroma.as_ref().map_or_else(|| [grey(), grey()], Clone::clone);
    let plane = |samples, stride: u32| webp::Plane { samples, stride: stride as usize };
    let planes = webp::Planes {
        y: plane(&planes.luma, width),
        cb: plane(&blueness, half.width),
        cr: plane(&redness, half.width),
    };
    webp::planes(planes, width, height, encode::webp_options(quality), &mut || true).ok()
}
