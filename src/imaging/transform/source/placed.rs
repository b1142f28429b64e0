//! A frame on its canvas.

use super::Pixels;
use crate::domain::facts::Rejection;
use crate::imaging::transform::rows::{RowSink, Rows, Samples};

/// A picture, with transparency around it; what reaches out of the canvas is cut off.
struct Placed<'a> {
    picture: Box<dyn Rows + 'a>,
    at: [u32; 2],
    canvas: [u32; 2],
}

/// Places a picture that does not cover the canvas exactly.
pub fn placed<'a>(pixels: Pixels<'a>, at: [u32; 2], canvas: [u32; 2]) -> Pixels<'a> {
    if at == [0, 0] && pixels.rows.sides() == canvas || pixels.rows.reduction() != [1.0, 1.0] {
        return pixels;
    }
    Pixels { rows: Box::new(Placed { picture: pixels.rows, at, canvas }), ..pixels }
}

impl Rows for Placed<'_> {
    fn sides(&self) -> [u32; 2] {
        self.canvas
    }

    fn samples(&self) -> Samples {
        Samples::Rgba
    }

    fn each(&self, sink: RowSink) -> Result<(), Rejection> {
        let ([left, top], [width, height]) = (self.at, self.canvas);
        let mut line = vec![0; width as usize * 4];
        for _ in 0..top.min(height) {
            sink(&line)?;
        }
        let count = self.picture.samples().count();
        let mut y = top;
        self.picture.each(&mut |row| {
            y += 1;
            if y > height {
                return Ok(());
            }
            let places = line.as_chunks_mut::<4>().0.iter_mut().skip(left as usize);
            for (place, pixel) in places.zip(row.chunks_exact(count)) {
                *place = crate::imaging::decode::png::rgba(pixel);
            }
            sink(&line)
        })?;
        line.fill(0);
        for _ in y..height {
            sink(&line)?;
        }
        Ok(())
    }
}
