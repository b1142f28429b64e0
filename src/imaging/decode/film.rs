//! What is seen while a file is decoded: the first frame for the placeholder, and looks for the classifier.
//!
//! Frames of animations are drawn over each other at the size of the rendition. That is exact where a frame
//! covers whole cells and nearly so at its edges, and takes a megabyte where the canvas would take four hundred.

use std::collections::BTreeSet;

use super::rendition::{Rendition, Small};
use crate::domain::facts::Rejection;
use crate::domain::picture::{LONG_RATIO_MIN, Look, Picture, ratio};
use crate::policy::verdicts::frames_judged;

/// Cells a side of a still image: twice what the model looks at, so that what it samples is neither blurred nor
/// picked from few pixels. 3.2 MB.
const STILL_SIDE_PX_MAX: u32 = 448;
/// Cells a side of an animation, of which several pictures are kept: what the model looks at. 0.8 MB.
const FRAME_SIDE_PX_MAX: u32 = 224;

/// How a frame goes on what was there before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blend {
    /// Transparent pixels let it through.
    Over,
    /// They replace it.
    Replace,
}

/// What becomes of a frame's rectangle before the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disposal {
    Keep,
    Clear,
    Restore,
}

/// How a frame is shown.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    pub left: u32,
    pub top: u32,
    pub width: u32,
    pub height: u32,
    pub blend: Blend,
    pub disposal: Disposal,
}

/// What was seen.
pub struct Seen {
    pub first: Small,
    pub looks: Vec<Look>,
}

/// Watches frames go by.
pub struct Film {
    rendition: Rendition,
    wanted: BTreeSet<u32>,
    /// What a viewer sees, in cells; colours are multiplied by alpha.
    screen: Vec<[u8; 4]>,
    number: u32,
    first: Option<Small>,
    looks: Vec<Look>,
    sides_px: [u32; 2],
}

impl Place {
    /// All of the canvas.
    pub fn whole(width: u32, height: u32) -> Self {
        Self { left: 0, top: 0, width, height, blend: Blend::Replace, disposal: Disposal::Keep }
    }
}

impl Film {
    /// For a canvas of these sides, which the gate has limited.
    pub fn new(width: u32, height: u32, frames: u32) -> Self {
        let sides_max = if frames > 1 { [FRAME_SIDE_PX_MAX; 2] } else { still_sides_max(width, height) };
        Self {
            rendition: Rendition::squeezed(width, height, sides_max),
            wanted: frames_judged(frames),
            screen: Vec::new(),
            number: 0,
            first: None,
            looks: Vec::new(),
            sides_px: [width, height],
        }
    }

    /// Decodes a frame: `decode` adds all of its pixels to the rendition.
    pub fn frame(
        &mut self,
        place: Place,
        decode: impl FnOnce(&mut Rendition) -> Result<(), Rejection>,
    ) -> Result<(), Rejection> {
        self.rendition.clear();
        decode(&mut self.rendition)?;
        let frame = self.rendition.finish();
        if self.screen.is_empty() {
            self.screen = vec![[0; 4]; frame.pixels.len()];
        }
        let before = (place.disposal == Disposal::Restore).then(|| self.screen.clone());
        let covered: Vec<u8> = self.rendition.coverage(place.left, place.top, place.width, place.height).collect();
        for ((shown, drawn), &covered) in self.screen.iter_mut().zip(&frame.pixels).zip(&covered) {
            let [red, green, blue, alpha] = *drawn;
            let hides = if place.blend == Blend::Over { alpha } else { covered };
            let drawn = [part(red, alpha), part(green, alpha), part(blue, alpha), alpha];
            for (shown, drawn) in shown.iter_mut().zip(drawn) {
                *shown = part(*shown, 255 - hides).saturating_add(drawn);
            }
        }
        self.look(frame.width, frame.height);
        match (place.disposal, before) {
            (Disposal::Clear, _) => {
                for (shown, &covered) in self.screen.iter_mut().zip(&covered) {
                    *shown = shown.map(|value| part(value, 255 - covered));
                }
            }
            (Disposal::Restore, Some(before)) => self.screen = before,
            _ => {}
        }
        self.first.get_or_insert(frame);
        self.number += 1;
        Ok(())
    }

    /// Looks at what is on the screen now, if this frame is one of those that are judged. Transparency is looked at
    /// on white and on black: what is painted with it shows on one of them.
    fn look(&mut self, width: u32, height: u32) {
        if !self.wanted.contains(&self.number) {
            return;
        }
        let opaque = self.screen.iter().all(|[.., alpha]| *alpha == 255);
        for backdrop in if opaque { [255].as_slice() } else { &[255, 0] } {
            let on = |[red, green, blue, alpha]: &[u8; 4]| {
                let through = part(*backdrop, 255 - alpha);
                [red, green, blue].map(|value| value.saturating_add(through))
            };
            let picture = Picture { width, height, pixels: self.screen.iter().map(on).collect() };
            self.looks.push(Look { frame: self.number, picture, sides_px: self.sides_px });
        }
    }

    /// What was seen; nothing if there was no frame.
    pub fn finish(self) -> Option<Seen> {
        Some(Seen { first: self.first?, looks: self.looks })
    }
}

/// Cells of a still image at most, width and height. A long one gets as many in another shape: it is also looked at in
/// four pieces, and each should have as much as the model looks at.
fn still_sides_max(width: u32, height: u32) -> [u32; 2] {
    const HALF: u32 = STILL_SIDE_PX_MAX / 2;
    const DOUBLE: u32 = STILL_SIDE_PX_MAX * 2;
    match ratio(width, height) {
        ..LONG_RATIO_MIN => [STILL_SIDE_PX_MAX; 2],
        _ if height > width => [HALF, DOUBLE],
        _ => [DOUBLE, HALF],
    }
}

/// `value` times `of` / 255, rounded.
fn part(value: u8, of: u8) -> u8 {
    u8::try_from((u16::from(value) * u16::from(of) + 127) / 255).unwrap_or(255)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RED: [u8; 4] = [255, 0, 0, 255];
    const BLUE: [u8; 4] = [0, 0, 255, 255];
    const CLEAR: [u8; 4] = [0; 4];

    fn place(left: u32, width: u32, blend: Blend, disposal: Disposal) -> Place {
        Place { left, top: 0, width, height: 1, blend, disposal }
    }

    /// Shows frames of one row on a canvas of four pixels; tells what the looks on white are.
    fn show(frames: &[(Place, &[[u8; 4]])]) -> Vec<Vec<[u8; 3]>> {
        let mut film = Film::new(4, 1, frames.len() as u32);
        for (place, pixels) in frames {
            let add = |rendition: &mut Rendition| {
                rendition.add(place.left, 0, 1, pixels.iter().copied());
                Ok(())
            };
            film.frame(*place, add).unwrap();
        }
        let mut looks = film.finish().unwrap().looks;
        looks.dedup_by_key(|look| look.frame);
        looks.into_iter().map(|look| look.picture.pixels).collect()
    }

    #[test]
    fn frames_go_over_each_other() {
        let [red, blue, white] = [[255, 0, 0], [0, 0, 255], [255; 3]];
        let looks = show(&[
            (place(0, 4, Blend::Over, Disposal::Keep), &[RED; 4]),
            (place(1, 2, Blend::Over, Disposal::Restore), &[BLUE, CLEAR]),
            (place(1, 2, Blend::Replace, Disposal::Clear), &[BLUE, CLEAR]),
            (place(3, 1, Blend::Over, Disposal::Keep), &[BLUE]),
        ]);
        assert_eq!(looks, [[red; 4], [red, blue, red, red], [red, blue, white, red], [red, white, white, blue]]);
    }

    #[test]
    fn what_is_painted_with_transparency_is_looked_at_on_white_and_on_black() {
        let mut film = Film::new(2, 1, 1);
        let pixels = [[0, 0, 0, 255], [0, 0, 0, 0]];
        let decode = |rendition: &mut Rendition| {
            rendition.add(0, 0, 1, pixels.into_iter());
            Ok(())
        };
        film.frame(Place::whole(2, 1), decode).unwrap();
        let looks: Vec<_> = film.finish().unwrap().looks.into_iter().map(|look| look.picture.pixels).collect();
        assert_eq!(looks, [[[0; 3], [255; 3]], [[0; 3], [0; 3]]]);
    }
}
