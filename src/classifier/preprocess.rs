//! From pixels to the numbers that the model was trained on, as `nsfwjs` makes them: divided by 255 and resized to a
//! square by `tf.image.resizeBilinear(…, alignCorners = true)`, which keeps corners on corners and does not average.
//! Squeezed, not cropped: a crop would let the edges of an image go unseen.

use crate::domain::picture::Picture;

/// `side` rows of `side` places of red, green and blue, 0 to 1.
pub fn numbers(picture: &Picture, side: usize) -> Vec<f32> {
    let columns = samples(picture.width, side);
    let rows = samples(picture.height, side);
    let width = picture.width as usize;
    let mut numbers = Vec::with_capacity(3 * side * side);
    for row in &rows {
        let upper = picture.pixels.get(row.low * width..).unwrap_or_default();
        let lower = picture.pixels.get(row.high * width..).unwrap_or_default();
        for column in &columns {
            let pixel = |line: &[[u8; 3]], at: usize| line.get(at).copied().unwrap_or_default();
            let [top_left, top_right] = [pixel(upper, column.low), pixel(upper, column.high)];
            let [bottom_left, bottom_right] = [pixel(lower, column.low), pixel(lower, column.high)];
            numbers.extend([0, 1, 2].map(|channel: usize| {
                let value = |pixel: [u8; 3]| f32::from(pixel.get(channel).copied().unwrap_or(0)) / 255.0;
                let between = |low: f32, high: f32, part: f32| low + (high - low) * part;
                let top = between(value(top_left), value(top_right), column.part);
                let bottom = between(value(bottom_left), value(bottom_right), column.part);
                between(top, bottom, row.part)
            }));
        }
    }
    numbers
}

/// Between which two of the source a sample lies, and how far from the lower.
struct Sample {
    low: usize,
    high: usize,
    part: f32,
}

fn samples(source: u32, side: usize) -> Vec<Sample> {
    let last = source.saturating_sub(1);
    let steps = side.saturating_sub(1).max(1);
    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small")]
    let sample = |at: usize| {
        let place = f64::from(last) / steps as f64 * at as f64;
        let low = (place.floor() as u32).min(last);
        let high = (place.ceil() as u32).min(last);
        Sample { low: low as usize, high: high as usize, part: (place - f64::from(low)) as f32 }
    };
    (0..side).map(sample).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grey(width: u32, height: u32, values: &[u8]) -> Picture {
        Picture { width, height, pixels: values.iter().map(|value| [*value; 3]).collect() }
    }

    #[test]
    fn a_picture_of_the_right_size_is_only_divided() {
        let picture = Picture { width: 2, height: 1, pixels: vec![[0, 51, 102], [255, 204, 153]] };
        let square = Picture { height: 2, pixels: [picture.pixels.clone(), picture.pixels].concat(), ..picture };
        assert_eq!(numbers(&square, 2), [0.0, 0.2, 0.4, 1.0, 0.8, 0.6, 0.0, 0.2, 0.4, 1.0, 0.8, 0.6]);
    }

    #[test]
    fn corners_stay_corners_and_the_rest_lies_between() {
        let numbers = numbers(&grey(2, 2, &[0, 255, 255, 0]), 3);
        let reds: Vec<f32> = numbers.into_iter().step_by(3).collect();
        assert_eq!(reds, [0.0, 0.5, 1.0, 0.5, 0.5, 0.5, 1.0, 0.5, 0.0]);
    }

    #[test]
    fn pictures_of_any_shape_fill_the_square() {
        for (width, height) in [(1, 1), (1, 700), (700, 1), (3, 5), (448, 448)] {
            let picture = grey(width, height, &vec![255; (width * height) as usize]);
            assert!(numbers(&picture, 224).iter().all(|value| *value == 1.0), "{width} x {height}");
        }
    }
}
