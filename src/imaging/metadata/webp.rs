//! WebP: RFC 9649, section 2 (the RIFF container).

use std::ops::Range;

use super::{exif, is_icc, vp8l};
use crate::domain::facts::Rejection;
use crate::imaging::bytes::{array, le16, le24, le32};
use crate::imaging::stripped::Stripped;
use crate::imaging::{Header, damaged, gate};
use crate::policy::limits::ImageLimits;

/// Flags of VP8X (section 2.7.1.1).
const ICC: u8 = 0x20;
const ALPHA: u8 = 0x10;
const EXIF: u8 = 0x08;
const ANIMATION: u8 = 0x02;

/// One picture: a whole image or a frame, still coded.
#[derive(Clone, Debug)]
pub struct Picture {
    pub left: u32,
    pub top: u32,
    pub width: u32,
    pub height: u32,
    pub has_alpha: bool,
    /// Of a frame: how it goes on the canvas and off it; 0 for a still image.
    pub flags: u8,
    /// Of a frame: how long it stays, in milliseconds.
    pub duration_ms: u32,
    pub coding: Coding,
}

/// How the picture is coded; ranges are payloads in the received bytes.
#[derive(Clone, Debug)]
pub enum Coding {
    /// VP8 (RFC 6386), perhaps with a plane of alpha.
    Lossy { data: Range<usize>, alpha: Option<Range<usize>> },
    /// VP8L (RFC 9649, section 3).
    Lossless { data: Range<usize> },
}

/// What the walk found.
pub struct Walk {
    pub header: Header,
    pub stripped: Stripped,
    pub pictures: Vec<Picture>,
    /// Of a colour profile, in the received bytes.
    pub profile: Option<Range<usize>>,
    /// How often an animation is shown; 0: for ever.
    pub loops: u16,
}

/// Walks the chunks that the RIFF header announces; what follows them is not part of the image.
pub fn walk(bytes: &[u8], limits: &ImageLimits) -> Result<Walk, Rejection> {
    let riff_bytes = le32(bytes, 4).ok_or_else(cut_short)?;
    // The size counts from after itself. Some writers forget to pad the last chunk.
    let end = usize::try_from(riff_bytes).ok().and_then(|size| size.checked_add(8)).ok_or_else(cut_short)?;
    let body = bytes.get(..end).ok_or_else(cut_short)?;
    let first = Chunk::at(body, 12).ok_or_else(cut_short)?;
    let state = State { body, received_bytes: bytes.len(), limits };
    let (header, mut stripped, pictures, profile, loops) = match &first.kind {
        b"VP8X" => state.extended(&first)?,
        b"VP8 " | b"VP8L" => state.simple(&first)?,
        _ => return Err(damaged("the WebP does not begin with an image")),
    };
    let size = u32::try_from(stripped.len() + 4).map_err(|_| cut_short())?;
    let mut riff = b"RIFF".to_vec();
    riff.extend(size.to_le_bytes());
    riff.extend(b"WEBP");
    stripped.precede(riff)?;
    Ok(Walk { header, stripped, pictures, profile, loops })
}

fn cut_short() -> Rejection {
    damaged("the WebP is cut short")
}

struct Chunk {
    kind: [u8; 4],
    /// Where the chunk begins.
    start: usize,
    data: Range<usize>,
    /// Where the next one begins: data is padded to an even length (section 2.3).
    next: usize,
}

impl Chunk {
    fn at(body: &[u8], at: usize) -> Option<Self> {
        let length = usize::try_from(le32(body, at.checked_add(4)?)?).ok()?;
        let start = at.checked_add(8)?;
        let data = start..start.checked_add(length)?;
        body.get(data.clone())?;
        Some(Self { kind: array(body, at)?, start: at, next: data.end + (length & 1), data })
    }

    /// Keeps the chunk and sees to its padding.
    fn keep(&self, body: &[u8], stripped: &mut Stripped) -> Result<(), Rejection> {
        if self.next == self.data.end || body.get(self.data.end) == Some(&0) {
            return stripped.keep(self.start..self.next);
        }
        stripped.keep(self.start..self.data.end)?;
        stripped.make(vec![0])
    }
}

type Parts = (Header, Stripped, Vec<Picture>, Option<Range<usize>>, u16);

struct State<'a> {
    /// What the RIFF header encloses, from the beginning of the file.
    body: &'a [u8],
    received_bytes: usize,
    limits: &'a ImageLimits,
}

impl State<'_> {
    /// A file that is one chunk (sections 2.5 and 2.6). Whatever comes after it is dropped.
    fn simple(&self, chunk: &Chunk) -> Result<Parts, Rejection> {
        let (width, height, has_alpha) = self.sides(chunk)?;
        gate::canvas(width, height, self.limits)?;
        let coding = match &chunk.kind {
            b"VP8 " => Coding::Lossy { data: chunk.data.clone(), alpha: None },
            _ => Coding::Lossless { data: chunk.data.clone() },
        };
        let picture = Picture { left: 0, top: 0, width, height, has_alpha, flags: 0, duration_ms: 0, coding };
        self.memory(&picture)?;
        let mut stripped = Stripped::default();
        chunk.keep(self.body, &mut stripped)?;
        let header = Header { width, height, frames: 1, orientation: 1, has_alpha };
        Ok((header, stripped, vec![picture], None, 0))
    }

    /// VP8X and what it announces (section 2.7).
    fn extended(&self, first: &Chunk) -> Result<Parts, Rejection> {
        let data = self.body.get(first.data.clone()).filter(|data| data.len() == 10).ok_or_else(cut_short)?;
        let flags = data.first().copied().unwrap_or_default();
        let (Some(width), Some(height)) = (le24(data, 4), le24(data, 7)) else { return Err(cut_short()) };
        let (width, height) = (width + 1, height + 1);
        gate::canvas(width, height, self.limits)?;
        let mut parts = Extended::new(width, height, flags & ANIMATION != 0);
        let mut at = first.next;
        while at + 8 <= self.body.len() {
            let chunk = Chunk::at(self.body, at).ok_or_else(cut_short)?;
            at = chunk.next;
            self.part(&chunk, &mut parts)?;
        }
        let frames = u32::try_from(parts.pictures.len()).unwrap_or(u32::MAX);
        if frames == 0 || parts.animated && !parts.has_anim {
            return Err(damaged("the WebP has no image data"));
        }
        let mut stripped = Stripped::default();
        let tiff = parts.exif.as_ref().and_then(exif::Exif::to_tiff);
        let kept_flags = (flags & (ALPHA | ANIMATION))
            | if parts.profile.is_some() { ICC } else { 0 }
            | if tiff.is_some() { EXIF } else { 0 };
        let mut vp8x = b"VP8X\x0a\0\0\0".to_vec();
        vp8x.extend([kept_flags, 0, 0, 0]);
        vp8x.extend(data.get(4..).unwrap_or_default());
        stripped.make(vp8x)?;
        stripped.append(parts.stripped)?;
        if let Some(tiff) = tiff {
            stripped.make(padded(b"EXIF", &tiff)?)?;
        }
        let orientation = parts.exif.unwrap_or_default().orientation;
        let has_alpha = flags & ALPHA != 0 || parts.has_alpha;
        let header = Header { width, height, frames, orientation, has_alpha };
        Ok((header, stripped, parts.pictures, parts.profile, parts.loops))
    }

    fn part(&self, chunk: &Chunk, parts: &mut Extended) -> Result<(), Rejection> {
        let data = self.body.get(chunk.data.clone()).unwrap_or_default();
        match &chunk.kind {
            b"ICCP" if parts.profile.is_none() && !parts.begun && is_icc(data) => {
                parts.profile = Some(chunk.data.clone());
                chunk.keep(self.body, &mut parts.stripped)
            }
            b"ANIM" if parts.animated && !parts.has_anim && data.len() == 6 => {
                parts.has_anim = true;
                parts.loops = le16(data, 4).unwrap_or_default();
                parts.begun = true;
                chunk.keep(self.body, &mut parts.stripped)
            }
            b"ANMF" if parts.animated && parts.has_anim => self.frame(chunk, parts),
            b"ALPH" if !parts.animated && parts.pictures.is_empty() && parts.alpha.is_none() => {
                parts.alpha = Some(chunk.data.clone());
                parts.begun = true;
                chunk.keep(self.body, &mut parts.stripped)
            }
            b"VP8 " | b"VP8L" if !parts.animated && parts.pictures.is_empty() => {
                let picture = self.picture(chunk, parts.alpha.take(), (0, 0), (parts.width, parts.height))?;
                parts.add(picture);
                parts.begun = true;
                chunk.keep(self.body, &mut parts.stripped)
            }
            b"EXIF" if parts.exif.is_none() => {
                // Some writers put the JPEG prefix before it, and readers look past it.
                parts.exif = Some(exif::read(data.strip_prefix(b"Exif\0\0").unwrap_or(data)));
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// ANMF: place, duration, flags, and a picture (section 2.7.1.3). Its size is written anew if it held more.
    fn frame(&self, chunk: &Chunk, parts: &mut Extended) -> Result<(), Rejection> {
        let data = self.body.get(..chunk.data.end).unwrap_or_default();
        let start = chunk.data.start;
        let field = |at| le24(data, start + at).ok_or_else(cut_short);
        let (left, top, width, height) = (field(0)? * 2, field(3)? * 2, field(6)? + 1, field(9)? + 1);
        if left + width > parts.width || top + height > parts.height {
            return Err(damaged("the WebP has a frame that does not fit"));
        }
        let mut kept = Stripped::default();
        kept.keep(start..start + 16)?;
        let (mut at, mut alpha, mut picture) = (start + 16, None, None);
        while at + 8 <= data.len() && picture.is_none() {
            let part = Chunk::at(data, at).ok_or_else(cut_short)?;
            at = part.next;
            match &part.kind {
                b"ALPH" if alpha.is_none() => alpha = Some(part.data.clone()),
                b"VP8 " | b"VP8L" => {
                    picture = Some(self.picture(&part, alpha.take(), (left, top), (width, height))?);
                }
                _ => continue,
            }
            part.keep(data, &mut kept)?;
        }
        let picture = picture.ok_or_else(|| damaged("the WebP has an empty frame"))?;
        let flags = data.get(start + 15).copied().unwrap_or_default();
        parts.add(Picture { flags, duration_ms: field(12)?, ..picture });
        let frames = u32::try_from(parts.pictures.len()).unwrap_or(u32::MAX);
        gate::animation(frames, u64::from(parts.width) * u64::from(parts.height), 0, self.limits)?;
        let size = u32::try_from(kept.len()).map_err(|_| cut_short())?;
        if size as usize == chunk.data.len() && chunk.next == chunk.data.end {
            parts.stripped.keep(chunk.start..chunk.start + 8)?;
        } else {
            let mut made = b"ANMF".to_vec();
            made.extend(size.to_le_bytes());
            parts.stripped.make(made)?;
        }
        parts.stripped.append(kept)
    }

    /// A coded picture, which must have the sides that were announced.
    fn picture(
        &self,
        chunk: &Chunk,
        alpha: Option<Range<usize>>,
        (left, top): (u32, u32),
        (width, height): (u32, u32),
    ) -> Result<Picture, Rejection> {
        let (coded_width, coded_height, has_alpha) = self.sides(chunk)?;
        if (coded_width, coded_height) != (width, height) {
            return Err(damaged("the WebP's sizes contradict each other"));
        }
        let data = chunk.data.clone();
        let coding = if chunk.kind == *b"VP8 " { Coding::Lossy { data, alpha } } else { Coding::Lossless { data } };
        let has_alpha = has_alpha || matches!(coding, Coding::Lossy { alpha: Some(_), .. });
        let picture = Picture { left, top, width, height, has_alpha, flags: 0, duration_ms: 0, coding };
        self.memory(&picture)?;
        Ok(picture)
    }

    /// Width, height, and whether it says that it has alpha, as the coded picture says.
    fn sides(&self, chunk: &Chunk) -> Result<(u32, u32, bool), Rejection> {
        let data = self.body.get(chunk.data.clone()).unwrap_or_default();
        if chunk.kind == *b"VP8L" {
            // Signature, 14 bits each of width and height less one, a hint of alpha (section 3.4).
            let bits = le32(data, 1).filter(|_| data.first() == Some(&0x2f)).ok_or_else(cut_short)?;
            return Ok(((bits & 0x3fff) + 1, (bits >> 14 & 0x3fff) + 1, bits >> 28 & 1 == 1));
        }
        // Frame tag, start code, 14 bits of width and height, 2 of scale each (RFC 6386, section 9.1).
        let (Some(width), Some(height)) = (le16(data, 6), le16(data, 8)) else { return Err(cut_short()) };
        if array::<3>(data, 3) != Some([0x9d, 0x01, 0x2a]) {
            return Err(damaged("the WebP's image data has no beginning"));
        }
        Ok((u32::from(width & 0x3fff), u32::from(height & 0x3fff), false))
    }

    /// What `image-webp` allocates, in bytes. Lossy: planes of 1.5 bytes a pixel in whole macroblocks, the pixels
    /// (3 or 4 bytes), a copy of the coded data, and for alpha at its worst 4 + 1 more. Lossless: 4 for the pixels,
    /// 2 x 1/4 for transforms, and the tables of the codes.
    fn memory(&self, picture: &Picture) -> Result<(), Rejection> {
        let pixels = u64::from(picture.width) * u64::from(picture.height);
        let blocks = u64::from(picture.width.div_ceil(16)) * u64::from(picture.height.div_ceil(16));
        let (without_tables, codes) = match &picture.coding {
            Coding::Lossy { data, alpha } => {
                let planes = blocks * 384 + data.len() as u64;
                // The first byte says how alpha is coded: 1 in its lowest two bits is lossless (section 2.7.1.2).
                let alpha = alpha.as_ref().and_then(|range| self.body.get(range.clone()));
                let codes = alpha.and_then(|alpha| alpha.split_first()).filter(|(first, _)| **first & 3 == 1);
                (planes + pixels * if alpha.is_some() { 9 } else { 3 }, codes.map(|(_, codes)| codes))
            }
            Coding::Lossless { data } => (pixels * 9 / 2, self.body.get(data.start + 5..data.end)),
        };
        // First without the tables: reading the codes takes memory too, though far less.
        let needed = without_tables + (2 << 20);
        gate::memory(pixels, needed, self.received_bytes, self.limits)?;
        let Some(codes) = codes else { return Ok(()) };
        let tables = vp8l::tables_bytes(codes, picture.width, picture.height)
            .ok_or_else(|| damaged("the WebP is damaged: its codes make no sense"))?;
        let fits = gate::memory(pixels, needed + tables, self.received_bytes, self.limits);
        fits.map_err(|_| damaged("the WebP needs more memory for its codes than for its pixels"))
    }
}

/// What an extended file has shown so far.
struct Extended {
    width: u32,
    height: u32,
    animated: bool,
    stripped: Stripped,
    pictures: Vec<Picture>,
    alpha: Option<Range<usize>>,
    exif: Option<exif::Exif>,
    profile: Option<Range<usize>>,
    has_anim: bool,
    loops: u16,
    /// Whether a picture has alpha, whatever the flags say.
    has_alpha: bool,
    /// Whether image data has begun: a profile must come before it.
    begun: bool,
}

impl Extended {
    fn new(width: u32, height: u32, animated: bool) -> Self {
        Self {
            width,
            height,
            animated,
            stripped: Stripped::default(),
            pictures: Vec::new(),
            alpha: None,
            exif: None,
            profile: None,
            has_anim: false,
            loops: 0,
            has_alpha: false,
            begun: false,
        }
    }

    fn add(&mut self, picture: Picture) {
        self.has_alpha |= picture.has_alpha;
        self.pictures.push(picture);
    }
}

fn padded(kind: &[u8; 4], data: &[u8]) -> Result<Vec<u8>, Rejection> {
    let length = u32::try_from(data.len()).map_err(|_| cut_short())?;
    let mut chunk = kind.to_vec();
    chunk.extend(length.to_le_bytes());
    chunk.extend(data);
    if data.len() % 2 == 1 {
        chunk.push(0);
    }
    Ok(chunk)
}
