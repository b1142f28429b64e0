//! A result of many frames.

use super::Notes;
use super::budget::Work;
use super::draw::Drawing;
use super::source::Source;
use super::still::encoding_cost;
use crate::domain::facts::Rejection;
use crate::domain::format::Format;
use crate::domain::transform::{Layout, VariantFacts};
use crate::imaging::encode::gif;
use crate::policy::transforms::{BOUNDS, COSTS};

/// What a pixel of the result takes while a frame is drawn and written, in bytes: the canvas, and what the encoder keeps
/// to see what has changed, four of each; and the file, of which nobody knows how long it gets.
const RESULT_BYTES: u64 = 4 * 6;

/// Whether frames are written in this format.
pub fn is_written(format: Format) -> bool {
    matches!(format, Format::Gif)
}

/// Whether all frames can be drawn within the work and the memory that there is. It is asked before anything is done:
/// what is begun is finished.
pub fn fits(source: &Source, drawing: &Drawing, memory_bytes: u64, work: &Work) -> bool {
    let layout = drawing.layout(None, &BOUNDS);
    work.allows(cost(source, drawing, &layout)) && bytes(source, &layout) <= memory_bytes
}

fn pixels([width, height]: [u32; 2]) -> u64 {
    u64::from(width) * u64::from(height)
}

fn bytes(source: &Source, layout: &Layout) -> u64 {
    source.frames_bytes() + pixels(layout.canvas) * RESULT_BYTES + super::profile::MEMORY_BYTES
}

/// What all frames cost together, in pixels of work.
fn cost(source: &Source, drawing: &Drawing, layout: &Layout) -> u64 {
    let transform = drawing.transform;
    let filters = u64::from(transform.blur > 0) + u64::from(transform.sharpen > 0);
    let made = filters * COSTS.filter + COSTS.resample + encoding_cost(transform.format);
    let read = source.frame_cost() + COSTS.resample;
    u64::from(source.frames()) * (pixels(source.sides()) * read + pixels(layout.canvas) * made)
}

/// Draws and encodes every frame of `source`.
///
/// # Errors
/// If the image is damaged, or does not fit into the memory after all.
pub fn make(
    source: &Source,
    drawing: &Drawing,
    work: &mut Work,
    mut notes: Notes,
) -> Result<(VariantFacts, Vec<u8>), Rejection> {
    let mut layout = drawing.layout(None, &BOUNDS);
    work.spend(cost(source, drawing, &layout))?;
    if layout.reduced {
        notes.add("size", "made smaller: the result would have too many pixels");
    }
    let [width, height] = layout.canvas;
    let mut animation = gif::Animation::new(width, height, source.loops())?;
    let mut colours = None;
    // All of it has been spent already.
    let mut spent = Work::new();
    source.each_frame(&mut |frame, duration_ms| {
        let colours = match &mut colours {
            Some(colours) => colours,
            none => {
                layout = drawing.layout(drawing.focus(frame, &mut spent)?, &BOUNDS);
                none.insert(drawing.colours(frame, &layout))
            }
        };
        let canvas = drawing.draw(frame, &layout, colours, &mut Work::new())?;
        animation.frame(&canvas.pixels, u16::try_from((duration_ms + 5) / 10).unwrap_or(u16::MAX))
    })?;
    let file = animation.finish()?;
    let (format, frames, bytes) = (drawing.transform.format, source.frames(), file.len() as u64);
    Ok((VariantFacts { format, width, height, frames, bytes, notes: notes.0 }, file))
}
