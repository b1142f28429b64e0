//! JPEG, at a fraction of its size: all entropy-coded data is read, little of it becomes pixels.

use std::io::Read;

use jpeg_decoder::{Decoder, Error, PixelFormat};

use super::film::{Film, Place, Seen};
use crate::domain::facts::Rejection;
use crate::imaging::{damaged, metadata};

/// Decodes the whole file.
pub fn check(file: impl Read) -> Result<Seen, Rejection> {
    let mut decoder = Decoder::new(file);
    decoder.read_info().map_err(refusal)?;
    let info = decoder.info().ok_or_else(no_header)?;
    let (width, height) = metadata::jpeg::wanted_sides(info.width, info.height);
    let (width, height) = decoder.scale(width, height).map_err(refusal)?;
    let pixels = decoder.decode().map_err(refusal)?;
    let format = decoder.info().ok_or_else(no_header)?.pixel_format;
    // It still holds every coefficient of a progressive file.
    drop(decoder);
    let mut film = Film::new(u32::from(width), u32::from(height), 1);
    film.frame(Place::whole(u32::from(width), u32::from(height)), |rendition| {
        for (y, row) in (0..u32::from(height)).zip(pixels.chunks(usize::from(width) * format.pixel_bytes())) {
            let samples = row.chunks_exact(format.pixel_bytes());
            rendition.add(0, y, 1, samples.map(|sample| rgba(sample, format)));
        }
        Ok(())
    })?;
    film.finish().ok_or_else(no_header)
}

fn no_header() -> Rejection {
    damaged("the JPEG has no frame header")
}

fn rgba(sample: &[u8], format: PixelFormat) -> [u8; 4] {
    match *sample {
        [grey] => [grey, grey, grey, 255],
        [red, green, blue] => [red, green, blue, 255],
        // Amounts of ink, without their profile: good enough for a placeholder and a classifier.
        [cyan, magenta, yellow, black] if format == PixelFormat::CMYK32 => {
            let light = |ink: u8| u8::try_from(u16::from(255 - ink) * u16::from(255 - black) / 255).unwrap_or(255);
            [light(cyan), light(magenta), light(yellow), 255]
        }
        _ => [0, 0, 0, 255],
    }
}

/// What is wrong with the file.
pub fn refusal(error: Error) -> Rejection {
    match error {
        Error::Unsupported(feature) => damaged(&format!("this kind of JPEG ({feature:?}) is not supported")),
        Error::Io(_) => damaged("the JPEG is cut short"),
        Error::Format(detail) => damaged(&format!("the JPEG is damaged: {detail}")),
        Error::Internal(_) => damaged("the JPEG is damaged"),
    }
}
