//! JPEG: ITU-T T.81 annex B (markers), T.871 (JFIF), T.872 (Adobe's APP14), ICC.1 annex B.4 (profiles in APP2).

use std::ops::Range;

use memchr::memchr;

use super::{exif, is_icc};
use crate::domain::facts::Rejection;
use crate::imaging::bytes::{array, be16};
use crate::imaging::stripped::Stripped;
use crate::imaging::{Header, damaged, gate};
use crate::policy::limits::ImageLimits;

/// Markers (T.81, table B.1); each follows an `FF`.
mod marker {
    pub const SOF0: u8 = 0xc0;
    pub const SOF2: u8 = 0xc2;
    pub const DHT: u8 = 0xc4;
    pub const JPG: u8 = 0xc8;
    pub const DAC: u8 = 0xcc;
    pub const SOF15: u8 = 0xcf;
    pub const RST0: u8 = 0xd0;
    pub const RST7: u8 = 0xd7;
    pub const EOI: u8 = 0xd9;
    pub const SOS: u8 = 0xda;
    pub const DQT: u8 = 0xdb;
    pub const DRI: u8 = 0xdd;
    pub const APP0: u8 = 0xe0;
    pub const APP1: u8 = 0xe1;
    pub const APP2: u8 = 0xe2;
    pub const APP14: u8 = 0xee;
    pub const APP15: u8 = 0xef;
    pub const COM: u8 = 0xfe;
}

/// What the walk found.
pub struct Walk {
    pub header: Header,
    pub stripped: Stripped,
    pub coding: Coding,
}

/// How the pixels are coded.
#[derive(Clone, Debug)]
pub struct Coding {
    /// Sampling of each component, across in the upper four bits and down in the lower.
    pub factors: Vec<u8>,
    /// Whether each scan adds to all of the image.
    pub progressive: bool,
    /// At least 1.
    pub scans: u32,
}

/// Walks from SOI to the first EOI; what follows that (previews, other files) is not part of the image.
pub fn walk(bytes: &[u8], limits: &ImageLimits) -> Result<Walk, Rejection> {
    let mut state = State::new(bytes, limits);
    state.stripped.keep(0..2)?;
    let mut at = 2;
    loop {
        let (marker, body) = state.next_marker(at)?;
        if marker == marker::EOI {
            state.stripped.keep(body - 2..body)?;
            return state.finish();
        }
        let length = usize::from(be16(bytes, body).ok_or_else(cut_short)?);
        let end = body + length;
        let payload = bytes.get(body + 2..end).ok_or_else(cut_short)?;
        let segment = Segment { marker, range: body - 2..end, payload };
        state.segment(&segment)?;
        at = end;
        if marker == marker::SOS {
            let scan_end = end_of_scan(bytes, end).ok_or_else(cut_short)?;
            state.stripped.keep(end..scan_end)?;
            state.scan_bytes += (scan_end - end) as u64;
            at = scan_end;
        }
    }
}

fn cut_short() -> Rejection {
    damaged("the JPEG is cut short")
}

/// Where the entropy-coded data stops: at the first marker that is neither a stuffed byte nor a restart
/// (T.81, B.1.1.5).
fn end_of_scan(bytes: &[u8], start: usize) -> Option<usize> {
    let mut at = start;
    loop {
        at += memchr(0xff, bytes.get(at..)?)?;
        match bytes.get(at + 1)? {
            0 | marker::RST0..=marker::RST7 => at += 2,
            0xff => at += 1,
            _ => return Some(at),
        }
    }
}

struct Segment<'a> {
    marker: u8,
    /// With the marker.
    range: Range<usize>,
    /// Without marker and length.
    payload: &'a [u8],
}

/// A frame header (T.81, B.2.2).
struct Frame {
    factors: Vec<u8>,
    progressive: bool,
    width: u32,
    height: u32,
    /// The shortest that all scans together can be.
    scan_bytes_min: u64,
}

struct State<'a> {
    bytes: &'a [u8],
    limits: &'a ImageLimits,
    stripped: Stripped,
    frame: Option<Frame>,
    scans: u32,
    /// Entropy-coded data of all scans.
    scan_bytes: u64,
    has_jfif: bool,
    exif: Option<exif::Exif>,
    /// The count that the first accepted profile segment announced.
    icc_segments: Option<u8>,
}

impl<'a> State<'a> {
    fn new(bytes: &'a [u8], limits: &'a ImageLimits) -> Self {
        Self {
            bytes,
            limits,
            stripped: Stripped::default(),
            frame: None,
            scans: 0,
            scan_bytes: 0,
            has_jfif: false,
            exif: None,
            icc_segments: None,
        }
    }

    /// The next marker and where its segment's length stands. Bytes that belong to no segment are skipped, as
    /// every decoder does, and thereby dropped.
    fn next_marker(&self, at: usize) -> Result<(u8, usize), Rejection> {
        let mut at = at;
        loop {
            let rest = self.bytes.get(at..).unwrap_or_default();
            at += memchr(0xff, rest).ok_or_else(cut_short)?;
            match self.bytes.get(at + 1).ok_or_else(cut_short)? {
                0 => at += 2,
                0xff => at += 1,
                marker::RST0..=marker::RST7 => at += 2,
                marker => return Ok((*marker, at + 2)),
            }
        }
    }

    fn segment(&mut self, segment: &Segment) -> Result<(), Rejection> {
        match segment.marker {
            marker::DHT | marker::DQT | marker::DRI => self.stripped.keep(segment.range.clone()),
            marker::JPG | marker::DAC => Err(damaged("this kind of JPEG (arithmetic coding) is not supported")),
            marker::SOF0..=marker::SOF15 => {
                self.frame(segment)?;
                self.stripped.keep(segment.range.clone())
            }
            marker::SOS => {
                let frame = self.frame.as_ref().ok_or_else(|| damaged("the JPEG has no frame header"))?;
                self.scans += 1;
                gate::scans(self.scans, u64::from(frame.width) * u64::from(frame.height), self.limits)?;
                self.stripped.keep(segment.range.clone())
            }
            marker::APP0 => self.jfif(segment),
            marker::APP1 => self.exif(segment),
            marker::APP2 => self.icc(segment),
            marker::APP14 => self.adobe(segment),
            marker::APP0..=marker::APP15 | marker::COM => Ok(()),
            _ => Err(damaged("the JPEG has a marker where none may be")),
        }
    }

    fn frame(&mut self, segment: &Segment) -> Result<(), Rejection> {
        if self.frame.is_some() {
            return Err(damaged("this kind of JPEG (hierarchical) is not supported"));
        }
        match segment.marker {
            marker::SOF0..=marker::SOF2 => {}
            0xc3 | 0xc7 | 0xcb | 0xcf => return Err(damaged("this kind of JPEG (lossless) is not supported")),
            0xc9.. => return Err(damaged("this kind of JPEG (arithmetic coding) is not supported")),
            _ => return Err(damaged("this kind of JPEG (hierarchical) is not supported")),
        }
        let [precision, rest @ ..] = segment.payload else { return Err(cut_short()) };
        if *precision != 8 {
            return Err(damaged("this kind of JPEG (more than 8 bits a sample) is not supported"));
        }
        let (Some(height), Some(width), Some(count)) = (be16(rest, 0), be16(rest, 2), rest.get(4)) else {
            return Err(cut_short());
        };
        let (width, height) = (u32::from(width), u32::from(height));
        gate::canvas(width, height, self.limits)?;
        let components = rest.get(5..).unwrap_or_default().as_chunks::<3>().0;
        let factors: Vec<u8> = components.iter().map(|[_, factors, _]| *factors).collect();
        if factors.len() != usize::from(*count) || !(1..=4).contains(count) {
            return Err(damaged("the JPEG's frame header makes no sense"));
        }
        let progressive = segment.marker == marker::SOF2;
        let needed = checking_bytes(width, height, &factors, progressive)
            .ok_or_else(|| damaged("the JPEG's frame header makes no sense"))?;
        gate::memory(u64::from(width) * u64::from(height), needed, self.bytes.len(), self.limits)?;
        let scan_bytes_min = scan_bytes_min(width, height, &factors, progressive).unwrap_or(0);
        self.frame = Some(Frame { factors, progressive, width, height, scan_bytes_min });
        Ok(())
    }

    /// JFIF without its thumbnail (T.871, 10.1). Extensions of it (`JFXX`) are thumbnails too.
    fn jfif(&mut self, segment: &Segment) -> Result<(), Rejection> {
        let Some(body) = segment.payload.strip_prefix(b"JFIF\0") else { return Ok(()) };
        let Some([major, minor, units, x1, x2, y1, y2]) = array::<7>(body, 0) else { return Ok(()) };
        if self.has_jfif {
            return Ok(());
        }
        self.has_jfif = true;
        if segment.payload.len() == 14 {
            return self.stripped.keep(segment.range.clone());
        }
        let mut made = vec![0xff, marker::APP0, 0, 16];
        made.extend(b"JFIF\0");
        made.extend([major, minor, units, x1, x2, y1, y2, 0, 0]);
        self.stripped.make(made)
    }

    /// The first Exif counts (CIPA DC-008, 4.7.2); XMP is an APP1 too and goes.
    fn exif(&mut self, segment: &Segment) -> Result<(), Rejection> {
        let Some(tiff) = segment.payload.strip_prefix(b"Exif\0\0") else { return Ok(()) };
        if self.exif.is_some() {
            return Ok(());
        }
        let exif = exif::read(tiff);
        if let Some(tiff) = exif.to_tiff() {
            let length = u16::try_from(2 + 6 + tiff.len()).map_err(|_| damaged("its Exif is too long"))?;
            let mut made = vec![0xff, marker::APP1];
            made.extend(length.to_be_bytes());
            made.extend(b"Exif\0\0");
            made.extend(tiff);
            self.stripped.make(made)?;
        }
        self.exif = Some(exif);
        Ok(())
    }

    /// A profile is split over segments, which say which of how many they are. APP2 also holds the directory
    /// of trailing pictures (CIPA DC-007), which goes with them.
    fn icc(&mut self, segment: &Segment) -> Result<(), Rejection> {
        let Some(body) = segment.payload.strip_prefix(b"ICC_PROFILE\0") else { return Ok(()) };
        let [number, count, profile @ ..] = body else { return Ok(()) };
        let wanted = match self.icc_segments {
            None => *number == 1 && is_icc(profile),
            Some(announced) => *count == announced && (2..=announced).contains(number),
        };
        if !wanted {
            return Ok(());
        }
        self.icc_segments = Some(*count);
        self.stripped.keep(segment.range.clone())
    }

    /// Twelve bytes that say how colours were transformed: without them CMYK and RGB files turn garish.
    fn adobe(&mut self, segment: &Segment) -> Result<(), Rejection> {
        let Some(body) = array::<12>(segment.payload, 0).filter(|body| body.starts_with(b"Adobe")) else {
            return Ok(());
        };
        if segment.payload.len() == body.len() {
            return self.stripped.keep(segment.range.clone());
        }
        let mut made = vec![0xff, marker::APP14, 0, 14];
        made.extend(body);
        self.stripped.make(made)
    }

    fn finish(self) -> Result<Walk, Rejection> {
        let frame = self.frame.ok_or_else(|| damaged("the JPEG has no frame header"))?;
        if self.scans == 0 {
            return Err(damaged("the JPEG has no image data"));
        }
        if !frame.progressive && self.scans > 4 {
            // One for each component at most (T.81, B.2.3).
            return Err(Rejection::TooManyScans { limit_scans: 4 });
        }
        if self.scan_bytes < frame.scan_bytes_min {
            return Err(cut_short());
        }
        let header = Header {
            width: frame.width,
            height: frame.height,
            frames: 1,
            orientation: self.exif.unwrap_or_default().orientation,
            has_alpha: false,
        };
        let coding = Coding { factors: frame.factors, progressive: frame.progressive, scans: self.scans };
        Ok(Walk { header, stripped: self.stripped, coding })
    }
}

/// The shorter side that decoding may not fall below, in pixels, where the image has as much: what the classifier
/// looks at.
const SHORTER_SIDE_PX_MIN: u16 = 224;

/// What watching a still image takes (`decode::film`), after the decoder has given its memory back, in bytes.
const WATCHING_BYTES: u64 = 6 << 20;

/// What to ask `jpeg-decoder` for, which scales by eighths, quarters and halves and stops where one side is reached:
/// the longer one never is.
pub fn wanted_sides(width: u16, height: u16) -> (u16, u16) {
    if width <= height { (SHORTER_SIDE_PX_MIN, u16::MAX) } else { (u16::MAX, SHORTER_SIDE_PX_MIN) }
}

/// By what the sides are divided then.
fn divisor(width: u32, height: u32) -> u32 {
    let fits = |divisor: &u32| width.min(height).div_ceil(*divisor) >= u32::from(SHORTER_SIDE_PX_MIN);
    [8, 4, 2].into_iter().find(fits).unwrap_or(1)
}

/// What checking takes, in bytes: decoding at that fraction, or watching what came of it.
fn checking_bytes(width: u32, height: u32, factors: &[u8], progressive: bool) -> Option<u64> {
    let divisor = divisor(width, height);
    let decoder_bytes = decoder_bytes(width, height, factors, progressive, divisor)?;
    let scaled = u64::from(width.div_ceil(divisor)) * u64::from(height.div_ceil(divisor)) * factors.len() as u64;
    Some(decoder_bytes.max(scaled + WATCHING_BYTES))
}

/// What `jpeg-decoder` allocates to decode a frame with its sides divided by `divisor` (1, 2, 4 or 8), in bytes: for a
/// progressive file every coefficient (64 of 2 bytes in each block, whatever the scale), else one row of them twice
/// over; then planes and pixels of the small image, and a megabyte for tables and odds.
pub fn decoder_bytes(width: u32, height: u32, factors: &[u8], progressive: bool, divisor: u32) -> Option<u64> {
    let sampling = || factors.iter().map(|factor| (u64::from(factor >> 4), u64::from(factor & 15)));
    let (h_max, v_max) = (sampling().map(|(h, _)| h).max()?, sampling().map(|(_, v)| v).max()?);
    if sampling().any(|(h, v)| !(1..=4).contains(&h) || !(1..=4).contains(&v)) {
        return None;
    }
    let mcus_x = u64::from(width).div_ceil(h_max * 8);
    let mcus_y = u64::from(height).div_ceil(v_max * 8);
    let blocks_in_row: u64 = sampling().map(|(h, v)| mcus_x * h * v).sum();
    let blocks = blocks_in_row * mcus_y;
    let coefficients = if progressive { blocks * 128 + blocks_in_row * 128 } else { blocks_in_row * 256 };
    let side = 8 / u64::from(divisor);
    let planes = blocks * side * side;
    let scaled = u64::from(width.div_ceil(divisor)) * u64::from(height.div_ceil(divisor)) * factors.len() as u64;
    Some(coefficients + planes + scaled + (1 << 20))
}

/// Decoders read zeros where data is missing before EOI, so a few bytes can pass for 100 MP. But no code is shorter
/// than a bit: a block has two in a sequential file, and one at least, for its DC coefficient, in a progressive one,
/// whose other scans may skip blocks by the thousand (T.81, F.1.2 and G.1.2).
fn scan_bytes_min(width: u32, height: u32, factors: &[u8], progressive: bool) -> Option<u64> {
    let sampling = || factors.iter().map(|factor| (u64::from(factor >> 4), u64::from(factor & 15)));
    let (h_max, v_max) = (sampling().map(|(h, _)| h).max()?, sampling().map(|(_, v)| v).max()?);
    let blocks = |side: u32, factor: u64, max: u64| (u64::from(side) * factor).div_ceil(max.max(1)).div_ceil(8);
    let all: u64 = sampling().map(|(h, v)| blocks(width, h, h_max) * blocks(height, v, v_max)).sum();
    Some(if progressive { all / 8 } else { all / 4 })
}
