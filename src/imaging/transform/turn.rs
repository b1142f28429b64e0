//! Which way up: the file's orientation, a mirror and a rotation, all in one.

use crate::domain::transform::{Flip, Rect, Rotate};

/// One of the eight ways of putting down a rectangle: first, rows may become columns, then left and right, then top
/// and bottom may change places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn {
    /// Whether rows become columns.
    pub transposes: bool,
    /// Whether left becomes right, after that.
    pub mirrors_x: bool,
    /// Whether top becomes bottom, after that.
    pub mirrors_y: bool,
}

impl Turn {
    /// What is done to the pixels as stored: upright by an Exif orientation (CIPA DC-008, tag 0x0112), then mirrored,
    /// then rotated.
    pub fn of(orientation: u8, flip: Flip, rotate: Rotate) -> Self {
        let (transposes, mirrors_x, mirrors_y) = match orientation {
            2 => (false, true, false),
            3 => (false, true, true),
            4 => (false, false, true),
            5 => (true, false, false),
            6 => (true, true, false),
            7 => (true, true, true),
            8 => (true, false, true),
            _ => (false, false, false),
        };
        let upright = Self { transposes, mirrors_x: mirrors_x ^ flip.horizontal, mirrors_y: mirrors_y ^ flip.vertical };
        let quarters = match rotate {
            Rotate::None => 0,
            Rotate::Quarter => 1,
            Rotate::Half => 2,
            Rotate::ThreeQuarters => 3,
        };
        (0..quarters).fold(upright, |turn, _| turn.then_right())
    }

    /// And a quarter clockwise: what was the bottom is on the left.
    fn then_right(self) -> Self {
        Self { transposes: !self.transposes, mirrors_x: !self.mirrors_y, mirrors_y: self.mirrors_x }
    }

    /// Width and height, there or back.
    pub fn sides<T>(self, [width, height]: [T; 2]) -> [T; 2] {
        if self.transposes { [height, width] } else { [width, height] }
    }

    /// Where a part of the turned picture is in the stored one of these sides.
    pub fn back(self, part: Rect, stored: [u32; 2]) -> Rect {
        let [width, height] = self.sides(stored).map(f64::from);
        // Not below 0, which subtracting fractions may come to.
        let left = if self.mirrors_x { (width - part.left - part.width).max(0.0) } else { part.left };
        let top = if self.mirrors_y { (height - part.top - part.height).max(0.0) } else { part.top };
        let [left, top] = self.sides([left, top]);
        let [width, height] = self.sides([part.width, part.height]);
        Rect { left, top, width, height }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::imaging::orientation::turn;

    fn turned(by: Turn, width: usize, letters: &[u8]) -> Vec<u8> {
        let height = letters.len() / width;
        let [wide, high] = by.sides([width, height]);
        let mut result = vec![0; letters.len()];
        for (at, letter) in letters.iter().enumerate() {
            let [x, y] = by.sides([at % width, at / width]);
            let x = if by.mirrors_x { wide - 1 - x } else { x };
            let y = if by.mirrors_y { high - 1 - y } else { y };
            result[y * wide + x] = *letter;
        }
        result
    }

    #[test]
    fn every_orientation_is_the_one_that_placeholders_are_turned_by() {
        for orientation in 1..=8 {
            let by = Turn::of(orientation, Flip::default(), Rotate::None);
            let (_, _, expected) = turn(3, 2, b"abcdef", orientation);
            assert_eq!(turned(by, 3, b"abcdef"), expected, "{orientation}");
        }
    }

    #[test]
    fn a_mirror_comes_before_a_rotation_which_is_clockwise() {
        // abc       fed
        // def  and  cba  is the half turn.
        let flip = Flip { horizontal: true, vertical: false };
        for (flip, rotate, expected) in [
            (Flip::default(), Rotate::Quarter, b"daebfc"),
            (Flip::default(), Rotate::Half, b"fedcba"),
            (Flip::default(), Rotate::ThreeQuarters, b"cfbead"),
            (flip, Rotate::None, b"cbafed"),
            (flip, Rotate::Quarter, b"fcebda"),
        ] {
            assert_eq!(turned(Turn::of(1, flip, rotate), 3, b"abcdef"), expected, "{rotate:?}");
        }
    }

    #[test]
    fn a_part_is_found_where_it_came_from() {
        let part = Rect { left: 0.0, top: 1.0, width: 1.0, height: 2.0 };
        // Stored 4 x 3; on the left of the upright one, in the middle, which was the bottom.
        let stored = Turn::of(6, Flip::default(), Rotate::None).back(part, [4, 3]);
        assert_eq!(stored, Rect { left: 1.0, top: 2.0, width: 2.0, height: 1.0 });
        assert_eq!(Turn::of(1, Flip::default(), Rotate::None).back(part, [4, 3]), part);
    }
}
