//! GIF: the specifications of 1987 and 1989 (section numbers are those of GIF89a), and the two application
//! extensions that pixels depend on.

use std::ops::Range;

use super::is_icc;
use crate::domain::facts::Rejection;
use crate::imaging::bytes::{array, le16};
use crate::imaging::stripped::Stripped;
use crate::imaging::{Header, damaged, gate};
use crate::policy::limits::ImageLimits;

/// Block introducers and extension labels (appendix A).
const EXTENSION: u8 = 0x21;
const IMAGE: u8 = 0x2c;
const TRAILER: u8 = 0x3b;
const PLAIN_TEXT: u8 = 0x01;
const GRAPHIC_CONTROL: u8 = 0xf9;
const APPLICATION: u8 = 0xff;

/// An image of the file: where it lies on the screen and where its parts are in the received bytes.
#[derive(Clone, Debug)]
pub struct Frame {
    pub left: u32,
    pub top: u32,
    pub width: u32,
    pub height: u32,
    pub interlaced: bool,
    /// How it is shown.
    pub control: Control,
    /// The local colour table, or the global one.
    pub palette: Range<usize>,
    /// LZW's code size, then sub-blocks.
    pub data: Range<usize>,
}

/// How a frame is shown (section 23).
#[derive(Clone, Copy, Debug, Default)]
pub struct Control {
    /// The palette index that is not drawn.
    pub transparent: Option<u8>,
    /// What becomes of it before the next one: 0 to 7.
    pub disposal: u8,
    /// How long it stays, in hundredths of a second.
    pub delay_cs: u16,
}

/// What the walk found.
pub struct Walk {
    pub header: Header,
    pub stripped: Stripped,
    pub frames: Vec<Frame>,
    /// How often an animation is repeated, 0 for ever; none: not at all.
    pub loops: Option<u16>,
}

/// Walks from the signature to the trailer; what follows that is not part of the image.
pub fn walk(bytes: &[u8], limits: &ImageLimits) -> Result<Walk, Rejection> {
    let mut state = State::screen(bytes, limits)?;
    loop {
        match *bytes.get(state.at).ok_or_else(cut_short)? {
            EXTENSION => state.extension()?,
            IMAGE => state.image()?,
            TRAILER => {
                state.stripped.keep(state.at..state.at + 1)?;
                return state.finish();
            }
            // Some encoders write one terminator too many.
            0 => state.at += 1,
            _ => return Err(damaged("the GIF has a block that nobody knows")),
        }
    }
}

fn cut_short() -> Rejection {
    damaged("the GIF is cut short")
}

struct State<'a> {
    bytes: &'a [u8],
    limits: &'a ImageLimits,
    at: usize,
    stripped: Stripped,
    width: u32,
    height: u32,
    global_palette: Range<usize>,
    /// A graphic control extension that waits for its image (section 23).
    control: Option<Range<usize>>,
    frames: Vec<Frame>,
    frame_pixels: u64,
    has_transparency: bool,
    loops: Option<u16>,
    has_icc: bool,
}

impl<'a> State<'a> {
    /// Signature, logical screen, global colour table (sections 17 to 19).
    fn screen(bytes: &'a [u8], limits: &'a ImageLimits) -> Result<Self, Rejection> {
        let (Some(width), Some(height), Some(&flags)) = (le16(bytes, 6), le16(bytes, 8), bytes.get(10)) else {
            return Err(cut_short());
        };
        let (width, height) = (u32::from(width), u32::from(height));
        gate::canvas(width, height, limits)?;
        let palette = 13..13 + palette_bytes(flags);
        let mut stripped = Stripped::default();
        stripped.keep(0..palette.end)?;
        Ok(Self {
            bytes,
            limits,
            at: palette.end,
            stripped,
            width,
            height,
            global_palette: palette,
            control: None,
            frames: Vec::new(),
            frame_pixels: 0,
            has_transparency: false,
            loops: None,
            has_icc: false,
        })
    }

    /// Extensions (sections 23 to 26). Comments and unknown ones are passed over; a plain text one too, with the
    /// graphic control that belongs to it: no browser has ever drawn it.
    fn extension(&mut self) -> Result<(), Rejection> {
        let start = self.at;
        let label = *self.bytes.get(start + 1).ok_or_else(cut_short)?;
        let end = end_of_blocks(self.bytes, start + 2).ok_or_else(cut_short)?;
        self.at = end;
        match label {
            GRAPHIC_CONTROL if end - start == 8 => self.control = Some(start..end),
            GRAPHIC_CONTROL => return Err(damaged("the GIF has a malformed block")),
            PLAIN_TEXT => self.control = None,
            APPLICATION => self.application(start, end)?,
            _ => {}
        }
        Ok(())
    }

    /// How often an animation plays, and a colour profile. Everything else (XMP above all) is dropped.
    fn application(&mut self, start: usize, end: usize) -> Result<(), Rejection> {
        let name = array::<12>(self.bytes, start + 2).unwrap_or_default();
        let body = start + 14;
        match &name {
            b"\x0bNETSCAPE2.0" | b"\x0bANIMEXTS1.0" if self.loops.is_none() => {
                // Three bytes: 1, and the number of times.
                let loops = array::<5>(self.bytes, body).filter(|loops| matches!(loops, [3, 1, _, _, 0]));
                if let Some([_, _, low, high, _]) = loops
                    && body + 5 == end
                {
                    self.loops = Some(u16::from_le_bytes([low, high]));
                    self.stripped.keep(start..end)?;
                }
            }
            b"\x0bICCRGBG1012" if !self.has_icc && self.bytes.get(body + 1..end).is_some_and(is_icc) => {
                self.has_icc = true;
                self.stripped.keep(start..end)?;
            }
            _ => {}
        }
        Ok(())
    }

    /// Image descriptor, local colour table, data (sections 20 to 22).
    fn image(&mut self) -> Result<(), Rejection> {
        let start = self.at;
        let field = |at| le16(self.bytes, start + at).map(u32::from).ok_or_else(cut_short);
        let (left, top, width, height) = (field(1)?, field(3)?, field(5)?, field(7)?);
        let flags = *self.bytes.get(start + 9).ok_or_else(cut_short)?;
        gate::canvas(width, height, self.limits)?;
        let local = start + 10..start + 10 + palette_bytes(flags);
        let data_start = local.end;
        let data_end = end_of_blocks(self.bytes, data_start + 1).ok_or_else(cut_short)?;
        let control = self.keep_control()?;
        self.stripped.keep(start..data_end)?;
        let palette = if local.is_empty() { self.global_palette.clone() } else { local };
        if palette.is_empty() {
            return Err(damaged("the GIF has no colours"));
        }
        self.frames.push(Frame {
            left,
            top,
            width,
            height,
            interlaced: flags & 0x40 != 0,
            control,
            palette,
            data: data_start..data_end,
        });
        self.frame_pixels += u64::from(width) * u64::from(height);
        let frames = u32::try_from(self.frames.len()).unwrap_or(u32::MAX);
        let canvas = u64::from(self.width) * u64::from(self.height);
        gate::animation(frames, canvas, self.frame_pixels, self.limits)?;
        self.at = data_end;
        Ok(())
    }

    /// Keeps the waiting graphic control, and tells what it says.
    fn keep_control(&mut self) -> Result<Control, Rejection> {
        let Some(range) = self.control.take() else { return Ok(Control::default()) };
        let flags = self.bytes.get(range.start + 3).copied().unwrap_or_default();
        let delay_cs = le16(self.bytes, range.start + 4).unwrap_or_default();
        let index = self.bytes.get(range.start + 6).copied();
        self.stripped.keep(range)?;
        let transparent = index.filter(|_| flags & 1 != 0);
        self.has_transparency |= transparent.is_some();
        Ok(Control { transparent, disposal: flags >> 2 & 7, delay_cs })
    }

    fn finish(self) -> Result<Walk, Rejection> {
        let frames = u32::try_from(self.frames.len()).unwrap_or(u32::MAX);
        let first = self.frames.first().ok_or_else(|| damaged("the GIF has no image data"))?;
        let covers = first.left == 0 && first.top == 0 && first.width >= self.width && first.height >= self.height;
        let header = Header {
            width: self.width,
            height: self.height,
            frames,
            orientation: 1,
            has_alpha: self.has_transparency || !covers,
        };
        Ok(Walk { header, stripped: self.stripped, frames: self.frames, loops: self.loops })
    }
}

/// Of a colour table, by the flags of a screen or image: 3 bytes for each of 2 to 256 colours, or none.
fn palette_bytes(flags: u8) -> usize {
    if flags & 0x80 == 0 { 0 } else { 3 << ((flags & 7) + 1) }
}

/// Where the sub-blocks that begin at `at` end: each has a length before it, the last has none (section 15).
fn end_of_blocks(bytes: &[u8], at: usize) -> Option<usize> {
    let mut at = at;
    loop {
        let length = usize::from(*bytes.get(at)?);
        at += 1 + length;
        if length == 0 {
            return Some(at);
        }
    }
}
