//! A look as a small JPEG: what somebody outside may see of an image, and no more.

use jpeg_encoder::{ColorType, Encoder, SamplingFactor};

use super::decode::rendition::Rendition;
use crate::domain::picture::Look;

/// Quality of the JPEG, 1 to 100: a classifier sees no difference to more.
const QUALITY: u8 = 85;

/// The picture of `look`, in the shape of its frame, as a JPEG without metadata; none if it has no pixels.
#[must_use]
pub fn small_jpeg(look: &Look) -> Option<Vec<u8>> {
    let picture = &look.picture;
    let (width, height) = shape(look);
    let mut rendition = Rendition::new(picture.width, picture.height, width, height);
    for (y, row) in (0..).zip(picture.pixels.chunks(picture.width.max(1) as usize)) {
        rendition.add(0, y, 1, row.iter().map(|[red, green, blue]| [*red, *green, *blue, 255]));
    }
    let small = rendition.finish();
    let pixels: Vec<u8> = small.pixels.iter().flat_map(|[red, green, blue, _]| [*red, *green, *blue]).collect();
    let mut jpeg = Vec::new();
    let mut encoder = Encoder::new(&mut jpeg, QUALITY);
    encoder.set_sampling_factor(SamplingFactor::F_2_2);
    let (width, height) = (u16::try_from(small.width).ok()?, u16::try_from(small.height).ok()?);
    encoder.encode(&pixels, width, height, ColorType::Rgb).ok()?;
    Some(jpeg)
}

/// Sides in the proportion of the frame, neither longer than the look's: it may have been squeezed.
fn shape(look: &Look) -> (u32, u32) {
    let (most_wide, most_high) = (u64::from(look.picture.width.max(1)), u64::from(look.picture.height.max(1)));
    let [width, height] = look.sides_px.map(|side| u64::from(side.max(1)));
    let sides = if most_wide * height <= most_high * width {
        (most_wide, most_wide * height / width)
    } else {
        (most_high * width / height, most_high)
    };
    let pixels = |side: u64| u32::try_from(side.max(1)).unwrap_or(1);
    (pixels(sides.0), pixels(sides.1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::picture::Picture;

    fn look(width: u32, height: u32, sides_px: [u32; 2]) -> Look {
        let pixels = vec![[200, 100, 50]; (width * height) as usize];
        Look { frame: 0, picture: Picture { width, height, pixels }, sides_px }
    }

    #[test]
    fn a_squeezed_look_gets_its_shape_back_and_keeps_its_colour() {
        for (sides_px, expected) in [([4_000, 3_000], (448, 336)), ([300, 3_000], (44, 448)), ([448, 448], (448, 448))]
        {
            let jpeg = small_jpeg(&look(448, 448, sides_px)).unwrap();
            let mut decoder = jpeg_decoder::Decoder::new(&jpeg[..]);
            let pixels = decoder.decode().unwrap();
            let info = decoder.info().unwrap();
            assert_eq!((u32::from(info.width), u32::from(info.height)), expected);
            let near = pixels.iter().zip([200_u8, 100, 50]).all(|(found, expected)| found.abs_diff(expected) <= 4);
            assert!(near, "{:?}", &pixels[..3]);
            // SOI, then JFIF: nothing that a camera or an editor writes.
            assert_eq!(&jpeg[..4], [0xff, 0xd8, 0xff, 0xe0]);
            assert!(!jpeg.windows(4).any(|window| window == b"Exif"));
        }
    }
}
