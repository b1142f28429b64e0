//! Baseline and extended sequential JPEG: every block comes once, so a row of MCUs is all that memory holds.

use super::bits::{Bits, Window, Words};
use super::header::{Factors, Header, ZIGZAG, marker, next_segment};
use super::huffman::{Code, END};
use super::idct::{self, Block};
use super::scan::{Part, Restarts, Scan, no_such_code};
use super::{Band, Scale, Sink};
use crate::domain::facts::Rejection;
use crate::imaging::damaged;

/// Where in its block a coefficient is, by its number; beyond the last, nowhere. Also those that a scale does not need
/// have a place: to put them there is faster than to ask each time.
const PLACES: [u8; 256] = {
    let mut places = [u8::MAX; 256];
    let mut at = 0;
    while at < 64 {
        #[allow(clippy::indexing_slicing, reason = "at compile time")]
        {
            places[at] = ZIGZAG[at];
        }
        at += 1;
    }
    places
};

/// The number after that of the last coefficient that a block of `side` by `side` needs.
const fn numbers_needed(side: usize) -> u32 {
    match side {
        1 => 1,
        2 => 5,
        4 => 25,
        _ => 64,
    }
}

/// A component while its scan is decoded.
struct Plane {
    part: Part,
    dc: Code,
    ac: Code,
    factors: Factors,
    /// The DC coefficient before.
    previous: i16,
    /// Of one row of MCUs.
    samples: Vec<u8>,
    stride: usize,
    /// Whether anyone wants this row.
    wanted: bool,
}

/// Decodes all scans, at `SIDE` samples for the side of a block.
pub fn decode<const SIDE: usize>(
    data: &[u8],
    header: &Header,
    scale: Scale,
    sink: &mut dyn Sink,
) -> Result<(), Rejection> {
    let mut tables = header.tables.clone();
    let mut at = header.scans_at;
    let mut missing: Vec<bool> = vec![true; header.components.len()];
    while missing.contains(&true) && !sink.is_complete() {
        sink.check_deadline()?;
        let segment = next_segment(data, at)?.ok_or_else(|| damaged("the JPEG lacks a scan"))?;
        at = segment.end;
        match segment.marker {
            marker::SOS => {
                let scan = Scan::read(segment, header)?;
                let mut planes = Vec::new();
                for part in &scan.parts {
                    if let Some(missing) = missing.get_mut(part.plane)
                        && !std::mem::take(missing)
                    {
                        return Err(damaged("the JPEG has a component twice"));
                    }
                    planes.push(Plane::new::<SIDE>(*part, &scan, header, &tables)?);
                }
                let window = Window::new(data, at);
                let restarts = Restarts::new(tables.restart_interval);
                let mut scan = Sequential { window, bits: Bits::default(), restarts, scan };
                scan.decode::<SIDE>(&mut planes, header, scale, sink)?;
                at = scan.window.place();
            }
            marker::EOI => return Err(damaged("the JPEG lacks a scan")),
            _ => tables.read(segment)?,
        }
    }
    Ok(())
}

impl Plane {
    fn new<const SIDE: usize>(
        part: Part,
        scan: &Scan,
        header: &Header,
        tables: &super::header::Tables,
    ) -> Result<Self, Rejection> {
        let component =
            header.components.get(part.plane).ok_or_else(|| damaged("the JPEG has a broken scan header"))?;
        let [across, _] = scan.mcus;
        let stride = across * part.across * SIDE;
        Ok(Self {
            part,
            dc: tables.dc_code(part.dc)?,
            ac: tables.ac_code(part.ac)?,
            factors: tables.factors_of(component)?,
            previous: 0,
            samples: vec![0; stride * part.down * SIDE],
            stride,
            wanted: true,
        })
    }
}

struct Sequential<'a> {
    window: Window<'a>,
    bits: Bits,
    restarts: Restarts,
    scan: Scan,
}

impl Sequential<'_> {
    fn decode<const SIDE: usize>(
        &mut self,
        planes: &mut [Plane],
        header: &Header,
        scale: Scale,
        sink: &mut dyn Sink,
    ) -> Result<(), Rejection> {
        let [_, down] = self.scan.mcus;
        for row in 0..down {
            for plane in planes.iter_mut() {
                let height = plane.part.down * SIDE;
                let first = (row * height) as u32;
                plane.wanted = sink.wants(plane.part.plane, first..first + height as u32);
            }
            self.row::<SIDE>(planes)?;
            for plane in planes.iter().filter(|plane| plane.wanted) {
                let sides = header.plane_sides(plane.part.plane, scale);
                let first_row = row * plane.part.down * SIDE;
                sink.take(Band {
                    plane: plane.part.plane,
                    first_row: first_row as u32,
                    samples: &plane.samples,
                    stride: plane.stride,
                    rows: (sides.height as usize).saturating_sub(first_row).min(plane.part.down * SIDE),
                    width: sides.width as usize,
                });
            }
            sink.check_deadline()?;
            if sink.is_complete() {
                break;
            }
        }
        Ok(())
    }

    /// A row of MCUs.
    fn row<const SIDE: usize>(&mut self, planes: &mut [Plane]) -> Result<(), Rejection> {
        let [across, _] = self.scan.mcus;
        let mut block: Block = [[0; 8]; 8];
        let mut bits = self.bits;
        for mcu in 0..across {
            if self.restarts.due(&mut self.window, &mut bits)? {
                planes.iter_mut().for_each(|plane| plane.previous = 0);
            }
            self.window.ready(&mut bits);
            for plane in planes.iter_mut() {
                for y in 0..plane.part.down {
                    for x in 0..plane.part.across {
                        let read = coefficients::<SIDE>(bits, self.window.words(), plane, &mut block);
                        let (is_flat, after) = read.ok_or_else(no_such_code)?;
                        bits = after;
                        if plane.wanted {
                            let place = (y * SIDE) * plane.stride + (mcu * plane.part.across + x) * SIDE;
                            let rows = plane.samples.get_mut(place..).unwrap_or_default();
                            put::<SIDE>(&block, is_flat, &plane.factors, rows, plane.stride);
                        }
                        if SIDE == 2 {
                            // Nobody reads the others.
                            block.iter_mut().take(2).for_each(|row| *row = [0; 8]);
                        } else if !is_flat {
                            block = [[0; 8]; 8];
                        }
                    }
                }
            }
        }
        self.window.check(bits)?;
        self.bits = bits;
        Ok(())
    }
}

/// Reads a block, and puts the coefficients that `SIDE` needs into `block`, which is 0. Whether the first is the only
/// one, and the bits after it; none if there is a code that does not exist.
#[inline(always)]
fn coefficients<const SIDE: usize>(
    bits: Bits,
    words: &Words,
    plane: &mut Plane,
    block: &mut Block,
) -> Option<(bool, Bits)> {
    let (difference, _, mut bits) = plane.dc.coefficient(bits.refilled(words))?;
    plane.previous = plane.previous.wrapping_add(difference as i16);
    let [[dc, ..], ..] = block;
    *dc = plane.previous;
    let (mut number, mut is_flat) = (1, true);
    while number < numbers_needed(SIDE) {
        let (value, advance, after) = plane.ac.coefficient(bits.refilled(words))?;
        bits = after;
        number += advance;
        is_flat &= advance >= END;
        let place = PLACES.get(number as usize - 1).copied().unwrap_or(u8::MAX);
        if let Some(coefficient) = block.as_flattened_mut().get_mut(usize::from(place)) {
            *coefficient = value as i16;
        }
    }
    while number < 64 {
        let (advance, after) = plane.ac.stride(bits.refilled(words), number)?;
        number += advance;
        bits = after;
    }
    Some((is_flat, bits))
}

/// Puts the samples of a block at the beginning of `rows`, which are `stride` apart.
#[inline(always)]
pub fn put<const SIDE: usize>(block: &Block, is_flat: bool, factors: &Factors, rows: &mut [u8], stride: usize) {
    // Two by two samples take less than a branch that cannot be foreseen.
    if SIDE == 1 || (is_flat && SIDE != 2) {
        let [[dc, ..], ..] = block;
        copy([[idct::flat(*dc, factors); SIDE]; SIDE], rows, stride);
        return;
    }
    match SIDE {
        2 => copy(idct::quarter(block, factors), rows, stride),
        4 => copy(idct::half(block, factors), rows, stride),
        _ => copy(idct::full(block, factors), rows, stride),
    }
}

#[inline(always)]
fn copy<const SIDE: usize>(samples: [[u8; SIDE]; SIDE], rows: &mut [u8], stride: usize) {
    for (y, samples) in samples.into_iter().enumerate() {
        if let Some(row) = rows.get_mut(y * stride..).and_then(<[u8]>::first_chunk_mut) {
            *row = samples;
        }
    }
}
