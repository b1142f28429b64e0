//! The way up.

/// Applies an Exif orientation (CIPA DC-008, tag 0x0112).
pub fn turn<P: Copy + Default>(width: u32, height: u32, pixels: &[P], orientation: u8) -> (u32, u32, Vec<P>) {
    let (out_width, out_height) = if orientation >= 5 { (height, width) } else { (width, height) };
    let mirrored_x = |x: u32| width.saturating_sub(1 + x);
    let mirrored_y = |y: u32| height.saturating_sub(1 + y);
    let source = |x: u32, y: u32| match orientation {
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
        pixels.get(from_y as usize * width as usize + from_x as usize).copied().unwrap_or_default()
    });
    (out_width, out_height, turned.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `AB` over `CD`, turned: the stored picture that has to be turned by `orientation` to be seen upright.
    #[test]
    fn every_orientation_is_undone() {
        let pixel = |byte: u8| [byte; 4];
        let upright: Vec<_> = b"abcdef".iter().map(|byte| pixel(*byte)).collect();
        let stored: [(u8, u32, &[u8; 6]); 8] = [
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
}
