//! Pixels onto a canvas: scaled, coloured, turned, placed, blurred and sharpened.

use super::blur::blur;
use super::budget::Work;
use super::canvas::{Canvas, Region};
use super::colours::{self, Colours};
use super::focus;
use super::profile::Conversion;
use super::resample::{Scaling, resample};
use super::rows::Rows;
use super::sharpen::sharpen;
use super::source::Source;
use super::turn::Turn;
use crate::domain::facts::Rejection;
use crate::domain::format::Format;
use crate::domain::transform::{Bounds, Gravity, Layout, Rect, Sizing, Transform};
use crate::policy::transforms::{BOUNDS, COSTS};

/// How the frames of one image are drawn.
pub struct Drawing<'a> {
    /// What is asked for.
    pub transform: &'a Transform,
    turn: Turn,
    stored: [u32; 2],
    profile: Option<Vec<u8>>,
}

impl<'a> Drawing<'a> {
    /// Of a source.
    ///
    /// # Errors
    /// If the file is damaged.
    pub fn new(source: &Source, transform: &'a Transform) -> Result<Self, Rejection> {
        let turn = Turn::of(source.orientation(), transform.flip, transform.rotate);
        Ok(Self { transform, turn, stored: source.sides(), profile: source.profile()? })
    }

    /// Where everything lies, within the bounds. Without `focus`, what the pixels would have to say is not known.
    pub fn layout(&self, focus: Option<[f64; 2]>, bounds: &Bounds) -> Layout {
        let [width, height] = self.turn.sides(self.stored);
        Layout::of(self.transform, width, height, focus, bounds)
    }

    /// Samples of a pixel of the canvas: three where nothing can shine through, else four.
    pub fn channels(&self) -> usize {
        let opaque = colours::backdrop(self.transform).is_some_and(|[.., alpha]| alpha == 255);
        // The encoder of GIF takes four.
        if opaque && self.transform.format != Format::Gif { 3 } else { 4 }
    }

    /// Which part of the rows becomes how large, before it is turned.
    pub fn scaling(&self, rows: &dyn Rows, layout: &Layout) -> Scaling {
        let [across, down] = rows.reduction();
        let [wide, high] = rows.sides().map(f64::from);
        let cut = self.turn.back(layout.cut, self.stored);
        // Fractions of a pixel may come to a little more than there is.
        let part = |start: f64, length: f64, end: f64| {
            let start = start.min(end);
            (start, length.min(end - start))
        };
        let (left, width) = part(cut.left / across, cut.width / across, wide);
        let (top, height) = part(cut.top / down, cut.height / down, high);
        Scaling { cut: Rect { left, top, width, height }, to: self.turn.sides(layout.scaled) }
    }

    /// What becomes of the pixels of such rows; for all frames of which rows are the same.
    pub fn colours(&self, rows: &dyn Rows, layout: &Layout) -> Colours {
        let conversion = self.profile.as_ref().and_then(|profile| Conversion::of(profile, rows.samples()));
        let multiplied = !self.is_plain(rows, layout);
        Colours::new(rows.samples(), multiplied, conversion, self.transform, self.channels())
    }

    /// Whether rows can stay as they are.
    fn is_plain(&self, rows: &dyn Rows, layout: &Layout) -> bool {
        let scaling = self.scaling(rows, layout);
        let [width, height] = rows.sides();
        let whole = Rect { left: 0.0, top: 0.0, width: f64::from(width), height: f64::from(height) };
        scaling.cut == whole && scaling.to == [width, height]
    }

    /// Where gravity lies, if the pixels must say.
    ///
    /// # Errors
    /// As [`Drawing::draw`].
    pub fn focus(&self, rows: &dyn Rows, work: &mut Work) -> Result<Option<[f64; 2]>, Rejection> {
        let Sizing::Cover { gravity: Gravity::Auto, .. } = self.transform.sizing else { return Ok(None) };
        let [width, height] = self.turn.sides(self.stored).map(f64::from);
        let cut = self.layout(None, &BOUNDS).cut;
        let side = Some(focus::SIDE_PX_MAX);
        let sizing = Sizing::Within { width: side, height: side, enlarge: false };
        // On white, as if it were a JPEG.
        let transform = Transform { sizing, ..Transform::identity(Format::Jpeg) };
        let small = Drawing { transform: &transform, profile: None, ..*self };
        let layout = small.layout(None, &BOUNDS);
        let canvas = small.draw(rows, &layout, &mut small.colours(rows, &layout), work)?;
        Ok(Some(focus::find(&canvas, [cut.width / width, cut.height / height])))
    }

    /// Draws a frame.
    ///
    /// # Errors
    /// If rows cannot be had, or there is not enough memory or work left.
    pub fn draw(
        &self,
        rows: &dyn Rows,
        layout: &Layout,
        colours: &mut Colours,
        work: &mut Work,
    ) -> Result<Canvas, Rejection> {
        let scaling = self.scaling(rows, layout);
        let fill = colours::backdrop(self.transform).unwrap_or_default();
        let mut canvas = Canvas::new(layout.canvas, self.channels(), fill)?;
        let region = Region::of(layout);
        let row_bytes = scaling.to[0] as usize * rows.samples().count();
        let mut first = 0;
        let mut put = |band: &[u8]| {
            canvas.put(region, self.turn, first, colours.apply(band)?);
            first += u32::try_from(band.len() / row_bytes.max(1)).unwrap_or(u32::MAX);
            Ok(())
        };
        if self.is_plain(rows, layout) {
            rows.each(&mut put)?;
        } else {
            work.spend(self.resampling_cost(rows, layout))?;
            resample(rows, &scaling, &mut put)?;
        }
        self.filter(&mut canvas, region, work)?;
        Ok(canvas)
    }

    /// What scaling costs, in pixels of work.
    pub fn resampling_cost(&self, rows: &dyn Rows, layout: &Layout) -> u64 {
        let pixels = |[width, height]: [u32; 2]| u64::from(width) * u64::from(height);
        (pixels(rows.sides()) + pixels(layout.scaled)) * COSTS.resample
    }

    fn filter(&self, canvas: &mut Canvas, region: Region, work: &mut Work) -> Result<(), Rejection> {
        let cost = u64::from(region.width) * u64::from(region.height) * COSTS.filter;
        #[allow(clippy::cast_precision_loss, reason = "at most some ten thousand hundredths")]
        let hundredths = |number: u32| number as f32 / 100.0;
        if self.transform.blur > 0 {
            work.spend(cost)?;
            blur(canvas, region, hundredths(self.transform.blur));
        }
        if self.transform.sharpen > 0 {
            work.spend(cost)?;
            sharpen(canvas, region, hundredths(self.transform.sharpen))?;
        }
        Ok(())
    }
}
