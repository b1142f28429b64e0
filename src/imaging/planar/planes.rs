//! A picture as JPEG sees it: brightness at every pixel, colour at every other one.

use super::resample::Sides;

/// Brightness, and colour at half the width and height (4:2:0, in the middle of its four pixels), as JFIF defines
/// them from 0 to 255.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planes {
    /// Of brightness.
    pub sides: Sides,
    /// Row after row.
    pub luma: Vec<u8>,
    /// Blueness and redness, of [`chroma_sides`] each; none if the picture is grey.
    pub chroma: Option<[Vec<u8>; 2]>,
}

/// Sides of colour planes: half, rounded up.
#[must_use]
pub fn chroma_sides(sides: Sides) -> Sides {
    Sides { width: sides.width.div_ceil(2), height: sides.height.div_ceil(2) }
}

/// Bits after the point of the factors between RGB and YCbCr, as in libjpeg.
const BITS: u32 = 16;
const HALF: i32 = 1 << (BITS - 1);

/// 0.299, 0.587 and 0.114.
const LUMA: [i32; 3] = [19_595, 38_470, 7_471];
/// -0.168735892, -0.331264108 and 0.5.
const BLUENESS: [i32; 3] = [-11_059, -21_709, 32_768];
/// 0.5, -0.418687589 and -0.081312411.
const REDNESS: [i32; 3] = [32_768, -27_439, -5_329];
/// 1.402, -0.714136286, -0.344136286 and 1.772.
const RED_OF_REDNESS: i32 = 91_881;
const GREEN_OF_REDNESS: i32 = -46_802;
const GREEN_OF_BLUENESS: i32 = -22_554;
const BLUE_OF_BLUENESS: i32 = 116_130;

impl Planes {
    /// Of red, green and blue bytes, row after row; the colour of four pixels becomes their mean. None if there are
    /// fewer bytes than `sides` say, or none.
    #[must_use]
    pub fn from_rgb(sides: Sides, pixels: &[u8]) -> Option<Self> {
        let (width, height) = (sides.width as usize, sides.height as usize);
        let pixels = pixels.as_chunks::<3>().0.get(..width.checked_mul(height)?)?;
        if pixels.is_empty() {
            return None;
        }
        let luma = pixels.iter().map(|pixel| ((weighted(pixel.map(i32::from), LUMA) + HALF) >> BITS) as u8).collect();
        let chroma = chroma_sides(sides);
        let length = chroma.width as usize * chroma.height as usize;
        let [mut blueness, mut redness] = [Vec::with_capacity(length), Vec::with_capacity(length)];
        for rows in pixels.chunks(2 * width) {
            let (upper, lower) = rows.split_at(width);
            let lower = if lower.is_empty() { upper } else { lower };
            for (upper, lower) in upper.chunks(2).zip(lower.chunks(2)) {
                // At an odd edge, a pixel stands for the one that is missing.
                let four = [upper.first(), upper.last(), lower.first(), lower.last()];
                let sum = |channel: usize| {
                    four.iter().flatten().filter_map(|pixel| pixel.get(channel)).map(|value| i32::from(*value)).sum()
                };
                let sums: [i32; 3] = [sum(0), sum(1), sum(2)];
                // A quarter of the sums, rounded once.
                let of =
                    |factors| (((weighted(sums, factors) >> 2) + (128 << BITS) + HALF) >> BITS).clamp(0, 255) as u8;
                blueness.push(of(BLUENESS));
                redness.push(of(REDNESS));
            }
        }
        Some(Self { sides, luma, chroma: Some([blueness, redness]) })
    }

    /// Red, green and blue bytes, row after row. Colour between the middles of four pixels is interpolated, as
    /// libjpeg does it.
    #[must_use]
    pub fn to_rgb(&self) -> Vec<u8> {
        let width = (self.sides.width as usize).max(1);
        let Some(chroma) = &self.chroma else {
            return self.luma.iter().flat_map(|luma| [*luma; 3]).collect();
        };
        let sides = chroma_sides(self.sides);
        let mut pixels = Vec::with_capacity(self.luma.len() * 3);
        let mut rows = [vec![0; width], vec![0; width]];
        for (y, luma) in self.luma.chunks_exact(width).enumerate() {
            for (plane, row) in chroma.iter().zip(&mut rows) {
                upsample(plane, sides, y, row);
            }
            let [blueness, redness] = &rows;
            for ((luma, blueness), redness) in luma.iter().zip(blueness).zip(redness) {
                pixels.extend(rgb(*luma, *blueness, *redness));
            }
        }
        pixels
    }
}

fn weighted([red, green, blue]: [i32; 3], [a, b, c]: [i32; 3]) -> i32 {
    red * a + green * b + blue * c
}

fn rgb(luma: u8, blueness: u8, redness: u8) -> [u8; 3] {
    let (luma, blueness, redness) =
        ((i32::from(luma) << BITS) + HALF, i32::from(blueness) - 128, i32::from(redness) - 128);
    [
        luma + redness * RED_OF_REDNESS,
        luma + blueness * GREEN_OF_BLUENESS + redness * GREEN_OF_REDNESS,
        luma + blueness * BLUE_OF_BLUENESS,
    ]
    .map(|value| (value >> BITS).clamp(0, 255) as u8)
}

/// One row at twice the size: three quarters of what is near and one of what is far, in both directions.
fn upsample(plane: &[u8], sides: Sides, y: usize, output: &mut [u8]) {
    let width = sides.width as usize;
    let row = |number: usize| plane.get(number * width..(number + 1) * width).unwrap_or_default();
    let near = row(y / 2);
    let last = (sides.height as usize).saturating_sub(1);
    let far = row(if y.is_multiple_of(2) { (y / 2).saturating_sub(1) } else { (y / 2 + 1).min(last) });
    let column = |at: usize| {
        let (near, far) = (near.get(at).copied().unwrap_or(128), far.get(at).copied().unwrap_or(128));
        u32::from(near) * 3 + u32::from(far)
    };
    let last = width.saturating_sub(1);
    for (x, two) in output.chunks_mut(2).enumerate() {
        let (left, middle, right) = (column(x.saturating_sub(1)), column(x), column((x + 1).min(last)));
        let values = [(middle * 3 + left + 8) >> 4, (middle * 3 + right + 7) >> 4];
        two.iter_mut().zip(values).for_each(|(sample, value)| *sample = value as u8);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn even_colours_come_back() {
        for colour in [[0, 0, 0], [255, 255, 255], [200, 100, 50], [10, 240, 30], [255, 0, 0], [0, 0, 255]] {
            let sides = Sides { width: 5, height: 3 };
            let pixels: Vec<u8> = colour.iter().copied().cycle().take(45).collect();
            let planes = Planes::from_rgb(sides, &pixels).unwrap();
            let found = planes.to_rgb();
            assert_eq!(found.len(), pixels.len());
            let near = found.iter().zip(&pixels).all(|(found, pixel)| found.abs_diff(*pixel) <= 2);
            assert!(near, "{colour:?} became {:?}", &found[..3]);
        }
    }

    #[test]
    fn grey_stays_without_colour() {
        let grey = Planes { sides: Sides { width: 2, height: 1 }, luma: vec![3, 250], chroma: None };
        assert_eq!(grey.to_rgb(), [3, 3, 3, 250, 250, 250]);
    }
}
