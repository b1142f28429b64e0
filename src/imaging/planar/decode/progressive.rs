//! Progressive JPEG (ITU-T T.81, annex G): coefficients come in several scans, so they are kept until the last;
//! those of them that the scale needs.
//!
//! A refining scan tells one more bit of each coefficient that is not 0, also of those that are not kept: which
//! these are is kept for all of them, in a bit each. At an eighth none of that is needed, and scans that tell of AC
//! are passed over unread.

use super::bits::{Bits, Window};
use super::header::{Header, Tables, ZIGZAG, marker, next_segment};
use super::huffman::Code;
use super::idct::Block;
use super::scan::{Restarts, Scan, next_marker, no_such_code};
use super::sequential::put;
use super::{Band, Scale, Sink};
use crate::domain::facts::Rejection;
use crate::imaging::damaged;

/// Memory for a block, in bytes.
pub fn block_bytes(scale: Scale) -> u64 {
    let side = scale.side() as u64;
    side * side * 2 + if scale == Scale::Eighth { 0 } else { 8 }
}

/// What is known of a component.
struct Plane {
    /// `SIDE` by `SIDE` of each block, row after row.
    coefficients: Vec<i16>,
    /// For each block, which coefficients are not 0, by their numbers; empty if that is not needed.
    nonzero: Vec<u64>,
    /// Blocks, with those that only fill up MCUs.
    across: usize,
}

/// Decodes all scans, then makes samples of `SIDE` for the side of a block.
pub fn decode<const SIDE: usize>(
    data: &[u8],
    header: &Header,
    scale: Scale,
    sink: &mut dyn Sink,
) -> Result<(), Rejection> {
    let mut tables = header.tables.clone();
    let mut planes: Vec<Plane> = Vec::new();
    for component in &header.components {
        let [across, down] = header.mcus();
        let (across, blocks) = (across * component.across, across * component.across * down * component.down);
        planes.push(Plane {
            coefficients: vec![0; blocks * SIDE * SIDE],
            nonzero: vec![0; if SIDE == 1 { 0 } else { blocks }],
            across,
        });
    }
    let mut at = header.scans_at;
    // The end may be missing; what came is a picture.
    while let Some(segment) = next_segment(data, at)? {
        at = segment.end;
        match segment.marker {
            marker::SOS => {
                sink.check_deadline()?;
                let scan = Scan::read(segment, header)?;
                let tells_ac = scan.spectrum.0 > 0;
                if SIDE > 1 || !tells_ac {
                    at = read::<SIDE>(data, at, &scan, &tables, &mut planes, sink)?;
                } else {
                    at = after_scan(data, at);
                }
            }
            marker::EOI => break,
            _ => tables.read(segment)?,
        }
    }
    for (number, plane) in planes.iter().enumerate() {
        samples::<SIDE>(number, plane, header, &tables, scale, sink)?;
    }
    Ok(())
}

/// Where the first marker after a scan is that is no restart.
fn after_scan(data: &[u8], mut at: usize) -> usize {
    while let Some(found) = next_marker(data, at) {
        if !matches!(data.get(found + 1), Some(marker::RST0..=marker::RST7)) {
            return found;
        }
        at = found + 2;
    }
    data.len()
}

/// Reads a scan; gives where it ends.
fn read<const SIDE: usize>(
    data: &[u8],
    at: usize,
    scan: &Scan,
    tables: &Tables,
    planes: &mut [Plane],
    sink: &dyn Sink,
) -> Result<usize, Rejection> {
    let (known, low) = scan.precision;
    let (first, last) = scan.spectrum;
    let is_whole = if first == 0 { last == 0 } else { scan.parts.len() == 1 };
    if !is_whole || low > 13 || (known != 0 && known != low + 1) {
        return Err(damaged("the JPEG has a broken scan header"));
    }
    let mut codes = Vec::new();
    for part in &scan.parts {
        codes.push(match (first, known) {
            (0, 0) => Some(tables.dc_code(part.dc)?),
            (0, _) => None,
            _ => Some(tables.ac_code(part.ac)?),
        });
    }
    let mut reading = Reading {
        window: Window::new(data, at),
        bits: Bits::default(),
        scan,
        previous: vec![0; scan.parts.len()],
        ended_blocks: 0,
    };
    let mut restarts = Restarts::new(tables.restart_interval);
    let [across, down] = scan.mcus;
    for row in 0..down {
        for mcu in 0..across {
            if restarts.due(&mut reading.window, &mut reading.bits)? {
                reading.previous.fill(0);
                reading.ended_blocks = 0;
            }
            reading.window.ready(&mut reading.bits);
            for (place, (part, code)) in scan.parts.iter().zip(&codes).enumerate() {
                for block in 0..part.across * part.down {
                    let (x, y) = (block % part.across, block / part.across);
                    let (x, y) = (mcu * part.across + x, row * part.down + y);
                    let plane = planes.get_mut(part.plane).ok_or_else(no_such_code)?;
                    reading
                        .block::<SIDE>(plane, y * plane.across + x, place, code.as_ref())
                        .ok_or_else(no_such_code)?;
                }
            }
        }
        reading.window.check(reading.bits)?;
        sink.check_deadline()?;
    }
    Ok(reading.window.place())
}

/// Where a scan is.
struct Reading<'a> {
    window: Window<'a>,
    bits: Bits,
    scan: &'a Scan,
    /// The DC coefficient before, of each part.
    previous: Vec<i16>,
    /// How many further blocks tell nothing new.
    ended_blocks: u32,
}

impl Reading<'_> {
    /// Reads what the scan tells of a block.
    #[inline(always)]
    fn block<const SIDE: usize>(
        &mut self,
        plane: &mut Plane,
        at: usize,
        place: usize,
        code: Option<&Code>,
    ) -> Option<()> {
        let kept = plane.coefficients.get_mut(at * SIDE * SIDE..(at + 1) * SIDE * SIDE)?;
        let (known, low) = self.scan.precision;
        match (self.scan.spectrum.0, known, code) {
            (0, 0, Some(code)) => {
                let (difference, _, bits) = code.coefficient(self.bits.refilled(self.window.words()))?;
                self.bits = bits;
                let previous = self.previous.get_mut(place)?;
                *previous = previous.wrapping_add(difference as i16);
                *kept.first_mut()? = *previous << low;
            }
            (0, ..) => {
                let (bit, bits) = self.bits.bit(self.window.words());
                self.bits = bits;
                *kept.first_mut()? |= i16::from(bit) << low;
            }
            (_, 0, Some(code)) => self.first_ac::<SIDE>(kept, plane.nonzero.get_mut(at)?, code)?,
            (_, _, Some(code)) => self.refined_ac::<SIDE>(kept, plane.nonzero.get_mut(at)?, code)?,
            _ => {}
        }
        Some(())
    }

    /// T.81, G.1.2.2.
    #[inline(always)]
    fn first_ac<const SIDE: usize>(&mut self, kept: &mut [i16], nonzero: &mut u64, code: &Code) -> Option<()> {
        if self.ended_blocks > 0 {
            self.ended_blocks -= 1;
            return Some(());
        }
        let (first, last) = self.scan.spectrum;
        let mut number = u32::from(first);
        let mut bits = self.bits;
        while number <= u32::from(last) {
            let (symbol, after) = code.symbol(bits.refilled(self.window.words()))?;
            let (run, size) = (u32::from(symbol >> 4), u32::from(symbol & 15));
            bits = after;
            if size > 0 {
                let (value, after) = bits.magnitude(size);
                bits = after;
                number += run;
                if number < 64 {
                    *nonzero |= 1 << number;
                    if let Some(coefficient) = kept.get_mut(place::<SIDE>(number)) {
                        *coefficient = (value << self.scan.precision.1) as i16;
                    }
                }
                number += 1;
            } else if run == 15 {
                number += 16;
            } else {
                (self.ended_blocks, bits) = ended_blocks(run, bits);
                self.ended_blocks -= 1;
                break;
            }
        }
        self.bits = bits;
        Some(())
    }

    /// T.81, G.1.2.3.
    fn refined_ac<const SIDE: usize>(&mut self, kept: &mut [i16], nonzero: &mut u64, code: &Code) -> Option<()> {
        let (first, last) = (u32::from(self.scan.spectrum.0), u32::from(self.scan.spectrum.1));
        let mut number = first;
        while self.ended_blocks == 0 && number <= last {
            let (symbol, bits) = code.symbol(self.bits.refilled(self.window.words()))?;
            let (run, size) = (u32::from(symbol >> 4), u32::from(symbol & 15));
            self.bits = bits;
            let mut found = None;
            if size > 0 {
                let (is_positive, bits) = self.bits.bit(self.window.words());
                self.bits = bits;
                found = Some(if is_positive { 1 } else { -1 });
            } else if run < 15 {
                (self.ended_blocks, self.bits) = ended_blocks(run, self.bits);
                break;
            }
            number = self.refine::<SIDE>(kept, *nonzero, number..last + 1, run);
            if let Some(sign) = found
                && number <= last
            {
                *nonzero |= 1 << number;
                if let Some(coefficient) = kept.get_mut(place::<SIDE>(number)) {
                    *coefficient = sign << self.scan.precision.1;
                }
            }
            number += 1;
        }
        if self.ended_blocks > 0 {
            self.refine::<SIDE>(kept, *nonzero, number..last + 1, 64);
            self.ended_blocks -= 1;
        }
        Some(())
    }

    /// Refines coefficients that are not 0 until `zeros` others are passed; gives the number of the next other one.
    fn refine<const SIDE: usize>(
        &mut self,
        kept: &mut [i16],
        nonzero: u64,
        mut numbers: std::ops::Range<u32>,
        mut zeros: u32,
    ) -> u32 {
        let end = numbers.end;
        numbers
            .find(|number| {
                if nonzero >> number & 1 == 0 {
                    let is_found = zeros == 0;
                    zeros = zeros.saturating_sub(1);
                    return is_found;
                }
                let (bit, bits) = self.bits.bit(self.window.words());
                self.bits = bits;
                if bit && let Some(coefficient) = kept.get_mut(place::<SIDE>(*number)) {
                    let more = 1 << self.scan.precision.1;
                    // Twice the same refinement is a damaged file.
                    if *coefficient & more == 0 {
                        *coefficient = coefficient.wrapping_add(if *coefficient < 0 { -more } else { more });
                    }
                }
                false
            })
            .unwrap_or(end)
    }
}

/// How many blocks end here, with this one, and the bits after it.
fn ended_blocks(run: u32, bits: Bits) -> (u32, Bits) {
    if run == 0 {
        return (1, bits);
    }
    ((1 << run) + bits.peek(run) as u32, bits.without(run))
}

/// Where among the kept coefficients one is; `usize::MAX` if it is not kept.
#[inline(always)]
fn place<const SIDE: usize>(number: u32) -> usize {
    let natural = usize::from(ZIGZAG.get(number as usize).copied().unwrap_or(u8::MAX));
    let (x, y) = (natural % 8, natural / 8);
    if x < SIDE && y < SIDE { y * SIDE + x } else { usize::MAX }
}

/// Makes the samples of a component.
fn samples<const SIDE: usize>(
    number: usize,
    plane: &Plane,
    header: &Header,
    tables: &Tables,
    scale: Scale,
    sink: &mut dyn Sink,
) -> Result<(), Rejection> {
    let component = header.components.get(number).ok_or_else(no_such_code)?;
    let factors = tables.factors_of(component)?;
    let sides = header.plane_sides(number, scale);
    let stride = plane.across * SIDE;
    let mut samples = vec![0; stride * SIDE];
    let rows = plane.coefficients.chunks_exact(plane.across * SIDE * SIDE);
    for (row, first_row) in rows.zip((0..sides.height).step_by(SIDE)) {
        if !sink.wants(number, first_row..first_row + SIDE as u32) {
            continue;
        }
        for (x, kept) in row.chunks_exact(SIDE * SIDE).enumerate() {
            let mut block: Block = [[0; 8]; 8];
            for (row, kept) in block.iter_mut().zip(kept.chunks_exact(SIDE)) {
                row.iter_mut().zip(kept).for_each(|(coefficient, kept)| *coefficient = *kept);
            }
            let rows = samples.get_mut(x * SIDE..).unwrap_or_default();
            let is_flat = kept.iter().skip(1).all(|coefficient| *coefficient == 0);
            put::<SIDE>(&block, is_flat, &factors, rows, stride);
        }
        sink.take(Band {
            plane: number,
            first_row,
            samples: &samples,
            stride,
            rows: (sides.height - first_row).min(SIDE as u32) as usize,
            width: sides.width as usize,
        });
        sink.check_deadline()?;
    }
    Ok(())
}
