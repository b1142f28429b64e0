//! JPEG by `jpeg-decoder`, at a fraction of its size where that is enough: an eighth of the sides is a sixty-fourth of
//! the arithmetic.

use jpeg_decoder::{Decoder, PixelFormat};

use super::{Need, Pixels, area};
use crate::domain::facts::Rejection;
use crate::imaging::damaged;
use crate::imaging::decode::jpeg::refusal;
use crate::imaging::metadata::jpeg::{Walk, decoder_bytes};
use crate::imaging::transform::budget::Work;
use crate::imaging::transform::rows::{Bitmap, Samples};
use crate::policy::transforms::COSTS;

/// By what the decoder can divide the sides.
const DIVISORS: [u32; 4] = [1, 2, 4, 8];

pub fn pixels<'a>(bytes: &'a [u8], walk: &'a Walk, need: Need, work: &mut Work) -> Result<Pixels<'a>, Rejection> {
    let (width, height) = (walk.header.width, walk.header.height);
    let wanted = DIVISORS.iter().rev().find(|divisor| f64::from(**divisor) <= need.ratio).copied().unwrap_or(1);
    let fits = |divisor: &&u32| {
        let pixels = area([width.div_ceil(**divisor), height.div_ceil(**divisor)]) * walk.coding.factors.len() as u64;
        let decoder = decoder_bytes(width, height, &walk.coding.factors, walk.coding.progressive, **divisor);
        decoder.is_some_and(|decoder| decoder.max(pixels + need.result_bytes) <= need.memory_bytes)
    };
    let divisor = DIVISORS.iter().filter(|divisor| **divisor >= wanted).find(fits).copied().unwrap_or(8);
    let scans = if walk.coding.progressive { u64::from(walk.coding.scans) } else { 1 };
    work.spend(area([width, height]) * scans * COSTS.jpeg_scan)?;

    let mut decoder = Decoder::new(walk.stripped.reader(bytes));
    // It divides as far as one side stays as long as it is asked to be: the longer, which is never asked for in vain.
    let asked = |side: u32| u16::try_from(side.div_ceil(divisor)).unwrap_or(u16::MAX);
    let asked = if width >= height { (asked(width), u16::MAX) } else { (u16::MAX, asked(height)) };
    let (wide, high) = decoder.scale(asked.0, asked.1).map_err(refusal)?;
    let pixels = decoder.decode().map_err(refusal)?;
    let info = decoder.info().ok_or_else(|| damaged("the JPEG has no frame header"))?;
    // It still holds every coefficient of a progressive file.
    drop(decoder);
    let samples = match info.pixel_format {
        PixelFormat::L8 => Samples::Grey,
        PixelFormat::RGB24 => Samples::Rgb,
        PixelFormat::CMYK32 => Samples::Cmyk,
        PixelFormat::L16 => return Err(damaged("this kind of JPEG (more than 8 bits a sample) is not supported")),
    };
    let held_bytes = pixels.len() as u64;
    let reduction = [f64::from(divisor); 2];
    let bitmap = Bitmap { width: wide.into(), height: high.into(), samples, reduction, pixels };
    Ok(Pixels { rows: Box::new(bitmap), held_bytes, coarse: divisor > wanted })
}

pub fn profile(bytes: &[u8], walk: &Walk) -> Result<Option<Vec<u8>>, Rejection> {
    let mut decoder = Decoder::new(walk.stripped.reader(bytes));
    decoder.read_info().map_err(refusal)?;
    Ok(decoder.icc_profile())
}
