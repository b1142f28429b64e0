//! The few pixels that stand in for an image until it has loaded, as a `data:` address.

use data_encoding::BASE64;

use crate::domain::facts::ImageFacts;

/// The stand-in for an image. `None` for one with transparent parts: it would shine through for good.
#[must_use]
pub fn data_url(facts: &ImageFacts) -> Option<String> {
    if facts.has_alpha {
        return None;
    }
    let (width, height, pixels) = decoded(&facts.thumbhash).or_else(|| plain(&facts.dominant_color))?;
    Some(format!("data:image/png;base64,{}", BASE64.encode(&png(width, height, &pixels))))
}

/// The picture of a ThumbHash at half its usual size: it holds 7 waves a side, which 16 pixels show.
fn decoded(thumbhash: &str) -> Option<(u32, u32, Vec<u8>)> {
    let hash = BASE64.decode(thumbhash.as_bytes()).ok()?;
    let (width, height, rgba) = thumbhash::thumb_hash_to_rgba(&hash).ok()?;
    let (half_width, half_height) = (width / 2, height / 2);
    let mut pixels = Vec::with_capacity(half_width * half_height * 3);
    for y in 0..half_height {
        for x in 0..half_width {
            let at = (2 * y * width + 2 * x) * 4;
            pixels.extend_from_slice(rgba.get(at..at + 3)?);
        }
    }
    let side = |pixels: usize| u32::try_from(pixels).ok().filter(|side| *side > 0);
    Some((side(half_width)?, side(half_height)?, pixels))
}

/// One pixel of a colour in `#rrggbb`.
fn plain(colour: &str) -> Option<(u32, u32, Vec<u8>)> {
    let digits = colour.strip_prefix('#')?;
    let rgb = crate::domain::hex::decode(digits).filter(|rgb| rgb.len() == 3)?;
    Some((1, 1, rgb))
}

/// A PNG of 8-bit RGB, not compressed (W3C PNG §11, RFC 1950, RFC 1951 §3.2.4): the page is compressed as a
/// whole, and a compressor for 500 bytes would be larger than all it saves.
fn png(width: u32, height: u32, rgb: &[u8]) -> Vec<u8> {
    let mut header = Vec::from([width.to_be_bytes(), height.to_be_bytes()].as_flattened());
    // 8 bits a sample, RGB, deflate, the standard filters, no interlacing.
    header.extend_from_slice(&[8, 2, 0, 0, 0]);
    let row_bytes = (width as usize).saturating_mul(3).max(1);
    let mut rows = Vec::with_capacity(rgb.len() + height as usize);
    for row in rgb.chunks(row_bytes) {
        rows.push(0);
        rows.extend_from_slice(row);
    }
    // One stored block; its length has 16 bits, and the largest placeholder is 16 rows of 49 bytes.
    let length = u16::try_from(rows.len()).unwrap_or(u16::MAX);
    let mut data = vec![0x78, 0x01, 0x01];
    data.extend_from_slice(&length.to_le_bytes());
    data.extend_from_slice(&(!length).to_le_bytes());
    data.extend_from_slice(&rows);
    data.extend_from_slice(&adler32(&rows).to_be_bytes());
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    chunk(&mut file, b"IHDR", &header);
    chunk(&mut file, b"IDAT", &data);
    chunk(&mut file, b"IEND", &[]);
    file
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

fn adler32(bytes: &[u8]) -> u32 {
    let step = |(a, b): (u32, u32), byte: &u8| {
        let a = (a + u32::from(*byte)) % 65_521;
        (a, (b + a) % 65_521)
    };
    let (a, b) = bytes.iter().fold((1, 0), step);
    (b << 16) | a
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

    /// What a decoder other than ours makes of it.
    fn pixels(facts: &ImageFacts) -> Option<(u32, u32, Vec<u8>)> {
        let url = data_url(facts)?;
        let file = BASE64.decode(url.strip_prefix("data:image/png;base64,")?.as_bytes()).ok()?;
        let mut reader = ::png::Decoder::new(std::io::Cursor::new(file)).read_info().ok()?;
        let mut pixels = vec![0; reader.output_buffer_size()?];
        let info = reader.next_frame(&mut pixels).ok()?;
        Some((info.width, info.height, pixels))
    }

    #[test]
    fn a_thumbhash_becomes_a_small_png() {
        let rgba: Vec<u8> = (0..24u8).flat_map(|n| [n * 10, 80, 255 - n * 10, 255]).collect();
        let hash = BASE64.encode(&thumbhash::rgba_to_thumb_hash(6, 4, &rgba));
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
    fn nothing_stands_behind_a_transparent_image() {
        assert_eq!(data_url(&facts("", true)), None);
    }
}
