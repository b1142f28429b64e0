//! JPEG, at an eighth of its size: all entropy-coded data is read, little of it becomes pixels.

use std::io::Read;

use jpeg_decoder::{Decoder, Error, PixelFormat};

use super::rendition::{Rendition, SIDE_PX_MAX};
use crate::domain::facts::Rejection;
use crate::imaging::damaged;

/// Decodes the whole file.
pub fn check(file: impl Read) -> Result<Rendition, Rejection> {
    let mut decoder = Decoder::new(file);
    let side = u16::try_from(SIDE_PX_MAX).unwrap_or(u16::MAX);
    let (width, height) = decoder.scale(side, side).map_err(refusal)?;
    let pixels = decoder.decode().map_err(refusal)?;
    let format = decoder.info().ok_or_else(|| damaged("the JPEG has no frame header"))?.pixel_format;
    let mut rendition = Rendition::new(u32::from(width), u32::from(height));
    for (y, row) in (0..u32::from(height)).zip(pixels.chunks(usize::from(width) * format.pixel_bytes())) {
        let samples = row.chunks_exact(format.pixel_bytes());
        rendition.add(0, y, 1, samples.map(|sample| rgba(sample, format)));
    }
    Ok(rendition)
}

fn rgba(sample: &[u8], format: PixelFormat) -> [u8; 4] {
    match *sample {
        [grey] => [grey, grey, grey, 255],
        [red, green, blue] => [red, green, blue, 255],
        // Amounts of ink, without their profile: good enough for a placeholder.
        [cyan, magenta, yellow, black] if format == PixelFormat::CMYK32 => {
            let light = |ink: u8| u8::try_from(u16::from(255 - ink) * u16::from(255 - black) / 255).unwrap_or(255);
            [light(cyan), light(magenta), light(yellow), 255]
        }
        _ => [0, 0, 0, 255],
    }
}

fn refusal(error: Error) -> Rejection {
    match error {
        Error::Unsupported(feature) => damaged(&format!("this kind of JPEG ({feature:?}) is not supported")),
        Error::Io(_) => damaged("the JPEG is cut short"),
        Error::Format(detail) => damaged(&format!("the JPEG is damaged: {detail}")),
        Error::Internal(_) => damaged("the JPEG is damaged"),
    }
}
