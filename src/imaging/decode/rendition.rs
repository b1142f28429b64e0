//! A small picture of a large one, made of pixels in whatever order they come.

/// Sums of the pixels that fall into one pixel of the rendition. Colours are weighted by alpha, so that what
/// hides under transparent pixels does not shine through. 32 bits hold 66,051 pixels of 255 x 255; of the widest
/// canvas that limits allow (16,384 x 16,384 on 224 x 224) a cell has 5,476.
#[derive(Clone, Copy, Default)]
struct Cell {
    red: u32,
    green: u32,
    blue: u32,
    alpha: u32,
}

/// Averages the areas of a canvas. Memory depends on the sides only: 16 bytes a cell, 4 a column and row.
pub struct Rendition {
    width: u32,
    height: u32,
    cells: Vec<Cell>,
    columns: Axis,
    rows: Axis,
}

/// One side of the canvas: into which cell each pixel falls, and how many fall into each cell.
struct Axis {
    cell_of: Vec<u16>,
    pixels_in: Vec<u16>,
}

impl Axis {
    fn new(side: u32, cells: u32) -> Self {
        let cell = |at: u32| u64::from(at) * u64::from(cells) / u64::from(side);
        let cell_of: Vec<u16> = (0..side).map(|at| u16::try_from(cell(at)).unwrap_or(0)).collect();
        let mut pixels_in = vec![0; cells as usize];
        for cell in &cell_of {
            if let Some(pixels) = pixels_in.get_mut(usize::from(*cell)) {
                *pixels += 1;
            }
        }
        Self { cell_of, pixels_in }
    }

    /// Of each cell, the part that lies in a range of the canvas: 0 to 255.
    fn coverage(&self, range: std::ops::Range<u32>) -> Vec<u8> {
        let mut covered = vec![0_u32; self.pixels_in.len()];
        let cells = self.cell_of.iter().skip(range.start as usize).take(range.len());
        for cell in cells {
            if let Some(covered) = covered.get_mut(usize::from(*cell)) {
                *covered += 1;
            }
        }
        let part = |(covered, pixels): (u32, &u16)| (covered * 255).checked_div(u32::from(*pixels)).unwrap_or(0);
        covered.into_iter().zip(&self.pixels_in).map(|pair| u8::try_from(part(pair)).unwrap_or(255)).collect()
    }
}

/// RGBA in rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Small {
    pub width: u32,
    pub height: u32,
    pub pixels: Vec<[u8; 4]>,
}

impl Rendition {
    /// For a canvas of these sides, which the gate has limited, in at most so many columns and rows of cells, each
    /// side for itself: a long canvas loses its shape.
    pub fn squeezed(canvas_width: u32, canvas_height: u32, [columns_max, rows_max]: [u32; 2]) -> Self {
        Self::new(canvas_width, canvas_height, canvas_width.min(columns_max), canvas_height.min(rows_max))
    }

    /// The same with cells of the given number.
    pub fn new(canvas_width: u32, canvas_height: u32, width: u32, height: u32) -> Self {
        let (width, height) = (width.max(1), height.max(1));
        Self {
            width,
            height,
            cells: vec![Cell::default(); width as usize * height as usize],
            columns: Axis::new(canvas_width.max(1), width),
            rows: Axis::new(canvas_height.max(1), height),
        }
    }

    /// As if nothing had been added.
    pub fn clear(&mut self) {
        self.cells.fill(Cell::default());
    }

    /// Adds pixels of one row, from column `x` on, `step` columns apart. What lies outside the canvas is ignored.
    pub fn add(&mut self, x: u32, y: u32, step: usize, pixels: impl Iterator<Item = [u8; 4]>) {
        let Some(&row) = self.rows.cell_of.get(y as usize) else { return };
        let start = usize::from(row) * self.width as usize;
        let Some(cells) = self.cells.get_mut(start..start + self.width as usize) else { return };
        let columns = self.columns.cell_of.get(x as usize..).unwrap_or_default().iter().step_by(step.max(1));
        for (&column, [red, green, blue, alpha]) in columns.zip(pixels) {
            let Some(cell) = cells.get_mut(usize::from(column)) else { continue };
            let alpha = u32::from(alpha);
            cell.red += u32::from(red) * alpha;
            cell.green += u32::from(green) * alpha;
            cell.blue += u32::from(blue) * alpha;
            cell.alpha += alpha;
        }
    }

    /// The means; pixels that were never added are transparent.
    pub fn finish(&self) -> Small {
        let mean =
            |sum: u32, weight: u32| u8::try_from((sum + weight / 2).checked_div(weight).unwrap_or(0)).unwrap_or(255);
        let pixel = |(cell, pixels): (&Cell, u32)| {
            let colour = |sum| mean(sum, cell.alpha);
            [colour(cell.red), colour(cell.green), colour(cell.blue), mean(cell.alpha, pixels)]
        };
        let pixels = self.cells.iter().zip(self.pixels_in_cells()).map(pixel).collect();
        Small { width: self.width, height: self.height, pixels }
    }

    fn pixels_in_cells(&self) -> impl Iterator<Item = u32> {
        let Axis { pixels_in: columns, .. } = &self.columns;
        let rows = self.rows.pixels_in.iter();
        rows.flat_map(move |row| columns.iter().map(move |column| u32::from(*column) * u32::from(*row)))
    }

    /// Of each cell, the part that lies in a rectangle of the canvas: 0 to 255.
    pub fn coverage(&self, left: u32, top: u32, width: u32, height: u32) -> impl Iterator<Item = u8> {
        let columns = self.columns.coverage(left..left.saturating_add(width));
        let rows = self.rows.coverage(top..top.saturating_add(height));
        let both = |row: u8, column: u8| u8::try_from(u16::from(row) * u16::from(column) / 255).unwrap_or(255);
        rows.into_iter().flat_map(move |row| {
            let columns = columns.clone();
            columns.into_iter().map(move |column| both(row, column))
        })
    }
}

impl Small {
    /// Averaged to at most `side_px_max`, in the shape of a canvas that has lost it.
    pub fn shrunk(&self, canvas_width: u32, canvas_height: u32, side_px_max: u32) -> Self {
        let longer = u64::from(canvas_width.max(canvas_height).max(1));
        let scaled = |side: u32, cells: u32| {
            let small = (u64::from(side) * u64::from(side_px_max).min(longer) + longer / 2) / longer;
            u32::try_from(small).unwrap_or(side_px_max).clamp(1, cells)
        };
        let (width, height) = (scaled(canvas_width, self.width), scaled(canvas_height, self.height));
        let mut rendition = Rendition::new(self.width, self.height, width, height);
        for (y, row) in (0..self.height).zip(self.pixels.chunks(self.width as usize)) {
            rendition.add(0, y, 1, row.iter().copied());
        }
        rendition.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rendition_averages_areas() {
        let mut rendition = Rendition::squeezed(200, 2, [100; 2]);
        for y in 0..2 {
            let row = (0..200u32).map(|x| if x % 2 == 0 { [10, 20, 30, 255] } else { [20, 40, 60, 255] });
            rendition.add(0, y, 1, row);
        }
        let small = rendition.finish();
        assert_eq!((small.width, small.height), (100, 2));
        let small = small.shrunk(200, 2, 100);
        assert_eq!((small.width, small.height), (100, 1));
        assert!(small.pixels.iter().all(|pixel| *pixel == [15, 30, 45, 255]));
    }

    #[test]
    fn the_order_of_pixels_does_not_matter() {
        let pixel = |x: u32, y: u32| [x as u8, y as u8, 7, 255];
        let (mut rows, mut passes) = (Rendition::squeezed(150, 120, [100; 2]), Rendition::squeezed(150, 120, [100; 2]));
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
        let mut rendition = Rendition::squeezed(3, 3, [100; 2]);
        rendition.add(2, 1, 1, std::iter::repeat_n([255; 4], 10));
        rendition.add(9, 1, 1, std::iter::once([255; 4]));
        rendition.add(0, 9, 1, std::iter::once([255; 4]));
        let pixels = rendition.finish().pixels;
        assert_eq!(pixels.iter().filter(|pixel| pixel[3] == 255).count(), 1);
    }

    #[test]
    fn transparent_colours_do_not_shine_through() {
        let mut rendition = Rendition::squeezed(200, 1, [100; 2]);
        rendition.add(0, 0, 1, (0..200).map(|x| if x % 2 == 0 { [255, 0, 0, 255] } else { [0, 255, 0, 0] }));
        let pixels = rendition.finish().pixels;
        assert_eq!(pixels.first(), Some(&[255, 0, 0, 128]));
    }

    #[test]
    fn coverage_says_which_part_of_a_cell_a_rectangle_covers() {
        let rendition = Rendition::squeezed(4, 2, [2; 2]);
        assert_eq!(rendition.coverage(1, 0, 2, 1).collect::<Vec<_>>(), [127, 127, 0, 0]);
        assert_eq!(rendition.coverage(0, 0, 9, 9).collect::<Vec<_>>(), [255; 4]);
    }

    #[test]
    fn the_widest_canvas_does_not_overflow() {
        let mut rendition = Rendition::squeezed(16_384, 74, [1; 2]);
        for y in 0..4 {
            rendition.add(0, y, 1, std::iter::repeat_n([255; 4], 16_384));
        }
        assert_eq!(rendition.finish().pixels, [[255, 255, 255, 14]]);
    }
}
