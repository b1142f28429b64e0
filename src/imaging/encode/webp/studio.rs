//! From the range that JPEG uses to the one that lossy WebP does.

use super::EncodeFault;

/// Samples of one component, row by row.
#[derive(Clone, Copy, Debug)]
pub struct Plane<'a> {
    /// The samples; the last row may end with its last sample.
    pub samples: &'a [u8],
    /// From one row to the next, in samples.
    pub stride: usize,
}

/// Brightness and colour of BT.601 in full range, colour at half of both sides (rounded up), as baseline JPEG has it
/// (JFIF 1.02): 4:2:0, with its samples between those of brightness.
#[derive(Clone, Copy, Debug)]
pub struct Planes<'a> {
    /// Brightness.
    pub y: Plane<'a>,
    /// Blue against brightness.
    pub cb: Plane<'a>,
    /// Red against brightness.
    pub cr: Plane<'a>,
}

/// The same in studio range: brightness 16 to 235, colour 16 to 240 (RFC 6386, section 9.2). Rows follow each other
/// without gaps.
pub(super) struct StudioPlanes {
    pub(super) y: Vec<u8>,
    pub(super) cb: Vec<u8>,
    pub(super) cr: Vec<u8>,
}

/// Full range to studio range; rounded to the nearest.
const BRIGHTNESS: [u8; 256] = scaled(0, 16, 219);
const COLOUR: [u8; 256] = scaled(128, 128, 224);

/// Steps of 1/255 around `from` become steps of 1/`range` around `to`.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "16 to 240")]
#[allow(clippy::indexing_slicing, reason = "both ends of the loop are the table's, and it runs in the compiler")]
const fn scaled(from: i32, to: i32, range: i32) -> [u8; 256] {
    let mut table = [0; 256];
    let mut value = 0_i32;
    while value < 256 {
        table[value as usize] = ((2 * (value - from) * range + 255 * (2 * to + 1)).div_euclid(510)) as u8;
        value += 1;
    }
    table
}

impl Planes<'_> {
    /// In studio range.
    pub(super) fn to_studio(self, width: u32, height: u32) -> Result<StudioPlanes, EncodeFault> {
        let (wide, high) = (width as usize, height as usize);
        let half = (wide.div_ceil(2), high.div_ceil(2));
        Ok(StudioPlanes {
            y: self.y.mapped((wide, high), &BRIGHTNESS)?,
            cb: self.cb.mapped(half, &COLOUR)?,
            cr: self.cr.mapped(half, &COLOUR)?,
        })
    }
}

impl Plane<'_> {
    fn mapped(self, (wide, high): (usize, usize), table: &[u8; 256]) -> Result<Vec<u8>, EncodeFault> {
        let mut mapped = Vec::new();
        mapped.try_reserve_exact(wide * high).map_err(|_| EncodeFault::Memory)?;
        for row in 0..high {
            let start = row * self.stride;
            let samples = self.samples.get(start..start + wide).ok_or(EncodeFault::Samples)?;
            mapped.extend(samples.iter().map(|sample| table.get(usize::from(*sample)).copied().unwrap_or_default()));
        }
        Ok(mapped)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ends_and_the_middle_of_the_ranges_meet() {
        assert_eq!((BRIGHTNESS[0], BRIGHTNESS[128], BRIGHTNESS[255]), (16, 126, 235));
        assert_eq!((COLOUR[0], COLOUR[128], COLOUR[255]), (16, 128, 240));
        for (value, (brightness, colour)) in BRIGHTNESS.iter().zip(COLOUR).enumerate() {
            let value = value as f64;
            assert_eq!(f64::from(*brightness), (16.0 + value * 219.0 / 255.0).round());
            assert_eq!(f64::from(colour), (128.0 + (value - 128.0) * 224.0 / 255.0).round(), "of {value}");
        }
    }
}
