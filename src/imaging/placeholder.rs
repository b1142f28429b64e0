//! What a page shows before the picture has come: a ThumbHash and a colour.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::decode::rendition::Small;
use super::orientation::turn;

/// What to show before the picture has come.
pub struct Placeholder {
    /// A ThumbHash (about 25 bytes), base64 with padding.
    pub thumbhash: String,
    /// `#rrggbb`.
    pub dominant_color: String,
}

/// The larger side that a ThumbHash takes, in pixels.
const SIDE_PX_MAX: u32 = 100;

/// Of the picture as it is displayed, made of what was seen of a canvas of these sides.
pub fn of(seen: &Small, canvas_width: u32, canvas_height: u32, orientation: u8) -> Placeholder {
    let Small { width, height, pixels } = seen.shrunk(canvas_width, canvas_height, SIDE_PX_MAX);
    let dominant_color = dominant_color(&pixels);
    let (width, height, pixels) = turn(width, height, &pixels, orientation);
    let rgba: Vec<u8> = pixels.into_iter().flatten().collect();
    let thumbhash = STANDARD.encode(thumbhash::rgba_to_thumb_hash(width as usize, height as usize, &rgba));
    Placeholder { thumbhash, dominant_color }
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

    #[test]
    fn the_dominant_colour_is_the_mean_of_the_fullest_bin() {
        let pixels = [[250, 0, 0, 255], [252, 2, 0, 255], [0, 0, 200, 255], [1, 1, 1, 0], [1, 1, 1, 0], [1, 1, 1, 0]];
        assert_eq!(dominant_color(&pixels), "#fb0100");
        assert_eq!(dominant_color(&[[9, 9, 9, 0]]), "#ffffff");
    }
}
