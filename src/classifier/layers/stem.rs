//! The first convolution: every output sees all channels of the places around it. With three channels that is little
//! enough to gather what each place sees, and then to do as [`super::pointwise`] does.

use super::pointwise::Panels;
use super::{Activation, Shape, Window};
use crate::classifier::weights::{Matrix, Quantised};

/// A filter over all channels for each output.
#[derive(Debug)]
pub struct Stem {
    window: Window,
    activation: Activation,
    channels: usize,
    matrix: Matrix,
}

impl Stem {
    /// Puts weights in order; none if they make no sense. The file has a plane of weights for each channel, a place has
    /// its channels side by side.
    pub fn new(weights: &Quantised<'_>, channels: usize, window: Window, activation: Activation) -> Option<Self> {
        let plane = window.side.checked_mul(window.side)?;
        let filter = plane.checked_mul(channels).filter(|filter| *filter > 0)?;
        let (filters, []) = (weights.bytes.chunks_exact(filter), weights.bytes.chunks_exact(filter).remainder()) else {
            return None;
        };
        let turned = |filter: &[u8]| -> Vec<u8> {
            let of_place = |place: usize| filter.iter().skip(place).step_by(plane).copied();
            (0..plane).flat_map(of_place).collect()
        };
        let bytes: Vec<u8> = filters.flat_map(turned).collect();
        let matrix = Matrix::new(&Quantised { bytes: &bytes, ..*weights })?;
        (matrix.inputs() == filter).then_some(Self { window, activation, channels, matrix })
    }

    /// What comes out of `input`; none if it has another number of channels.
    pub fn output(&self, input: Shape) -> Option<Shape> {
        (input.channels == self.channels).then_some(())?;
        self.window.output(input, self.matrix.outputs())
    }

    /// Fills `output`, whose shape is that of [`Self::output`].
    pub fn run(&self, input: &[f32], shape: Shape, output: &mut [f32]) {
        let Some(out) = self.output(shape) else { return };
        let mut weights = Vec::new();
        let biases = self.matrix.dequantise(0..self.matrix.panels(), &mut weights);
        let (matrix, activation) = (&self.matrix, self.activation);
        let panels = Panels { weights: &weights, biases: &biases, first: 0, matrix, activation };
        let mut seen = Vec::with_capacity(out.width * self.matrix.inputs());
        for (y, output) in output.chunks_exact_mut(out.width * out.channels).enumerate() {
            seen.clear();
            for x in 0..out.width {
                self.gather(input, shape, (y, x), &mut seen);
            }
            panels.multiply(&seen, output);
        }
    }

    /// Adds what the place at row `y` and column `x` of the output sees.
    fn gather(&self, input: &[f32], shape: Shape, (y, x): (usize, usize), seen: &mut Vec<f32>) {
        for row in 0..self.window.side {
            let row = self.window.place(y, row, shape.height);
            for column in 0..self.window.side {
                let column = self.window.place(x, column, shape.width);
                match row.zip(column).and_then(|(row, column)| shape.at(input, row, column)) {
                    Some(place) => seen.extend_from_slice(place),
                    None => seen.extend(std::iter::repeat_n(0.0, self.channels)),
                }
            }
        }
    }
}
