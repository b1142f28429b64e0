//! Where the pixels of a result come from.

use super::{Bounds, Gravity, Sizing, Transform};

/// A part of an image, in pixels and fractions of them.
#[derive(Clone, Copy, Debug, PartialEq)]
#[allow(missing_docs, reason = "the words say it")]
pub struct Rect {
    pub left: f64,
    pub top: f64,
    pub width: f64,
    pub height: f64,
}

/// How a result is made of an image that is upright, mirrored and turned already.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Layout {
    /// The part of the image that is shown.
    pub cut: Rect,
    /// Width and height that the part is scaled to.
    pub scaled: [u32; 2],
    /// Width and height of the result.
    pub canvas: [u32; 2],
    /// Where on it the scaled part lies, from the left and from the top.
    pub at: [u32; 2],
    /// Whether the result is smaller than asked for, because it would have more pixels than are made.
    pub reduced: bool,
}

impl Layout {
    /// Of an image of `width` x `height` pixels (at least 1 x 1, with the sides as they are after `rotate`). `focus`
    /// is where gravity lies, from the left and from the top, 0 to 1; it is asked for only where pixels must say.
    #[must_use]
    pub fn of(transform: &Transform, width: u32, height: u32, focus: Option<[f64; 2]>, bounds: &Bounds) -> Self {
        let place = |gravity: Gravity| gravity.place().or(focus).unwrap_or([0.5, 0.5]);
        let (wide, high) = (f64::from(width), f64::from(height));
        let whole = Rect { left: 0.0, top: 0.0, width: wide, height: high };
        match transform.sizing {
            Sizing::Original => Self::plain(whole, [wide, high], bounds),
            Sizing::Short { side } => {
                let factor = (f64::from(side) / wide.min(high)).min(1.0);
                Self::plain(whole, [wide * factor, high * factor], bounds)
            }
            Sizing::Within { width: most_wide, height: most_high, enlarge } => {
                let across = most_wide.map_or(f64::INFINITY, |most| f64::from(most) / wide);
                let down = most_high.map_or(f64::INFINITY, |most| f64::from(most) / high);
                let factor = across.min(down).min(if enlarge { f64::INFINITY } else { 1.0 });
                let factor = if factor.is_finite() { factor } else { 1.0 };
                Self::plain(whole, [wide * factor, high * factor], bounds)
            }
            Sizing::Cover { width: to_wide, height: to_high, gravity } => {
                let (to_wide, to_high) = (f64::from(to_wide), f64::from(to_high));
                let factor = (to_wide / wide).max(to_high / high);
                let (part_wide, part_high) = ((to_wide / factor).min(wide), (to_high / factor).min(high));
                let [x, y] = place(gravity);
                let cut = Rect {
                    left: (wide - part_wide) * x,
                    top: (high - part_high) * y,
                    width: part_wide,
                    height: part_high,
                };
                Self::plain(cut, [to_wide, to_high], bounds)
            }
            Sizing::Pad { width: to_wide, height: to_high, gravity } => {
                let (frame, reduced) = fitted([f64::from(to_wide), f64::from(to_high)], bounds);
                let factor = (f64::from(frame[0]) / wide).min(f64::from(frame[1]) / high);
                let scaled = [side(wide * factor).min(frame[0]), side(high * factor).min(frame[1])];
                let at = |axis: usize| {
                    let free = |sides: [u32; 2]| sides.get(axis).copied().unwrap_or_default();
                    let part = place(gravity).get(axis).copied().unwrap_or_default();
                    nearest(f64::from(free(frame).saturating_sub(free(scaled))) * part)
                };
                Self { cut: whole, scaled, canvas: frame, at: [at(0), at(1)], reduced }
            }
        }
    }

    fn plain(cut: Rect, wanted: [f64; 2], bounds: &Bounds) -> Self {
        let (sides, reduced) = fitted(wanted, bounds);
        Self { cut, scaled: sides, canvas: sides, at: [0, 0], reduced }
    }
}

/// The sides in whole pixels, in proportion, and no larger than results may be; and whether they had to be made smaller.
fn fitted([width, height]: [f64; 2], bounds: &Bounds) -> ([u32; 2], bool) {
    let by_side = f64::from(bounds.side_px_max) / width.max(height);
    #[allow(clippy::cast_precision_loss, reason = "far below 2^53")]
    let by_area = (bounds.pixels_max as f64 / (width * height)).sqrt();
    let factor = by_side.min(by_area).min(1.0);
    let mut sides = [side(width * factor), side(height * factor)];
    // Rounding up both sides may pass the area by a row.
    while let [wide, high] = sides
        && u64::from(wide) * u64::from(high) > bounds.pixels_max
    {
        sides = if wide >= high { [wide - 1, high] } else { [wide, high - 1] };
    }
    (sides, factor < 1.0)
}

/// A side in whole pixels: at least one.
fn side(pixels: f64) -> u32 {
    nearest(pixels).max(1)
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a float becomes the nearest u32 there is")]
fn nearest(pixels: f64) -> u32 {
    pixels.round() as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::format::Format;
    use crate::domain::transform::BOUNDS;

    fn layout(sizing: Sizing, width: u32, height: u32) -> Layout {
        let transform = Transform { sizing, ..Transform::identity(Format::Jpeg) };
        Layout::of(&transform, width, height, None, &BOUNDS)
    }

    fn within(width: Option<u32>, height: Option<u32>, enlarge: bool) -> Sizing {
        Sizing::Within { width, height, enlarge }
    }

    #[test]
    fn sizes_keep_the_shape_and_do_not_enlarge_unless_told_to() {
        for (sizing, source, expected) in [
            (Sizing::Original, [400, 300], [400, 300]),
            (Sizing::Short { side: 100 }, [400, 300], [133, 100]),
            (Sizing::Short { side: 500 }, [400, 300], [400, 300]),
            (within(Some(200), None, false), [400, 300], [200, 150]),
            (within(None, Some(100), false), [400, 300], [133, 100]),
            (within(Some(200), Some(100), false), [400, 300], [133, 100]),
            (within(Some(800), Some(800), false), [400, 300], [400, 300]),
            (within(Some(800), Some(800), true), [400, 300], [800, 600]),
            (within(Some(1), None, false), [10_000, 1], [1, 1]),
        ] {
            let found = layout(sizing, source[0], source[1]);
            assert_eq!((found.canvas, found.scaled, found.at), (expected, expected, [0, 0]), "{sizing:?}");
        }
    }

    #[test]
    fn a_cover_cuts_what_does_not_fit_where_gravity_says() {
        for (gravity, left) in [(Gravity::West, 0.0), (Gravity::Center, 50.0), (Gravity::NorthEast, 100.0)] {
            let found = layout(Sizing::Cover { width: 150, height: 150, gravity }, 400, 300);
            assert_eq!(found.canvas, [150, 150]);
            assert_eq!(found.cut, Rect { left, top: 0.0, width: 300.0, height: 300.0 });
        }
        let small = layout(Sizing::Cover { width: 800, height: 100, gravity: Gravity::South }, 400, 300);
        assert_eq!((small.canvas, small.cut.top, small.cut.height), ([800, 100], 250.0, 50.0));
    }

    #[test]
    fn a_pad_shows_all_and_places_it_where_gravity_says() {
        for (gravity, at) in [(Gravity::Center, [0, 50]), (Gravity::North, [0, 0]), (Gravity::SouthEast, [0, 100])] {
            let found = layout(Sizing::Pad { width: 400, height: 400, gravity }, 800, 600);
            assert_eq!((found.canvas, found.scaled, found.at), ([400, 400], [400, 300], at));
        }
    }

    #[test]
    fn a_result_is_never_larger_than_the_bounds() {
        let huge = Sizing::Within { width: Some(4_096), height: Some(4_096), enlarge: true };
        for sizing in [Sizing::Original, huge, Sizing::Pad { width: 4_096, height: 4_096, gravity: Gravity::Auto }] {
            for (width, height) in [(16_384, 1), (1, 16_384), (10_000, 10_000), (4_000, 3_000), (16_384, 6_000)] {
                let found = layout(sizing, width, height);
                let [wide, high] = found.canvas;
                assert!(wide <= BOUNDS.side_px_max && high <= BOUNDS.side_px_max && wide > 0 && high > 0);
                assert!(u64::from(wide) * u64::from(high) <= BOUNDS.pixels_max);
            }
        }
        assert!(layout(Sizing::Original, 10_000, 10_000).reduced);
        assert!(!layout(Sizing::Original, 3_000, 2_000).reduced);
    }
}
