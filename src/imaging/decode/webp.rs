//! WebP, picture by picture. Each is wrapped as a file of its own, so that the decoder never composes frames:
//! memory depends on the largest picture, and what it reads is exactly what is kept.

use image_webp::{DecodingError, WebPDecoder};

use super::film::{Blend, Disposal, Film, Place, Seen};
use super::rendition::Rendition;
use crate::domain::facts::Rejection;
use crate::imaging::damaged;
use crate::imaging::metadata::webp::{Coding, Picture, Walk};
use crate::imaging::stripped::PiecesReader;

/// Decodes every picture.
pub fn check(received: &[u8], walk: &Walk) -> Result<Seen, Rejection> {
    let mut film = Film::new(walk.header.width, walk.header.height, walk.header.frames);
    let mut pixels = Vec::new();
    for picture in &walk.pictures {
        film.frame(place(picture), |rendition| {
            let samples = decode(received, picture, &mut pixels)?;
            add(rendition, picture, samples, walk.header.has_alpha, &pixels);
            Ok(())
        })?;
    }
    film.finish().ok_or_else(|| damaged("the WebP has no image data"))
}

/// How a picture is shown.
pub fn place(picture: &Picture) -> Place {
    let Picture { left, top, width, height, flags, .. } = *picture;
    // Section 2.7.1.3: bit 1 is "do not blend", bit 0 is "dispose to background", which is transparency.
    let blend = if flags & 2 == 0 { Blend::Over } else { Blend::Replace };
    let disposal = if flags & 1 == 0 { Disposal::Keep } else { Disposal::Clear };
    Place { left, top, width, height, blend, disposal }
}

/// The pixels of a decoded row, in which each has so many samples. The fourth is noise unless the file `has_alpha`.
pub fn colours(row: &[u8], samples: usize, has_alpha: bool) -> impl Iterator<Item = [u8; 4]> {
    row.chunks_exact(samples).map(move |sample| match *sample {
        [red, green, blue, alpha] if has_alpha => [red, green, blue, alpha],
        [red, green, blue, ..] => [red, green, blue, 255],
        _ => [0; 4],
    })
}

fn add(rendition: &mut Rendition, picture: &Picture, samples: usize, has_alpha: bool, pixels: &[u8]) {
    let rows = pixels.chunks_exact(picture.width as usize * samples);
    for (y, row) in (0..picture.height).zip(rows) {
        rendition.add(picture.left, picture.top + y, 1, colours(row, samples, has_alpha));
    }
}

/// Decodes into `pixels`; tells how many samples a pixel has.
pub fn decode(received: &[u8], picture: &Picture, pixels: &mut Vec<u8>) -> Result<usize, Rejection> {
    let payload = |range: &std::ops::Range<usize>| received.get(range.clone()).unwrap_or_default();
    let mut head = Vec::with_capacity(64);
    let mut alpha_head = Vec::with_capacity(16);
    let slices: Vec<&[u8]> = match &picture.coding {
        Coding::Lossless { data } => {
            let data = payload(data);
            // The same header with the hint of alpha: without it the decoder needs a second buffer.
            let mut vp8l = data.get(..5).unwrap_or_default().to_vec();
            if let Some(last) = vp8l.last_mut() {
                *last |= 0x10;
            }
            head.extend(file_head(8 + data.len()));
            head.extend(chunk_head(b"VP8L", data.len()));
            head.extend(vp8l);
            vec![&head, data.get(5..).unwrap_or_default()]
        }
        Coding::Lossy { data, alpha: None } => {
            let data = payload(data);
            head.extend(file_head(8 + data.len()));
            head.extend(chunk_head(b"VP8 ", data.len()));
            vec![&head, data]
        }
        Coding::Lossy { data, alpha: Some(alpha) } => {
            let (data, alpha) = (payload(data), payload(alpha));
            let pad = alpha.len() % 2;
            head.extend(file_head(18 + 8 + alpha.len() + pad + 8 + data.len()));
            head.extend(chunk_head(b"VP8X", 10));
            head.extend([0x10, 0, 0, 0]);
            head.extend(picture.width.saturating_sub(1).to_le_bytes().iter().take(3));
            head.extend(picture.height.saturating_sub(1).to_le_bytes().iter().take(3));
            head.extend(chunk_head(b"ALPH", alpha.len()));
            alpha_head.extend(std::iter::repeat_n(0, pad));
            alpha_head.extend(chunk_head(b"VP8 ", data.len()));
            vec![&head, alpha, &alpha_head, data]
        }
    };
    let mut decoder = WebPDecoder::new(PiecesReader::new(slices)).map_err(refusal)?;
    let length = decoder.output_buffer_size().ok_or(Rejection::OutOfMemory)?;
    pixels.clear();
    pixels.try_reserve_exact(length).map_err(|_| Rejection::OutOfMemory)?;
    pixels.resize(length, 0);
    decoder.read_image(pixels).map_err(refusal)?;
    Ok(if decoder.has_alpha() { 4 } else { 3 })
}

fn file_head(chunks_bytes: usize) -> Vec<u8> {
    let mut head = b"RIFF".to_vec();
    head.extend(u32::try_from(4 + chunks_bytes).unwrap_or(u32::MAX).to_le_bytes());
    head.extend(b"WEBP");
    head
}

fn chunk_head(kind: &[u8; 4], length: usize) -> Vec<u8> {
    let mut head = kind.to_vec();
    head.extend(u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes());
    head
}

fn refusal(error: DecodingError) -> Rejection {
    match error {
        DecodingError::IoError(_) => damaged("the WebP is cut short"),
        DecodingError::MemoryLimitExceeded => Rejection::OutOfMemory,
        other => damaged(&format!("the WebP is damaged: {other}")),
    }
}
