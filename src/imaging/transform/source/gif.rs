//! The first frame of a GIF, row by row; an interlaced one, whose rows come out of order, as a whole.

use super::placed::placed;
use super::scattered::Scattered;
use super::{Need, Pixels, area};
use crate::domain::facts::Rejection;
use crate::imaging::damaged;
use crate::imaging::decode::gif::{Lzw, colour};
use crate::imaging::metadata::gif::{Frame, Walk};
use crate::imaging::transform::budget::Work;
use crate::imaging::transform::rows::{RowSink, Rows, Samples};
use crate::policy::transforms::COSTS;

/// What the decoder's tables take, in bytes.
const DECODER_BYTES: u64 = 256 << 10;

struct GifRows<'a> {
    bytes: &'a [u8],
    frame: &'a Frame,
}

pub fn pixels<'a>(bytes: &'a [u8], walk: &'a Walk, need: Need, work: &mut Work) -> Result<Pixels<'a>, Rejection> {
    let frame = walk.frames.first().ok_or_else(|| damaged("the GIF has no image data"))?;
    let canvas = [walk.header.width, walk.header.height];
    work.spend((area([frame.width, frame.height]) + area(canvas)) * COSTS.gif)?;
    let rows = GifRows { bytes, frame };
    if !frame.interlaced {
        let pixels = Pixels { rows: Box::new(rows), held_bytes: DECODER_BYTES, coarse: false };
        return Ok(placed(pixels, [frame.left, frame.top], canvas));
    }
    let left = need.memory_bytes.saturating_sub(need.result_bytes + DECODER_BYTES);
    let covers = [frame.left, frame.top] == [0, 0] && frame.width >= canvas[0] && frame.height >= canvas[1];
    let samples = if covers && rows.samples() == Samples::Rgb { Samples::Rgb } else { Samples::Rgba };
    let mut scattered = Scattered::new(canvas, samples, left)?;
    rows.read(|y, indices| {
        let pixels = indices.iter().map(|index| colour(rows.palette(), *index, frame.control.transparent));
        scattered.add(frame.left, frame.top + y, 1, pixels);
        Ok(())
    })?;
    Ok(scattered.finish())
}

impl<'a> GifRows<'a> {
    fn palette(&self) -> &'a [u8] {
        self.bytes.get(self.frame.palette.clone()).unwrap_or_default()
    }

    fn read(&self, each: impl FnMut(u32, &[u8]) -> Result<(), Rejection>) -> Result<(), Rejection> {
        let data = self.bytes.get(self.frame.data.clone()).unwrap_or_default();
        Lzw::default().rows(data, self.frame, each)
    }
}

impl Rows for GifRows<'_> {
    fn sides(&self) -> [u32; 2] {
        [self.frame.width, self.frame.height]
    }

    fn samples(&self) -> Samples {
        if self.frame.control.transparent.is_some() { Samples::Rgba } else { Samples::Rgb }
    }

    fn each(&self, sink: RowSink) -> Result<(), Rejection> {
        let count = self.samples().count();
        let mut row = Vec::new();
        self.read(|_, indices| {
            row.clear();
            for index in indices {
                row.extend(colour(self.palette(), *index, self.frame.control.transparent).into_iter().take(count));
            }
            sink(&row)
        })
    }
}
