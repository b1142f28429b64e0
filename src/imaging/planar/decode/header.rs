//! What a JPEG says before its first scan, and the tables that its segments define.

use memchr::memchr;

use super::huffman::{Code, Definition};
use crate::domain::facts::Rejection;
use crate::imaging::bytes::be16;
use crate::imaging::damaged;
use crate::imaging::planar::resample::Sides;

/// Markers of ITU-T T.81, table B.1.
pub mod marker {
    pub const SOF0: u8 = 0xc0;
    pub const SOF1: u8 = 0xc1;
    pub const SOF2: u8 = 0xc2;
    pub const SOF15: u8 = 0xcf;
    pub const DHT: u8 = 0xc4;
    pub const JPG: u8 = 0xc8;
    pub const RST0: u8 = 0xd0;
    pub const RST7: u8 = 0xd7;
    pub const SOI: u8 = 0xd8;
    pub const EOI: u8 = 0xd9;
    pub const SOS: u8 = 0xda;
    pub const DQT: u8 = 0xdb;
    pub const DRI: u8 = 0xdd;
    pub const APP14: u8 = 0xee;
    pub const TEM: u8 = 0x01;
}

/// Where the coefficient that comes at a place in the file is in its block, row after row (T.81, figure A.6).
pub const ZIGZAG: [u8; 64] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21,
    28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54,
    47, 55, 62, 63,
];

/// Factors of a block, row after row.
pub type Factors = [[u16; 8]; 8];

/// One colour plane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Component {
    /// By which scans name it.
    pub id: u8,
    /// Blocks side by side in an MCU, 1 or 2.
    pub across: usize,
    /// Blocks one above another in an MCU, 1 or 2.
    pub down: usize,
    /// Which quantisation table, 0 to 3.
    pub factors: usize,
}

/// A JPEG that this decoder takes on.
#[derive(Clone, Debug)]
pub struct Header {
    /// Of the picture.
    pub sides: Sides,
    /// Whether coefficients come in several scans.
    pub is_progressive: bool,
    /// Brightness; or brightness, blueness and redness.
    pub components: Vec<Component>,
    /// Where the segment of the first scan is.
    pub(super) scans_at: usize,
    pub(super) tables: Tables,
}

/// What segments define for the scans after them.
#[derive(Clone, Debug, Default)]
pub struct Tables {
    pub factors: [Option<Box<Factors>>; 4],
    pub dc: [Option<Definition>; 4],
    pub ac: [Option<Definition>; 4],
    /// MCUs between restarts; 0 if there are none.
    pub restart_interval: usize,
}

/// A marker with what belongs to it.
#[derive(Clone, Copy, Debug)]
pub struct Segment<'a> {
    pub marker: u8,
    /// Without the length; empty for markers that stand alone.
    pub content: &'a [u8],
    /// Where its marker begins.
    pub at: usize,
    /// Where it ends.
    pub end: usize,
}

/// The next segment from `at` on: what is before its marker is passed over. None at the end of the data.
pub fn next_segment(data: &[u8], at: usize) -> Result<Option<Segment<'_>>, Rejection> {
    let mut at = at;
    loop {
        let Some(rest) = data.get(at..) else { return Ok(None) };
        let Some(found) = memchr(0xff, rest) else { return Ok(None) };
        at += found;
        match data.get(at + 1).copied() {
            None => return Ok(None),
            Some(0 | 0xff | marker::TEM | marker::RST0..=marker::RST7) => at += 1,
            Some(marker @ (marker::SOI | marker::EOI)) => {
                return Ok(Some(Segment { marker, content: &[], at, end: at + 2 }));
            }
            Some(marker) => {
                let length = usize::from(be16(data, at + 2).ok_or_else(cut_short)?);
                let end = at + 2 + length;
                let content = data.get(at + 4..end).ok_or_else(cut_short)?;
                return Ok(Some(Segment { marker, content, at, end }));
            }
        }
    }
}

impl Header {
    /// Reads up to the first scan. None for a JPEG that is not taken on: other coding than baseline, extended
    /// sequential or progressive Huffman, other depth than 8 bits, other colours than grey or YCbCr, other sampling
    /// than 4:4:4, 4:2:2, 4:4:0 and 4:2:0, or a height that comes later.
    ///
    /// # Errors
    /// If it is damaged.
    pub fn read(data: &[u8]) -> Result<Option<Self>, Rejection> {
        let mut tables = Tables::default();
        let mut frame = None;
        let mut is_rgb = false;
        let mut at = 0;
        while let Some(segment) = next_segment(data, at)? {
            at = segment.end;
            match segment.marker {
                marker::SOS => {
                    let Some(Frame { sides, is_progressive, components }) = frame else {
                        return Err(damaged("the JPEG has a scan before its frame"));
                    };
                    let header = Self { sides, is_progressive, components, scans_at: segment.at, tables };
                    return Ok(Some(header).filter(|header| !is_rgb && header.is_taken()));
                }
                marker::APP14 => {
                    is_rgb |= segment.content.get(..5) == Some(b"Adobe") && segment.content.get(11) == Some(&0)
                }
                marker::EOI => break,
                marker::DHT | marker::DQT | marker::DRI => tables.read(segment)?,
                marker::SOF0 | marker::SOF1 | marker::SOF2 => match Frame::read(segment)? {
                    None => return Ok(None),
                    Some(_) if frame.is_some() => return Err(damaged("the JPEG has two frames")),
                    read => frame = read,
                },
                marker::JPG => {}
                marker::SOF0..=marker::SOF15 => return Ok(None),
                _ => {}
            }
        }
        Err(damaged("the JPEG has no scan"))
    }

    fn is_taken(&self) -> bool {
        match self.components.as_slice() {
            [_] => true,
            [luma, others @ ..] => {
                let ids = self.components.iter().map(|component| component.id);
                matches!(luma.across, 1 | 2)
                    && matches!(luma.down, 1 | 2)
                    && others.iter().all(|other| (other.across, other.down) == (1, 1))
                    && !ids.eq(*b"RGB")
            }
            [] => false,
        }
    }
}

struct Frame {
    sides: Sides,
    is_progressive: bool,
    components: Vec<Component>,
}

impl Frame {
    /// None if it is one that is not taken on.
    fn read(segment: Segment<'_>) -> Result<Option<Self>, Rejection> {
        let [depth, high, low, wide, narrow, count, described @ ..] = segment.content else { return Err(cut_short()) };
        let sides = Sides {
            width: u32::from(u16::from_be_bytes([*wide, *narrow])),
            height: u32::from(u16::from_be_bytes([*high, *low])),
        };
        let described = described.as_chunks::<3>().0;
        if *depth != 8 || sides.height == 0 || !matches!(count, 1 | 3) {
            return Ok(None);
        }
        if sides.width == 0 || described.len() != usize::from(*count) {
            return Err(damaged("the JPEG has a broken frame header"));
        }
        let mut components: Vec<Component> = described
            .iter()
            .map(|[id, sampling, factors]| Component {
                id: *id,
                across: usize::from(sampling >> 4),
                down: usize::from(sampling & 15),
                factors: usize::from(*factors),
            })
            .collect();
        if let [only] = components.as_mut_slice() {
            // Sampling is relative: a single component is whole.
            (only.across, only.down) = (1, 1);
        }
        Ok(Some(Self { sides, is_progressive: segment.marker == marker::SOF2, components }))
    }
}

impl Tables {
    /// The code for DC at a place.
    pub fn dc_code(&self, place: u8) -> Result<Code, Rejection> {
        code(&self.dc, place)
    }

    /// The code for AC at a place.
    pub fn ac_code(&self, place: u8) -> Result<Code, Rejection> {
        code(&self.ac, place)
    }

    /// The factors of a component.
    pub fn factors_of(&self, component: &Component) -> Result<Factors, Rejection> {
        let factors = self.factors.get(component.factors).and_then(Option::as_deref).copied();
        factors.ok_or_else(|| damaged("the JPEG lacks a quantisation table"))
    }

    /// Takes in a DHT, DQT or DRI segment; others define nothing here.
    pub fn read(&mut self, segment: Segment<'_>) -> Result<(), Rejection> {
        match segment.marker {
            marker::DHT => self.read_codes(segment.content),
            marker::DQT => self.read_factors(segment.content),
            marker::DRI => {
                self.restart_interval = usize::from(be16(segment.content, 0).ok_or_else(cut_short)?);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn read_codes(&mut self, mut content: &[u8]) -> Result<(), Rejection> {
        while let Some((class_and_place, rest)) = content.split_first() {
            let (counts, rest) = rest.split_first_chunk::<16>().ok_or_else(cut_short)?;
            let total = counts.iter().map(|count| usize::from(*count)).sum();
            let (symbols, rest) = rest.split_at_checked(total).ok_or_else(cut_short)?;
            let definition = Definition { counts: *counts, symbols: symbols.to_vec() };
            let codes = if class_and_place >> 4 == 0 { &mut self.dc } else { &mut self.ac };
            let slot = codes.get_mut(usize::from(class_and_place & 15));
            *slot.ok_or_else(|| damaged("the JPEG has a Huffman table too many"))? = Some(definition);
            content = rest;
        }
        Ok(())
    }

    fn read_factors(&mut self, mut content: &[u8]) -> Result<(), Rejection> {
        while let Some((depth_and_place, rest)) = content.split_first() {
            let is_wide = depth_and_place >> 4 != 0;
            let (values, rest) = rest.split_at_checked(if is_wide { 128 } else { 64 }).ok_or_else(cut_short)?;
            let mut factors: Factors = [[0; 8]; 8];
            for (at, place) in ZIGZAG.iter().enumerate() {
                let value = if is_wide { be16(values, at * 2) } else { values.get(at).map(|value| u16::from(*value)) };
                if let Some(factor) = factors.as_flattened_mut().get_mut(usize::from(*place)) {
                    *factor = value.unwrap_or_default();
                }
            }
            let slot = self.factors.get_mut(usize::from(depth_and_place & 15));
            *slot.ok_or_else(|| damaged("the JPEG has a quantisation table too many"))? = Some(Box::new(factors));
            content = rest;
        }
        Ok(())
    }
}

fn code(definitions: &[Option<Definition>; 4], place: u8) -> Result<Code, Rejection> {
    let definition = definitions.get(usize::from(place)).and_then(Option::as_ref);
    let definition = definition.ok_or_else(|| damaged("the JPEG lacks a Huffman table"))?;
    Code::new(definition).ok_or_else(|| damaged("the JPEG has a broken Huffman table"))
}

/// The file ends where it should go on.
pub fn cut_short() -> Rejection {
    damaged("the JPEG is cut short")
}
