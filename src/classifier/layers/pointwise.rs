//! Every place by itself: a product of matrices, where nine tenths of the work are.

use wide::f32x4;

use super::Activation;
use crate::classifier::weights::{LANES, Lanes, Matrix};

/// How much of the weights is used at once, in numbers: 32 KiB, what the nearest cache of a processor holds.
const WEIGHTS_AT_ONCE: usize = 32 * 1024 / size_of::<f32>();
/// Places computed side by side. Measured in V8 on x86-64: six places, or unrolled sums, need more registers than there
/// are, and take 1.4 times as long.
const PLACES: usize = 4;

/// For each row of `input`, which has as many numbers as the matrix has inputs, a row of `output`.
pub fn multiply(input: &[f32], matrix: &Matrix, activation: Activation, output: &mut [f32]) {
    let at_once = (WEIGHTS_AT_ONCE / (matrix.inputs() * LANES)).max(1);
    let mut weights = Vec::new();
    for first in (0..matrix.panels()).step_by(at_once) {
        let biases = matrix.dequantise(first..first + at_once, &mut weights);
        let panels = Panels { weights: &weights, biases: &biases, first, matrix, activation };
        panels.multiply(input, output);
    }
}

/// Some panels of a matrix as numbers.
pub struct Panels<'a> {
    /// As many for each panel as the matrix has inputs.
    pub weights: &'a [Lanes],
    /// One for each panel.
    pub biases: &'a [Lanes],
    /// The number of the first.
    pub first: usize,
    /// The whole.
    pub matrix: &'a Matrix,
    /// What becomes of each sum.
    pub activation: Activation,
}

impl Panels<'_> {
    /// Writes the columns of these panels.
    pub fn multiply(&self, input: &[f32], output: &mut [f32]) {
        let (inputs, outputs) = (self.matrix.inputs(), self.matrix.outputs());
        let rows = input.chunks(inputs * PLACES).zip(output.chunks_mut(outputs * PLACES));
        for (input, output) in rows {
            for (at, (weights, bias)) in self.weights.chunks_exact(inputs).zip(self.biases).enumerate() {
                let column = (self.first + at) * LANES;
                let write = |sums: Lanes, row: &mut [f32]| {
                    store(self.activation.of(sums), row.get_mut(column..).unwrap_or_default());
                };
                let mut rows = output.chunks_exact_mut(outputs);
                let mut places = input.chunks_exact(inputs);
                if let (Some(a), Some(b), Some(c), Some(d)) =
                    (places.next(), places.next(), places.next(), places.next())
                {
                    four([a, b, c, d], weights, *bias).into_iter().zip(rows).for_each(|(sums, row)| write(sums, row));
                } else {
                    for place in input.chunks_exact(inputs) {
                        rows.next().into_iter().for_each(|row| write(one(place, weights, *bias), row));
                    }
                }
            }
        }
    }
}

/// The sums of four places. Written out, because only so nothing is checked or moved within the loop.
#[inline]
fn four([a, b, c, d]: [&[f32]; PLACES], weights: &[Lanes], bias: Lanes) -> [Lanes; PLACES] {
    let mut sums = [bias; PLACES];
    for ((((a, b), c), d), weight) in a.iter().zip(b).zip(c).zip(d).zip(weights) {
        for (sum, value) in sums.iter_mut().zip([a, b, c, d]) {
            add(sum, *value, weight);
        }
    }
    sums
}

/// The sums of one place.
#[inline]
fn one(place: &[f32], weights: &[Lanes], bias: Lanes) -> Lanes {
    let mut sum = bias;
    place.iter().zip(weights).for_each(|(value, weight)| add(&mut sum, *value, weight));
    sum
}

#[inline]
fn add([low, high]: &mut Lanes, value: f32, [weight_low, weight_high]: &Lanes) {
    let value = f32x4::splat(value);
    *low += value * *weight_low;
    *high += value * *weight_high;
}

/// Writes as many of the sums as there are outputs.
#[inline]
fn store(sums: Lanes, outputs: &mut [f32]) {
    let [low, high] = sums.map(f32x4::to_array);
    if let Some((places, _)) = outputs.split_first_chunk_mut::<LANES>() {
        let (first, second) = places.split_at_mut(LANES / 2);
        first.copy_from_slice(&low);
        second.copy_from_slice(&high);
    } else {
        outputs.iter_mut().zip(low.into_iter().chain(high)).for_each(|(place, sum)| *place = sum);
    }
}
