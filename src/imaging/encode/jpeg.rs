//! JPEG by `jpeg-encoder`: 4:2:0, as photographs have it everywhere, and the tables of the standard. Tables of its own
//! would make a file a little shorter, but in scans of one component each, which some decoders read wrongly.

use jpeg_encoder::{ChromaSubsamplingMethod, Encoder, ImageBuffer, JpegColorType, SamplingFactor, rgb_to_ycbcr};

use super::{File, Picture, no_memory};
use crate::domain::facts::Rejection;

/// A file of `picture`, whose alpha is not looked at; grey if no pixel has a colour. `quality` is 1 to 100.
///
/// # Errors
/// If there is no memory for it.
pub fn encode(picture: Picture, quality: u8) -> Result<Vec<u8>, Rejection> {
    let mut file = File::default();
    let mut encoder = Encoder::new(&mut file, quality);
    encoder.set_sampling_factor(SamplingFactor::F_2_2);
    // Else it takes the colour of one pixel for four, which is half a pixel off to the left top.
    encoder.set_chroma_subsampling_method(ChromaSubsamplingMethod::Average);
    let is_grey = picture
        .pixels
        .chunks_exact(picture.channels)
        .all(|pixel| matches!(pixel, [red, green, blue, ..] if red == green && green == blue));
    if is_grey {
        encoder.encode_image(Grey(picture)).map_err(no_memory)?;
    } else {
        encoder.encode_image(Colour(picture)).map_err(no_memory)?;
    }
    Ok(file.into_bytes())
}

struct Grey<'a>(Picture<'a>);
struct Colour<'a>(Picture<'a>);

fn side(side: u32) -> u16 {
    u16::try_from(side).unwrap_or(u16::MAX)
}

fn row<'a>(picture: &Picture<'a>, y: u16) -> impl Iterator<Item = &'a [u8]> + use<'a> {
    let row_bytes = picture.width as usize * picture.channels;
    let start = row_bytes * usize::from(y);
    picture.pixels.get(start..start + row_bytes).unwrap_or_default().chunks_exact(picture.channels)
}

impl ImageBuffer for Grey<'_> {
    fn get_jpeg_color_type(&self) -> JpegColorType {
        JpegColorType::Luma
    }

    fn width(&self) -> u16 {
        side(self.0.width)
    }

    fn height(&self) -> u16 {
        side(self.0.height)
    }

    fn fill_buffers(&self, y: u16, [values, ..]: &mut [Vec<u8>; 4]) {
        values.extend(row(&self.0, y).filter_map(|pixel| pixel.first()));
    }
}

impl ImageBuffer for Colour<'_> {
    fn get_jpeg_color_type(&self) -> JpegColorType {
        JpegColorType::Ycbcr
    }

    fn width(&self) -> u16 {
        side(self.0.width)
    }

    fn height(&self) -> u16 {
        side(self.0.height)
    }

    fn fill_buffers(&self, y: u16, [luma, blue_less_luma, red_less_luma, _]: &mut [Vec<u8>; 4]) {
        for pixel in row(&self.0, y) {
            let &[red, green, blue, ..] = pixel else { continue };
            let (y, cb, cr) = rgb_to_ycbcr(red, green, blue);
            luma.push(y);
            blue_less_luma.push(cb);
            red_less_luma.push(cr);
        }
    }
}
