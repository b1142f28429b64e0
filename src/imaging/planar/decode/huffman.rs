//! Huffman codes of JPEG (ITU-T T.81, annex C and F.2.2.3), and tables that take several steps at once.

use super::bits::{Bits, extended};

/// Bits that are looked up at once. Longer tables answer more at the first look, but push one another out of the
/// cache. Of 9, 10 and 11, measured in wasm, 11 is the fastest at every scale.
const LOOK: u32 = 11;
const LOOKS: usize = 1 << LOOK;

/// More than any place in a block.
pub const END: u32 = 128;

/// A code as a file defines it: a few hundred bytes, while what it is decoded with takes work to make.
#[derive(Clone, Debug, Default)]
pub struct Definition {
    /// How many codes there are of each length from 1 on.
    pub counts: [u8; 16],
    /// In the order of their codes.
    pub symbols: Vec<u8>,
}

/// A code, ready to decode with.
#[derive(Clone, Debug)]
pub struct Code {
    /// For the next bits, a whole coefficient: value in the upper half, then how far it advances, then its bits.
    /// The end of the block advances by `END`, a run of zeros is a zero at its end. 0 if it takes more bits.
    coefficients: Box<[u32; LOOKS]>,
    /// For the next bits, as many whole coefficients as they hold: whether the block ends (bit 15), how far they
    /// advance (from bit 4), their bits. 0 if not even one is whole.
    strides: Box<[u16; LOOKS]>,
    /// For the next bits, the symbol in the upper byte and its bits; 0 if it takes more.
    symbols: Box<[u16; LOOKS]>,
    /// For each length from 1 on, the first code, written in 16 bits, that is longer.
    bounds: [u32; 16],
    /// For each length from 1 on, what to add to a code for the place of its symbol.
    places: [i32; 16],
    /// In the order of their codes.
    ordered: Vec<u8>,
}

impl Code {
    /// None if there are more codes than lengths allow.
    pub fn new(definition: &Definition) -> Option<Self> {
        let Definition { counts, symbols: ordered } = definition;
        let mut bounds = [0; 16];
        let mut places = [0; 16];
        let mut symbols = Box::new([0_u16; LOOKS]);
        let (mut code, mut place) = (0_u32, 0_u32);
        let lengths = (1_u32..).zip(counts);
        for ((length, count), (bound, offset)) in lengths.zip(bounds.iter_mut().zip(&mut places)) {
            *offset = place as i32 - code as i32;
            for symbol in ordered.iter().skip(place as usize).take(usize::from(*count)) {
                if length <= LOOK {
                    let (from, width) = ((code << (LOOK - length)) as usize, 1 << (LOOK - length));
                    symbols.get_mut(from..from + width)?.fill(u16::from(*symbol) << 8 | length as u16);
                }
                code += 1;
                place += 1;
            }
            *bound = code << (16 - length);
            if code > 1 << length {
                return None;
            }
            code <<= 1;
        }
        let mut tables = Self {
            coefficients: Box::new([0; LOOKS]),
            strides: Box::new([0; LOOKS]),
            symbols,
            bounds,
            places,
            ordered: ordered.clone(),
        };
        *tables.coefficients = std::array::from_fn(|look| tables.coefficient_in(look as u32));
        *tables.strides = std::array::from_fn(|look| tables.stride_in(look as u32));
        Some(tables)
    }

    /// The next symbol and the bits after it; they must have been refilled. None if there is no such code.
    #[inline(always)]
    pub fn symbol(&self, bits: Bits) -> Option<(u8, Bits)> {
        let [length, symbol] = self.symbols.get(bits.peek(LOOK)).copied().unwrap_or_default().to_le_bytes();
        if length > 0 {
            return Some((symbol, bits.without(u32::from(length))));
        }
        let [length, symbol] = self.long_symbol(bits.peek(16) as u32)?;
        Some((symbol, bits.without(u32::from(length))))
    }

    /// Length and symbol of a code that begins 16 bits.
    #[cold]
    fn long_symbol(&self, code: u32) -> Option<[u8; 2]> {
        let bounds = self.bounds.iter().zip(&self.places);
        let (length, (_, offset)) = (1_u32..).zip(bounds).find(|(_, (bound, _))| code < **bound)?;
        let place = (code >> (16 - length)) as i32 + offset;
        let symbol = self.ordered.get(usize::try_from(place).ok()?)?;
        Some([length as u8, *symbol])
    }

    /// The next coefficient, how far it advances (`END` or more where the block ends) and the bits after it; they
    /// must have been refilled.
    #[inline(always)]
    pub fn coefficient(&self, bits: Bits) -> Option<(i32, u32, Bits)> {
        let entry = self.coefficients.get(bits.peek(LOOK)).copied().unwrap_or_default();
        if entry != 0 {
            return Some(((entry as i32) >> 16, entry >> 8 & 0xff, bits.without(entry & 0xff)));
        }
        let (symbol, bits) = self.symbol(bits)?;
        let (size, advance) = meaning(symbol);
        let (value, bits) = bits.magnitude(size);
        Some((value, advance, bits))
    }

    /// How far the next coefficients of a block advance from `place`, and the bits after them; they must have been
    /// refilled. It is more than `END` where the block ends.
    #[inline(always)]
    pub fn stride(&self, bits: Bits, place: u32) -> Option<(u32, Bits)> {
        let entry = u32::from(self.strides.get(bits.peek(LOOK)).copied().unwrap_or_default());
        let advance = entry >> 4 & 0x7f;
        // Beyond the last coefficient there is another block, or nothing.
        if entry != 0 && place + advance < 64 {
            return Some((advance + (entry >> 15) * END, bits.without(entry & 0xf)));
        }
        let (symbol, bits) = self.symbol(bits)?;
        let (size, advance) = meaning(symbol);
        Some((advance, bits.without(size)))
    }

    fn coefficient_in(&self, look: u32) -> u32 {
        let [length, symbol] = self.symbols.get(look as usize).copied().unwrap_or_default().to_le_bytes();
        let (size, advance) = meaning(symbol);
        let bits = u32::from(length) + size;
        if length == 0 || bits > LOOK {
            return 0;
        }
        let magnitude = look >> (LOOK - bits) & ((1 << size) - 1);
        let value = if size == 0 { 0 } else { extended(magnitude as i32, size) };
        (value as u32) << 16 | advance << 8 | bits
    }

    fn stride_in(&self, look: u32) -> u16 {
        let (mut used, mut advanced) = (0, 0);
        let mut ended = 0;
        while ended == 0 {
            let rest = (look << used) & ((1 << LOOK) - 1);
            let [length, symbol] = self.symbols.get(rest as usize).copied().unwrap_or_default().to_le_bytes();
            let (size, advance) = meaning(symbol);
            let bits = u32::from(length) + size;
            if length == 0 || used + bits > LOOK || advanced + (advance & 0x7f) > 63 {
                break;
            }
            used += bits;
            advanced += advance & 0x7f;
            ended = advance / END;
        }
        (ended << 15 | advanced << 4 | used) as u16
    }
}

/// Bits of the magnitude, and how far a symbol advances in a sequential scan (F.2.2.2).
#[inline(always)]
fn meaning(symbol: u8) -> (u32, u32) {
    match (symbol >> 4, symbol & 15) {
        (15, 0) => (0, 16),
        (_, 0) => (0, END),
        (run, size) => (u32::from(size), u32::from(run) + 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::imaging::planar::decode::bits::Window;

    fn bits(data: &[u8]) -> Bits {
        let mut window = Window::new(data, 0);
        let mut bits = Bits::default();
        window.ready(&mut bits);
        bits.refilled(window.words())
    }

    /// The code of T.81, table K.3: DC of brightness.
    const COUNTS: [u8; 16] = [0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0];
    const SYMBOLS: [u8; 12] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];

    #[test]
    fn symbols_of_any_length_are_found() {
        let mut counts = [0; 16];
        counts[0] = 1;
        counts[15] = 2;
        let code = Code::new(&Definition { counts, symbols: vec![7, 8, 9] }).unwrap();
        for (data, expected) in [
            ([0x00, 0, 0, 0], Some(7)),
            ([0x80, 0, 0, 0], Some(8)),
            ([0x80, 1, 0, 0], Some(9)),
            ([0xc0, 0, 0, 0], None),
        ] {
            let found = code.symbol(bits(&data));
            assert_eq!(found.map(|(symbol, _)| symbol), expected, "{data:?}");
        }
        let code = Code::new(&Definition { counts: COUNTS, symbols: SYMBOLS.to_vec() }).unwrap();
        let found = code.symbol(bits(&[0b1110_0000, 0, 0, 0]));
        assert_eq!(found.map(|(symbol, _)| symbol), Some(6));
    }

    #[test]
    fn more_codes_than_lengths_allow_are_refused() {
        let mut counts = [0; 16];
        counts[0] = 3;
        assert!(Code::new(&Definition { counts, symbols: vec![1, 2, 3] }).is_none());
    }

    #[test]
    fn long_steps_end_where_single_ones_do() {
        // 2 bits: one coefficient of a bit each; 10 is the end of the block.
        let mut counts = [0; 16];
        counts[1] = 3;
        let code = Code::new(&Definition { counts, symbols: vec![0x01, 0x31, 0x00] }).unwrap();
        // 00 1, 01 0, 10: advances 1, 4 and ends.
        let start = bits(&[0b0010_1010, 0, 0, 0]);
        let (advance, after) = code.stride(start, 1).unwrap();
        assert_eq!((advance, after.peek(1)), (5 + END, 0));
        let (value, advance, bits) = code.coefficient(start).unwrap();
        assert_eq!((value, advance), (1, 1));
        let (value, advance, bits) = code.coefficient(bits).unwrap();
        assert_eq!((value, advance), (-1, 4));
        assert_eq!(code.coefficient(bits).unwrap().1, END);
        // So near the end of the block, the first takes the last place and the rest belongs to the next block.
        assert_eq!(code.stride(start, 63).unwrap().0, 1);
    }
}
