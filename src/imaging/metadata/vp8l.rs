//! The prefix codes of lossless WebP (RFC 9649, sections 3.5 to 3.7), looked at before they are decoded.
//!
//! A file may ask for 65,536 groups of five codes in a few bytes each, and `image-webp` 0.2.4 makes tables of up to
//! 4 KB of each: a gigabyte of memory that no header announces. It also takes codes for complete whose lengths
//! overflow its 16-bit check, and then panics. So the codes are read here first: they are checked, their tables are
//! added up, and nothing of them is kept.

/// Symbols of green (literals and lengths), red, blue, alpha, distance (section 3.7.2.1).
const ALPHABETS: [usize; 5] = [256 + 24, 256, 256, 256, 40];
const LENGTH_CODES: usize = 19;
const LENGTH_CODE_ORDER: [usize; LENGTH_CODES] = [17, 18, 0, 1, 2, 3, 4, 5, 16, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];
const CODE_BITS_MAX: usize = 15;

/// Bytes that the decoder's tables for this image take; nothing if the image is malformed. `data` begins after the
/// header of signature and sides.
pub fn tables_bytes(data: &[u8], width: u32, height: u32) -> Option<u64> {
    let mut bits = Bits { data, at: 0 };
    let mut image = Image { width, height };
    let mut met = [false; 4];
    while bits.read(1)? == 1 {
        let kind = usize::try_from(bits.read(2)?).ok()?;
        let met = met.get_mut(kind)?;
        if std::mem::replace(met, true) {
            return None;
        }
        match kind {
            // Predictors and colours: an image of one value for each block.
            0 | 1 => drop(image.blocks(bits.read(3)? + 2).pixels(&mut bits)?),
            3 => {
                let colours = bits.read(8)? + 1;
                Image { width: colours, height: 1 }.pixels(&mut bits)?;
                // Few colours: several indices share a pixel (section 3.5.4).
                let shared = match colours {
                    0..=2 => 3,
                    3..=4 => 2,
                    5..=16 => 1,
                    _ => 0,
                };
                image.width = image.width.div_ceil(1 << shared);
            }
            _ => {}
        }
    }
    let cache_bits = colour_cache_bits(&mut bits)?;
    let mut groups = 1;
    let mut map_bytes = 0;
    if bits.read(1)? == 1 {
        // Which group each block uses: red and green are the number (section 3.7.2.2).
        let numbers = image.blocks(bits.read(3)? + 2).pixels(&mut bits)?;
        let number = |[red, green, _, _]: &[u8; 4]| u32::from(u16::from_be_bytes([*red, *green]));
        groups = numbers.iter().map(number).max()? + 1;
        map_bytes = numbers.len() as u64 * 6;
    }
    let mut bytes = map_bytes;
    for _ in 0..groups {
        for code in Code::group(&mut bits, cache_bits)? {
            bytes += code.table_bytes();
        }
    }
    Some(bytes)
}

/// Least significant bit first (section 3.2).
struct Bits<'a> {
    data: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    fn read(&mut self, count: usize) -> Option<u32> {
        let mut value = 0;
        for bit in 0..count {
            let byte = self.data.get(self.at / 8)?;
            value |= u32::from(byte >> (self.at % 8) & 1) << bit;
            self.at += 1;
        }
        Some(value)
    }
}

fn colour_cache_bits(bits: &mut Bits) -> Option<u32> {
    if bits.read(1)? == 0 {
        return Some(0);
    }
    bits.read(4).filter(|bits| (1..=11).contains(bits))
}

/// A canonical prefix code.
struct Code {
    /// How many codes there are of each length.
    counts: [u16; CODE_BITS_MAX + 1],
    /// The symbols, in the order of their codes.
    symbols: Vec<u16>,
}

impl Code {
    /// The five codes of a group.
    fn group(bits: &mut Bits, cache_bits: u32) -> Option<[Self; 5]> {
        let [green, red, blue, alpha, distance] = ALPHABETS;
        let cached = if cache_bits == 0 { 0 } else { 1 << cache_bits };
        Some([
            Self::read(bits, green + cached)?,
            Self::read(bits, red)?,
            Self::read(bits, blue)?,
            Self::read(bits, alpha)?,
            Self::read(bits, distance)?,
        ])
    }

    /// Section 3.7.2.1.1 and 3.7.2.1.2.
    fn read(bits: &mut Bits, alphabet: usize) -> Option<Self> {
        if bits.read(1)? == 0 {
            return Self::from_lengths(&Self::read_lengths(bits, alphabet)?);
        }
        let two = bits.read(1)? == 1;
        let first_bits = if bits.read(1)? == 1 { 8 } else { 1 };
        let mut symbols = vec![u16::try_from(bits.read(first_bits)?).ok()?];
        if two {
            symbols.push(u16::try_from(bits.read(8)?).ok()?);
        }
        let mut counts = [0; CODE_BITS_MAX + 1];
        let [_, of_one_bit, ..] = &mut counts;
        *of_one_bit = if two { 2 } else { 0 };
        symbols.iter().all(|symbol| usize::from(*symbol) < alphabet).then_some(Self { counts, symbols })
    }

    fn read_lengths(bits: &mut Bits, alphabet: usize) -> Option<Vec<u8>> {
        let mut length_lengths = [0; LENGTH_CODES];
        let count = 4 + usize::try_from(bits.read(4)?).ok()?;
        for place in LENGTH_CODE_ORDER.iter().take(count) {
            *length_lengths.get_mut(*place)? = u8::try_from(bits.read(3)?).ok()?;
        }
        let code = Self::from_lengths(&length_lengths)?;
        let mut left = alphabet;
        if bits.read(1)? == 1 {
            let count_bits = 2 + 2 * usize::try_from(bits.read(3)?).ok()?;
            left = 2 + usize::try_from(bits.read(count_bits)?).ok()?;
            if left > alphabet {
                return None;
            }
        }
        let mut lengths = Vec::with_capacity(alphabet);
        let mut previous = 8;
        while lengths.len() < alphabet && left > 0 {
            left -= 1;
            let (length, times) = match code.symbol(bits)? {
                literal @ 0..16 => {
                    let length = u8::try_from(literal).ok()?;
                    previous = if length == 0 { previous } else { length };
                    (length, 1)
                }
                16 => (previous, 3 + bits.read(2)?),
                17 => (0, 3 + bits.read(3)?),
                _ => (0, 11 + bits.read(7)?),
            };
            lengths.extend(std::iter::repeat_n(length, times as usize));
        }
        (lengths.len() <= alphabet).then_some(lengths)
    }

    /// Lengths must make a complete code, or name a single symbol, which then takes no bits.
    fn from_lengths(lengths: &[u8]) -> Option<Self> {
        let mut counts = [0_u16; CODE_BITS_MAX + 1];
        for length in lengths.iter().filter(|length| **length > 0) {
            *counts.get_mut(usize::from(*length))? += 1;
        }
        let of_length = |length: u8| {
            let symbols = lengths.iter().enumerate().filter(move |(_, known)| **known == length);
            symbols.filter_map(|(symbol, _)| u16::try_from(symbol).ok())
        };
        let symbols: Vec<u16> = (1..=15).flat_map(of_length).collect();
        if symbols.len() == 1 {
            return Some(Self { counts: [0; CODE_BITS_MAX + 1], symbols });
        }
        let used: u32 = (0..).zip(counts).skip(1).map(|(length, count)| u32::from(count) << (15 - length)).sum();
        (used == 1 << 15).then_some(Self { counts, symbols })
    }

    /// The most significant bit of a code comes first; codes of a length are consecutive numbers.
    fn symbol(&self, bits: &mut Bits) -> Option<u16> {
        if self.symbols.len() == 1 {
            return self.symbols.first().copied();
        }
        let (mut code, mut first, mut index) = (0_u32, 0_u32, 0_u32);
        for count in self.counts.into_iter().skip(1).map(u32::from) {
            code = code << 1 | bits.read(1)?;
            if code < first + count {
                return self.symbols.get((index + code - first) as usize).copied();
            }
            index += count;
            first = (first + count) << 1;
        }
        None
    }

    /// A table of 4 bytes for every code of up to 10 bits, a tree of 16-byte nodes for the longer ones, and the code
    /// itself, in a list that may have twice the room it needs.
    fn table_bytes(&self) -> u64 {
        let longest = self.counts.iter().rposition(|&count| count > 0).unwrap_or(0);
        let table = if longest == 0 { 0 } else { 4_u64 << longest.min(10) };
        let longer: u64 = self.counts.iter().skip(11).map(|&count| u64::from(count)).sum();
        table + longer * 32 + 2 * 64 + 64
    }
}

/// An image inside the image: it has one group of codes.
struct Image {
    width: u32,
    height: u32,
}

impl Image {
    /// One pixel for each block of `1 << bits` pixels a side.
    fn blocks(&self, bits: u32) -> Self {
        Self { width: self.width.div_ceil(1 << bits), height: self.height.div_ceil(1 << bits) }
    }

    /// Red, green, blue, alpha (section 3.6).
    fn pixels(&self, bits: &mut Bits) -> Option<Vec<[u8; 4]>> {
        let cache_bits = colour_cache_bits(bits)?;
        let mut cache = vec![[0; 4]; if cache_bits == 0 { 0 } else { 1 << cache_bits }];
        let [green, red, blue, alpha, distance] = Code::group(bits, cache_bits)?;
        let length = self.width as usize * self.height as usize;
        let mut pixels: Vec<[u8; 4]> = Vec::with_capacity(length);
        while pixels.len() < length {
            let start = pixels.len();
            let byte = |symbol: u16| u8::try_from(symbol).ok();
            match green.symbol(bits)? {
                literal @ 0..256 => {
                    let (red, blue, alpha) = (red.symbol(bits)?, blue.symbol(bits)?, alpha.symbol(bits)?);
                    pixels.push([byte(red)?, byte(literal)?, byte(blue)?, byte(alpha)?]);
                }
                copy @ 256..280 => {
                    let count = prefixed(bits, copy - 256)?;
                    let symbol = distance.symbol(bits)?;
                    let back = self.distance(prefixed(bits, symbol)?);
                    if count > length - start {
                        return None;
                    }
                    for _ in 0..count {
                        pixels.push(*pixels.get(pixels.len().checked_sub(back)?)?);
                    }
                }
                cached => pixels.push(*cache.get(usize::from(cached - 280))?),
            }
            for pixel in pixels.get(start..).unwrap_or_default() {
                remember(&mut cache, cache_bits, *pixel);
            }
        }
        Some(pixels)
    }

    /// Short distances are places in the neighbourhood (section 3.6.2.2).
    fn distance(&self, code: usize) -> usize {
        let Some(&(x, y)) = NEIGHBOURS.get(code.wrapping_sub(1)) else { return code.saturating_sub(120) };
        let back = i64::from(x) + i64::from(y) * i64::from(self.width);
        usize::try_from(back.max(1)).unwrap_or(1)
    }
}

/// Section 3.6.2.3.
fn remember(cache: &mut [[u8; 4]], cache_bits: u32, pixel: [u8; 4]) {
    let [red, green, blue, alpha] = pixel;
    let argb = u32::from_be_bytes([alpha, red, green, blue]);
    let place = 0x1e35_a7bd_u32.wrapping_mul(argb).checked_shr(32 - cache_bits).unwrap_or(0);
    if let Some(place) = cache.get_mut(place as usize) {
        *place = pixel;
    }
}

/// Lengths and distances: a prefix, and bits that it asks for (section 3.6.2.1).
fn prefixed(bits: &mut Bits, prefix: u16) -> Option<usize> {
    let prefix = usize::from(prefix);
    if prefix < 4 {
        return Some(prefix + 1);
    }
    let extra = (prefix - 2) >> 1;
    let offset = (2 + (prefix & 1)) << extra;
    Some(offset + bits.read(extra)? as usize + 1)
}

#[rustfmt::skip]
const NEIGHBOURS: [(i8, i8); 120] = [
    (0, 1),  (1, 0),  (1, 1),  (-1, 1), (0, 2),  (2, 0),  (1, 2),  (-1, 2), (2, 1),  (-2, 1), (2, 2),  (-2, 2),
    (0, 3),  (3, 0),  (1, 3),  (-1, 3), (3, 1),  (-3, 1), (2, 3),  (-2, 3), (3, 2),  (-3, 2), (0, 4),  (4, 0),
    (1, 4),  (-1, 4), (4, 1),  (-4, 1), (3, 3),  (-3, 3), (2, 4),  (-2, 4), (4, 2),  (-4, 2), (0, 5),  (3, 4),
    (-3, 4), (4, 3),  (-4, 3), (5, 0),  (1, 5),  (-1, 5), (5, 1),  (-5, 1), (2, 5),  (-2, 5), (5, 2),  (-5, 2),
    (4, 4),  (-4, 4), (3, 5),  (-3, 5), (5, 3),  (-5, 3), (0, 6),  (6, 0),  (1, 6),  (-1, 6), (6, 1),  (-6, 1),
    (2, 6),  (-2, 6), (6, 2),  (-6, 2), (4, 5),  (-4, 5), (5, 4),  (-5, 4), (3, 6),  (-3, 6), (6, 3),  (-6, 3),
    (0, 7),  (7, 0),  (1, 7),  (-1, 7), (5, 5),  (-5, 5), (7, 1),  (-7, 1), (4, 6),  (-4, 6), (6, 4),  (-6, 4),
    (2, 7),  (-2, 7), (7, 2),  (-7, 2), (3, 7),  (-3, 7), (7, 3),  (-7, 3), (5, 6),  (-5, 6), (6, 5),  (-6, 5),
    (8, 0),  (4, 7),  (-4, 7), (7, 4),  (-7, 4), (8, 1),  (8, 2),  (6, 6),  (-6, 6), (8, 3),  (5, 7),  (-5, 7),
    (7, 5),  (-7, 5), (8, 4),  (6, 7),  (-6, 7), (7, 6),  (-7, 6), (8, 5),  (7, 7),  (-7, 7), (8, 6),  (8, 7),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_must_be_complete() {
        assert!(Code::from_lengths(&[1, 1]).is_some());
        assert!(Code::from_lengths(&[1, 2, 2]).is_some());
        assert!(Code::from_lengths(&[0, 9, 0]).is_some(), "a single symbol takes no bits");
        assert!(Code::from_lengths(&[0, 0]).is_none());
        assert!(Code::from_lengths(&[1, 2]).is_none());
        // Twice as much as there is: in 16 bits it looks like none at all.
        let mut twice = vec![1, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 15];
        assert!(Code::from_lengths(&twice).is_none());
        twice.drain(..2);
        assert!(Code::from_lengths(&twice).is_some());
    }

    #[test]
    fn symbols_are_read_most_significant_bit_first() {
        let code = Code::from_lengths(&[2, 1, 3, 3]).unwrap();
        // Symbol 1 is 0, 0 is 10, 2 is 110, 3 is 111. Here 10, 110, 0, 111, from the least significant bit on.
        let mut bits = Bits { data: &[0b1100_1101, 1], at: 0 };
        let read: Vec<_> = (0..4).filter_map(|_| code.symbol(&mut bits)).collect();
        assert_eq!(read, [0, 2, 1, 3]);
    }
}
