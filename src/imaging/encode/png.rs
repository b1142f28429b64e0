//! PNG, in the least that says the same: grey if no pixel has a colour, without alpha if all are opaque, with a palette
//! if there are few colours.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::Write;

use png::{BitDepth, ColorType, Compression, Encoder, Filter};

use super::{File, Picture, no_memory};
use crate::domain::facts::Rejection;

/// A file of `picture`.
///
/// # Errors
/// If there is no memory for it.
pub fn encode(picture: Picture) -> Result<Vec<u8>, Rejection> {
    let content = Content::of(picture);
    let mut file = File::default();
    let mut encoder = Encoder::new(&mut file, picture.width, picture.height);
    encoder.set_depth(BitDepth::Eight);
    encoder.set_compression(Compression::Fast);
    encoder.set_filter(Filter::Adaptive);
    match &content {
        Content::Palette(palette) => {
            encoder.set_color(ColorType::Indexed);
            // Differences of indices mean nothing.
            encoder.set_filter(Filter::NoFilter);
            encoder.set_palette(Cow::Owned(palette.colours.iter().flat_map(|[r, g, b, _]| [*r, *g, *b]).collect()));
            if palette.colours.iter().any(|[.., alpha]| *alpha < 255) {
                encoder.set_trns(Cow::Owned(palette.colours.iter().map(|[.., alpha]| *alpha).collect()));
            }
        }
        Content::Grey => encoder.set_color(ColorType::Grayscale),
        Content::GreyAlpha => encoder.set_color(ColorType::GrayscaleAlpha),
        Content::Colour => encoder.set_color(ColorType::Rgb),
        Content::ColourAlpha => encoder.set_color(ColorType::Rgba),
    }
    let mut writer = encoder.write_header().map_err(no_memory)?;
    let mut stream = writer.stream_writer().map_err(no_memory)?;
    let mut line = Vec::new();
    for row in picture.pixels.chunks_exact((picture.width as usize * picture.channels).max(1)) {
        line.clear();
        content.write(row.chunks_exact(picture.channels).map(rgba), &mut line);
        stream.write_all(&line).map_err(no_memory)?;
    }
    stream.finish().map_err(no_memory)?;
    writer.finish().map_err(no_memory)?;
    Ok(file.into_bytes())
}

fn rgba(pixel: &[u8]) -> [u8; 4] {
    match *pixel {
        [red, green, blue] => [red, green, blue, 255],
        [red, green, blue, alpha] => [red, green, blue, alpha],
        _ => [0; 4],
    }
}

/// What there is to say.
enum Content {
    Palette(Palette),
    Grey,
    GreyAlpha,
    Colour,
    ColourAlpha,
}

impl Content {
    fn of(picture: Picture) -> Self {
        let pixels = || picture.pixels.chunks_exact(picture.channels).map(rgba);
        if let Some(palette) = Palette::of(pixels()) {
            return Self::Palette(palette);
        }
        let opaque = picture.channels == 3 || pixels().all(|[.., alpha]| alpha == 255);
        let grey = pixels().all(|[red, green, blue, _]| red == green && green == blue);
        match (grey, opaque) {
            (true, true) => Self::Grey,
            (true, false) => Self::GreyAlpha,
            (false, true) => Self::Colour,
            (false, false) => Self::ColourAlpha,
        }
    }

    fn write(&self, pixels: impl Iterator<Item = [u8; 4]>, line: &mut Vec<u8>) {
        match self {
            Self::Palette(palette) => {
                line.extend(pixels.map(|pixel| palette.indices.get(&pixel).copied().unwrap_or_default()));
            }
            Self::Grey => line.extend(pixels.map(|[grey, ..]| grey)),
            Self::GreyAlpha => line.extend(pixels.flat_map(|[grey, _, _, alpha]| [grey, alpha])),
            Self::Colour => line.extend(pixels.flat_map(|[red, green, blue, _]| [red, green, blue])),
            Self::ColourAlpha => line.extend(pixels.flatten()),
        }
    }
}

/// Few enough colours to be named by one byte, in the order in which they come, those with transparency first.
struct Palette {
    colours: Vec<[u8; 4]>,
    indices: HashMap<[u8; 4], u8>,
}

impl Palette {
    fn of(pixels: impl Iterator<Item = [u8; 4]>) -> Option<Self> {
        let mut indices = HashMap::new();
        let mut last = None;
        for pixel in pixels {
            if last == Some(pixel) {
                continue;
            }
            last = Some(pixel);
            let next = indices.len();
            indices.entry(pixel).or_insert(next);
            if indices.len() > 256 {
                return None;
            }
        }
        let mut colours: Vec<([u8; 4], usize)> = indices.into_iter().collect();
        // What is opaque at the end needs no entry in the table of transparency.
        colours.sort_unstable_by_key(|([.., alpha], number)| (*alpha == 255, *number));
        let colours: Vec<[u8; 4]> = colours.into_iter().map(|(colour, _)| colour).collect();
        let indices = (0..=255).zip(&colours).map(|(index, colour)| (*colour, index)).collect();
        Some(Self { colours, indices })
    }
}
