//! Entropy coding of blocks (ITU-T T.81, F.1.2), with the fixed codes.

use wide::i16x8;

use super::tables::Definition;
use crate::imaging::planar::decode::ZIGZAG;

/// For each symbol, its code and, in the low byte, its length; 0 for symbols without a code.
#[derive(Clone, Debug)]
pub struct Code([u32; 256]);

impl Code {
    /// By annex C of T.81.
    pub fn new(definition: &Definition) -> Self {
        let mut codes = [0; 256];
        let mut symbols = definition.symbols.iter();
        let mut code = 0;
        for (length, count) in (1..).zip(definition.counts) {
            for symbol in symbols.by_ref().take(usize::from(count)) {
                if let Some(slot) = codes.get_mut(usize::from(*symbol)) {
                    *slot = code << 8 | length;
                }
                code += 1;
            }
            code <<= 1;
        }
        Self(codes)
    }

    #[inline(always)]
    fn of(&self, symbol: u8) -> (u32, u32) {
        let entry = self.0.get(usize::from(symbol)).copied().unwrap_or_default();
        (entry >> 8, entry & 0xff)
    }
}

/// Where in the order of the file a coefficient is, by its place in the block.
const NUMBERS: [u8; 64] = {
    let mut numbers = [0; 64];
    let mut at = 0;
    while at < 64 {
        #[allow(clippy::indexing_slicing, reason = "at compile time")]
        {
            numbers[ZIGZAG[at] as usize] = at as u8;
        }
        at += 1;
    }
    numbers
};

/// Writes entropy-coded data, stuffed, behind what is there.
#[derive(Debug)]
pub struct Writer {
    bytes: Vec<u8>,
    /// The last bits, in the lowest places.
    bits: u64,
    /// How many of them are not in `bytes` yet; below 32.
    count: u32,
}

impl Writer {
    /// Behind `bytes`.
    pub fn new(bytes: Vec<u8>) -> Self {
        Self { bytes, bits: 0, count: 0 }
    }

    /// A block of quantised coefficients; gives its DC for the next one of its plane.
    #[inline]
    pub fn block(&mut self, rows: [i16x8; 8], previous: i16, dc_code: &Code, ac_code: &Code) -> i16 {
        let block = rows.map(i16x8::to_array);
        let [[dc, ..], ..] = block;
        self.coefficient(0, i32::from(dc) - i32::from(previous), dc_code);

        let mut places = 0_u64;
        for (y, row) in rows.iter().enumerate() {
            let zeros = row.simd_eq(i16x8::splat(0)).to_bitmask() & 0xff;
            places |= u64::from(!zeros as u8) << (8 * y);
        }
        places &= !1;
        let mut numbers = 0_u64;
        while places != 0 {
            let place = places.trailing_zeros();
            numbers |= 1 << NUMBERS.get(place as usize).copied().unwrap_or_default();
            places &= places - 1;
        }
        let mut next = 1;
        while numbers != 0 {
            let number = numbers.trailing_zeros();
            let mut run = number - next;
            while run > 15 {
                self.symbol(0xf0, ac_code);
                run -= 16;
            }
            let place = ZIGZAG.get(number as usize).copied().unwrap_or_default();
            let value = block.as_flattened().get(usize::from(place)).copied().unwrap_or_default();
            self.coefficient(run as u8, i32::from(value), ac_code);
            next = number + 1;
            numbers &= numbers - 1;
        }
        if next < 64 {
            self.symbol(0x00, ac_code);
        }
        dc
    }

    /// A run of zeros and the value after it.
    #[inline(always)]
    fn coefficient(&mut self, run: u8, value: i32, code: &Code) {
        let size = 32 - value.unsigned_abs().leading_zeros();
        let (code, length) = code.of(run << 4 | size as u8);
        // Negative numbers are written less one, in as many bits.
        let magnitude = (value + (value >> 31)) as u32 & ((1 << size) - 1);
        self.put(code << size | magnitude, length + size);
    }

    #[inline(always)]
    fn symbol(&mut self, symbol: u8, code: &Code) {
        let (code, length) = code.of(symbol);
        self.put(code, length);
    }

    /// At most 32 bits.
    #[inline(always)]
    fn put(&mut self, bits: u32, count: u32) {
        self.bits = self.bits << count | u64::from(bits);
        self.count += count;
        if self.count >= 32 {
            self.count -= 32;
            let four = ((self.bits >> self.count) as u32).to_be_bytes();
            if four.contains(&0xff) {
                self.stuff(&four);
            } else {
                self.bytes.extend_from_slice(&four);
            }
        }
    }

    #[cold]
    fn stuff(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.bytes.push(*byte);
            if *byte == 0xff {
                self.bytes.push(0);
            }
        }
    }

    /// Everything that was written, the last byte filled up with ones.
    pub fn finish(mut self) -> Vec<u8> {
        let fill = (8 - self.count % 8) % 8;
        let bits = self.bits << fill | ((1 << fill) - 1);
        let bytes = ((self.count + fill) / 8) as usize;
        self.stuff(bits.to_be_bytes().get(8 - bytes..).unwrap_or_default());
        self.bytes
    }
}
