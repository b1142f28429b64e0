//! Bits of entropy-coded data, with its stuffing removed (ITU-T T.81, F.2.2.5).
//!
//! A window of the data is prepared as whole words, so that nothing but words, shifts and a count are left for the
//! loops that decode blocks: no look for stuffing, no end, no call.

use super::header::cut_short;
use crate::domain::facts::Rejection;

/// Words of a window: small enough to stay in the nearest cache.
const WORDS: usize = 2048;

/// Words that the longest MCU can take: six blocks, each of 64 codes and magnitudes of 31 bits; and two that are
/// read ahead.
const MCU_WORDS: usize = (6 * 64 * 31_usize).div_ceil(32) + 2;

/// The words of a window.
pub type Words = [u32; WORDS];

/// A place in a window and the bits that follow it. A plain value that is copied in and out, so that it stays in
/// registers where blocks are decoded.
#[derive(Clone, Copy, Debug, Default)]
pub struct Bits {
    /// The next bits, from the highest on.
    next: u64,
    /// How many of them there are.
    count: u32,
    /// Which word comes after them.
    word: usize,
}

impl Bits {
    /// Makes sure that 32 bits can be read: the longest code and its longest magnitude are 31.
    #[inline(always)]
    pub fn refilled(self, words: &Words) -> Self {
        if self.count >= 32 {
            return self;
        }
        // Within an MCU there are always words left; the remainder tells the compiler that no check is needed.
        let word = words.get(self.word % WORDS).copied().unwrap_or_default();
        Self { next: self.next | u64::from(word) << (32 - self.count), count: self.count + 32, word: self.word + 1 }
    }

    /// The next `count` bits, 1 to 32; they stay.
    #[inline(always)]
    pub fn peek(self, count: u32) -> usize {
        (self.next >> (64 - count)) as usize
    }

    /// Without the next `count` bits, at most 32, which must have been refilled.
    #[inline(always)]
    pub fn without(self, count: u32) -> Self {
        Self { next: self.next << count, count: self.count.wrapping_sub(count), ..self }
    }

    /// The number of `size` bits, 0 to 15, that comes next, and the bits after it (F.2.2.1, EXTEND).
    #[inline(always)]
    pub fn magnitude(self, size: u32) -> (i32, Self) {
        if size == 0 {
            return (0, self);
        }
        (extended(self.peek(size) as i32, size), self.without(size))
    }

    /// One bit and those after it; refills by itself.
    #[inline(always)]
    pub fn bit(self, words: &Words) -> (bool, Self) {
        let bits = self.refilled(words);
        (bits.peek(1) == 1, bits.without(1))
    }
}

/// A number of `size` bits, of which the lower half are negative numbers.
#[inline(always)]
pub fn extended(bits: i32, size: u32) -> i32 {
    if bits < 1 << (size - 1) { bits - (1 << size) + 1 } else { bits }
}

/// Entropy-coded data up to its next marker, a window at a time.
#[derive(Debug)]
pub struct Window<'a> {
    data: &'a [u8],
    /// The next byte of the data.
    at: usize,
    words: Box<Words>,
    /// Words that are filled.
    filled: usize,
    /// Bits of them that are there, once the data has ended; after them are zeros. Less than 0 once the last ones
    /// have left the window.
    ended: Option<i64>,
    unstuffed: Vec<u8>,
}

impl<'a> Window<'a> {
    /// From the byte at `at` on.
    pub fn new(data: &'a [u8], at: usize) -> Self {
        let unstuffed = Vec::with_capacity(WORDS * 4);
        Self { data, at, words: Box::new([0; WORDS]), filled: 0, ended: None, unstuffed }
    }

    /// Begins anew after a marker that ends at `at`.
    pub fn restart(&mut self, at: usize) -> Bits {
        (self.at, self.filled, self.ended) = (at, 0, None);
        Bits::default()
    }

    /// The words that `Bits` of this window read.
    pub fn words(&self) -> &Words {
        &self.words
    }

    /// Before each MCU: makes sure that all its words are there.
    #[inline(always)]
    pub fn ready(&mut self, bits: &mut Bits) {
        if bits.word + MCU_WORDS > self.filled {
            bits.word = self.slide(bits.word);
        }
    }

    /// Drops the words before `word`, fills up, and gives the place of that word.
    #[inline(never)]
    fn slide(&mut self, word: usize) -> usize {
        let word = word.min(self.filled);
        self.words.copy_within(word..self.filled, 0);
        self.filled -= word;
        self.ended = self.ended.map(|bits| bits - word as i64 * 32);
        self.unstuff((WORDS - self.filled) * 4);
        if self.unstuffed.len() < (MCU_WORDS - self.filled.min(MCU_WORDS)) * 4 {
            self.unstuffed.resize((MCU_WORDS - self.filled) * 4, 0);
        }
        self.unstuffed.resize(self.unstuffed.len().next_multiple_of(4), 0);
        let words = self.words.get_mut(self.filled..).unwrap_or_default();
        for (word, four) in words.iter_mut().zip(self.unstuffed.as_chunks().0) {
            *word = u32::from_be_bytes(*four);
        }
        self.filled += self.unstuffed.len() / 4;
        0
    }

    /// Takes at most `length` bytes out of the data, up to a marker or the end.
    fn unstuff(&mut self, length: usize) {
        self.unstuffed.clear();
        while self.ended.is_none() && self.unstuffed.len() < length {
            let rest = self.data.get(self.at..).unwrap_or_default();
            if let Some(eight) = rest.first_chunk()
                && self.unstuffed.len() + 8 <= length
                && !has_ff(u64::from_le_bytes(*eight))
            {
                self.unstuffed.extend_from_slice(eight);
                self.at += 8;
                continue;
            }
            match rest {
                [0xff, 0, ..] => {
                    self.unstuffed.push(0xff);
                    self.at += 2;
                }
                // Fill before a marker.
                [0xff, 0xff, ..] => self.at += 1,
                [] | [0xff, ..] => self.ended = Some((self.filled * 4 + self.unstuffed.len()) as i64 * 8),
                [byte, ..] => {
                    self.unstuffed.push(*byte);
                    self.at += 1;
                }
            }
        }
    }

    /// Whether the data was enough for what has been read. What ends at a marker is filled up with zeros, as other
    /// decoders do.
    ///
    /// # Errors
    /// If more bits were used than the file has.
    pub fn check(&self, bits: Bits) -> Result<(), Rejection> {
        let used = bits.word as i64 * 32 - i64::from(bits.count);
        let is_at_end = self.at + 1 >= self.data.len();
        if is_at_end && self.ended.is_some_and(|there| used > there) { Err(cut_short()) } else { Ok(()) }
    }

    /// The whole file.
    pub fn data(&self) -> &'a [u8] {
        self.data
    }

    /// Where to look for the marker after this data.
    pub fn place(&self) -> usize {
        self.at
    }
}

/// Whether any of the bytes is 0xff: what is subtracted borrows from no other byte before the lowest such.
#[inline(always)]
fn has_ff(word: u64) -> bool {
    (!word).wrapping_sub(0x0101_0101_0101_0101) & word & 0x8080_8080_8080_8080 != 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stuffing_goes_and_markers_stay() {
        let data = [0x12, 0xff, 0x00, 0x34, 0xff, 0xff, 0xd9, 0x77];
        let mut window = Window::new(&data, 0);
        let mut bits = Bits::default();
        window.ready(&mut bits);
        for expected in [0x12, 0xff, 0x34, 0, 0] {
            bits = bits.refilled(window.words());
            assert_eq!(bits.peek(8), expected);
            bits = bits.without(8);
        }
        assert_eq!(data[window.place()..][..2], [0xff, 0xd9]);
        assert!(window.check(bits).is_ok());
    }

    #[test]
    fn what_ends_without_a_marker_is_cut_short_once_it_is_read_beyond() {
        let data = [0x12, 0x34];
        let mut window = Window::new(&data, 0);
        let mut bits = Bits::default();
        window.ready(&mut bits);
        let bits = bits.refilled(window.words());
        assert!(window.check(bits.without(16)).is_ok());
        assert!(window.check(bits.without(17)).is_err());
    }

    #[test]
    fn every_byte_passes_the_window_once() {
        let data: Vec<u8> = (0..100_000_u32).map(|at| (at.wrapping_mul(at) >> 7) as u8 & 0x7f).collect();
        let mut window = Window::new(&data, 0);
        let mut bits = Bits::default();
        for byte in &data {
            window.ready(&mut bits);
            bits = bits.refilled(window.words());
            assert_eq!(bits.peek(8), usize::from(*byte));
            bits = bits.without(8);
            assert!(window.check(bits).is_ok());
        }
        window.ready(&mut bits);
        assert!(window.check(bits.refilled(window.words()).without(1)).is_err());
    }

    #[test]
    fn an_ff_is_seen_in_any_byte() {
        for word in [0xff00_0000, 0x00ff_0000, 0x0000_ff00, 0x0000_00ff, 0xffff_ffff, 0x01ff_00fe] {
            assert!(has_ff(word) && has_ff(word << 32), "{word:x}");
        }
        for word in [0, 0xfefe_fefe, 0x7f80_0001, 0x8080_8080] {
            assert!(!has_ff(word) && !has_ff(word << 32), "{word:x}");
        }
    }
}
