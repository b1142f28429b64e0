//! From a JPEG to the planes of a part of it, in another size.

use std::ops::Range;

use super::decode::{Band, Header, Scale, Sink, decode};
use super::planes::{Planes, chroma_sides};
use super::resample::{Area, Resampler, Sides};
use crate::domain::facts::Rejection;
use crate::imaging::damaged;

/// What is to be done with a JPEG.
#[derive(Clone, Copy, Debug)]
pub struct Resize<'a> {
    header: &'a Header,
    /// What is decoded of it: the smallest scale at which both sides have at least as many samples as the output.
    /// A smaller one takes less memory, and shows it.
    pub scale: Scale,
    area: Area,
    output: Sides,
    /// Whether a sample of colour that is for one pixel only, where a side is odd, is for the first, not for the last;
    /// across and down.
    paired_from_end: [bool; 2],
}

impl<'a> Resize<'a> {
    /// Of `area` of the picture as it is stored, to `output`. None if a side is 0 or nothing of the area lies within
    /// the picture.
    #[must_use]
    pub fn new(header: &'a Header, area: Area, output: Sides) -> Option<Self> {
        if output.width == 0 || output.height == 0 || !area.touches(header.sides) {
            return None;
        }
        // As sharp chooses it: what is left to the filter is a ratio of 1 to 2.
        let is_enough = |scale: &Scale| {
            area.width * scale.ratio() >= f64::from(output.width)
                && area.height * scale.ratio() >= f64::from(output.height)
        };
        let scale = Scale::ALL.into_iter().find(is_enough).unwrap_or(Scale::Full);
        Some(Self { header, scale, area, output, paired_from_end: [false; 2] })
    }

    /// The same for a result that will be mirrored, across or down: pixels are paired as they will lie.
    #[must_use]
    pub fn paired_from_end(self, paired_from_end: [bool; 2]) -> Self {
        Self { paired_from_end, ..self }
    }

    /// How much memory [`Self::run`] takes beside the file, with its result, in bytes.
    #[must_use]
    pub fn memory_bytes(&self) -> u64 {
        let planes = 0..self.header.components.len();
        let resampling: u64 = planes
            .map(|plane| {
                let (_, area, output) = self.task(plane);
                Resampler::<1>::memory_bytes(area, output)
            })
            .sum();
        self.header.memory_bytes(self.scale) + resampling
    }

    /// Does it. `check_deadline` is asked every few rows.
    ///
    /// # Errors
    /// If the file is damaged, or `check_deadline` says that the time is up.
    pub fn run(&self, data: &[u8], check_deadline: &dyn Fn() -> Result<(), Rejection>) -> Result<Planes, Rejection> {
        let mut resamplers = Vec::new();
        for plane in 0..self.header.components.len() {
            let (source, area, output) = self.task(plane);
            resamplers.push(Resampler::new(source, area, output).ok_or_else(|| damaged("the JPEG has no such part"))?);
        }
        let mut sink = Resampling { resamplers, check_deadline };
        decode(data, self.header, self.scale, &mut sink)?;
        let mut planes = Vec::new();
        for resampler in sink.resamplers {
            planes.push(resampler.finish().ok_or_else(|| damaged("the JPEG is cut short"))?);
        }
        let mut planes = planes.into_iter();
        let luma = planes.next().ok_or_else(|| damaged("the JPEG has no planes"))?;
        Ok(Planes { sides: self.output, luma, chroma: planes.next().zip(planes.next()).map(Into::into) })
    }

    /// A plane's sides, the part of it that is wanted, and its sides in the result.
    fn task(&self, plane: usize) -> (Sides, Area, Sides) {
        let [x, y] = self.header.plane_ratio(plane).map(|ratio| ratio * self.scale.ratio());
        let area = self.area.scaled(x, y);
        let source = self.header.plane_sides(plane, self.scale);
        if plane == 0 {
            return (source, area, self.output);
        }
        // Samples of colour lie in the middle of the pixels that they are for, in the source as in the output, so
        // that the same part of the plane is wanted. Where a side is odd, the last ones are for a pixel more.
        let output = chroma_sides(self.output);
        let longer = |half: u32, whole: u32| f64::from(half * 2) / f64::from(whole);
        let width = area.width * longer(output.width, self.output.width);
        let height = area.height * longer(output.height, self.output.height);
        let [across, down] = self.paired_from_end;
        let x = if across { area.x + area.width - width } else { area.x };
        let y = if down { area.y + area.height - height } else { area.y };
        (source, Area { x, y, width, height }, output)
    }
}

struct Resampling<'a> {
    resamplers: Vec<Resampler<1>>,
    check_deadline: &'a dyn Fn() -> Result<(), Rejection>,
}

impl Sink for Resampling<'_> {
    fn wants(&self, plane: usize, rows: Range<u32>) -> bool {
        self.resamplers.get(plane).is_some_and(|resampler| {
            let wanted = resampler.wanted_rows();
            !resampler.is_complete() && rows.start < wanted.end && wanted.start < rows.end
        })
    }

    fn take(&mut self, band: Band<'_>) {
        if let Some(resampler) = self.resamplers.get_mut(band.plane) {
            resampler.skip_to(band.first_row);
            band.rows().for_each(|row| resampler.push_row(row));
        }
    }

    fn is_complete(&self) -> bool {
        self.resamplers.iter().all(Resampler::is_complete)
    }

    fn check_deadline(&self) -> Result<(), Rejection> {
        (self.check_deadline)()
    }
}
