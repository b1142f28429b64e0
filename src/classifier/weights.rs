//! The weights of a layer as the bytes that they are in the file: a quarter of the memory, and bit for bit what was
//! published. They become numbers a few columns at a time, where a kernel needs them, into memory that the nearest
//! cache holds; that takes about a fiftieth of what is then computed with them.

use std::ops::Range;

use wide::f32x4;

/// Outputs that are computed side by side: two SIMD registers, so that the eight sums of four places, two registers of
/// weights and what is multiplied with them fit into the sixteen that x86 has.
pub const LANES: usize = 8;

/// [`LANES`] numbers.
pub type Lanes = [f32x4; 2];

/// The weights and biases of outputs that are each a weighted sum of the same inputs.
#[derive(Debug)]
pub struct Matrix {
    inputs: usize,
    outputs: usize,
    /// For every panel of [`LANES`] outputs, for every input, a weight for each of the outputs.
    bytes: Vec<[u8; LANES]>,
    panels: Vec<Panel>,
}

/// What is the same for all inputs of [`LANES`] outputs. A weight is (byte - zero) * scale.
#[derive(Clone, Copy, Debug, Default)]
struct Panel {
    scale: [f32; LANES],
    zero: [f32; LANES],
    bias: [f32; LANES],
}

/// Weights as the file has them, an output after another.
#[derive(Debug)]
pub struct Quantised<'a> {
    /// The weights.
    pub bytes: &'a [u8],
    /// What a step of the byte is worth, for each output.
    pub scales: &'a [f32],
    /// The byte that means zero, for each output.
    pub zeros: &'a [u8],
    /// What is added, for each output.
    pub biases: &'a [f32],
}

impl Quantised<'_> {
    /// The weights of each output; none if the parts do not fit each other.
    fn filters(&self) -> Option<Vec<Filter<'_>>> {
        let outputs = self.biases.len();
        let inputs = self.bytes.len().checked_div(outputs)?;
        let fits = inputs > 0 && inputs * outputs == self.bytes.len();
        if !fits || self.scales.len() != outputs || self.zeros.len() != outputs {
            return None;
        }
        let parts = self.bytes.chunks_exact(inputs).zip(self.scales).zip(self.zeros).zip(self.biases);
        let filter = |(((bytes, &scale), &zero), &bias)| Filter { bytes, scale, zero: f32::from(zero), bias };
        Some(parts.map(filter).collect())
    }

    /// The weights of each output as numbers, and its bias; none if the parts do not fit each other.
    pub fn numbers(&self) -> Option<Vec<(Vec<f32>, f32)>> {
        let number = |filter: &Filter<'_>, byte: u8| (f32::from(byte) - filter.zero) * filter.scale;
        let numbers =
            |filter: Filter<'_>| (filter.bytes.iter().map(|byte| number(&filter, *byte)).collect(), filter.bias);
        Some(self.filters()?.into_iter().map(numbers).collect())
    }
}

struct Filter<'a> {
    bytes: &'a [u8],
    scale: f32,
    zero: f32,
    bias: f32,
}

impl Matrix {
    /// Puts weights in the order in which they are needed; none if they make no sense.
    pub fn new(weights: &Quantised<'_>) -> Option<Self> {
        let filters = weights.filters()?;
        let (outputs, inputs) = (filters.len(), filters.first()?.bytes.len());
        let mut bytes = Vec::new();
        bytes.try_reserve_exact(outputs.div_ceil(LANES) * inputs).ok()?;
        let mut panels = Vec::with_capacity(outputs.div_ceil(LANES));
        for filters in filters.chunks(LANES) {
            let start = bytes.len();
            bytes.resize(start + inputs, [0; LANES]);
            let mut panel = Panel::default();
            let places = panel.scale.iter_mut().zip(panel.zero.iter_mut().zip(&mut panel.bias));
            for (lane, (filter, (scale, (zero, bias)))) in filters.iter().zip(places).enumerate() {
                (*scale, *zero, *bias) = (filter.scale, filter.zero, filter.bias);
                for (place, byte) in bytes.iter_mut().skip(start).zip(filter.bytes) {
                    if let Some(place) = place.get_mut(lane) {
                        *place = *byte;
                    }
                }
            }
            panels.push(panel);
        }
        Some(Self { inputs, outputs, bytes, panels })
    }

    /// How many numbers are weighed.
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// How many sums come out.
    pub fn outputs(&self) -> usize {
        self.outputs
    }

    /// How many panels of [`LANES`] outputs there are; the last may be partly empty.
    pub fn panels(&self) -> usize {
        self.panels.len()
    }

    /// The numbers of some panels: for each its biases, and `inputs` times weights in `weights`, which are replaced.
    pub fn dequantise(&self, panels: Range<usize>, weights: &mut Vec<Lanes>) -> Vec<Lanes> {
        weights.clear();
        let lanes = |values: &[f32; LANES]| {
            let [a, b, c, d, e, f, g, h] = *values;
            [f32x4::new([a, b, c, d]), f32x4::new([e, f, g, h])]
        };
        let bytes = self.bytes.chunks_exact(self.inputs);
        let mut biases = Vec::with_capacity(panels.len());
        for (panel, bytes) in self.panels.iter().zip(bytes).skip(panels.start).take(panels.len()) {
            let ([scale_low, scale_high], [zero_low, zero_high]) = (lanes(&panel.scale), lanes(&panel.zero));
            weights.extend(bytes.iter().map(|bytes| {
                let [low, high] = lanes(&bytes.map(f32::from));
                [(low - zero_low) * scale_low, (high - zero_high) * scale_high]
            }));
            biases.push(lanes(&panel.bias));
        }
        biases
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCALES: [f32; 2] = [0.5, -2.0];
    const ZEROS: [u8; 2] = [10, 20];
    const BIASES: [f32; 2] = [1.0, 2.0];

    fn quantised(bytes: &[u8]) -> Quantised<'_> {
        Quantised { bytes, scales: &SCALES, zeros: &ZEROS, biases: &BIASES }
    }

    #[test]
    fn bytes_become_numbers_by_the_scale_of_their_output() {
        let weights = quantised(&[10, 11, 12, 20, 22, 0]);
        assert_eq!(weights.numbers(), Some(vec![(vec![0.0, 0.5, 1.0], 1.0), (vec![0.0, -4.0, 40.0], 2.0)]));
        let matrix = Matrix::new(&weights).unwrap();
        assert_eq!((matrix.inputs(), matrix.outputs(), matrix.panels()), (3, 2, 1));
        let mut found = Vec::new();
        let biases = matrix.dequantise(0..1, &mut found);
        let first_two = |lanes: &Lanes| lanes[0].to_array()[..2].to_vec();
        assert_eq!(found.iter().map(first_two).collect::<Vec<_>>(), [[0.0, 0.0], [0.5, -4.0], [1.0, 40.0]]);
        assert_eq!(biases.iter().map(first_two).collect::<Vec<_>>(), [[1.0, 2.0]]);
    }

    #[test]
    fn weights_that_do_not_fit_are_refused() {
        let whole = [0; 6];
        for wrong in [
            Quantised { bytes: &whole[..5], ..quantised(&whole) },
            Quantised { bytes: &[], ..quantised(&whole) },
            Quantised { scales: &[0.5], ..quantised(&whole) },
            Quantised { zeros: &[1, 2, 3], ..quantised(&whole) },
            Quantised { biases: &[], ..quantised(&whole) },
            Quantised { biases: &[0.0; 3], ..quantised(&whole) },
        ] {
            assert!(Matrix::new(&wrong).is_none() && wrong.numbers().is_none(), "{wrong:?}");
        }
    }
}
