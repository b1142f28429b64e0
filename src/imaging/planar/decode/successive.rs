//! What the scans of a progressive JPEG tell of a block: its DC or some of its AC, the first bits or one more (ITU-T
//! T.81, G.1.2).

use std::ops::Range;

use super::bits::{Bits, Window};
use super::header::ZIGZAG;
use super::huffman::Code;
use super::scan::Scan;

/// What is known of a component.
pub struct Plane {
    /// `SIDE` by `SIDE` of each block, row after row.
    pub coefficients: Vec<i16>,
    /// For each block, which coefficients are not 0, by their numbers; empty if that is not needed.
    pub nonzero: Vec<u64>,
    /// Blocks, with those that only fill up MCUs.
    pub across: usize,
}

/// Where a scan is.
pub struct Reading<'a> {
    pub window: Window<'a>,
    pub bits: Bits,
    pub scan: &'a Scan,
    /// The DC coefficient before, of each part.
    pub previous: Vec<i16>,
    /// How many further blocks tell nothing new.
    pub ended_blocks: u32,
}

impl Reading<'_> {
    /// Reads what the scan tells of a block.
    #[inline(always)]
    pub fn block<const SIDE: usize>(
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
            number = self.refine_until::<SIDE>(kept, *nonzero, number..last + 1, run);
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
            self.ended_blocks -= 1;
            let mut rest = *nonzero & (2_u64 << last).wrapping_sub(1) & !((1_u64 << number.min(63)) - 1);
            while rest != 0 && number <= last {
                self.refine::<SIDE>(kept, rest.trailing_zeros());
                rest &= rest - 1;
            }
        }
        Some(())
    }

    /// Refines coefficients that are not 0 until `zeros` others are passed; gives the number of the next other one.
    fn refine_until<const SIDE: usize>(
        &mut self,
        kept: &mut [i16],
        nonzero: u64,
        mut numbers: Range<u32>,
        mut zeros: u32,
    ) -> u32 {
        let end = numbers.end;
        let found = numbers.find(|number| {
            if nonzero >> number & 1 == 1 {
                self.refine::<SIDE>(kept, *number);
                return false;
            }
            zeros = zeros.wrapping_sub(1);
            zeros == u32::MAX
        });
        found.unwrap_or(end)
    }

    /// One more bit of a coefficient.
    #[inline(always)]
    fn refine<const SIDE: usize>(&mut self, kept: &mut [i16], number: u32) {
        let (bit, bits) = self.bits.bit(self.window.words());
        self.bits = bits;
        if bit && let Some(coefficient) = kept.get_mut(place::<SIDE>(number)) {
            let more = 1 << self.scan.precision.1;
            // Twice the same refinement is a damaged file.
            if *coefficient & more == 0 {
                *coefficient = coefficient.wrapping_add(if *coefficient < 0 { -more } else { more });
            }
        }
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
