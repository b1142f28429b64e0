//! GIF: colours chosen by `quantizr`, the container and its codes by `gif`.
//!
//! Of each frame, only the rectangle that differs from what is on the screen already is written, and in it only the
//! pixels that differ.

use std::collections::BTreeSet;

use gif::{DisposalMethod, Encoder, Frame, Repeat};
use quantizr::{Histogram, Image, Options, QuantizeResult};

use super::{File, no_memory};
use crate::domain::facts::Rejection;
use crate::imaging::zeros;

/// Colours of a frame; the one that is left over is transparency.
const COLOURS_MAX: usize = 255;
/// From here on a pixel counts as opaque: there is nothing in between.
const OPAQUE_MIN: u8 = 128;
const CLEAR: [u8; 4] = [0; 4];

type Pixels = Vec<[u8; 4]>;

/// A GIF while its frames come in.
pub struct Animation {
    encoder: Encoder<File>,
    width: usize,
    height: usize,
    /// What is on the screen before the last frame that came.
    screen: Pixels,
    /// That frame, which is written when it is known what comes next: a frame can be taken off the screen, but only by
    /// itself. With its delay in hundredths of a second.
    last: Option<(Pixels, u16)>,
}

/// A rectangle of the screen.
#[derive(Clone, Copy)]
struct Part {
    left: usize,
    top: usize,
    width: usize,
    height: usize,
}

impl Animation {
    /// An empty one. `loops` is how often an animation is repeated, 0 for ever; none, not at all.
    ///
    /// # Errors
    /// If there is no memory for it.
    pub fn new(width: u32, height: u32, loops: Option<u16>) -> Result<Self, Rejection> {
        let side = |side: u32| u16::try_from(side).map_err(no_memory);
        let mut encoder = Encoder::new(File::default(), side(width)?, side(height)?, &[]).map_err(no_memory)?;
        if let Some(loops) = loops {
            encoder.set_repeat(if loops == 0 { Repeat::Infinite } else { Repeat::Finite(loops) }).map_err(no_memory)?;
        }
        let (width, height) = (width as usize, height as usize);
        Ok(Self { encoder, width, height, screen: filled(width * height)?, last: None })
    }

    /// Adds what the screen shows from now on, all of it: red, green, blue and alpha, which is not multiplied into them.
    ///
    /// # Errors
    /// If there is no memory for it.
    pub fn frame(&mut self, pixels: &[u8], delay_cs: u16) -> Result<(), Rejection> {
        let mut next = filled(self.width * self.height)?;
        for (to, from) in next.iter_mut().zip(pixels.as_chunks::<4>().0) {
            let [red, green, blue, alpha] = *from;
            *to = if alpha < OPAQUE_MIN { CLEAR } else { [red, green, blue, 255] };
        }
        let uncovers = |last: &Pixels| last.iter().zip(&next).any(|(last, next)| *last != CLEAR && *next == CLEAR);
        if let Some((last, delay_cs)) = self.last.take() {
            if uncovers(&last) {
                self.write(&last, self.whole(), delay_cs, DisposalMethod::Background)?;
                self.screen.fill(CLEAR);
            } else {
                self.write(&last, self.difference(&last), delay_cs, DisposalMethod::Keep)?;
                self.screen = last;
            }
        }
        self.last = Some((next, delay_cs));
        Ok(())
    }

    /// The file.
    ///
    /// # Errors
    /// If there is no memory for it.
    pub fn finish(mut self) -> Result<Vec<u8>, Rejection> {
        if let Some((last, delay_cs)) = self.last.take() {
            self.write(&last, self.difference(&last), delay_cs, DisposalMethod::Keep)?;
        }
        Ok(self.encoder.into_inner().map_err(no_memory)?.into_bytes())
    }

    fn whole(&self) -> Part {
        Part { left: 0, top: 0, width: self.width, height: self.height }
    }

    /// The smallest rectangle that holds all pixels that differ from the screen: one pixel if none does. The first frame
    /// has all of them, because some viewers take its size for that of the animation.
    fn difference(&self, frame: &Pixels) -> Part {
        if self.screen.iter().all(|pixel| *pixel == CLEAR) {
            return self.whole();
        }
        let (mut left, mut right, mut top, mut bottom) = (self.width, 0, self.height, 0);
        let rows = frame.chunks_exact(self.width).zip(self.screen.chunks_exact(self.width));
        for (y, (row, shown)) in rows.enumerate() {
            let differs = |(pixel, shown): (&[u8; 4], &[u8; 4])| pixel != shown;
            let Some(first) = row.iter().zip(shown).position(differs) else { continue };
            let last = row.iter().zip(shown).rposition(differs).unwrap_or(first);
            (left, right) = (left.min(first), right.max(last + 1));
            (top, bottom) = (top.min(y), y + 1);
        }
        if right == 0 {
            return Part { left: 0, top: 0, width: 1, height: 1 };
        }
        Part { left, top, width: right - left, height: bottom - top }
    }

    fn write(&mut self, frame: &Pixels, part: Part, delay_cs: u16, dispose: DisposalMethod) -> Result<(), Rejection> {
        let mut pixels = filled(part.width * part.height)?;
        let row = |pixels: &Pixels, y: usize| {
            let start = (part.top + y) * self.width + part.left;
            start..(start + part.width).min(pixels.len())
        };
        for (y, to) in pixels.chunks_exact_mut(part.width).enumerate() {
            let range = row(frame, y);
            let shown = self.screen.get(range.clone()).unwrap_or_default();
            let wanted = frame.get(range).unwrap_or_default();
            for ((to, wanted), shown) in to.iter_mut().zip(wanted).zip(shown) {
                *to = if wanted == shown { CLEAR } else { *wanted };
            }
        }
        let Indexed { palette, indices, transparent } = index(&pixels, part.width)?;
        let side = |side: usize| u16::try_from(side).unwrap_or(u16::MAX);
        let frame = Frame {
            delay: delay_cs,
            dispose,
            transparent,
            left: side(part.left),
            top: side(part.top),
            width: side(part.width),
            height: side(part.height),
            palette: Some(palette),
            buffer: indices.into(),
            ..Frame::default()
        };
        self.encoder.write_frame(&frame).map_err(no_memory)
    }
}

/// Clear pixels.
fn filled(count: usize) -> Result<Pixels, Rejection> {
    let mut pixels = Vec::new();
    pixels.try_reserve_exact(count).map_err(no_memory)?;
    pixels.resize(count, CLEAR);
    Ok(pixels)
}

/// Pixels by numbers.
struct Indexed {
    /// Red, green, blue.
    palette: Vec<u8>,
    indices: Vec<u8>,
    transparent: Option<u8>,
}

/// Numbers the colours if they are few enough, else chooses some, and spreads what each pixel loses over its neighbours.
fn index(pixels: &Pixels, width: usize) -> Result<Indexed, Rejection> {
    let mut indices = zeros(pixels.len())?;
    let mut palette: Vec<[u8; 3]>;
    if let Some(colours) = few(pixels) {
        for (index, pixel) in indices.iter_mut().zip(pixels) {
            let [red, green, blue, _] = *pixel;
            let found = colours.binary_search(&[red, green, blue]).unwrap_or_default();
            *index = u8::try_from(found).unwrap_or_default();
        }
        palette = colours;
    } else {
        let chosen = choose(pixels);
        let entries = chosen.get_palette();
        let count = entries.count as usize;
        palette = entries.entries.iter().take(count).map(|colour| [colour.r, colour.g, colour.b]).collect();
        let image = Image::new(pixels.as_flattened(), width, pixels.len() / width.max(1)).map_err(no_memory)?;
        chosen.remap_image(&image, &mut indices).map_err(no_memory)?;
    }
    let transparent = pixels.contains(&CLEAR).then(|| {
        palette.push([0; 3]);
        u8::try_from(palette.len() - 1).unwrap_or(u8::MAX)
    });
    if let Some(transparent) = transparent {
        for (index, _) in indices.iter_mut().zip(pixels).filter(|(_, pixel)| **pixel == CLEAR) {
            *index = transparent;
        }
    }
    Ok(Indexed { palette: palette.into_flattened(), indices, transparent })
}

/// All colours in order, if a palette has room for them.
fn few(pixels: &Pixels) -> Option<Vec<[u8; 3]>> {
    let mut colours = BTreeSet::new();
    let mut last = CLEAR;
    for pixel in pixels {
        let [red, green, blue, _] = *pixel;
        if *pixel != last && *pixel != CLEAR && colours.insert([red, green, blue]) && colours.len() > COLOURS_MAX {
            return None;
        }
        last = *pixel;
    }
    Some(colours.into_iter().collect())
}

/// Chooses colours. They are counted in 65,536 classes, so that the counts take two megabytes, not hundreds.
fn choose(pixels: &Pixels) -> QuantizeResult {
    let mut histogram = Histogram::new();
    let mut classes = Vec::new();
    for pixels in pixels.chunks(4_096) {
        classes.clear();
        for [red, green, blue, _] in pixels.iter().filter(|pixel| **pixel != CLEAR) {
            classes.extend([red & 0xf8 | red >> 5, green & 0xfc | green >> 6, blue & 0xf8 | blue >> 5, 255]);
        }
        if let Ok(image) = Image::new(&classes, classes.len() / 4, 1) {
            histogram.add_image(&image);
        }
    }
    let mut options = Options::default();
    // In the range of 2 to 256, outside of which it would fail.
    let _ = options.set_max_colors(255);
    QuantizeResult::quantize_histogram(&histogram, &options)
}
