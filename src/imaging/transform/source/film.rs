//! The frames of an animation, each as it is seen: laid over what was there before.

use super::{Source, Walk};
use crate::domain::facts::Rejection;
use crate::imaging::decode::film::{Blend, Disposal, Place};
use crate::imaging::decode::gif::{Lzw, colour, disposed};
use crate::imaging::decode::webp;
use crate::imaging::metadata;
use crate::imaging::transform::colours::over;
use crate::imaging::transform::rows::{Bitmap, Samples};
use crate::imaging::zeros;
use crate::policy::transforms::COSTS;

/// What takes frames, with the time for which each is shown, in milliseconds.
pub type FrameSink<'a> = &'a mut dyn FnMut(&Bitmap, u32) -> Result<(), Rejection>;

impl Source<'_> {
    /// Gives every frame to `sink`. Of an APNG, which is never written, there are none.
    ///
    /// # Errors
    /// If the file is damaged, there is no memory, or as the sink says.
    pub fn each_frame(&self, sink: FrameSink) -> Result<(), Rejection> {
        match &self.walk {
            Walk::Gif(walk) => gif_frames(self.bytes, walk, &mut Screen::new(self.sides())?, sink),
            Walk::WebP(walk) => webp_frames(self.bytes, walk, &mut Screen::new(self.sides())?, sink),
            Walk::Jpeg(_) | Walk::Png(_) => Ok(()),
        }
    }

    /// How often an animation is repeated after the first time, 0 for ever; none: not at all.
    pub fn loops(&self) -> Option<u16> {
        match &self.walk {
            Walk::Gif(walk) => walk.loops,
            // This format counts the first time, too.
            Walk::WebP(walk) => match walk.loops {
                0 => Some(0),
                times => Some(times - 1).filter(|repeats| *repeats > 0),
            },
            Walk::Jpeg(_) | Walk::Png(_) => None,
        }
    }

    /// What decoding a pixel of a frame costs, in pixels of work.
    pub fn frame_cost(&self) -> u64 {
        match &self.walk {
            Walk::Gif(_) => COSTS.gif,
            // A file may have both kinds.
            Walk::WebP(_) => COSTS.webp_lossy.max(COSTS.webp_lossless),
            Walk::Jpeg(_) | Walk::Png(_) => 0,
        }
    }

    /// What having all frames takes, in bytes.
    pub fn frames_bytes(&self) -> u64 {
        let screen = super::area(self.sides()) * 4;
        match &self.walk {
            // Each frame may have to be undone.
            Walk::Gif(_) => screen * 2 + (256 << 10),
            // A picture as it is decoded is no larger than the screen, and its decoder takes as much again.
            Walk::WebP(_) => screen * 3 + (2 << 20),
            Walk::Jpeg(_) | Walk::Png(_) => 0,
        }
    }
}

fn gif_frames(bytes: &[u8], walk: &metadata::gif::Walk, screen: &mut Screen, sink: FrameSink) -> Result<(), Rejection> {
    let mut lzw = Lzw::default();
    for frame in &walk.frames {
        let metadata::gif::Frame { left, top, width, height, control, .. } = *frame;
        let disposal = disposed(control.disposal);
        let place = Place { left, top, width, height, blend: Blend::Over, disposal };
        let palette = bytes.get(frame.palette.clone()).unwrap_or_default();
        let data = bytes.get(frame.data.clone()).unwrap_or_default();
        screen.remember(disposal)?;
        lzw.rows(data, frame, |y, indices| {
            let pixels = indices.iter().map(|index| colour(palette, *index, control.transparent));
            screen.lay(place, y, pixels);
            Ok(())
        })?;
        sink(&screen.shown, u32::from(control.delay_cs) * 10)?;
        screen.dispose(place);
    }
    Ok(())
}

fn webp_frames(
    bytes: &[u8],
    walk: &metadata::webp::Walk,
    screen: &mut Screen,
    sink: FrameSink,
) -> Result<(), Rejection> {
    let mut pixels = Vec::new();
    for picture in &walk.pictures {
        let place = webp::place(picture);
        let samples = webp::decode(bytes, picture, &mut pixels)?;
        for (y, row) in (0..).zip(pixels.chunks_exact((picture.width as usize * samples).max(1))) {
            screen.lay(place, y, webp::colours(row, samples, walk.header.has_alpha));
        }
        sink(&screen.shown, picture.duration_ms)?;
        screen.dispose(place);
    }
    Ok(())
}

/// What a viewer sees.
struct Screen {
    shown: Bitmap,
    /// What was there before, if it will be there again.
    before: Vec<u8>,
}

impl Screen {
    fn new([width, height]: [u32; 2]) -> Result<Self, Rejection> {
        let pixels = zeros(width as usize * height as usize * 4)?;
        let shown = Bitmap { width, height, samples: Samples::Rgba, reduction: [1.0; 2], pixels };
        Ok(Self { shown, before: Vec::new() })
    }

    /// The row `y` of a rectangle, as far as it is on the screen.
    fn row(&mut self, place: Place, y: u32) -> &mut [[u8; 4]] {
        let width = self.shown.width as usize;
        let rows = self.shown.pixels.as_chunks_mut::<4>().0.chunks_exact_mut(width);
        let row = rows.skip(place.top as usize + y as usize).take(1).next().unwrap_or_default();
        let right = (place.left as usize + place.width as usize).min(width);
        row.get_mut(place.left as usize..right).unwrap_or_default()
    }

    fn lay(&mut self, place: Place, y: u32, pixels: impl Iterator<Item = [u8; 4]>) {
        for (shown, pixel) in self.row(place, y).iter_mut().zip(pixels) {
            *shown = if place.blend == Blend::Over { over(pixel, *shown) } else { pixel };
        }
    }

    fn remember(&mut self, disposal: Disposal) -> Result<(), Rejection> {
        self.before.clear();
        if disposal == Disposal::Restore {
            self.before.try_reserve_exact(self.shown.pixels.len()).map_err(|_| Rejection::OutOfMemory)?;
            self.before.extend_from_slice(&self.shown.pixels);
        }
        Ok(())
    }

    fn dispose(&mut self, place: Place) {
        match place.disposal {
            Disposal::Keep => {}
            Disposal::Clear => (0..place.height).for_each(|y| self.row(place, y).fill([0; 4])),
            Disposal::Restore => self.shown.pixels.copy_from_slice(&self.before),
        }
    }
}
