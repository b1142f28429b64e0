//! Parts of a picture that deserve a look of their own, because the whole hides them: squeezed to a square, a long strip
//! of pictures becomes stripes, and what lies within wide borders becomes small.

use crate::domain::picture::{LONG_RATIO_MIN, Look, Picture, ratio};
use crate::domain::verdict::Region;

/// How much of a picture may lie within its borders for it to count as padded, as a part of its area. Of a
/// photograph within borders of a tenth of its sides, little is lost.
const CONTENT_AREA_MAX: f32 = 0.7;
/// Cells a side of the smallest content that is looked at: with fewer there is nothing to recognise.
const CONTENT_SIDE_CELLS_MIN: u32 = 24;
/// How far a border's colours may be from that of its corner, of 255: what JPEG adds to one colour.
const BORDER_DEVIATION_MAX: u8 = 12;
/// Most tiles of a long picture.
const TILES_MAX: u16 = 4;

/// The parts, the most telling first; none of most pictures.
pub fn regions(look: &Look) -> Vec<Region> {
    let content = content(&look.picture);
    let mut regions: Vec<Region> = content.into_iter().collect();
    regions.extend(tiles(content.unwrap_or(Region::WHOLE), look.sides_px));
    regions
}

/// The part of a picture that lies in `region`.
pub fn crop(picture: &Picture, region: Region) -> Picture {
    let cells = |from: u16, to: u16, side: u32| {
        let to = (u32::from(to) * side).div_ceil(1_000).min(side);
        let from = (u32::from(from) * side / 1_000).min(to.saturating_sub(1));
        (from as usize, (to - from) as usize)
    };
    let (left, width) = cells(region.left, region.right, picture.width);
    let (top, height) = cells(region.top, region.bottom, picture.height);
    let rows = picture.pixels.chunks(picture.width.max(1) as usize).skip(top).take(height);
    let pixels = rows.flat_map(|row| row.iter().skip(left).take(width).copied()).collect();
    Picture { width: length(width), height: length(height), pixels }
}

fn length(cells: usize) -> u32 {
    u32::try_from(cells).unwrap_or(0)
}

/// What lies within borders of one colour, if they are wide.
fn content(picture: &Picture) -> Option<Region> {
    let width = picture.width as usize;
    let corner = *picture.pixels.first()?;
    let is_border = |pixel: &[u8; 3]| pixel.iter().zip(&corner).all(|(a, b)| a.abs_diff(*b) <= BORDER_DEVIATION_MAX);
    let rows: Vec<&[[u8; 3]]> = picture.pixels.chunks_exact(width.max(1)).collect();
    let has_content = |row: &&[[u8; 3]]| !row.iter().all(is_border);
    let top = rows.iter().position(has_content)?;
    let bottom = rows.iter().rposition(has_content)? + 1;
    let (mut left, mut right) = (width, 0);
    for row in rows.iter().take(bottom).skip(top) {
        if let (Some(first), Some(last)) =
            (row.iter().position(|p| !is_border(p)), row.iter().rposition(|p| !is_border(p)))
        {
            (left, right) = (left.min(first), right.max(last + 1));
        }
    }
    let thousandths = |cell: usize, side: u32, round_up: bool| {
        let place = length(cell) * 1_000;
        u16::try_from(if round_up { place.div_ceil(side) } else { place / side }).ok()
    };
    let (width, height) = (picture.width, picture.height);
    let region = Region {
        left: thousandths(left, width, false)?,
        top: thousandths(top, height, false)?,
        right: thousandths(right, width, true)?,
        bottom: thousandths(bottom, height, true)?,
    };
    let is_seen = length(right - left).min(length(bottom - top)) >= CONTENT_SIDE_CELLS_MIN;
    (is_seen && region.area() <= CONTENT_AREA_MAX).then_some(region)
}

/// `region` of a picture of these sides, cut across into pieces that are nearly square; nothing if it is not long.
fn tiles(region: Region, [width_px, height_px]: [u32; 2]) -> Vec<Region> {
    // In thousandths of pixels.
    let width = width_px * u32::from(region.right.saturating_sub(region.left));
    let height = height_px * u32::from(region.bottom.saturating_sub(region.top));
    let ratio = ratio(width, height);
    if ratio < LONG_RATIO_MIN {
        return Vec::new();
    }
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it saturates")]
    let count = (ratio.round() as u16).clamp(2, TILES_MAX);
    let cut = |from: u16, to: u16, at: u16| {
        from + u16::try_from(u32::from(to - from) * u32::from(at) / u32::from(count)).unwrap_or(0)
    };
    let tile = |at: u16| {
        if width > height {
            let cut = |at| cut(region.left, region.right, at);
            Region { left: cut(at), right: cut(at + 1), ..region }
        } else {
            let cut = |at| cut(region.top, region.bottom, at);
            Region { top: cut(at), bottom: cut(at + 1), ..region }
        }
    };
    (0..count).map(tile).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHITE: [u8; 3] = [255; 3];
    const GREEN: [u8; 3] = [0, 200, 0];

    /// White, with a green rectangle from `left`, `top` to before `right`, `bottom`.
    fn padded(sides: [u32; 2], [left, top, right, bottom]: [u32; 4]) -> Look {
        let [width, height] = sides;
        let is_green = |x, y| (left..right).contains(&x) && (top..bottom).contains(&y);
        let pixel = |at| if is_green(at % width, at / width) { GREEN } else { WHITE };
        Look {
            frame: 0,
            picture: Picture { width, height, pixels: (0..width * height).map(pixel).collect() },
            sides_px: sides,
        }
    }

    #[test]
    fn most_pictures_are_looked_at_as_a_whole() {
        assert_eq!(regions(&padded([100, 100], [0, 0, 100, 100])), []);
        assert_eq!(regions(&padded([100, 100], [0, 0, 0, 0])), [], "one colour");
        assert_eq!(regions(&padded([100, 100], [5, 5, 95, 95])), [], "thin borders");
        assert_eq!(regions(&padded([100, 100], [50, 50, 60, 60])), [], "too small to be recognised");
        assert_eq!(regions(&padded([100, 220], [0, 0, 100, 220])), [], "the screen of a phone");
    }

    #[test]
    fn what_lies_within_borders_is_looked_at_by_itself() {
        let look = padded([200, 100], [50, 25, 150, 75]);
        let region = Region { left: 250, top: 250, right: 750, bottom: 750 };
        assert_eq!(regions(&look), [region]);
        let content = crop(&look.picture, region);
        assert_eq!((content.width, content.height), (100, 50));
        assert!(content.pixels.iter().all(|pixel| *pixel == GREEN));
    }

    #[test]
    fn noise_does_not_hide_a_border() {
        let mut look = padded([200, 100], [50, 25, 150, 75]);
        look.picture.pixels.iter_mut().step_by(7).for_each(|pixel| *pixel = pixel.map(|value| value.saturating_sub(9)));
        assert_eq!(regions(&look).len(), 1);
    }

    #[test]
    fn long_pictures_are_looked_at_in_pieces_that_leave_nothing_out() {
        for (sides, count) in [([100, 250], 3), ([300, 100], 3), ([100, 400], 4), ([50, 5_000], 4), ([5_000, 50], 4)] {
            let look = Look { sides_px: sides, ..padded([60, 60], [0, 0, 60, 60]) };
            let tiles = regions(&look);
            assert_eq!(tiles.len(), count, "{sides:?}");
            let area: f32 = tiles.iter().map(|tile| tile.area()).sum();
            assert!((area - 1.0).abs() < 1e-3, "{sides:?}: {area}");
        }
        let content = padded([100, 300], [0, 0, 30, 300]);
        assert_eq!(regions(&content).len(), 5, "the content, in pieces too");
    }

    #[test]
    fn every_region_has_pixels() {
        for (width, height) in [(1, 1), (1, 300), (300, 1), (7, 3)] {
            let look = padded([width, height], [0, 0, width, height]);
            for region in [regions(&look), vec![Region { left: 999, top: 999, right: 1_000, bottom: 1_000 }]].concat() {
                let part = crop(&look.picture, region);
                assert!(part.width > 0 && part.height > 0);
                assert_eq!(part.pixels.len() as u32, part.width * part.height);
            }
        }
    }
}
