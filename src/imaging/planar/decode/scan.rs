//! Scans: which components they have, in what order their blocks come, and restarts in between.

use super::bits::{Bits, Window};
use super::header::{Header, Segment, cut_short, marker};
use crate::domain::facts::Rejection;
use crate::imaging::damaged;

/// The header of a scan.
#[derive(Clone, Debug)]
pub struct Scan {
    /// Its components, in the order of their blocks.
    pub parts: Vec<Part>,
    /// MCUs, across and down.
    pub mcus: [usize; 2],
    /// First and last coefficient that it tells something of.
    pub spectrum: (u8, u8),
    /// How many low bits of coefficients came before (0: none came), and how many come later.
    pub precision: (u8, u8),
}

/// A component in a scan.
#[derive(Clone, Copy, Debug)]
pub struct Part {
    /// Which component of the frame.
    pub plane: usize,
    /// Blocks in an MCU of this scan, side by side.
    pub across: usize,
    /// Blocks in an MCU of this scan, one above another.
    pub down: usize,
    /// Which Huffman table for DC.
    pub dc: u8,
    /// Which Huffman table for AC.
    pub ac: u8,
}

impl Scan {
    /// Reads an SOS segment.
    pub fn read(segment: Segment<'_>, header: &Header) -> Result<Self, Rejection> {
        let broken = || damaged("the JPEG has a broken scan header");
        let (count, rest) = segment.content.split_first().ok_or_else(cut_short)?;
        let (described, rest) = rest.split_at_checked(usize::from(*count) * 2).ok_or_else(cut_short)?;
        let [first, last, precision, ..] = rest else { return Err(cut_short()) };
        let mut parts: Vec<Part> = Vec::new();
        for [id, codes] in described.as_chunks::<2>().0 {
            let plane = header.components.iter().position(|component| component.id == *id).ok_or_else(broken)?;
            let component = header.components.get(plane).ok_or_else(broken)?;
            if parts.iter().any(|part| part.plane >= plane) {
                return Err(broken());
            }
            parts.push(Part { plane, across: component.across, down: component.down, dc: codes >> 4, ac: codes & 15 });
        }
        let mut mcus = header.mcus();
        if let [only] = parts.as_mut_slice() {
            // Not interleaved: an MCU is a block, and blocks that only fill up are not there.
            (only.across, only.down) = (1, 1);
            mcus = header.blocks(only.plane);
        }
        if parts.is_empty() || *last > 63 || first > last {
            return Err(broken());
        }
        Ok(Self { parts, mcus, spectrum: (*first, *last), precision: (precision >> 4, precision & 15) })
    }
}

/// Counts MCUs to the next restart.
#[derive(Clone, Copy, Debug)]
pub struct Restarts {
    interval: usize,
    left: usize,
    next: u8,
}

impl Restarts {
    /// `interval` MCUs between restarts; 0 for none.
    pub fn new(interval: usize) -> Self {
        Self { interval, left: interval, next: 0 }
    }

    /// Before each MCU: whether a restart was due, and is done: bits begin anew, and so must what is predicted.
    #[inline(always)]
    pub fn due(&mut self, window: &mut Window<'_>, bits: &mut Bits) -> Result<bool, Rejection> {
        if self.interval == 0 {
            return Ok(false);
        }
        if self.left > 0 {
            self.left -= 1;
            return Ok(false);
        }
        *bits = self.restart(window)?;
        Ok(true)
    }

    #[inline(never)]
    fn restart(&mut self, window: &mut Window<'_>) -> Result<Bits, Rejection> {
        let data = window.data();
        let at = next_marker(data, window.place()).ok_or_else(cut_short)?;
        if data.get(at + 1) != Some(&(marker::RST0 + self.next)) {
            return Err(damaged("the JPEG lacks a restart"));
        }
        self.next = (self.next + 1) % 8;
        self.left = self.interval - 1;
        Ok(window.restart(at + 2))
    }
}

/// Where the next marker of any kind is, from `at` on.
pub fn next_marker(data: &[u8], mut at: usize) -> Option<usize> {
    loop {
        at += data.get(at..)?.iter().position(|byte| *byte == 0xff)?;
        if !matches!(data.get(at + 1)?, 0 | 0xff) {
            return Some(at);
        }
        at += 1;
    }
}

/// What a code that does not exist comes to.
pub fn no_such_code() -> Rejection {
    damaged("the JPEG has a code that does not exist")
}
