//! A result of one frame.

use super::Notes;
use super::budget::Work;
use super::draw::Drawing;
use super::source::{Need, Pixels, Source};
use super::{profile, resample};
use crate::domain::facts::Rejection;
use crate::domain::format::Format;
use crate::domain::transform::{Bounds, Layout, VariantFacts};
use crate::imaging::encode::{self, Picture};
use crate::policy::transforms::{BOUNDS, COSTS};

/// As many pixels as there is always memory for.
const PIXELS_MIN: u64 = 1 << 16;

/// Draws and encodes the first frame of `source`.
///
/// # Errors
/// If the image is damaged, does not fit into the memory, or would take too long.
pub fn make(
    source: &Source,
    drawing: &Drawing,
    memory_bytes: u64,
    work: &mut Work,
    mut notes: Notes,
) -> Result<(VariantFacts, Vec<u8>), Rejection> {
    let wished = drawing.layout(None, &BOUNDS);
    let need = Need { ratio: ratio(&wished), result_bytes: result_bytes(drawing, &wished), memory_bytes };
    let pixels = source.pixels(need, work)?;
    if pixels.coarse {
        notes.add("size", "with less detail than it could have: the image is too large to be read whole");
    }
    let bounds = Bounds { pixels_max: pixels_max(drawing, &pixels, &wished, memory_bytes), ..BOUNDS };
    let layout = drawing.layout(drawing.focus(&*pixels.rows, work)?, &bounds);
    if layout.reduced {
        notes.add("size", "made smaller: the result would have too many pixels");
    }
    let canvas = drawing.draw(&*pixels.rows, &layout, &mut drawing.colours(&*pixels.rows, &layout), work)?;
    drop(pixels);

    let format = drawing.transform.format;
    let (width, height) = (canvas.width, canvas.height);
    work.spend(encoding_cost(format) * u64::from(width) * u64::from(height))?;
    let picture = Picture { width, height, channels: canvas.channels, pixels: &canvas.pixels };
    let file = match format {
        Format::Jpeg => encode::jpeg::encode(picture, drawing.transform.quality)?,
        Format::Png => encode::png::encode(picture)?,
        Format::WebP => encode::webp::encode(picture)?,
        Format::Gif => {
            let mut animation = encode::gif::Animation::new(width, height, None)?;
            animation.frame(picture.pixels, 0)?;
            animation.finish()?
        }
    };
    let bytes = file.len() as u64;
    Ok((VariantFacts { format, width, height, frames: 1, bytes, notes: notes.0 }, file))
}

/// Image pixels in one of the result, across or down, whichever is less.
fn ratio(layout: &Layout) -> f64 {
    let [width, height] = layout.scaled.map(f64::from);
    (layout.cut.width / width).min(layout.cut.height / height)
}

/// What the pixels and their file take, in bytes.
fn result_bytes(drawing: &Drawing, layout: &Layout) -> u64 {
    let [width, height] = layout.canvas.map(u64::from);
    width * height * (drawing.channels() as u64 + encode::bytes_per_pixel(drawing.transform.format))
}

/// How many pixels the result may have: beside what is held while it is drawn, and beside its file after that.
fn pixels_max(drawing: &Drawing, pixels: &Pixels, wished: &Layout, memory_bytes: u64) -> u64 {
    let (rows, channels) = (&*pixels.rows, drawing.channels() as u64);
    let resampling = resample::memory_bytes(rows.sides()[0], rows.samples(), &drawing.scaling(rows, wished));
    let while_drawn = memory_bytes.saturating_sub(pixels.held_bytes + resampling + profile::MEMORY_BYTES) / channels;
    let while_encoded = memory_bytes / (channels + encode::bytes_per_pixel(drawing.transform.format));
    while_drawn.min(while_encoded).clamp(PIXELS_MIN, BOUNDS.pixels_max)
}

/// What encoding a pixel costs, in pixels of work.
pub fn encoding_cost(format: Format) -> u64 {
    match format {
        Format::Jpeg => COSTS.encode_jpeg,
        Format::Png => COSTS.encode_png,
        Format::Gif => COSTS.encode_gif,
        Format::WebP => COSTS.encode_webp,
    }
}
