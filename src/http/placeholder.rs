//! The few pixels that stand in for an image: until it has loaded, or until a visitor asks to see it.

use data_encoding::BASE64;

use super::api::oembed::fit;
use crate::domain::facts::ImageFacts;
use crate::domain::hex;
use crate::domain::warning::Warning;

/// What kind of file a placeholder is.
pub const MEDIA_TYPE: &str = "image/png";

/// Longest side of a placeholder that is a file, in pixels: enough for the card of a link. None is larger than its
/// image.
const FILE_SIDE_PX: u32 = 320;
/// Longest side of one in a page, which a style sheet enlarges and blurs, in pixels.
const PAGE_SIDE_PX: u32 = 48;
/// What lies behind a restricted image with transparent parts, and what is left of one whose ThumbHash cannot be
/// read: the dark of the plates of our pages.
const PLATE: Rgb = [0x1e, 0x18, 0x14];
/// The mark on a file: the light of our plates' lettering.
const LETTERING: Rgb = [0xef, 0xe5, 0xd3];

/// Red, green and blue of a pixel.
type Rgb = [u8; 3];

/// Pixels in rows from the top left, all of one length.
type Rows = Vec<Vec<Rgb>>;

/// What stands behind an image until it has loaded, as a `data:` address. `None` for one with transparent parts: it
/// would shine through for good.
#[must_use]
pub fn data_url(facts: &ImageFacts) -> Option<String> {
    if facts.has_alpha {
        return None;
    }
    let rows = decoded(&facts.thumbhash).map(|rows| halved(&rows)).or_else(|| plain(&facts.dominant_color))?;
    Some(as_data_url(&png(&rows)))
}

/// What a page shows of a restricted image before the visitor asks to see it, as a `data:` address.
#[must_use]
pub fn data_url_for(warning: &Warning) -> String {
    let (width, height) = size(warning, PAGE_SIDE_PX);
    as_data_url(&png(&stretched(&blurred(warning), width, height)))
}

/// What the image host serves of a restricted image until a visitor asks to see it: a PNG of [`file_size`], with a
/// mark that says that it is one.
#[must_use]
pub fn file(warning: &Warning) -> Vec<u8> {
    let (width, height) = file_size(warning);
    let mut rows = doubled(&stretched(&blurred(warning), width.div_ceil(2), height.div_ceil(2)), width, height);
    mark(&mut rows);
    png(&rows)
}

/// Width and height of that file in pixels: in proportion to the image.
#[must_use]
pub fn file_size(warning: &Warning) -> (u32, u32) {
    size(warning, FILE_SIDE_PX)
}

fn size(warning: &Warning, side_px: u32) -> (u32, u32) {
    fit((warning.width, warning.height), (side_px, side_px))
}

fn as_data_url(file: &[u8]) -> String {
    format!("data:image/png;base64,{}", BASE64.encode(file))
}

fn blurred(warning: &Warning) -> Rows {
    decoded(&warning.thumbhash).unwrap_or_else(|| vec![vec![PLATE]])
}

/// The picture of a ThumbHash, 32 pixels on its longer side.
fn decoded(thumbhash: &str) -> Option<Rows> {
    let hash = BASE64.decode(thumbhash.as_bytes()).ok()?;
    let (width, _, rgba) = thumbhash::thumb_hash_to_rgba(&hash).ok()?;
    let (pixels, _) = rgba.as_chunks::<4>();
    let opaque = |[red, green, blue, alpha]: &[u8; 4]| blend(PLATE, [*red, *green, *blue], f32::from(*alpha) / 255.0);
    let rows: Rows = pixels.chunks(width.max(1)).map(|row| row.iter().map(opaque).collect()).collect();
    (!rows.is_empty()).then_some(rows)
}

/// Every second pixel of every second row. A ThumbHash holds 7 waves a side, which 16 pixels show.
fn halved(rows: &Rows) -> Rows {
    let half = |row: &Vec<Rgb>| row.iter().step_by(2).copied().collect();
    rows.iter().step_by(2).map(half).collect()
}

/// One pixel of a colour in `#rrggbb`.
fn plain(colour: &str) -> Option<Rows> {
    let rgb = hex::decode(colour.strip_prefix('#')?)?;
    Some(vec![vec![rgb.try_into().ok()?]])
}

/// The same picture at another size, its pixels run into one another.
fn stretched(rows: &Rows, width: u32, height: u32) -> Rows {
    let across = |row: &Vec<Rgb>| {
        let pixel = |(one, next, part): (usize, usize, f32)| Some(blend(*row.get(one)?, *row.get(next)?, part));
        steps(row.len(), width).filter_map(pixel).collect::<Vec<Rgb>>()
    };
    let wide: Rows = rows.iter().map(across).collect();
    let down = |(one, next, part): (usize, usize, f32)| {
        let (upper, lower) = (wide.get(one)?, wide.get(next)?);
        Some(upper.iter().zip(lower).map(|(upper, lower)| blend(*upper, *lower, part)).collect())
    };
    steps(wide.len(), height).filter_map(down).collect()
}

/// For each of `to` pixels, between which two of `from` pixels it lies, and what part of the way.
fn steps(from: usize, to: u32) -> impl Iterator<Item = (usize, usize, f32)> {
    let last = from.saturating_sub(1);
    (0..to).map(move |at| {
        let place = ((at as f32 + 0.5) * from as f32 / to as f32 - 0.5).clamp(0.0, last as f32);
        let one = place as usize;
        (one, (one + 1).min(last), place.fract())
    })
}

fn blend(from: Rgb, to: Rgb, part: f32) -> Rgb {
    let mut mixed = from;
    for (sample, other) in mixed.iter_mut().zip(to) {
        let (from, to) = (f32::from(*sample), f32::from(other));
        *sample = (from + (to - from) * part).round() as u8;
    }
    mixed
}

/// Each pixel four times, and the last ones cut: no eye sees it in a blur, and it halves the file.
fn doubled(rows: &Rows, width: u32, height: u32) -> Rows {
    let row = |row: &Vec<Rgb>| row.iter().flat_map(|pixel| [*pixel; 2]).take(width as usize).collect();
    rows.iter().map(row).flat_map(|row: Vec<Rgb>| [row.clone(), row]).take(height as usize).collect()
}

/// Draws an exclamation mark on a disc into the middle: a blur alone looks like a picture that does not load.
fn mark(rows: &mut Rows) {
    let (width, height) = (rows.first().map_or(0, Vec::len) as f32, rows.len() as f32);
    let radius = (width.min(height) / 6.0).min(26.0);
    // How much of a pixel lies within a line of this half width, of which it is so far away.
    let within = |half_width: f32, distance: f32| (half_width - distance + 0.5).clamp(0.0, 1.0);
    for (y, row) in rows.iter_mut().enumerate() {
        for (x, pixel) in row.iter_mut().enumerate() {
            let (dx, dy) = (x as f32 + 0.5 - width / 2.0, y as f32 + 0.5 - height / 2.0);
            // Most pixels are nowhere near, and this is done for each view.
            if dx.abs().max(dy.abs()) > radius + 1.0 {
                continue;
            }
            let stroke = dx.hypot(dy - dy.clamp(-0.5 * radius, 0.1 * radius));
            let dot = dx.hypot(dy - 0.5 * radius);
            *pixel = blend(*pixel, PLATE, 0.8 * within(radius, dx.hypot(dy)));
            *pixel = blend(*pixel, LETTERING, within(0.11 * radius, stroke).max(within(0.13 * radius, dot)));
        }
    }
}

/// A PNG of 8-bit RGB (W3C PNG §11). What a pixel differs by from its neighbours is next to nothing in a blur, and
/// the compressor is made for such differences.
fn png(rows: &Rows) -> Vec<u8> {
    let side = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
    let (width, height) = (rows.first().map_or(0, Vec::len), rows.len());
    let mut header = Vec::from([side(width).to_be_bytes(), side(height).to_be_bytes()].as_flattened());
    // 8 bits a sample, RGB, deflate, the standard filters, no interlacing.
    header.extend_from_slice(&[8, 2, 0, 0, 0]);
    let mut filtered = Vec::with_capacity((width * 3 + 1) * height);
    let mut above = &vec![[0; 3]; width];
    for row in rows {
        // Filter 4: Paeth.
        filtered.push(4);
        let (samples, above_samples) = (row.as_flattened(), above.as_flattened());
        let left = [0; 3].iter().chain(samples);
        let above_left = [0; 3].iter().chain(above_samples);
        for (((sample, left), up), corner) in samples.iter().zip(left).zip(above_samples).zip(above_left) {
            filtered.push(sample.wrapping_sub(paeth(*left, *up, *corner)));
        }
        above = row;
    }
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    chunk(&mut file, b"IHDR", &header);
    chunk(&mut file, b"IDAT", &fdeflate::compress_to_vec(&filtered));
    chunk(&mut file, b"IEND", &[]);
    file
}

/// Whichever neighbour is nearest to where the other two point (W3C PNG §9.4).
fn paeth(left: u8, above: u8, above_left: u8) -> u8 {
    let [a, b, c] = [left, above, above_left].map(i16::from);
    let expected = a + b - c;
    let [to_left, to_above, to_corner] = [a, b, c].map(|sample| expected.abs_diff(sample));
    if to_left <= to_above && to_left <= to_corner {
        left
    } else if to_above <= to_corner {
        above
    } else {
        above_left
    }
}

fn chunk(file: &mut Vec<u8>, kind: &[u8; 4], data: &[u8]) {
    file.extend_from_slice(&u32::try_from(data.len()).unwrap_or(u32::MAX).to_be_bytes());
    file.extend_from_slice(kind);
    file.extend_from_slice(data);
    let crc = !crc32(crc32(!0, kind), data);
    file.extend_from_slice(&crc.to_be_bytes());
}

fn crc32(start: u32, bytes: &[u8]) -> u32 {
    bytes.iter().fold(start, |crc, byte| crc32_step(crc, *byte))
}

fn crc32_step(crc: u32, byte: u8) -> u32 {
    (0..8).fold(crc ^ u32::from(byte), |crc, _| if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::format::Format;

    fn facts(thumbhash: &str, has_alpha: bool) -> ImageFacts {
        ImageFacts {
            format: Format::Png,
            width: 40,
            height: 30,
            frames: 1,
            animated: false,
            orientation: 1,
            has_alpha,
            thumbhash: thumbhash.into(),
            dominant_color: "#a07050".into(),
            bytes: 1,
        }
    }

    fn pixels(facts: &ImageFacts) -> Option<(u32, u32, Vec<u8>)> {
        let url = data_url(facts)?;
        pixels_of(BASE64.decode(url.strip_prefix("data:image/png;base64,")?.as_bytes()).ok()?)
    }

    /// What a decoder other than ours makes of it.
    fn pixels_of(file: Vec<u8>) -> Option<(u32, u32, Vec<u8>)> {
        let mut reader = ::png::Decoder::new(std::io::Cursor::new(file)).read_info().ok()?;
        let mut pixels = vec![0; reader.output_buffer_size()?];
        let info = reader.next_frame(&mut pixels).ok()?;
        Some((info.width, info.height, pixels))
    }

    /// The ThumbHash of a picture that is blue on the left and red on the right.
    fn thumbhash(alpha: u8) -> String {
        let rgba: Vec<u8> = (0..24u8).flat_map(|n| [n % 6 * 50, 80, 255 - n % 6 * 50, alpha]).collect();
        BASE64.encode(&thumbhash::rgba_to_thumb_hash(6, 4, &rgba))
    }

    fn warning(thumbhash: String, width: u32, height: u32) -> Warning {
        Warning { thumbhash, width, height }
    }

    #[test]
    fn a_thumbhash_becomes_a_small_png() {
        let hash = thumbhash(255);
        let (width, height, rgb) = pixels(&facts(&hash, false)).unwrap_or_default();
        assert!(width == 16 && (8..=16).contains(&height), "{width} x {height}");
        assert_eq!(rgb.len(), (width * height * 3) as usize);
        let reds = || rgb.iter().step_by(3);
        assert!(reds().any(|red| *red > 150) && reds().any(|red| *red < 100), "it is not one colour");
    }

    #[test]
    fn without_a_thumbhash_the_colour_remains() {
        for unusable in ["", "AAA=", "not base64!"] {
            assert_eq!(pixels(&facts(unusable, false)), Some((1, 1, vec![0xa0, 0x70, 0x50])), "{unusable}");
        }
    }

    #[test]
    fn a_file_has_the_shape_of_its_image_and_its_colours_and_a_mark() {
        for ((width, height), expected) in
            [((4_000, 3_000), (320, 240)), ((600, 900), (213, 320)), ((8, 6), (8, 6)), ((10_000, 1), (320, 1))]
        {
            let warning = warning(thumbhash(255), width, height);
            assert_eq!(file_size(&warning), expected);
            let file = file(&warning);
            assert!(file.len() < 40_000, "{} bytes", file.len());
            let (width, height, rgb) = pixels_of(file).unwrap_or_default();
            assert_eq!((width, height), expected);
            let (left, right) = (rgb.first_chunk::<3>().copied(), rgb.last_chunk::<3>().copied());
            let [left, right] = [left, right].map(Option::unwrap_or_default);
            assert!(left[2] > left[0] && right[0] > right[2], "{left:?} to {right:?}");
            let light = rgb.as_chunks::<3>().0.contains(&LETTERING);
            assert_eq!(light, height > 100, "a mark where there is room for one");
        }
    }

    #[test]
    fn a_page_has_one_of_the_same_shape() {
        let url = data_url_for(&warning(thumbhash(255), 600, 900));
        let file = BASE64.decode(url.strip_prefix("data:image/png;base64,").unwrap_or_default().as_bytes());
        assert!(url.len() < 4_000, "{} characters", url.len());
        let size = pixels_of(file.unwrap_or_default()).map(|(width, height, _)| (width, height));
        assert_eq!(size, Some((32, 48)));
    }

    #[test]
    fn a_file_is_there_whatever_the_thumbhash() {
        for unusable in ["", "AAA=", "not base64!"] {
            let (width, height, rgb) = pixels_of(file(&warning(unusable.into(), 40, 30))).unwrap_or_default();
            assert_eq!((width, height, rgb.first_chunk::<3>()), (40, 30, Some(&PLATE)), "{unusable}");
        }
        // A transparent picture lies on the plate.
        let (_, _, rgb) = pixels_of(file(&warning(thumbhash(0), 40, 30))).unwrap_or_default();
        assert!(rgb.iter().take(3).all(|sample| *sample < 0x40), "{:?}", rgb.first_chunk::<3>());
    }

    #[test]
    fn nothing_stands_behind_a_transparent_image() {
        assert_eq!(data_url(&facts("", true)), None);
    }
}
