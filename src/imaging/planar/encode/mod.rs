//! Planes to baseline JPEG: 4:2:0 or grey, the fixed codes of annex K, a JFIF header and nothing else.

mod fdct;
mod huffman;
mod tables;

use fdct::Quantiser;
use huffman::{Code, Writer};
use tables::{CODES, Definition, Factors};

use super::decode::{ZIGZAG, marker};
use super::planes::{Planes, chroma_sides};
use super::resample::Sides;

/// Marker, length, identifier, version 1.1, no unit, square pixels, no thumbnail (JFIF 1.02).
const JFIF: [u8; 18] = [0xff, 0xe0, 0, 16, b'J', b'F', b'I', b'F', 0, 1, 1, 0, 0, 1, 0, 1, 0, 0];

/// A JPEG of `planes`, at a quality from 1 to 100 as libjpeg counts it. None if a side is 0 or more than 65535, or a
/// plane has too few samples.
#[must_use]
pub fn encode(planes: &Planes, quality: u8) -> Option<Vec<u8>> {
    let sides = planes.sides;
    let (width, height) = (u16::try_from(sides.width).ok()?, u16::try_from(sides.height).ok()?);
    let luma = Plane::new(&planes.luma, sides)?;
    let chroma = match &planes.chroma {
        Some([blueness, redness]) => {
            Some([Plane::new(blueness, chroma_sides(sides))?, Plane::new(redness, chroma_sides(sides))?])
        }
        None => None,
    };
    let [luma_factors, chroma_factors] = tables::factors(quality);
    // A quarter of a byte for each pixel is what a photograph takes at quality 80.
    let mut file = Vec::with_capacity(planes.luma.len() / 4 + 1024);
    file.extend([0xff, marker::SOI]);
    file.extend(JFIF);
    quantisation_table(&mut file, 0, &luma_factors);
    if chroma.is_some() {
        quantisation_table(&mut file, 1, &chroma_factors);
    }
    frame_and_codes(&mut file, [height, width], chroma.is_some());

    let [luma_dc, luma_ac, chroma_dc, chroma_ac] = CODES.each_ref().map(Code::new);
    let luma_coder = Coder { quantiser: Quantiser::new(&luma_factors), dc: luma_dc, ac: luma_ac };
    let chroma_coder = Coder { quantiser: Quantiser::new(&chroma_factors), dc: chroma_dc, ac: chroma_ac };
    let mut writer = Writer::new(file);
    let (width, height) = (sides.width as usize, sides.height as usize);
    match chroma {
        None => {
            let mut previous = 0;
            for y in (0..height).step_by(8) {
                for x in (0..width).step_by(8) {
                    previous = luma_coder.write(&mut writer, &luma.block(x, y), previous);
                }
            }
        }
        Some([blueness, redness]) => {
            let mut previous = [0; 3];
            for y in (0..height).step_by(16) {
                for x in (0..width).step_by(16) {
                    let [luma_dc, blueness_dc, redness_dc] = &mut previous;
                    for (dx, dy) in [(0, 0), (8, 0), (0, 8), (8, 8)] {
                        *luma_dc = luma_coder.write(&mut writer, &luma.block(x + dx, y + dy), *luma_dc);
                    }
                    *blueness_dc = chroma_coder.write(&mut writer, &blueness.block(x / 2, y / 2), *blueness_dc);
                    *redness_dc = chroma_coder.write(&mut writer, &redness.block(x / 2, y / 2), *redness_dc);
                }
            }
        }
    }
    let mut file = writer.finish();
    file.extend([0xff, marker::EOI]);
    Some(file)
}

/// What a kind of plane is written with.
struct Coder {
    quantiser: Quantiser,
    dc: Code,
    ac: Code,
}

impl Coder {
    #[inline]
    fn write(&self, writer: &mut Writer, samples: &[[u8; 8]; 8], previous: i16) -> i16 {
        writer.block(fdct::coefficients(samples, &self.quantiser), previous, &self.dc, &self.ac)
    }
}

struct Plane<'a> {
    samples: &'a [u8],
    width: usize,
    height: usize,
}

impl<'a> Plane<'a> {
    fn new(samples: &'a [u8], sides: Sides) -> Option<Self> {
        let (width, height) = (sides.width as usize, sides.height as usize);
        let samples = samples.get(..width.checked_mul(height)?)?;
        (!samples.is_empty()).then_some(Self { samples, width, height })
    }

    /// Eight by eight samples; beyond the edges, the last ones again.
    #[inline]
    fn block(&self, x: usize, y: usize) -> [[u8; 8]; 8] {
        let mut block = [[0; 8]; 8];
        for (number, samples) in (y..).zip(&mut block) {
            let start = number.min(self.height - 1) * self.width;
            let row = self.samples.get(start..start + self.width).unwrap_or_default();
            match row.get(x..).and_then(|rest| rest.first_chunk()) {
                Some(eight) => *samples = *eight,
                None => {
                    let last = row.last().copied().unwrap_or_default();
                    let rest = row.iter().skip(x).copied().chain(std::iter::repeat(last));
                    samples.iter_mut().zip(rest).for_each(|(sample, value)| *sample = value);
                }
            }
        }
        block
    }
}

fn quantisation_table(file: &mut Vec<u8>, place: u8, factors: &Factors) {
    file.extend([0xff, marker::DQT, 0, 67, place]);
    let factors = factors.as_flattened();
    file.extend(ZIGZAG.iter().filter_map(|place| factors.get(usize::from(*place))));
}

fn frame_and_codes(file: &mut Vec<u8>, sides: [u16; 2], has_colour: bool) {
    // Identifier, sampling and quantisation table of each component.
    let components: &[[u8; 3]] = if has_colour { &[[1, 0x22, 0], [2, 0x11, 1], [3, 0x11, 1]] } else { &[[1, 0x11, 0]] };
    let count = components.len() as u8;
    file.extend([0xff, marker::SOF0, 0, 8 + 3 * count, 8]);
    file.extend(sides.map(u16::to_be_bytes).as_flattened());
    file.push(count);
    file.extend(components.as_flattened());
    for Definition { class_and_place, counts, symbols } in CODES.iter().take(if has_colour { 4 } else { 2 }) {
        file.extend([0xff, marker::DHT, 0, 19 + symbols.len() as u8, *class_and_place]);
        file.extend(counts);
        file.extend(*symbols);
    }
    file.extend([0xff, marker::SOS, 0, 6 + 2 * count, count]);
    for [identifier, _, tables] in components {
        file.extend([*identifier, tables << 4 | tables]);
    }
    // All coefficients, at once.
    file.extend([0, 63, 0]);
}
