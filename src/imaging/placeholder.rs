//! What a page shows before the picture has come: a ThumbHash and a colour.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::decode::rendition::Rendition;

/// What to show before the picture has come.
pub struct Placeholder {
    /// A ThumbHash (about 25 bytes), base64 with padding.
    pub thumbhash: String,
    /// `#rrggbb`.
    pub dominant_color: String,
}

impl Rendition {
    /// Of the picture as it is displayed.
    pub fn placeholder(&self, orientation: u8) -> Placeholder {
        let (width, height, pixels) = self.finish();
        let dominant_color = dominant_color(&pixels);
        let (width, height, pixels) = turn(width as usize, height as usize, &pixels, orientation);
        let rgba: Vec<u8> = pixels.into_iter().flatten().collect();
        let thumbhash = STANDARD.encode(thumbhash::rgba_to_thumb_hash(width, height, &rgba));
        Placeholder { thumbhash, dominant_color }
    }
}

/// Applies an Exif orientation (CIPA DC-008, tag 0x0112).
fn turn(width: usize, height: usize, pixels: &[[u8; 4]], orientation: u8) -> (usize, usize, Vec<[u8; 4]>) {
    let (out_width, out_height) = if orientation >= 5 { (height, width) } else { (width, height) };
    let mirrored_x = |x: usize| width.saturating_sub(1 + x);
    let mirrored_y = |y: usize| height.saturating_sub(1 + y);
    let source = |x: usize, y: usize| match orientation {
        2 => (mirrored_x(x), y),
        3 => (mirrored_x(x), mirrored_y(y)),
        4 => (x, mirrored_y(y)),
        5 => (y, x),
        6 => (y, mirrored_y(x)),
        7 => (mirrored_x(y), mirrored_y(x)),
        8 => (mirrored_x(y), x),
        _ => (x, y),
    };
    let places = (0..out_height).flat_map(|y| (0..out_width).map(move |x| (x, y)));
    let turned = places.map(|(x, y)| {
        let (from_x, from_y) = source(x, y);
        pixels.get(from_y * width + from_x).copied().unwrap_or_default()
    });
    (out_width, out_height, turned.collect())
}

/// The mean of the fullest of 4,096 bins (4 bits a channel) over the pixels that are rather opaque than not;
/// white, which is what shows through, if there are none.
fn dominant_color(pixels: &[[u8; 4]]) -> String {
    let mut bins = std::collections::BTreeMap::<[u8; 3], (u32, [u32; 3])>::new();
    for [red, green, blue, _] in pixels.iter().filter(|[_, _, _, alpha]| *alpha >= 128) {
        let (count, [reds, greens, blues]) = bins.entry([red >> 4, green >> 4, blue >> 4]).or_default();
        *count += 1;
        *reds += u32::from(*red);
        *greens += u32::from(*green);
        *blues += u32::from(*blue);
    }
    let Some((count, sums)) = bins.into_values().max_by_key(|(count, _)| *count) else { return "#ffffff".into() };
    let [red, green, blue] = sums.map(|sum| (sum + count / 2) / count.max(1));
    format!("#{red:02x}{green:02x}{blue:02x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `AB` over `CD`, turned: the stored picture that has to be turned by `orientation` to be seen upright.
    #[test]
    fn every_orientation_is_undone() {
        let pixel = |byte: u8| [byte; 4];
        let upright: Vec<_> = b"abcdef".iter().map(|byte| pixel(*byte)).collect();
        let stored: [(u8, usize, &[u8; 6]); 8] = [
            (1, 3, b"abcdef"),
            (2, 3, b"cbafed"),
            (3, 3, b"fedcba"),
            (4, 3, b"defabc"),
            (5, 2, b"adbecf"),
            (6, 2, b"cfbead"),
            (7, 2, b"fcebda"),
            (8, 2, b"daebfc"),
        ];
        for (orientation, width, bytes) in stored {
            let pixels: Vec<_> = bytes.iter().map(|byte| pixel(*byte)).collect();
            assert_eq!(turn(width, 6 / width, &pixels, orientation), (3, 2, upright.clone()), "{orientation}");
        }
    }

    #[test]
    fn the_dominant_colour_is_the_mean_of_the_fullest_bin() {
        let pixels = [[250, 0, 0, 255], [252, 2, 0, 255], [0, 0, 200, 255], [1, 1, 1, 0], [1, 1, 1, 0], [1, 1, 1, 0]];
        assert_eq!(dominant_color(&pixels), "#fb0100");
        assert_eq!(dominant_color(&[[9, 9, 9, 0]]), "#ffffff");
    }
}
