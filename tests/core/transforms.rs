//! Transforms of real files: what comes out has the sides, the colours and the frames that were asked for.

use tintype::domain::format::Format;
use tintype::domain::transform::{Flip, Gravity, Layout, Rotate, Sizing, Transform, VariantFacts};
use tintype::imaging;
use tintype::policy::limits::ANONYMOUS;
use tintype::policy::transforms::BOUNDS;

use crate::harness::image_files::{self as files, Jpeg, Png};

/// A decoded result.
pub struct Shown {
    pub facts: VariantFacts,
    pub file: Vec<u8>,
    pub pixels: Vec<[u8; 4]>,
}

impl Shown {
    pub fn at(&self, x: u32, y: u32) -> [u8; 4] {
        self.pixels[(y * self.facts.width + x) as usize]
    }
}

/// Transforms a file, and decodes the result by other means than the product.
pub fn shown(file: &[u8], transform: &Transform) -> Shown {
    let (facts, made) = imaging::transform(file, transform, &ANONYMOUS).unwrap_or_else(|r| panic!("{r:?} {transform}"));
    assert_eq!(facts.bytes, made.len() as u64);
    let (width, height, pixels) = decoded(facts.format, &made);
    assert_eq!((width, height), (facts.width, facts.height), "{transform}");
    Shown { facts, file: made, pixels }
}

fn decoded(format: Format, file: &[u8]) -> (u32, u32, Vec<[u8; 4]>) {
    match format {
        Format::Jpeg => {
            let mut decoder = jpeg_decoder::Decoder::new(file);
            let samples = decoder.decode().expect("a JPEG");
            let info = decoder.info().expect("a header");
            let count = samples.len() / (usize::from(info.width) * usize::from(info.height));
            (info.width.into(), info.height.into(), samples.chunks(count).map(rgba).collect())
        }
        Format::Png => {
            let mut decoder = png::Decoder::new(std::io::Cursor::new(file));
            decoder.set_transformations(png::Transformations::normalize_to_color8());
            let mut reader = decoder.read_info().expect("a PNG");
            let mut samples = vec![0; reader.output_buffer_size().expect("a size")];
            reader.next_frame(&mut samples).expect("pixels");
            let (count, info) = (reader.output_color_type().0.samples(), reader.info());
            (info.width, info.height, samples.chunks(count).map(rgba).collect())
        }
        Format::WebP => {
            let mut decoder = image_webp::WebPDecoder::new(std::io::Cursor::new(file)).expect("a WebP");
            let (width, height) = decoder.dimensions();
            let mut samples = vec![0; decoder.output_buffer_size().expect("a size")];
            decoder.read_image(&mut samples).expect("pixels");
            let count = if decoder.has_alpha() { 4 } else { 3 };
            (width, height, samples.chunks(count).map(rgba).collect())
        }
        Format::Gif => {
            let mut options = gif::DecodeOptions::new();
            options.set_color_output(gif::ColorOutput::RGBA);
            let mut decoder = options.read_info(file).expect("a GIF");
            let (width, height) = (decoder.width(), decoder.height());
            let frame = decoder.read_next_frame().expect("a frame").expect("one");
            (width.into(), height.into(), frame.buffer.chunks(4).map(rgba).collect())
        }
    }
}

fn rgba(sample: &[u8]) -> [u8; 4] {
    match *sample {
        [grey] => [grey, grey, grey, 255],
        [grey, alpha] => [grey, grey, grey, alpha],
        [red, green, blue] => [red, green, blue, 255],
        [red, green, blue, alpha] => [red, green, blue, alpha],
        _ => panic!("{sample:?}"),
    }
}

/// Into this format, at its best quality.
pub fn into(format: Format) -> Transform {
    let quality = if matches!(format, Format::Jpeg | Format::WebP) { 95 } else { 0 };
    Transform { quality, ..Transform::identity(format) }
}

pub fn within(side: u32) -> Sizing {
    Sizing::Within { width: Some(side), height: Some(side), enlarge: false }
}

/// The mean distance of samples, alpha with them.
pub fn distance(one: &[[u8; 4]], other: &[[u8; 4]]) -> f64 {
    assert_eq!(one.len(), other.len());
    let sum: u64 = one.iter().flatten().zip(other.iter().flatten()).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
    sum as f64 / one.len() as f64 / 4.0
}

/// One file of every kind that is taken.
pub fn every_kind(width: u32, height: u32) -> Vec<(&'static str, Vec<u8>)> {
    let (wide, high) = (width as u16, height as u16);
    vec![
        ("baseline JPEG", files::jpeg(width, height, Jpeg::Baseline)),
        ("4:4:4 JPEG", files::jpeg(width, height, Jpeg::Full)),
        ("grey JPEG", files::jpeg(width, height, Jpeg::Grey)),
        ("progressive JPEG", files::jpeg(width, height, Jpeg::Progressive)),
        ("JPEG with restarts", files::jpeg(width, height, Jpeg::Restarts)),
        ("CMYK JPEG", files::jpeg(width, height, Jpeg::Cmyk)),
        ("RGB PNG", files::png(width, height, Png::Rgb)),
        ("RGBA PNG", files::png(width, height, Png::Rgba)),
        ("16-bit PNG", files::png(width, height, Png::Grey16)),
        ("palette PNG", files::png(width, height, Png::Palette)),
        ("interlaced PNG", files::interlaced_png(width, height)),
        ("APNG", files::png(width, height, Png::Animated(3))),
        ("GIF", files::gif(wide, high, 1, false)),
        ("interlaced GIF", files::gif(wide, high, 1, true)),
        ("animated GIF", files::gif(wide, high, 3, false)),
        ("WebP", files::webp(width, height, false)),
        ("WebP with alpha", files::webp(width, height, true)),
        ("animated WebP", files::animated_webp(width & !3, height & !3, 3)),
    ]
}

#[test]
fn a_result_has_the_sides_that_its_layout_says_whatever_is_made_of_what() {
    let sizings = [
        Sizing::Original,
        Sizing::Short { side: 20 },
        within(33),
        Sizing::Within { width: Some(120), height: None, enlarge: true },
        Sizing::Cover { width: 40, height: 40, gravity: Gravity::NorthWest },
        Sizing::Cover { width: 70, height: 10, gravity: Gravity::Auto },
        Sizing::Pad { width: 50, height: 20, gravity: Gravity::East },
    ];
    for (name, file) in every_kind(64, 48) {
        for format in Format::ALL {
            for sizing in sizings {
                for rotate in [Rotate::None, Rotate::Quarter] {
                    let transform = Transform { sizing, rotate, ..into(format) };
                    let sides = if rotate.turns_sides() { [48, 64] } else { [64, 48] };
                    let layout = Layout::of(&transform, sides[0], sides[1], None, &BOUNDS);
                    let facts = shown(&file, &transform).facts;
                    assert_eq!([facts.width, facts.height], layout.canvas, "{name} {transform}");
                    assert_eq!(facts.format, format, "{name} {transform}");
                }
            }
        }
    }
}

/// The picture as a camera stores it that is held in this orientation: what is upright after it is turned back.
fn held(upright: &[[u8; 3]], width: u32, height: u32, orientation: u8) -> (Vec<[u8; 3]>, u32, u32) {
    let (wide, high) = if orientation >= 5 { (height, width) } else { (width, height) };
    let (right, bottom) = (width - 1, height - 1);
    let stored = |x: u32, y: u32| match orientation {
        1 => (x, y),
        2 => (right - x, y),
        3 => (right - x, bottom - y),
        4 => (x, bottom - y),
        5 => (y, x),
        6 => (right - y, x),
        7 => (right - y, bottom - x),
        _ => (y, bottom - x),
    };
    let places = (0..high).flat_map(|y| (0..wide).map(move |x| stored(x, y)));
    (places.map(|(x, y)| upright[(y * width + x) as usize]).collect(), wide, high)
}

#[test]
fn every_orientation_comes_out_upright_and_the_same() {
    let (width, height) = (96, 64);
    let upright = files::photo(width, height);
    for sizing in [Sizing::Original, within(50), Sizing::Cover { width: 30, height: 30, gravity: Gravity::West }] {
        let transform = Transform { sizing, ..into(Format::Png) };
        let expected = shown(&files::png_of(&upright, width, height), &transform);
        for orientation in 1..=8 {
            let (pixels, wide, high) = held(&upright, width, height, orientation);
            let mut png = files::png_of(&pixels, wide, high);
            png.splice(33..33, files::png_chunk(b"eXIf", &files::private_exif(orientation)));
            let mut jpeg = files::jpeg_of(&pixels, wide, high, Jpeg::Full);
            let exif = [b"Exif\0\0", &files::private_exif(orientation)[..]].concat();
            let length = (exif.len() as u16 + 2).to_be_bytes();
            jpeg.splice(2..2, [&[0xff, 0xe1][..], &length, &exif].concat());
            for (kind, file, most) in [("PNG", png, 0.3), ("JPEG", jpeg, 4.0)] {
                let found = shown(&file, &transform);
                assert_eq!([found.facts.width, found.facts.height], [expected.facts.width, expected.facts.height]);
                let off = distance(&found.pixels, &expected.pixels);
                assert!(off <= most, "{kind} {orientation} {transform}: {off}");
            }
        }
    }
}

#[test]
fn flips_and_rotations_move_corners() {
    // Red, green / blue, white.
    let (width, height) = (8, 4);
    let corner = |x: u32, y: u32| match (x < 4, y < 2) {
        (true, true) => [255, 0, 0],
        (false, true) => [0, 255, 0],
        (true, false) => [0, 0, 255],
        (false, false) => [255, 255, 255],
    };
    let pixels: Vec<_> = (0..height).flat_map(|y| (0..width).map(move |x| corner(x, y))).collect();
    let file = files::png_of(&pixels, width, height);
    let letter = |pixel: [u8; 4]| match pixel {
        [255, 0, 0, 255] => 'r',
        [0, 255, 0, 255] => 'g',
        [0, 0, 255, 255] => 'b',
        [255, 255, 255, 255] => 'w',
        _ => '?',
    };
    let (horizontal, vertical) =
        (Flip { horizontal: true, vertical: false }, Flip { horizontal: false, vertical: true });
    for (flip, rotate, expected) in [
        (Flip::default(), Rotate::None, "rgbw"),
        (horizontal, Rotate::None, "grwb"),
        (vertical, Rotate::None, "bwrg"),
        (Flip::default(), Rotate::Quarter, "brwg"),
        (Flip::default(), Rotate::Half, "wbgr"),
        (Flip::default(), Rotate::ThreeQuarters, "gwrb"),
        (horizontal, Rotate::Quarter, "wgbr"),
    ] {
        for format in [Format::Png, Format::WebP, Format::Gif] {
            let found = shown(&file, &Transform { flip, rotate, ..Transform::identity(format) });
            let (right, bottom) = (found.facts.width - 1, found.facts.height - 1);
            let corners = [(0, 0), (right, 0), (0, bottom), (right, bottom)];
            let corners: String = corners.iter().map(|(x, y)| letter(found.at(*x, *y))).collect();
            assert_eq!(corners, expected, "{flip:?} {rotate:?} {format:?}");
        }
    }
}

#[test]
fn what_is_only_written_anew_stays_exactly_as_it_is() {
    for (name, file) in every_kind(61, 47) {
        if name.contains("JPEG") || name.contains("animated") {
            continue;
        }
        let (_, _, expected) = decoded(imaging::examine(&file, &ANONYMOUS).expect("an image").facts.format, &file);
        let found = shown(&file, &into(Format::Png));
        let same = found.pixels.iter().zip(&expected).all(|(found, expected)| found == expected);
        assert!(same, "{name}");
    }
}
