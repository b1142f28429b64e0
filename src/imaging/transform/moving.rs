//! A result of many frames.

use super::Notes;
use super::budget::Work;
use super::draw::Drawing;
use super::source::Source;
use super::still::encoding_cost;
use crate::domain::facts::Rejection;
use crate::domain::format::Format;
use crate::domain::transform::{Layout, Transform, VariantFacts};
use crate::imaging::encode::{self, gif, webp};
use crate::policy::transforms::{BOUNDS, COSTS};

/// Whether frames are written in this format.
pub fn is_written(format: Format) -> bool {
    matches!(format, Format::Gif | Format::WebP)
}

/// Whether all frames can be drawn within the work and the memory that there is. It is asked before anything is done.
pub fn fits(source: &Source, drawing: &Drawing, memory_bytes: u64, work: &Work) -> bool {
    let layout = drawing.layout(None, &BOUNDS);
    work.allows(cost(source, drawing, &layout)) && bytes(source, drawing, &layout) <= memory_bytes
}

fn pixels([width, height]: [u32; 2]) -> u64 {
    u64::from(width) * u64::from(height)
}

/// What is there at once: the screen of the source, the canvas, the encoder with a copy of the canvas, and the file, of
/// which nobody knows how long it gets: as long as a frame that cannot be compressed, say, and it grows with care.
fn bytes(source: &Source, drawing: &Drawing, layout: &Layout) -> u64 {
    let Transform { format, quality, .. } = *drawing.transform;
    let encoder = encode::memory_bytes(layout.canvas, false, format, quality);
    source.frames_bytes() + pixels(layout.canvas) * (4 + 4 + 4) + encoder + drawing.profile_bytes()
}

/// What all frames cost together, in pixels of work.
fn cost(source: &Source, drawing: &Drawing, layout: &Layout) -> u64 {
    let transform = drawing.transform;
    let filters = u64::from(transform.blur > 0) + u64::from(transform.sharpen > 0);
    let made = filters * COSTS.filter + COSTS.resample + encoding_cost(transform.format);
    let read = source.frame_cost() + COSTS.resample;
    u64::from(source.frames()) * (pixels(source.sides()) * read + pixels(layout.canvas) * made)
}

enum Animation {
    Gif(gif::Animation),
    WebP(webp::Animation),
}

impl Animation {
    fn new(transform: &Transform, [width, height]: [u32; 2], loops: Option<u16>) -> Result<Self, Rejection> {
        if transform.format == Format::Gif {
            return gif::Animation::new(width, height, loops).map(Self::Gif);
        }
        // This format counts the first time, too.
        let times = loops.map_or(1, |repeats| if repeats == 0 { 0 } else { repeats.saturating_add(1) });
        let options = encode::webp_options(transform.quality);
        webp::Animation::new(width, height, times, options).map(Self::WebP).map_err(encode::no_memory)
    }

    fn frame(&mut self, pixels: &[u8], duration_ms: u32) -> Result<(), Rejection> {
        match self {
            Self::Gif(animation) => animation.frame(pixels, u16::try_from((duration_ms + 5) / 10).unwrap_or(u16::MAX)),
            // The work is paid for.
            Self::WebP(animation) => animation.frame(pixels, duration_ms, &mut || true).map_err(encode::no_memory),
        }
    }

    fn finish(self) -> Result<Vec<u8>, Rejection> {
        match self {
            Self::Gif(animation) => animation.finish(),
            Self::WebP(animation) => animation.finish().map_err(encode::no_memory),
        }
    }
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
    let ([width, height], format) = (layout.canvas, drawing.transform.format);
    let mut animation = Animation::new(drawing.transform, layout.canvas, source.loops())?;
    let mut colours = None;
    source.each_frame(&mut |frame, duration_ms| {
        // It has been spent for all frames already.
        let work = &mut Work::new();
        let colours = match &mut colours {
            Some(colours) => colours,
            none => {
                layout = drawing.layout(drawing.focus(frame, work)?, &BOUNDS);
                none.insert(drawing.colours(frame, &layout))
            }
        };
        let canvas = drawing.draw(frame, &layout, colours, work)?;
        animation.frame(&canvas.pixels, duration_ms)
    })?;
    let file = animation.finish()?;
    let (frames, bytes) = (source.frames(), file.len() as u64);
    Ok((VariantFacts { format, width, height, frames, bytes, notes: notes.0 }, file))
}
