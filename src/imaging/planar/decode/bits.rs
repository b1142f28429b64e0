//! Bits of entropy-coded data, with its stuffing removed (ITU-T T.81, F.2.2.5).

/// A place in entropy-coded data and the bits that follow it. A plain value that is copied in and out, so that it
/// stays in registers where blocks are decoded.
#[derive(Clone, Copy, Debug, Default)]
pub struct Bits {
    /// The next bits, from the highest on.
    next: u64,
    /// How many of them there are.
    count: u32,
    /// Bits that were never there, among all that were added: zeros beyond a marker or the end.
    invented: u32,
    /// Where the following byte is.
    at: usize,
}

impl Bits {
    /// From the byte at `at` on.
    pub fn new(at: usize) -> Self {
        Self { at, ..Self::default() }
    }

    /// Makes sure that 32 bits can be read: the longest code and its longest magnitude are 31.
    #[inline(always)]
    pub fn refilled(self, data: &[u8]) -> Self {
        if self.count >= 32 {
            return self;
        }
        match data.get(self.at..).and_then(|rest| rest.first_chunk()) {
            Some(four) if !has_ff(u32::from_be_bytes(*four)) => Self {
                next: self.next | u64::from(u32::from_be_bytes(*four)) << (32 - self.count),
                count: self.count + 32,
                at: self.at + 4,
                ..self
            },
            _ => self.refilled_bytewise(data),
        }
    }

    #[cold]
    fn refilled_bytewise(mut self, data: &[u8]) -> Self {
        while self.count <= 56 {
            let byte = match (data.get(self.at), data.get(self.at + 1)) {
                (Some(0xff), Some(0)) => {
                    self.at += 2;
                    0xff
                }
                // Fill before a marker.
                (Some(0xff), Some(0xff)) => {
                    self.at += 1;
                    continue;
                }
                (None, _) | (Some(0xff), _) => {
                    self.invented = self.invented.saturating_add(8);
                    0
                }
                (Some(byte), _) => {
                    self.at += 1;
                    *byte
                }
            };
            self.next |= u64::from(byte) << (56 - self.count);
            self.count += 8;
        }
        self
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
    pub fn bit(self, data: &[u8]) -> (bool, Self) {
        let bits = self.refilled(data);
        (bits.peek(1) == 1, bits.without(1))
    }

    /// Whether bits were used that the file does not have because it ends: what ends at a marker is filled up with
    /// zeros, as other decoders do.
    pub fn is_cut_short(self, data: &[u8]) -> bool {
        self.invented > self.count && self.at >= data.len().saturating_sub(1)
    }

    /// Where to look for the marker after this data.
    pub fn place(self) -> usize {
        self.at
    }
}

/// A number of `size` bits, of which the lower half are negative numbers.
#[inline(always)]
pub fn extended(bits: i32, size: u32) -> i32 {
    if bits < 1 << (size - 1) { bits - (1 << size) + 1 } else { bits }
}

/// Whether any of the four bytes is 0xff: what is subtracted borrows from no other byte before the lowest such.
#[inline(always)]
fn has_ff(word: u32) -> bool {
    (!word).wrapping_sub(0x0101_0101) & word & 0x8080_8080 != 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stuffing_goes_and_markers_stay() {
        let data = [0x12, 0xff, 0x00, 0x34, 0xff, 0xff, 0xd9, 0x77];
        let mut bits = Bits::new(0);
        for expected in [0x12, 0xff, 0x34, 0, 0] {
            bits = bits.refilled(&data);
            assert_eq!(bits.peek(8), expected);
            bits = bits.without(8);
        }
        assert_eq!(data[bits.place()..][..2], [0xff, 0xd9]);
        assert!(!bits.is_cut_short(&data));
    }

    #[test]
    fn what_ends_without_a_marker_is_cut_short_once_it_is_read_beyond() {
        let data = [0x12, 0x34];
        let bits = Bits::new(0).refilled(&data);
        assert!(!bits.without(16).is_cut_short(&data));
        assert!(bits.without(17).is_cut_short(&data));
    }

    #[test]
    fn an_ff_is_seen_in_any_byte() {
        for word in [0xff00_0000, 0x00ff_0000, 0x0000_ff00, 0x0000_00ff, 0xffff_ffff, 0x01ff_00fe] {
            assert!(has_ff(word), "{word:x}");
        }
        for word in [0, 0xfefe_fefe, 0x7f80_0001, 0x8080_8080] {
            assert!(!has_ff(word), "{word:x}");
        }
    }
}
