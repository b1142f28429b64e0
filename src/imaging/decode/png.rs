//! PNG and APNG, row by row: memory depends on the width only, interlaced or not.

use std::io::{BufRead, Seek};

use png::{BitDepth, BlendOp, DecodeOptions, Decoder, DecodingError, DisposeOp, Limits, Reader, Transformations};

use super::film::{self, Blend, Disposal, Film, Seen};
use crate::domain::facts::Rejection;
use crate::imaging::{Header, damaged};

/// The decoder subtracts a row from this for every frame and gives nothing back, so it is no bound on memory.
/// What is: it reads no profiles and no text (there is none left), and the walk keeps other chunks short.
const ROWS_BYTES_MAX: usize = 1 << 30;

/// Reads a file as far as its image data. Rows come with 8 bits a sample, palettes as colours, transparency as alpha.
pub fn open<R: BufRead + Seek>(file: R, with_profile: bool) -> Result<Reader<R>, Rejection> {
    let mut options = DecodeOptions::default();
    options.set_ignore_adler32(false);
    // The walk has checked them.
    options.set_ignore_crc(true);
    options.set_ignore_iccp_chunk(!with_profile);
    options.set_ignore_text_chunk(true);
    let mut decoder = Decoder::new_with_options(file, options);
    decoder.set_limits(Limits { bytes: ROWS_BYTES_MAX });
    decoder.set_transformations(Transformations::normalize_to_color8());
    let reader = decoder.read_info().map_err(refusal)?;
    if reader.output_color_type().1 != BitDepth::Eight {
        return Err(damaged("the PNG has an unusual number of bits"));
    }
    Ok(reader)
}

/// Decodes every row of every frame.
pub fn check(file: impl BufRead + Seek, header: &Header) -> Result<Seen, Rejection> {
    let mut reader = open(file, false)?;
    let frames = header.frames + u32::from(has_still(&reader));
    let mut film = Film::new(header.width, header.height, frames);
    let (colour, _) = reader.output_color_type();
    let line_bytes = reader.output_line_size(header.width).ok_or_else(|| damaged("the PNG's rows are too long"))?;
    let mut line = vec![0; line_bytes];
    for frame in 0..frames {
        if frame > 0 {
            reader.next_frame_info().map_err(refusal)?;
        }
        let place = Place::of(&reader);
        film.frame(place.shown, |rendition| {
            for (x, y, step) in place.rows() {
                if reader.read_row(&mut line).map_err(refusal)?.is_none() {
                    return Err(damaged("the PNG is cut short"));
                }
                let samples = line.chunks_exact(colour.samples()).take(place.samples(x, step));
                rendition.add(place.shown.left + x, place.shown.top + y, step as usize, samples.map(rgba));
            }
            Ok(())
        })?;
        // Reads on to the end of the data, where its checksum is.
        if reader.read_row(&mut line).map_err(refusal)?.is_some() {
            return Err(damaged("the PNG has more rows than it says"));
        }
    }
    film.finish().ok_or_else(|| damaged("the PNG has no image data"))
}

/// Where a frame lies on the canvas.
pub struct Place {
    pub shown: film::Place,
    pub interlaced: bool,
}

/// The seven passes of Adam7 (section 8.1): first column and row, steps between columns and rows.
const PASSES: [(u32, u32, u32, u32); 7] =
    [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)];

impl Place {
    pub fn of<R: BufRead + Seek>(reader: &Reader<R>) -> Self {
        let info = reader.info();
        let whole = film::Place::whole(info.width, info.height);
        let shown = info.frame_control.map_or(whole, |control| film::Place {
            left: control.x_offset,
            top: control.y_offset,
            width: control.width,
            height: control.height,
            blend: if control.blend_op == BlendOp::Over { Blend::Over } else { Blend::Replace },
            disposal: match control.dispose_op {
                DisposeOp::None => Disposal::Keep,
                DisposeOp::Background => Disposal::Clear,
                DisposeOp::Previous => Disposal::Restore,
            },
        });
        Self { shown, interlaced: info.interlaced }
    }

    /// The rows in the order in which the file has them: first column, row, step between columns. Passes without
    /// pixels have no rows.
    pub fn rows(&self) -> impl Iterator<Item = (u32, u32, u32)> {
        let passes: &[_] = if self.interlaced { &PASSES } else { &[(0, 0, 1, 1)] };
        let (width, height) = (self.shown.width, self.shown.height);
        let with_pixels = passes.iter().filter(move |(x, y, _, _)| *x < width && *y < height);
        with_pixels
            .flat_map(move |&(x, y, across, down)| (y..height).step_by(down as usize).map(move |y| (x, y, across)))
    }

    pub fn samples(&self, x: u32, step: u32) -> usize {
        (self.shown.width - x).div_ceil(step) as usize
    }
}

/// Whether there is an image besides the animation, for viewers that know none (section 11.3.6.2: no `fcTL`
/// before IDAT).
fn has_still<R: BufRead + Seek>(reader: &Reader<R>) -> bool {
    let info = reader.info();
    info.animation_control.is_some() && info.frame_control.is_none()
}

/// A pixel of any kind.
pub fn rgba(sample: &[u8]) -> [u8; 4] {
    match *sample {
        [grey] => [grey, grey, grey, 255],
        [grey, alpha] => [grey, grey, grey, alpha],
        [red, green, blue] => [red, green, blue, 255],
        [red, green, blue, alpha] => [red, green, blue, alpha],
        _ => [0; 4],
    }
}

/// What is wrong with the file.
pub fn refusal(error: DecodingError) -> Rejection {
    match error {
        DecodingError::IoError(_) => damaged("the PNG is cut short"),
        DecodingError::Format(detail) => damaged(&format!("the PNG is damaged: {detail}")),
        DecodingError::Parameter(_) => damaged("the PNG does not have the frames that it announces"),
        DecodingError::LimitsExceeded => damaged("the PNG's rows are too long"),
    }
}
