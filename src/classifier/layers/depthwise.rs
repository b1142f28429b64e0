//! Every channel by itself: each place is the weighted sum of the 3 x 3 around it.

use wide::f32x4;

use super::{Activation, Shape, Window};
use crate::classifier::weights::Quantised;

/// Side of the window.
const SIDE: usize = 3;
/// Channels that are computed side by side.
const CHANNELS: usize = 4;

/// A 3 x 3 filter for each channel.
#[derive(Debug)]
pub struct Depthwise {
    window: Window,
    activation: Activation,
    channels: usize,
    biases: Vec<f32x4>,
    /// For each row of the window, for every four channels, the weights of the row.
    rows: [Vec<[f32x4; SIDE]>; SIDE],
}

impl Depthwise {
    /// Puts weights in order; none if they make no sense, or there is not a multiple of four channels.
    pub fn new(weights: &Quantised<'_>, window: Window, activation: Activation) -> Option<Self> {
        let filters = weights.numbers()?;
        let (fours, []) = filters.as_chunks::<CHANNELS>() else { return None };
        if window.side != SIDE || filters.iter().any(|(filter, _)| filter.len() != SIDE * SIDE) {
            return None;
        }
        let weight = |four: &[(Vec<f32>, f32); CHANNELS], at: usize| {
            f32x4::new(four.each_ref().map(|(filter, _)| filter.get(at).copied().unwrap_or_default()))
        };
        let row = |row: usize| fours.iter().map(|four| [0, 1, 2].map(|at| weight(four, row * SIDE + at))).collect();
        let biases = fours.iter().map(|four| f32x4::new(four.each_ref().map(|(_, bias)| *bias))).collect();
        Some(Self { window, activation, channels: filters.len(), biases, rows: [0, 1, 2].map(row) })
    }

    /// What comes out of `input`; none if it has another number of channels.
    pub fn output(&self, input: Shape) -> Option<Shape> {
        (input.channels == self.channels).then_some(())?;
        self.window.output(input, self.channels)
    }

    /// Fills `output`, whose shape is that of [`Self::output`].
    pub fn run(&self, input: &[f32], shape: Shape, output: &mut [f32]) {
        let Some(out) = self.output(shape) else { return };
        let nothing = vec![0.0; self.channels];
        let mut sums = self.biases.clone();
        let mut places = output.chunks_exact_mut(self.channels);
        for y in 0..out.height {
            for x in 0..out.width {
                sums.copy_from_slice(&self.biases);
                for (row, weights) in self.rows.iter().enumerate() {
                    let Some(row) = self.window.place(y, row, shape.height) else { continue };
                    let seen = [0, 1, 2].map(|column| {
                        let column = self.window.place(x, column, shape.width);
                        column.and_then(|column| shape.at(input, row, column)).unwrap_or(&nothing)
                    });
                    add(&mut sums, seen, weights);
                }
                let Some(place) = places.next() else { return };
                for (place, sum) in place.as_chunks_mut::<CHANNELS>().0.iter_mut().zip(&sums) {
                    *place = self.activation.of_four(*sum).to_array();
                }
            }
        }
    }
}

/// Adds one row of the window.
#[inline]
fn add(sums: &mut [f32x4], seen: [&[f32]; SIDE], weights: &[[f32x4; SIDE]]) {
    let [left, middle, right] = seen.map(|place| place.as_chunks::<CHANNELS>().0);
    let seen = left.iter().zip(middle).zip(right).zip(weights);
    for (sum, (((left, middle), right), [first, second, third])) in sums.iter_mut().zip(seen) {
        *sum += f32x4::new(*left) * *first + f32x4::new(*middle) * *second + f32x4::new(*right) * *third;
    }
}
