//! The short way for most of what is asked for: a photograph in another size. Where nothing changes its colours, a JPEG
//! is read, resampled and turned as planes of brightness and colour, and is never RGB (`imaging::planar`).
//!
//! What does not go this way goes the long one, which is also what this one is compared with.

use super::Notes;
use super::budget::Work;
use super::draw::Drawing;
use super::source::Source;
use super::still::{TOO_MANY_PIXELS, encoding_cost};
use crate::domain::facts::Rejection;
use crate::domain::format::Format;
use crate::domain::transform::VariantFacts;
use crate::imaging::encode::{self, webp};
use crate::imaging::orientation::turn;
use crate::imaging::planar::decode::Header;
use crate::imaging::planar::encode::encode;
use crate::imaging::planar::planes::{Planes, chroma_sides};
use crate::imaging::planar::resample::{Area, Sides};
use crate::imaging::planar::resize::Resize;
use crate::policy::transforms::{BOUNDS, COSTS};

/// What a pixel of planes takes, in bytes: one of brightness, two quarters of colour; twice, while they are turned.
const PLANES_BYTES: u64 = 3;

/// Makes a result of planes; none if this is no way for it.
///
/// # Errors
/// If it would take too much work.
pub fn make(
    source: &Source,
    drawing: &Drawing,
    memory_bytes: u64,
    work: &mut Work,
    mut notes: Notes,
) -> Result<Option<(VariantFacts, Vec<u8>)>, Rejection> {
    let (format, quality) = (drawing.transform.format, drawing.transform.quality);
    let Some(data) = source.jpeg().filter(|_| matches!(format, Format::Jpeg | Format::WebP)) else { return Ok(None) };
    // A file that is damaged for this decoder may be none for the other.
    let Ok(Some(header)) = Header::read(data) else { return Ok(None) };
    if !drawing.keeps_colours(header.components.len()) {
        return Ok(None);
    }
    let layout = drawing.layout(None, &BOUNDS);
    let by = drawing.turn();
    let ([width, height], cut) = (by.sides(layout.scaled), by.back(layout.cut, source.sides()));
    let area = Area { x: cut.left, y: cut.top, width: cut.width, height: cut.height };
    let Some(resize) = Resize::new(&header, area, Sides { width, height }) else { return Ok(None) };
    // Of an odd side, colours are paired from the end that will be the first.
    let resize = resize.paired_from_end(by.sides([by.mirrors_x, by.mirrors_y]));
    let pixels = u64::from(width) * u64::from(height);
    let encoder_bytes = encode::memory_bytes([width, height], false, format, quality);
    if resize.memory_bytes().max(encoder_bytes) + pixels * PLANES_BYTES > memory_bytes {
        return Ok(None);
    }
    let [stored_width, stored_height] = source.sides().map(u64::from);
    work.spend(stored_width * stored_height * source.scans() * COSTS.jpeg_scan)?;
    work.spend(pixels * (COSTS.resample + encoding_cost(format)))?;
    let Ok(planes) = resize.run(data, &|| Ok(())) else { return Ok(None) };
    let planes = turned(planes, by.orientation());
    let file = match format {
        Format::WebP => webp_of(&planes, quality),
        _ => encode(&planes, quality),
    };
    let Some(file) = file else { return Ok(None) };
    if layout.reduced {
        notes.add("size", TOO_MANY_PIXELS);
    }
    let [width, height] = layout.canvas;
    let facts = VariantFacts { format, width, height, frames: 1, bytes: file.len() as u64, notes: notes.0 };
    Ok(Some((facts, file)))
}

/// The planes, upright.
fn turned(planes: Planes, orientation: u8) -> Planes {
    if orientation == 1 {
        return planes;
    }
    let Planes { sides, luma, chroma } = planes;
    let half = chroma_sides(sides);
    let (width, height, luma) = turn(sides.width, sides.height, &luma, orientation);
    let chroma = chroma.map(|planes| planes.map(|plane| turn(half.width, half.height, &plane, orientation).2));
    Planes { sides: Sides { width, height }, luma, chroma }
}

fn webp_of(planes: &Planes, quality: u8) -> Option<Vec<u8>> {
    let Sides { width, height } = planes.sides;
    let half = chroma_sides(planes.sides);
    // What has no colour has the middle of it.
    let grey = if planes.chroma.is_none() { vec![128; half.width as usize * half.height as usize] } else { Vec::new() };
    let [blueness, redness] = planes.chroma.as_ref().map_or([&grey; 2], |[blueness, redness]| [blueness, redness]);
    let plane = |samples, stride: u32| webp::Plane { samples, stride: stride as usize };
    let planes =
        webp::Planes { y: plane(&planes.luma, width), cb: plane(blueness, half.width), cr: plane(redness, half.width) };
    webp::planes(planes, width, height, encode::webp_options(quality), &mut || true).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::transform::{Gravity, Sizing, Transform};
    use crate::imaging::transform::still;
    use crate::imaging::{examine, transform::budget};
    use crate::policy::limits::ANONYMOUS;

    const TURNED: [&[u8]; 8] = [
        include_bytes!("../../../tests/fixtures/orientation-1.jpg"),
        include_bytes!("../../../tests/fixtures/orientation-2.jpg"),
        include_bytes!("../../../tests/fixtures/orientation-3.jpg"),
        include_bytes!("../../../tests/fixtures/orientation-4.jpg"),
        include_bytes!("../../../tests/fixtures/orientation-5.jpg"),
        include_bytes!("../../../tests/fixtures/orientation-6.jpg"),
        include_bytes!("../../../tests/fixtures/orientation-7.jpg"),
        include_bytes!("../../../tests/fixtures/orientation-8.jpg"),
    ];

    type Made = Option<(VariantFacts, Vec<u8>)>;

    /// The short way and the long one, from what is stored of a file.
    fn both(received: &[u8], transform: Transform) -> (Made, Made) {
        let stored = examine(received, &ANONYMOUS).map(|examined| examined.stripped.to_vec(received)).unwrap();
        let source = Source::open(&stored, &ANONYMOUS).unwrap();
        let drawing = Drawing::new(&source, &transform).unwrap();
        let memory_bytes = budget::memory_bytes(&stored, &ANONYMOUS);
        let short = make(&source, &drawing, memory_bytes, &mut Work::new(), Notes::default()).unwrap();
        let long = still::make(&source, &drawing, memory_bytes, &mut Work::new(), Notes::default());
        (short, long.ok())
    }

    fn sized(sizing: Sizing, format: Format) -> Transform {
        Transform { sizing, quality: 95, ..Transform::identity(format) }
    }

    fn pixels(format: Format, file: &[u8]) -> Vec<u8> {
        match format {
            Format::WebP => {
                let mut decoder = image_webp::WebPDecoder::new(std::io::Cursor::new(file)).unwrap();
                let mut pixels = vec![0; decoder.output_buffer_size().unwrap()];
                decoder.read_image(&mut pixels).unwrap();
                pixels
            }
            _ => jpeg_decoder::Decoder::new(file).decode().unwrap(),
        }
    }

    #[test]
    fn what_is_stored_of_a_photograph_goes_this_way_and_looks_as_if_it_had_gone_the_long_one() {
        // Odd sides, so that pixels are paired for their colour from either end.
        for sizing in [
            Sizing::Original,
            Sizing::Within { width: Some(37), height: None, enlarge: false },
            Sizing::Cover { width: 33, height: 21, gravity: Gravity::East },
            Sizing::Within { width: Some(301), height: None, enlarge: true },
        ] {
            for format in [Format::Jpeg, Format::WebP] {
                for (number, file) in (1..).zip(TURNED) {
                    let (short, long) = both(file, sized(sizing, format));
                    let context = format!("{sizing:?} {format:?} of orientation {number}");
                    let ((facts, short), (expected, long)) = (short.expect(&context), long.expect(&context));
                    assert_eq!((facts.width, facts.height), (expected.width, expected.height), "{context}");
                    let (short, long) = (pixels(format, &short), pixels(format, &long));
                    assert_eq!(short.len(), long.len(), "{context}");
                    // What differs is how colour was halved and doubled; nothing is moved or tinted by that.
                    for channel in 0..3 {
                        let pairs = short.iter().zip(&long).skip(channel).step_by(3);
                        let apart: Vec<f64> = pairs.map(|(short, long)| f64::from(*short) - f64::from(*long)).collect();
                        let mean = |sum: f64| sum / apart.len() as f64;
                        let (tint, distance) = (mean(apart.iter().sum()), mean(apart.iter().map(|a| a.abs()).sum()));
                        assert!(tint.abs() < 1.0 && distance < 6.0, "{context}: {tint:.2} {distance:.2} in {channel}");
                    }
                }
            }
        }
    }

    #[test]
    fn what_this_way_cannot_do_goes_the_long_one() {
        let small = Sizing::Within { width: Some(20), height: None, enlarge: false };
        let jpeg = sized(small, Format::Jpeg);
        let takes = |file: &[u8], transform| both(file, transform).0.is_some();
        assert!(takes(TURNED[0], jpeg));
        for transform in [
            Transform { blur: 100, ..jpeg },
            Transform { sharpen: 100, ..jpeg },
            Transform { adjust: crate::domain::transform::Adjust { grayscale: true, ..Default::default() }, ..jpeg },
            sized(Sizing::Pad { width: 30, height: 30, gravity: Gravity::Center }, Format::Jpeg),
            sized(Sizing::Cover { width: 30, height: 30, gravity: Gravity::Auto }, Format::Jpeg),
            sized(small, Format::Png),
            sized(small, Format::Gif),
        ] {
            assert!(!takes(TURNED[0], transform), "{transform:?}");
        }
        assert!(!takes(include_bytes!("../../../tests/fixtures/cmyk.jpg"), jpeg));
        assert!(!takes(include_bytes!("../../../tests/fixtures/lossy.webp"), jpeg));
    }
}
