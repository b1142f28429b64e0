//! A result of one frame.

use super::Notes;
use super::budget::Work;
use super::canvas::Canvas;
use super::draw::Drawing;
use super::resample;
use super::source::{Need, Pixels, Source};
use crate::domain::facts::Rejection;
use crate::domain::format::Format;
use crate::domain::transform::{Bounds, Layout, Transform, VariantFacts};
use crate::imaging::encode::{self, Picture};
use crate::policy::transforms::{BOUNDS, COSTS};

/// As many pixels as there is always memory for.
const PIXELS_MIN: u64 = 1 << 16;

/// Said of a result that is smaller than asked for.
pub const TOO_MANY_PIXELS: &str = "made smaller: the result would have too many pixels";

/// Draws and encodes the first frame of `source`.
///
/// # Errors
/// If the image is damaged, does not fit into the memory, or would take too long.
pub fn make(
    source: &Source,
    drawing: &Drawing,
    memory_bytes: u64,
    work: &mut Work,
    notes: Notes,
) -> Result<(VariantFacts, Vec<u8>), Rejection> {
    let mut pixels_max = BOUNDS.pixels_max;
    loop {
        let mut notes = notes.clone();
        match attempt(source, drawing, pixels_max, memory_bytes, work, &mut notes) {
            // What an encoder takes depends on the pixels: it is known when there are some.
            Err(Rejection::OutOfMemory) if pixels_max > PIXELS_MIN => {
                let [width, height] = drawing.layout(None, &bounds(pixels_max)).canvas.map(u64::from);
                pixels_max = (width * height / 2).clamp(PIXELS_MIN, pixels_max - 1);
            }
            // It was memory that was short before the work was.
            Err(Rejection::TooMuchWork) if pixels_max < BOUNDS.pixels_max => return Err(Rejection::OutOfMemory),
            Err(rejection) => return Err(rejection),
            Ok((sides, file)) => {
                let ([width, height], format) = (sides, drawing.transform.format);
                let facts = VariantFacts { format, width, height, frames: 1, bytes: file.len() as u64, notes: notes.0 };
                return Ok((facts, file));
            }
        }
    }
}

fn bounds(pixels_max: u64) -> Bounds {
    Bounds { pixels_max, ..BOUNDS }
}

fn attempt(
    source: &Source,
    drawing: &Drawing,
    pixels_max: u64,
    memory_bytes: u64,
    work: &mut Work,
    notes: &mut Notes,
) -> Result<([u32; 2], Vec<u8>), Rejection> {
    let wished = drawing.layout(None, &bounds(pixels_max));
    let result_bytes = canvas_bytes(drawing, &wished) + encoder_bytes(drawing, &wished);
    let reads = if drawing.looks_for_focus() { 2 } else { 1 };
    let pixels = source.pixels(Need { ratio: ratio(&wished), result_bytes, memory_bytes, reads }, work)?;
    if pixels.coarse {
        notes.add("size", "with less detail than it could have: the image is too large to be read whole");
    }
    let rows = &*pixels.rows;
    let fitting = fitting(drawing, &pixels, &wished, memory_bytes).min(pixels_max);
    let layout = drawing.layout(drawing.focus(rows, work)?, &bounds(fitting));
    if layout.reduced {
        notes.add("size", TOO_MANY_PIXELS);
    }
    let canvas = drawing.draw(rows, &layout, &mut drawing.colours(rows, &layout), work)?;
    drop(pixels);
    let file = encode(&canvas, drawing.transform, memory_bytes, work)?;
    Ok((layout.canvas, file))
}

fn encode(canvas: &Canvas, transform: &Transform, memory_bytes: u64, work: &mut Work) -> Result<Vec<u8>, Rejection> {
    let Canvas { width, height, channels, .. } = *canvas;
    let picture = Picture { width, height, channels, pixels: &canvas.pixels };
    let (format, quality) = (transform.format, transform.quality);
    let encoder_bytes = encode::memory_bytes([width, height], picture.is_transparent(), format, quality);
    if canvas.pixels.len() as u64 + encoder_bytes > memory_bytes {
        return Err(Rejection::OutOfMemory);
    }
    work.spend(encoding_cost(format) * u64::from(width) * u64::from(height))?;
    match format {
        Format::Jpeg => encode::jpeg::encode(picture, quality),
        Format::Png => encode::png::encode(picture),
        Format::WebP => encode::webp(picture, quality),
        Format::Gif => {
            let mut animation = encode::gif::Animation::new(width, height, None)?;
            animation.frame(picture.pixels, 0)?;
            animation.finish()
        }
    }
}

/// Image pixels in one of the result, across or down, whichever is less.
fn ratio(layout: &Layout) -> f64 {
    let [width, height] = layout.scaled.map(f64::from);
    (layout.cut.width / width).min(layout.cut.height / height)
}

fn canvas_bytes(drawing: &Drawing, layout: &Layout) -> u64 {
    let [width, height] = layout.canvas.map(u64::from);
    width * height * drawing.channels(layout) as u64
}

/// What the encoder takes if nothing shines through: whether anything does is seen later.
fn encoder_bytes(drawing: &Drawing, layout: &Layout) -> u64 {
    encode::memory_bytes(layout.canvas, false, drawing.transform.format, drawing.transform.quality)
}

/// How many pixels the result may have: beside what is held while it is drawn, and beside its file after that.
fn fitting(drawing: &Drawing, pixels: &Pixels, wished: &Layout, memory_bytes: u64) -> u64 {
    let rows = &*pixels.rows;
    let resampling = resample::memory_bytes(rows.sides()[0], rows.samples(), &drawing.scaling(rows, wished));
    let drawn_bytes = memory_bytes.saturating_sub(pixels.held_bytes + resampling + drawing.profile_bytes());
    let [width, height] = wished.canvas.map(u64::from);
    let area = width * height;
    let part = |bytes: u64, of: u64| u64::try_from(u128::from(area) * u128::from(bytes) / u128::from(of.max(1)));
    let canvas = canvas_bytes(drawing, wished);
    let while_drawn = part(drawn_bytes, canvas).unwrap_or(u64::MAX);
    let while_encoded = part(memory_bytes, canvas + encoder_bytes(drawing, wished)).unwrap_or(u64::MAX);
    while_drawn.min(while_encoded).max(PIXELS_MIN)
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
