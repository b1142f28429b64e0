//! PNG, row by row; an interlaced one, whose rows come out of order, as a whole.

use super::scattered::Scattered;
use super::{Need, Pixels, area};
use crate::domain::facts::Rejection;
use crate::imaging::damaged;
use crate::imaging::decode::png::{Place, open, refusal, rgba};
use crate::imaging::metadata::png::Walk;
use crate::imaging::transform::budget::Work;
use crate::imaging::transform::rows::{RowSink, Rows, Samples};
use crate::imaging::zeros;
use crate::policy::transforms::COSTS;

/// What the inflater and its window take, in bytes, beside rows.
const DECODER_BYTES: u64 = 1 << 20;

struct PngRows<'a> {
    bytes: &'a [u8],
    walk: &'a Walk,
    samples: Samples,
}

pub fn pixels<'a>(bytes: &'a [u8], walk: &'a Walk, need: Need, work: &mut Work) -> Result<Pixels<'a>, Rejection> {
    let sides = [walk.header.width, walk.header.height];
    work.spend(area(sides) * COSTS.png)?;
    let reader = open(walk.stripped.reader(bytes), false)?;
    let samples = match reader.output_color_type().0.samples() {
        1 => Samples::Grey,
        3 => Samples::Rgb,
        _ => Samples::Rgba,
    };
    // Eight bytes a pixel at the most, in the previous and the current row and in what waits for them.
    let rows_bytes = u64::from(walk.header.width) * 8 * 4 + DECODER_BYTES;
    if !Place::of(&reader).interlaced {
        let rows = PngRows { bytes, walk, samples };
        return Ok(Pixels { rows: Box::new(rows), held_bytes: rows_bytes, coarse: false });
    }
    drop(reader);
    let left = need.memory_bytes.saturating_sub(need.result_bytes + rows_bytes);
    let mut scattered = Scattered::new(sides, samples, left)?;
    read(bytes, walk, &mut |place, samples_in_row, line| {
        let (x, y, step) = place;
        scattered.add(x, y, step, line.chunks_exact(samples_in_row).map(rgba));
        Ok(())
    })?;
    Ok(scattered.finish())
}

pub fn profile(bytes: &[u8], walk: &Walk) -> Result<Option<Vec<u8>>, Rejection> {
    let reader = open(walk.stripped.reader(bytes), true)?;
    Ok(reader.info().icc_profile.as_ref().map(|profile| profile.to_vec()))
}

/// First column, row, and steps between columns; samples in a pixel; a row.
type Take<'a> = &'a mut dyn FnMut((u32, u32, u32), usize, &[u8]) -> Result<(), Rejection>;

/// Reads the first image of the file, which is the one for viewers that know no animations.
fn read(bytes: &[u8], walk: &Walk, take: Take) -> Result<(), Rejection> {
    let mut reader = open(walk.stripped.reader(bytes), false)?;
    let count = reader.output_color_type().0.samples();
    let row_bytes = reader.output_line_size(walk.header.width).ok_or(Rejection::OutOfMemory)?;
    let mut line = zeros(row_bytes)?;
    let place = Place::of(&reader);
    for (x, y, step) in place.rows() {
        if reader.read_row(&mut line).map_err(refusal)?.is_none() {
            return Err(damaged("the PNG is cut short"));
        }
        take((x, y, step), count, line.get(..place.samples(x, step) * count).unwrap_or_default())?;
    }
    Ok(())
}

impl Rows for PngRows<'_> {
    fn sides(&self) -> [u32; 2] {
        [self.walk.header.width, self.walk.header.height]
    }

    fn samples(&self) -> Samples {
        self.samples
    }

    fn each(&self, sink: RowSink) -> Result<(), Rejection> {
        let mut colours = Vec::new();
        read(self.bytes, self.walk, &mut |_, count, line| {
            if count != 2 {
                return sink(line);
            }
            // Grey with alpha is rare enough to be told as colours.
            colours.clear();
            colours.extend(line.chunks_exact(2).flat_map(rgba));
            sink(&colours)
        })
    }
}
