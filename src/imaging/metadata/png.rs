//! PNG and APNG: W3C PNG, third edition, sections 5 (chunks) and 11 (their contents).

use std::ops::Range;

use super::{exif, is_icc};
use crate::domain::facts::Rejection;
use crate::imaging::bytes::{array, be32};
use crate::imaging::stripped::Stripped;
use crate::imaging::{Header, damaged, gate};
use crate::policy::limits::ImageLimits;

const SIGNATURE_BYTES: usize = 8;
/// Inflated. Profiles of RGB and grey devices have 500 bytes to 1 MB; what inflates to more is a bomb.
const PROFILE_BYTES_MAX: usize = 4 << 20;
/// The longest honest one of the others is `tRNS` with its 256 bytes.
const APPEARANCE_BYTES_MAX: usize = 256;

/// Ancillary chunks that change how pixels look, kept once each, before the image data (section 5.6). Not among
/// them: `sPLT` and `hIST`, palettes for screens of 256 colours, which nothing reads and which hold free text.
const APPEARANCE: [&[u8; 4]; 11] =
    [b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"cICP", b"mDCV", b"cLLI", b"sBIT", b"bKGD", b"pHYs"];

/// What the walk found.
pub struct Walk {
    pub header: Header,
    pub stripped: Stripped,
}

/// Walks from the signature to IEND; what follows that is not part of the image.
pub fn walk(bytes: &[u8], limits: &ImageLimits) -> Result<Walk, Rejection> {
    let mut state = State::new(bytes, limits);
    state.stripped.keep(0..SIGNATURE_BYTES)?;
    let mut at = SIGNATURE_BYTES;
    loop {
        let chunk = Chunk::at(bytes, at).ok_or_else(cut_short)?;
        at = chunk.range.end;
        if state.ihdr.is_none() && chunk.kind != b"IHDR" {
            return Err(damaged("the PNG does not begin with its header"));
        }
        state.chunk(&chunk)?;
        if chunk.kind == b"IEND" {
            return state.finish();
        }
    }
}

fn cut_short() -> Rejection {
    damaged("the PNG is cut short")
}

struct Chunk<'a> {
    kind: &'a [u8],
    data: &'a [u8],
    /// Of all four fields.
    range: Range<usize>,
    crc: u32,
}

impl<'a> Chunk<'a> {
    /// Length, type, data, CRC (section 5.3).
    fn at(bytes: &'a [u8], at: usize) -> Option<Self> {
        let length = usize::try_from(be32(bytes, at)?).ok()?;
        let end = at.checked_add(12)?.checked_add(length)?;
        let data = bytes.get(at + 8..end - 4)?;
        Some(Self { kind: bytes.get(at + 4..at + 8)?, data, range: at..end, crc: be32(bytes, end - 4)? })
    }

    fn critical(&self) -> bool {
        // Bit 5 of the first letter (section 5.4): upper case is critical.
        self.kind.first().is_some_and(u8::is_ascii_uppercase)
    }
}

/// A CRC over type and data, as chunks end with.
fn crc(kind: &[u8], data: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(kind);
    hasher.update(data);
    hasher.finalize()
}

struct State<'a> {
    bytes: &'a [u8],
    limits: &'a ImageLimits,
    stripped: Stripped,
    ihdr: Option<(u32, u32, u8)>,
    /// Types met that may come only once.
    met: Vec<[u8; 4]>,
    exif: Option<exif::Exif>,
    /// What `acTL` announced.
    frames: Option<u32>,
    frame_controls: u32,
    frame_pixels: u64,
    /// The sequence number that the next `fcTL` or `fdAT` must have.
    sequence: u32,
    has_data: bool,
}

impl<'a> State<'a> {
    fn new(bytes: &'a [u8], limits: &'a ImageLimits) -> Self {
        Self {
            bytes,
            limits,
            stripped: Stripped::default(),
            ihdr: None,
            met: Vec::new(),
            exif: None,
            frames: None,
            frame_controls: 0,
            frame_pixels: 0,
            sequence: 0,
            has_data: false,
        }
    }

    fn chunk(&mut self, chunk: &Chunk) -> Result<(), Rejection> {
        match chunk.kind {
            b"IHDR" => self.ihdr(chunk)?,
            b"PLTE" if self.has_data => return Err(damaged("the PNG's chunks are out of order")),
            b"PLTE" => self.once(chunk)?,
            b"IDAT" => self.has_data = true,
            b"IEND" => {}
            b"acTL" => self.animation(chunk)?,
            b"fcTL" => self.frame(chunk)?,
            b"fdAT" => self.in_sequence(chunk)?,
            b"eXIf" => return self.exif(chunk),
            kind if APPEARANCE.iter().any(|known| known.as_slice() == kind) => {
                if self.has_data || self.met.iter().any(|met| met == kind) || useless(chunk) {
                    return Ok(());
                }
                self.once(chunk)?;
            }
            _ if chunk.critical() => return Err(damaged("the PNG has a part that nobody knows")),
            _ => return Ok(()),
        }
        if crc(chunk.kind, chunk.data) != chunk.crc {
            return Err(damaged("the PNG is damaged: a checksum is wrong"));
        }
        self.stripped.keep(chunk.range.clone())
    }

    fn once(&mut self, chunk: &Chunk) -> Result<(), Rejection> {
        let kind = array(chunk.kind, 0).ok_or_else(cut_short)?;
        if self.met.contains(&kind) {
            return Err(damaged("the PNG has a part twice"));
        }
        self.met.push(kind);
        Ok(())
    }

    fn ihdr(&mut self, chunk: &Chunk) -> Result<(), Rejection> {
        self.once(chunk)?;
        let (Some(width), Some(height), Some(&colour)) = (be32(chunk.data, 0), be32(chunk.data, 4), chunk.data.get(9))
        else {
            return Err(cut_short());
        };
        gate::canvas(width, height, self.limits)?;
        self.ihdr = Some((width, height, colour));
        Ok(())
    }

    /// `acTL`: how many frames there will be. Before the data, or it is no animation (section 11.3.6.1).
    fn animation(&mut self, chunk: &Chunk) -> Result<(), Rejection> {
        self.once(chunk)?;
        if self.has_data {
            return Err(damaged("the PNG's chunks are out of order"));
        }
        let frames = be32(chunk.data, 0).filter(|_| chunk.data.len() == 8).ok_or_else(cut_short)?;
        let (width, height, _) = self.ihdr.ok_or_else(cut_short)?;
        gate::animation(frames, u64::from(width) * u64::from(height), 0, self.limits)?;
        self.frames = Some(frames);
        Ok(())
    }

    /// `fcTL`: sequence, width, height, offsets, delay, disposal and blending (section 11.3.6.2).
    fn frame(&mut self, chunk: &Chunk) -> Result<(), Rejection> {
        self.in_sequence(chunk)?;
        let field = |at| be32(chunk.data, at).map(u64::from).ok_or_else(cut_short);
        let (width, height, x, y) = (field(4)?, field(8)?, field(12)?, field(16)?);
        let (canvas_width, canvas_height, _) = self.ihdr.ok_or_else(cut_short)?;
        let fits = x + width <= u64::from(canvas_width) && y + height <= u64::from(canvas_height);
        if chunk.data.len() != 26 || width == 0 || height == 0 || !fits {
            return Err(damaged("the PNG has a frame that does not fit"));
        }
        self.frame_controls += 1;
        self.frame_pixels += width * height;
        Ok(())
    }

    fn in_sequence(&mut self, chunk: &Chunk) -> Result<(), Rejection> {
        if self.frames.is_none() || be32(chunk.data, 0) != Some(self.sequence) {
            return Err(damaged("the PNG's frames are out of order"));
        }
        self.sequence += 1;
        Ok(())
    }

    /// The first `eXIf` counts, wherever it is. The new one is written where it was.
    fn exif(&mut self, chunk: &Chunk) -> Result<(), Rejection> {
        if self.exif.is_some() {
            return Ok(());
        }
        // Some writers put the JPEG prefix before it, and readers look past it.
        let exif = exif::read(chunk.data.strip_prefix(b"Exif\0\0").unwrap_or(chunk.data));
        if let Some(tiff) = exif.to_tiff() {
            let length = u32::try_from(tiff.len()).map_err(|_| cut_short())?;
            let mut made = length.to_be_bytes().to_vec();
            made.extend(b"eXIf");
            made.extend(&tiff);
            made.extend(crc(b"eXIf", &tiff).to_be_bytes());
            self.stripped.make(made)?;
        }
        self.exif = Some(exif);
        Ok(())
    }

    fn finish(self) -> Result<Walk, Rejection> {
        let (width, height, colour) = self.ihdr.ok_or_else(cut_short)?;
        if !self.has_data {
            return Err(damaged("the PNG has no image data"));
        }
        if self.frames.is_some_and(|frames| frames != self.frame_controls) {
            return Err(damaged("the PNG does not have the frames that it announces"));
        }
        gate::memory(u64::from(width) * u64::from(height), decoder_bytes(width), self.bytes.len(), self.limits)?;
        let header = Header {
            width,
            height,
            frames: self.frames.unwrap_or(1),
            orientation: self.exif.unwrap_or_default().orientation,
            // Bit 2 of the colour type is the alpha channel (section 11.2.1).
            has_alpha: colour & 4 != 0 || self.met.contains(b"tRNS"),
        };
        Ok(Walk { header, stripped: self.stripped })
    }
}

/// What only looks like a part of the image: profiles that are none or too large to be inflated by anyone who shows
/// the picture, chunks much longer than they can be.
fn useless(chunk: &Chunk) -> bool {
    if chunk.kind != b"iCCP" {
        return chunk.data.len() > APPEARANCE_BYTES_MAX;
    }
    // A name of up to 79 bytes, NUL, the compression method 0, and a zlib stream (section 11.3.2.3).
    let name = chunk.data.iter().take(80).position(|&byte| byte == 0);
    let stream = name.and_then(|at| chunk.data.get(at + 1..)).and_then(|rest| rest.strip_prefix(&[0]));
    let profile = stream.and_then(|stream| fdeflate::decompress_to_vec_bounded(stream, PROFILE_BYTES_MAX).ok());
    !profile.is_some_and(|profile| is_icc(&profile))
}

/// Rows only: the previous and the current one at 8 bytes a pixel, the inflater's window and buffer, the rendition,
/// and a profile while it is looked at.
fn decoder_bytes(width: u32) -> u64 {
    u64::from(width) * 8 * 8 + (6 << 20)
}
