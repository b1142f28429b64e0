//! A small picture of a large one, made of pixels in whatever order they come.

/// The larger side of a rendition, in pixels: what a ThumbHash takes at most.
pub const SIDE_PX_MAX: u32 = 100;

/// Sums of the pixels that fall into one pixel of the rendition. Colours are weighted by alpha, so that what
/// hides under transparent pixels does not shine through. 64 bits: 100 MP of 255 x 255 do not fit in 32.
#[derive(Clone, Copy, Default)]
struct Cell {
    red: u64,
    green: u64,
    blue: u64,
    alpha: u64,
    pixels: u64,
}

/// Averages the areas of a canvas. Memory depends on the sides only: at most 400 KB, and 2 bytes a column and row.
pub struct Rendition {
    width: u32,
    height: u32,
    cells: Vec<Cell>,
    column_of: Vec<u16>,
    row_of: Vec<u16>,
}

impl Rendition {
    /// For a canvas of these sides, which the gate has limited.
    pub fn new(canvas_width: u32, canvas_height: u32) -> Self {
        let (canvas_width, canvas_height) = (canvas_width.max(1), canvas_height.max(1));
        let longer = canvas_width.max(canvas_height);
        let scaled = |side: u32| {
            let small =
                (u64::from(side) * u64::from(SIDE_PX_MAX.min(longer)) + u64::from(longer) / 2) / u64::from(longer);
            u32::try_from(small).unwrap_or(SIDE_PX_MAX).clamp(1, SIDE_PX_MAX)
        };
        let (width, height) = (scaled(canvas_width), scaled(canvas_height));
        let map = |side: u32, cells: u32| -> Vec<u16> {
            let cell = |at: u32| u64::from(at) * u64::from(cells) / u64::from(side);
            (0..side).map(|at| u16::try_from(cell(at)).unwrap_or(0)).collect()
        };
        Self {
            width,
            height,
            cells: vec![Cell::default(); width as usize * height as usize],
            column_of: map(canvas_width, width),
            row_of: map(canvas_height, height),
        }
    }

    /// Adds pixels of one row, from column `x` on, `step` columns apart. What lies outside the canvas is ignored.
    pub fn add(&mut self, x: u32, y: u32, step: usize, pixels: impl Iterator<Item = [u8; 4]>) {
        let Some(&row) = self.row_of.get(y as usize) else { return };
        let start = usize::from(row) * self.width as usize;
        let Some(cells) = self.cells.get_mut(start..start + self.width as usize) else { return };
        let columns = self.column_of.get(x as usize..).unwrap_or_default().iter().step_by(step.max(1));
        for (&column, [red, green, blue, alpha]) in columns.zip(pixels) {
            let Some(cell) = cells.get_mut(usize::from(column)) else { continue };
            let alpha = u64::from(alpha);
            cell.red += u64::from(red) * alpha;
            cell.green += u64::from(green) * alpha;
            cell.blue += u64::from(blue) * alpha;
            cell.alpha += alpha;
            cell.pixels += 1;
        }
    }

    /// Width, height, and RGBA in rows; pixels that were never added are transparent.
    pub fn finish(&self) -> (u32, u32, Vec<[u8; 4]>) {
        let mean =
            |sum: u64, weight: u64| u8::try_from((sum + weight / 2).checked_div(weight).unwrap_or(0)).unwrap_or(255);
        let pixel = |cell: &Cell| {
            let colour = |sum| mean(sum, cell.alpha);
            [colour(cell.red), colour(cell.green), colour(cell.blue), mean(cell.alpha, cell.pixels)]
        };
        (self.width, self.height, self.cells.iter().map(pixel).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rendition_averages_areas() {
        let mut rendition = Rendition::new(200, 2);
        for y in 0..2 {
            let row = (0..200u32).map(|x| if x % 2 == 0 { [10, 20, 30, 255] } else { [20, 40, 60, 255] });
            rendition.add(0, y, 1, row);
        }
        let (width, height, pixels) = rendition.finish();
        assert_eq!((width, height), (100, 1));
        assert!(pixels.iter().all(|pixel| *pixel == [15, 30, 45, 255]));
    }

    #[test]
    fn the_order_of_pixels_does_not_matter() {
        let pixel = |x: u32, y: u32| [x as u8, y as u8, 7, 255];
        let (mut rows, mut passes) = (Rendition::new(150, 120), Rendition::new(150, 120));
        for y in 0..120 {
            rows.add(0, y, 1, (0..150).map(|x| pixel(x, y)));
        }
        for phase in [1, 0, 2] {
            for y in (0..120).rev() {
                passes.add(phase, y, 3, (phase..150).step_by(3).map(|x| pixel(x, y)));
            }
        }
        assert_eq!(rows.finish(), passes.finish());
    }

    #[test]
    fn what_is_outside_or_missing_is_harmless() {
        let mut rendition = Rendition::new(3, 3);
        rendition.add(2, 1, 1, std::iter::repeat_n([255; 4], 10));
        rendition.add(9, 1, 1, std::iter::once([255; 4]));
        rendition.add(0, 9, 1, std::iter::once([255; 4]));
        let (_, _, pixels) = rendition.finish();
        assert_eq!(pixels.iter().filter(|pixel| pixel[3] == 255).count(), 1);
    }

    #[test]
    fn transparent_colours_do_not_shine_through() {
        let mut rendition = Rendition::new(200, 1);
        rendition.add(0, 0, 1, (0..200).map(|x| if x % 2 == 0 { [255, 0, 0, 255] } else { [0, 255, 0, 0] }));
        let (_, _, pixels) = rendition.finish();
        assert_eq!(pixels.first(), Some(&[255, 0, 0, 128]));
    }
}
