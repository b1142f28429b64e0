//! Progressive JPEG (ITU-T T.81, annex G): coefficients come in several scans, so they are kept until the last;
//! those of them that the scale needs.
//!
//! A refining scan tells one more bit of each coefficient that is not 0, also of those that are not kept: which
//! these are is kept for all of them, in a bit each. At an eighth none of that is needed, and scans that tell of AC
//! are passed over unread.

use super::bits::{Bits, Window};
use super::header::{Header, Tables, marker, next_segment};
use super::idct::Block;
use super::scan::{Restarts, Scan, next_marker, no_such_code};
use super::sequential::put;
use super::successive::{Plane, Reading};
use super::{Band, Scale, Sink};
use crate::domain::facts::Rejection;
use crate::imaging::damaged;

/// Memory for a block, in bytes.
pub fn block_bytes(scale: Scale) -> u64 {
    let side = scale.side() as u64;
    side * side * 2 + if scale == Scale::Eighth { 0 } else { 8 }
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
            coefficients: zeros(blocks, SIDE * SIDE)?,
            nonzero: zeros(blocks, usize::from(SIDE > 1))?,
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

/// Memory that a header asks for, if there is as much.
fn zeros<T: Copy + Default>(blocks: usize, for_each: usize) -> Result<Vec<T>, Rejection> {
    let count = blocks.checked_mul(for_each).ok_or(Rejection::OutOfMemory)?;
    let mut zeros = Vec::new();
    zeros.try_reserve_exact(count).map_err(|_| Rejection::OutOfMemory)?;
    zeros.resize(count, T::default());
    Ok(zeros)
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
