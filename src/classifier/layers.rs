//! What the networks are made of, as operators of tract. An array of numbers is `height` rows of `width` places with
//! all their channels side by side, so that what is computed side by side lies side by side.
//!
//! tract's own operators do the same 1.3 to 2 times as slowly in wasm (docs/performance.md). They are what these are
//! tested against.

mod depthwise;
mod pointwise;
mod stem;

use std::sync::Arc;

use tract_onnx::tract_core::internal::*;
use wide::f32x4;

pub use depthwise::Depthwise;
pub use stem::Stem;

use super::weights::{Lanes, Matrix};

/// Most numbers in an array, 16 MiB of them: twice the largest of the models. A damaged file must not ask for more.
const NUMBERS_MAX: usize = 4 * 1024 * 1024;
/// Largest side of a window; the models have 1 and 3.
const WINDOW_SIDE_MAX: usize = 7;

/// The shape of an array.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Rows.
    pub height: usize,
    /// Places in a row.
    pub width: usize,
    /// Numbers of a place.
    pub channels: usize,
}

impl Shape {
    fn of(dimensions: &[usize]) -> TractResult<Self> {
        let &[height, width, channels] = dimensions else { bail!("{dimensions:?} is no shape") };
        Ok(Self { height, width, channels })
    }

    fn is_bounded(&self) -> bool {
        let numbers = self.height.checked_mul(self.width).and_then(|places| places.checked_mul(self.channels));
        numbers.is_some_and(|numbers| numbers <= NUMBERS_MAX)
    }

    /// As tract has it.
    pub fn dimensions(self) -> [usize; 3] {
        [self.height, self.width, self.channels]
    }

    /// The channels of a place of an array of this shape.
    fn at(self, array: &[f32], row: usize, column: usize) -> Option<&[f32]> {
        let start = (row * self.width + column) * self.channels;
        array.get(start..start + self.channels)
    }
}

/// What becomes of each sum.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Activation {
    /// Nothing.
    Linear,
    /// What is negative becomes zero.
    Relu,
    /// The same, and what is above six becomes six.
    Relu6,
}

impl Activation {
    #[inline]
    fn of(self, sums: Lanes) -> Lanes {
        sums.map(|sums| self.of_four(sums))
    }

    #[inline]
    fn of_four(self, sums: f32x4) -> f32x4 {
        match self {
            Self::Linear => sums,
            Self::Relu => sums.max(f32x4::ZERO),
            Self::Relu6 => sums.max(f32x4::ZERO).min(f32x4::splat(6.0)),
        }
    }
}

/// Which places of the input a place of the output sees: a square.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Side of the square.
    pub side: usize,
    /// How far the squares of neighbours are apart; at least 1.
    pub stride: usize,
    /// How far the first begins above and left of the input.
    pub before: usize,
    /// How far the last may reach below and right of the input.
    pub after: usize,
}

impl Window {
    fn output(self, input: Shape, channels: usize) -> Option<Shape> {
        // More padding would let windows see nothing at all.
        (self.side <= WINDOW_SIDE_MAX && self.before < self.side && self.after < self.side).then_some(())?;
        let along = |length: usize| {
            Some((length + self.before + self.after).checked_sub(self.side)?.checked_div(self.stride)? + 1)
        };
        Some(Shape { height: along(input.height)?, width: along(input.width)?, channels })
    }

    /// Where the `within`th of the window lies that belongs to `output`; none if outside of the input's `length`.
    fn place(self, output: usize, within: usize, length: usize) -> Option<usize> {
        (output * self.stride + within).checked_sub(self.before).filter(|place| *place < length)
    }
}

/// A layer of a network.
#[derive(Debug)]
pub enum Layer {
    /// Every number times this.
    Scale(f32),
    /// Every number plus this.
    Shift(f32),
    /// Every output from all channels of a window.
    Stem(Stem),
    /// Every output from all channels of the same place.
    Pointwise(Matrix, Activation),
    /// Every output from one channel of a window.
    Depthwise(Depthwise),
    /// Two arrays, added.
    Sum,
    /// The mean of all places.
    Mean,
    /// Probabilities that add up to 1, of a single place.
    Softmax,
}

impl Layer {
    /// What comes out of arrays of these shapes; none if it cannot take them.
    fn output(&self, inputs: &[Shape]) -> Option<Shape> {
        let output = match (self, inputs) {
            (Self::Scale(_) | Self::Shift(_), &[input]) => Some(input),
            (Self::Stem(stem), &[input]) => stem.output(input),
            (Self::Pointwise(matrix, _), &[input]) if input.channels == matrix.inputs() => {
                Some(Shape { channels: matrix.outputs(), ..input })
            }
            (Self::Depthwise(depthwise), &[input]) => depthwise.output(input),
            (Self::Sum, &[left, right]) if left == right => Some(left),
            (Self::Mean, &[input]) => Some(Shape { height: 1, width: 1, ..input }),
            (Self::Softmax, &[input @ Shape { height: 1, width: 1, .. }]) => Some(input),
            _ => None,
        };
        output.filter(Shape::is_bounded)
    }

    /// Fills `output`, which is as long as [`Self::output`] says.
    fn run(&self, inputs: &[(&[f32], Shape)], output: &mut [f32]) {
        match (self, inputs) {
            (Self::Scale(factor), &[(input, _)]) => set(output, input.iter().map(|value| value * factor)),
            (Self::Shift(addend), &[(input, _)]) => set(output, input.iter().map(|value| value + addend)),
            (Self::Stem(stem), &[(input, shape)]) => stem.run(input, shape, output),
            (Self::Pointwise(matrix, activation), &[(input, _)]) => {
                pointwise::multiply(input, matrix, *activation, output);
            }
            (Self::Depthwise(depthwise), &[(input, shape)]) => depthwise.run(input, shape, output),
            (Self::Sum, &[(left, _), (right, _)]) => set(output, left.iter().zip(right).map(|(a, b)| a + b)),
            (Self::Mean, &[(input, shape)]) => mean(input, shape, output),
            (Self::Softmax, &[(input, _)]) => softmax(input, output),
            _ => {}
        }
    }
}

fn set(output: &mut [f32], values: impl Iterator<Item = f32>) {
    output.iter_mut().zip(values).for_each(|(place, value)| *place = value);
}

fn mean(input: &[f32], shape: Shape, means: &mut [f32]) {
    means.fill(0.0);
    for place in input.chunks_exact(shape.channels.max(1)) {
        means.iter_mut().zip(place).for_each(|(sum, value)| *sum += value);
    }
    #[allow(clippy::cast_precision_loss, reason = "some dozens")]
    let places = (shape.height * shape.width) as f32;
    means.iter_mut().for_each(|sum| *sum /= places);
}

fn softmax(input: &[f32], output: &mut [f32]) {
    // The largest exponent is 0 then, so that none overflows.
    let largest = input.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    set(output, input.iter().map(|value| (value - largest).exp()));
    let sum: f32 = output.iter().sum();
    output.iter_mut().for_each(|value| *value /= sum);
}

/// A layer as tract takes it. Its clones share the weights.
#[derive(Clone, Debug)]
pub struct Operator(Arc<Layer>);

impl From<Layer> for Operator {
    fn from(layer: Layer) -> Self {
        Self(Arc::new(layer))
    }
}

impl PartialEq for Operator {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Operator {}

impl Operator {
    fn output(&self, inputs: &[Shape]) -> TractResult<Shape> {
        self.0.output(inputs).ok_or_else(|| format_err!("a layer cannot take {inputs:?}"))
    }
}

impl Op for Operator {
    fn name(&self) -> StaticName {
        "TintypeLayer".into()
    }

    op_as_typed_op!();
}

impl EvalOp for Operator {
    op_out_of_plan!();

    fn eval(&self, _: &EvalContext, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
        let views = inputs.iter().map(|input| input.try_as_plain_ram()).collect::<TractResult<TVec<_>>>()?;
        let array = |view| -> TractResult<_> { Ok((PlainView::as_slice::<f32>(view)?, Shape::of(view.shape())?)) };
        let arrays = views.iter().map(array).collect::<TractResult<TVec<_>>>()?;
        let shapes: TVec<Shape> = arrays.iter().map(|(_, shape)| *shape).collect();
        let mut output = Tensor::zero::<f32>(&self.output(&shapes)?.dimensions())?;
        self.0.run(&arrays, output.try_as_plain_ram_mut()?.as_slice_mut::<f32>()?);
        Ok(tvec!(output.into()))
    }
}

impl TypedOp for Operator {
    fn output_facts(&self, inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
        let shape = |fact: &&TypedFact| Shape::of(fact.shape.as_concrete().ok_or_else(|| format_err!("no shape"))?);
        let shapes = inputs.iter().map(shape).collect::<TractResult<TVec<_>>>()?;
        Ok(tvec!(f32::fact(self.output(&shapes)?.dimensions())))
    }

    as_op!();
}
