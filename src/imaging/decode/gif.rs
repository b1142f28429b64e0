//! GIF, frame by frame and row by row: memory depends on the width only.

use weezl::decode::Decoder;
use weezl::{BitOrder, LzwStatus};

use super::film::{Blend, Disposal, Film, Place, Seen};
use crate::domain::facts::Rejection;
use crate::imaging::damaged;
use crate::imaging::metadata::gif::{Frame, Walk};

/// Decodes every row of every frame. Only ranges that are kept are read.
pub fn check(received: &[u8], walk: &Walk) -> Result<Seen, Rejection> {
    let mut film = Film::new(walk.header.width, walk.header.height, walk.header.frames);
    let mut lzw = Lzw::default();
    for frame in &walk.frames {
        let data = received.get(frame.data.clone()).unwrap_or_default();
        let palette = received.get(frame.palette.clone()).unwrap_or_default();
        let Frame { left, top, width, height, control, .. } = *frame;
        film.frame(
            Place { left, top, width, height, blend: Blend::Over, disposal: disposed(control.disposal) },
            |rendition| {
                lzw.rows(data, frame, |y, indices| {
                    let pixels = indices.iter().map(|index| colour(palette, *index, control.transparent));
                    rendition.add(left, top + y, 1, pixels);
                    Ok(())
                })
            },
        )?;
    }
    film.finish().ok_or_else(cut_short)
}

/// Section 23, as browsers do it: the background is transparency, whatever the screen's colour is.
pub fn disposed(method: u8) -> Disposal {
    match method {
        2 => Disposal::Clear,
        3 => Disposal::Restore,
        _ => Disposal::Keep,
    }
}

/// An index beyond the palette is black, as browsers draw it.
pub fn colour(palette: &[u8], index: u8, transparent: Option<u8>) -> [u8; 4] {
    if transparent == Some(index) {
        return [0; 4];
    }
    let start = usize::from(index) * 3;
    match palette.get(start..start + 3) {
        Some(&[red, green, blue]) => [red, green, blue, 255],
        _ => [0, 0, 0, 255],
    }
}

/// Decodes frames. The decoder's tables (about 60 KB) are kept from frame to frame while the code size stays the same.
#[derive(Default)]
pub struct Lzw {
    decoder: Option<(u8, Decoder)>,
}

impl Lzw {
    /// Appendix F: a code size, then codes in sub-blocks.
    pub fn rows(
        &mut self,
        data: &[u8],
        frame: &Frame,
        mut each: impl FnMut(u32, &[u8]) -> Result<(), Rejection>,
    ) -> Result<(), Rejection> {
        let (&code_size, blocks) = data.split_first().ok_or_else(cut_short)?;
        if !(1..=11).contains(&code_size) {
            return Err(damaged("the GIF is damaged: its code size makes no sense"));
        }
        let decoder = match &mut self.decoder {
            Some((size, decoder)) if *size == code_size => {
                decoder.reset();
                decoder
            }
            other => &mut other.insert((code_size, Decoder::new(BitOrder::Lsb, code_size))).1,
        };
        let mut codes = Codes { block: &[], rest: blocks };
        let mut row = vec![0; frame.width as usize];
        for y in row_order(frame.height, frame.interlaced) {
            codes.fill(decoder, &mut row)?;
            each(y, &row)?;
        }
        Ok(())
    }
}

/// The most codes that the decoder has read and not decoded: it holds 64 bits, and a code has two at least.
const CODES_AHEAD_MAX: u32 = 32;

fn cut_short() -> Rejection {
    damaged("the GIF is cut short")
}

struct Codes<'a> {
    block: &'a [u8],
    rest: &'a [u8],
}

impl Codes<'_> {
    /// Decodes a row, all of it.
    fn fill(&mut self, decoder: &mut Decoder, row: &mut [u8]) -> Result<(), Rejection> {
        let (mut filled, mut idle) = (0, 0);
        loop {
            let free = row.get_mut(filled..).filter(|free| !free.is_empty());
            let Some(free) = free else { return Ok(()) };
            if self.block.is_empty() {
                self.next_block();
            }
            let result = decoder.decode_bytes(self.block, free);
            self.block = self.block.get(result.consumed_in..).unwrap_or_default();
            filled += result.consumed_out;
            let status = result.status.map_err(|_| damaged("the GIF is damaged: its codes make no sense"))?;
            let at_end = self.block.is_empty() && self.rest.first().is_none_or(|&length| length == 0);
            // A code that was read earlier may have been decoded, and wait where the next call finds it.
            idle = if at_end && result.consumed_out == 0 { idle + 1 } else { 0 };
            if result.consumed_out == 0 && matches!(status, LzwStatus::Done) || idle > CODES_AHEAD_MAX {
                return Err(cut_short());
            }
        }
    }

    fn next_block(&mut self) {
        let Some((&length, rest)) = self.rest.split_first() else { return };
        if length > 0
            && let Some((block, rest)) = rest.split_at_checked(usize::from(length))
        {
            self.block = block;
            self.rest = rest;
        }
    }
}

/// Rows in the order of the file; interlaced ones in four passes (appendix E).
fn row_order(height: u32, interlaced: bool) -> impl Iterator<Item = u32> {
    let passes: &[(u32, usize)] = if interlaced { &[(0, 8), (4, 8), (2, 4), (1, 2)] } else { &[(0, 1)] };
    passes.iter().flat_map(move |&(start, step)| (start..height).step_by(step))
}
