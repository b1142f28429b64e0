//! Reads the file's graph into a graph of our layers. It knows the few operators of a MobileNet as `cargo xtask model`
//! writes them; anything else is refused rather than guessed.

use std::collections::BTreeMap;

use tract_onnx::pb::tensor_proto::DataType;
use tract_onnx::pb::{GraphProto, NodeProto, TensorProto};
use tract_onnx::tract_core::internal::DatumExt as _;
use tract_onnx::tract_core::internal::{OutletId, SpecialOps as _, TractResult, TypedModel, bail, format_err};

use super::layers::{Activation, Depthwise, Layer, Operator, Shape, Stem, Window};
use super::weights::{Matrix, Quantised};

/// The graph of the file, with `input` as the shape of the picture.
///
/// # Errors
/// If there is anything in it that is not known, or that does not fit.
pub fn read(graph: GraphProto, input: Shape) -> TractResult<TypedModel> {
    let [picture] = graph.input.as_slice() else { bail!("{} inputs instead of one", graph.input.len()) };
    let mut network = Network {
        constants: graph.initializer.into_iter().map(|tensor| (tensor.name.clone(), tensor)).collect(),
        weights: BTreeMap::new(),
        outlets: BTreeMap::new(),
        model: TypedModel::default(),
    };
    let source = network.model.add_source("picture", f32::fact(input.dimensions()))?;
    network.outlets.insert(picture.name.clone(), source);
    let mut nodes = graph.node.iter().peekable();
    while let Some(node) = nodes.next() {
        match (node.op_type.as_str(), node.input.as_slice()) {
            ("DequantizeLinear", [bytes, scales, zeros]) => {
                let parts = [bytes.clone(), scales.clone(), zeros.clone()];
                network.weights.insert(one_output(node)?.to_owned(), parts);
            }
            ("Conv" | "Gemm", [input, weights, biases]) => {
                // What follows it is a part of it: nothing else may see its output.
                let (activation, last) = match nodes.peek().and_then(|next| activation_of(node, next)) {
                    Some(activation) => (activation, nodes.next().unwrap_or(node)),
                    None => (Activation::Linear, node),
                };
                let layer = network.weighted(node, weights, biases, activation)?;
                network.wire(last, layer, &[input])?;
            }
            ("Mul", [input, number]) => network.wire(node, Layer::Scale(network.number(number)?), &[input])?,
            ("Add", [input, number]) if network.constants.contains_key(number) => {
                network.wire(node, Layer::Shift(network.number(number)?), &[input])?;
            }
            ("Add", [left, right]) => network.wire(node, Layer::Sum, &[left, right])?,
            ("GlobalAveragePool", [input]) => network.wire(node, Layer::Mean, &[input])?,
            ("Softmax", [input]) => network.wire(node, Layer::Softmax, &[input])?,
            // A single place is flat already.
            ("Flatten", [input]) => {
                let outlet = network.outlet(input)?;
                network.outlets.insert(one_output(node)?.to_owned(), outlet);
            }
            (other, inputs) => bail!("'{other}' of {} is not known", inputs.len()),
        }
    }
    let [answer] = graph.output.as_slice() else { bail!("{} outputs instead of one", graph.output.len()) };
    let outlet = network.outlet(&answer.name)?;
    network.model.select_output_outlets(&[outlet])?;
    Ok(network.model)
}

struct Network {
    constants: BTreeMap<String, TensorProto>,
    /// Bytes, scales and zeros of weights, by the name of what they become.
    weights: BTreeMap<String, [String; 3]>,
    outlets: BTreeMap<String, OutletId>,
    model: TypedModel,
}

impl Network {
    fn wire(&mut self, node: &NodeProto, layer: Layer, inputs: &[&String]) -> TractResult<()> {
        let inputs = inputs.iter().map(|name| self.outlet(name)).collect::<TractResult<Vec<_>>>()?;
        let name = one_output(node)?;
        let outlets = self.model.wire_node(name, Operator::from(layer), &inputs)?;
        self.outlets.insert(name.to_owned(), outlets.first().copied().ok_or_else(|| format_err!("no outlet"))?);
        Ok(())
    }

    fn outlet(&self, name: &str) -> TractResult<OutletId> {
        self.outlets.get(name).copied().ok_or_else(|| format_err!("'{name}' comes from nowhere"))
    }

    fn take(&mut self, name: &str, kind: DataType) -> TractResult<TensorProto> {
        let tensor = self.constants.remove(name).filter(|tensor| tensor.data_type == kind as i32);
        tensor.ok_or_else(|| format_err!("there are no numbers '{name}'"))
    }

    fn number(&self, name: &str) -> TractResult<f32> {
        let tensor = self.constants.get(name).filter(|tensor| tensor.data_type == DataType::Float as i32);
        match tensor.map(|tensor| tensor.raw_data.as_chunks::<4>()) {
            Some(([number], [])) => Ok(f32::from_le_bytes(*number)),
            _ => bail!("'{name}' is not a number"),
        }
    }

    /// A convolution or a dense layer. Its weights are taken: no two layers share any.
    fn weighted(
        &mut self,
        node: &NodeProto,
        weights: &str,
        biases: &str,
        activation: Activation,
    ) -> TractResult<Layer> {
        let nonsense = || format_err!("the weights '{weights}' make no sense");
        let [bytes, scales, zeros] = self.weights.remove(weights).ok_or_else(nonsense)?;
        let (bytes, zeros) = (self.take(&bytes, DataType::Uint8)?, self.take(&zeros, DataType::Uint8)?);
        let (scales, biases) = (self.take(&scales, DataType::Float)?, self.take(biases, DataType::Float)?);
        let (scales, biases) = (floats(&scales), floats(&biases));
        let quantised = Quantised { bytes: &bytes.raw_data, scales: &scales, zeros: &zeros.raw_data, biases: &biases };
        let dimensions: Vec<usize> = bytes.dims.iter().filter_map(|length| usize::try_from(*length).ok()).collect();
        if dimensions.first() != Some(&biases.len()) || dimensions.iter().product::<usize>() != bytes.raw_data.len() {
            return Err(nonsense());
        }
        let layer = if node.op_type == "Gemm" {
            (integer(node, "transB") == Some(1)).then_some(()).ok_or_else(nonsense)?;
            Matrix::new(&quantised).map(|matrix| Layer::Pointwise(matrix, activation))
        } else {
            convolution(&quantised, &dimensions, window(node)?, integer(node, "group"), activation)
        };
        layer.ok_or_else(nonsense)
    }
}

fn convolution(
    weights: &Quantised<'_>,
    dimensions: &[usize],
    window: Window,
    group: Option<i64>,
    activation: Activation,
) -> Option<Layer> {
    let &[outputs, inputs, height, width] = dimensions else { return None };
    let group = usize::try_from(group?).ok()?;
    if height != window.side || width != window.side {
        return None;
    }
    match (group, window) {
        (1, Window { side: 1, stride: 1, before: 0, after: 0 }) => {
            Matrix::new(weights).map(|matrix| Layer::Pointwise(matrix, activation))
        }
        (1, _) => Stem::new(weights, inputs, window, activation).map(Layer::Stem),
        _ if group == outputs && inputs == 1 => Depthwise::new(weights, window, activation).map(Layer::Depthwise),
        _ => None,
    }
}

fn window(node: &NodeProto) -> TractResult<Window> {
    let lengths = |name: &str| -> Vec<usize> {
        integers(node, name).iter().filter_map(|length| usize::try_from(*length).ok()).collect()
    };
    match (lengths("kernel_shape").as_slice(), lengths("strides").as_slice(), lengths("pads").as_slice()) {
        (&[side, _], &[stride, other], &[before, left, after, right])
            if stride > 0 && stride == other && before == left && after == right =>
        {
            Ok(Window { side, stride, before, after })
        }
        _ => bail!("'{}' is another kind of convolution", node.name),
    }
}

/// What `next` does to each number that `node` gives, if that is all that it does.
fn activation_of(node: &NodeProto, next: &NodeProto) -> Option<Activation> {
    (next.input.first() == node.output.first()).then_some(())?;
    match (next.op_type.as_str(), next.input.as_slice()) {
        ("Relu", [_]) => Some(Activation::Relu),
        ("Clip", [_, zero, six]) if zero == "zero" && six == "six" => Some(Activation::Relu6),
        _ => None,
    }
}

fn one_output(node: &NodeProto) -> TractResult<&str> {
    match node.output.as_slice() {
        [name] => Ok(name),
        names => bail!("{} outputs instead of one", names.len()),
    }
}

fn integer(node: &NodeProto, name: &str) -> Option<i64> {
    node.attribute.iter().find(|attribute| attribute.name == name).map(|attribute| attribute.i)
}

fn integers<'a>(node: &'a NodeProto, name: &str) -> &'a [i64] {
    node.attribute.iter().find(|attribute| attribute.name == name).map_or(&[], |attribute| &attribute.ints)
}

fn floats(tensor: &TensorProto) -> Vec<f32> {
    tensor.raw_data.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect()
}
