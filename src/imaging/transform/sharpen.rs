//! The unsharp mask, on luma alone: edges get steeper, colours stay.

use super::blur::blur;
use super::canvas::{Canvas, Region};
use super::colours::luma;
use crate::domain::facts::Rejection;

/// What differs from its surroundings within this standard deviation is made to differ more, in pixels: the blur that
/// scaling leaves.
const SIGMA: f32 = 1.0;

/// Sharpens a region; `strength` is how many times the difference is added.
///
/// # Errors
/// If there is no memory for it.
pub fn sharpen(canvas: &mut Canvas, region: Region, strength: f32) -> Result<(), Rejection> {
    let channels = canvas.channels;
    let sides = [region.width, region.height];
    let mut around = Canvas::new(sides, 1, [0; 4])?;
    let whole = Region { left: 0, top: 0, width: region.width, height: region.height };
    for (row, lumas) in canvas.rows_mut(region).zip(around.rows_mut(whole)) {
        row.chunks_exact(channels).zip(lumas).for_each(|(pixel, value)| *value = luma_of(pixel));
    }
    blur(&mut around, whole, SIGMA);
    for (row, lumas) in canvas.rows_mut(region).zip(around.rows_mut(whole)) {
        for (pixel, around) in row.chunks_exact_mut(channels).zip(lumas) {
            let more = (f32::from(luma_of(pixel)) - f32::from(*around)) * strength;
            for sample in pixel.iter_mut().take(3) {
                #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates, as it should")]
                let level = (f32::from(*sample) + more + 0.5) as u8;
                *sample = level;
            }
        }
    }
    Ok(())
}

fn luma_of(pixel: &[u8]) -> u8 {
    match *pixel {
        [red, green, blue, ..] => luma([red, green, blue]),
        _ => 0,
    }
}
