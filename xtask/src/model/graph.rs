//! Writes the graph: the few operators of a MobileNet, with weights that stay the bytes they were.

use anyhow::{Result, bail};
use prost::Message as _;

use super::onnx::{
    AttributeProto, DimensionProto, FLOAT, GraphProto, ModelProto, NodeProto, OperatorSetIdProto, TensorProto,
    TensorShapeProto, TensorTypeProto, TypeProto, UINT8, ValueInfoProto,
};
use super::weights::Tensor;

/// Name of the graph's input: 1 x 3 x side x side, red, green, blue, each 0 to 1.
pub const INPUT: &str = "pixels";
/// Name of the graph's output: 1 x 5, probabilities in the order drawing, hentai, neutral, porn, sexy.
const OUTPUT: &str = "scores";
/// The last opset before operators that the model does not need changed their shape.
const OPSET: i64 = 13;
/// The version of the format that goes with it.
const IR_VERSION: i64 = 7;

/// A convolution's shape.
#[derive(Clone, Copy)]
pub struct Convolution {
    pub stride: i64,
    /// One filter for each channel.
    pub depthwise: bool,
    /// Top, left, bottom, right.
    pub pads: [i64; 4],
    /// Clipped to 0 … 6 afterwards.
    pub relu6: bool,
}

/// What a batch normalisation does, as one multiplication and one addition for each channel.
pub struct Affine {
    pub factor: Vec<f64>,
    pub addend: Vec<f64>,
}

#[derive(Default)]
pub struct Graph {
    nodes: Vec<NodeProto>,
    initializers: Vec<TensorProto>,
}

impl Graph {
    /// `Mul` or `Add` with one number.
    pub fn with_number(&mut self, operator: &str, name: &str, input: &str, number: f64) {
        self.floats(&format!("{name}.number"), &[], &[number]);
        self.node(operator, name, &[input, &format!("{name}.number")], vec![]);
    }

    /// A convolution whose kernel is stored as in TensorFlow: height, width, in, out; depthwise: height, width,
    /// channels, 1. What `affine` multiplies goes into the scale of the weights, so that their bytes stay.
    pub fn convolution(
        &mut self,
        name: &str,
        input: &str,
        kernel: &Tensor,
        affine: &Affine,
        shape: Convolution,
    ) -> Result<()> {
        let &[height, width, third, fourth] = kernel.shape.as_slice() else { bail!("{name}: not a kernel") };
        let (outputs, inputs) = if shape.depthwise { (third, 1) } else { (fourth, third) };
        if (shape.depthwise && fourth != 1) || affine.factor.len() != outputs || affine.addend.len() != outputs {
            bail!("{name}: kernel and bias do not fit");
        }
        let mut bytes = Vec::with_capacity(kernel.bytes.len());
        for output in 0..outputs {
            for input in 0..inputs {
                for place in 0..height * width {
                    // Depthwise, `third` counts the outputs and `fourth` is 1.
                    let within = if shape.depthwise { output } else { input * fourth + output };
                    bytes.push(kernel.bytes[place * third * fourth + within]);
                }
            }
        }
        let dims = [outputs, inputs, height, width];
        let scales: Vec<f64> = affine.factor.iter().map(|factor| factor * kernel.scale).collect();
        self.weights(name, &dims, bytes, &scales, kernel.zero()?);
        self.floats(&format!("{name}.bias"), &[outputs], &affine.addend);
        let attributes = vec![
            integers("kernel_shape", &[height as i64, width as i64]),
            integers("strides", &[shape.stride, shape.stride]),
            integers("pads", &shape.pads),
            integer("group", if shape.depthwise { outputs as i64 } else { 1 }),
        ];
        let inputs = [input, &format!("{name}.weights"), &format!("{name}.bias")];
        if shape.relu6 {
            self.node("Conv", &format!("{name}.linear"), &inputs, attributes);
            if !self.initializers.iter().any(|tensor| tensor.name == "six") {
                self.floats("zero", &[], &[0.0]);
                self.floats("six", &[], &[6.0]);
            }
            self.node("Clip", name, &[&format!("{name}.linear"), "zero", "six"], vec![]);
        } else {
            self.node("Conv", name, &inputs, attributes);
        }
        Ok(())
    }

    /// The sum of two.
    pub fn add(&mut self, name: &str, left: &str, right: &str) {
        self.node("Add", name, &[left, right], vec![]);
    }

    /// The mean over all places, one for each channel.
    pub fn pool(&mut self, name: &str, input: &str) {
        self.node("GlobalAveragePool", &format!("{name}.means"), &[input], vec![]);
        self.node("Flatten", name, &[&format!("{name}.means")], vec![integer("axis", 1)]);
    }

    /// A dense layer; its kernel is stored as in, out.
    pub fn dense(&mut self, name: &str, input: &str, kernel: &Tensor, bias: &[f64], relu: bool) -> Result<()> {
        let &[inputs, outputs] = kernel.shape.as_slice() else { bail!("{name}: not a matrix") };
        if bias.len() != outputs {
            bail!("{name}: kernel and bias do not fit");
        }
        let places = (0..outputs).flat_map(|output| (0..inputs).map(move |input| input * outputs + output));
        let bytes = places.map(|place| kernel.bytes[place]).collect();
        self.weights(name, &[outputs, inputs], bytes, &vec![kernel.scale; outputs], kernel.zero()?);
        self.floats(&format!("{name}.bias"), &[outputs], bias);
        let linear = if relu { format!("{name}.linear") } else { name.to_owned() };
        let inputs = [input, &format!("{name}.weights"), &format!("{name}.bias")];
        self.node("Gemm", &linear, &inputs, vec![integer("transB", 1)]);
        if relu {
            self.node("Relu", name, &[&linear], vec![]);
        }
        Ok(())
    }

    /// The end: probabilities. Gives the file.
    pub fn softmax(mut self, input: &str, side_px: i64) -> Vec<u8> {
        self.node("Softmax", OUTPUT, &[input], vec![integer("axis", 1)]);
        let graph = GraphProto {
            node: self.nodes,
            name: "tintype-classifier".into(),
            initializer: self.initializers,
            input: vec![value(INPUT, &[1, 3, side_px, side_px])],
            output: vec![value(OUTPUT, &[1, 5])],
        };
        let opset_import = vec![OperatorSetIdProto { domain: String::new(), version: OPSET }];
        let producer_name = "tintype".into();
        ModelProto { ir_version: IR_VERSION, producer_name, graph: Some(graph), opset_import }.encode_to_vec()
    }

    /// Weights as bytes, and what makes numbers of them: (byte - zero) * scale, a scale for each output.
    fn weights(&mut self, name: &str, dims: &[usize], bytes: Vec<u8>, scales: &[f64], zero: u8) {
        let outputs = scales.len();
        self.tensor(&format!("{name}.bytes"), dims, UINT8, bytes);
        self.floats(&format!("{name}.scales"), &[outputs], scales);
        self.tensor(&format!("{name}.zeros"), &[outputs], UINT8, vec![zero; outputs]);
        let inputs = [format!("{name}.bytes"), format!("{name}.scales"), format!("{name}.zeros")];
        let inputs: Vec<&str> = inputs.iter().map(String::as_str).collect();
        self.node("DequantizeLinear", &format!("{name}.weights"), &inputs, vec![integer("axis", 0)]);
    }

    fn floats(&mut self, name: &str, dims: &[usize], values: &[f64]) {
        let bytes = values.iter().flat_map(|value| (*value as f32).to_le_bytes()).collect();
        self.tensor(name, dims, FLOAT, bytes);
    }

    fn tensor(&mut self, name: &str, dims: &[usize], data_type: i32, raw_data: Vec<u8>) {
        let dims = dims.iter().map(|dim| *dim as i64).collect();
        self.initializers.push(TensorProto { dims, data_type, name: name.into(), raw_data });
    }

    fn node(&mut self, op_type: &str, output: &str, inputs: &[&str], attribute: Vec<AttributeProto>) {
        self.nodes.push(NodeProto {
            input: inputs.iter().map(|input| (*input).to_owned()).collect(),
            output: vec![output.into()],
            name: output.into(),
            op_type: op_type.into(),
            attribute,
        });
    }
}

fn integer(name: &str, i: i64) -> AttributeProto {
    AttributeProto { name: name.into(), i, ints: vec![], kind: 2 }
}

fn integers(name: &str, ints: &[i64]) -> AttributeProto {
    AttributeProto { name: name.into(), i: 0, ints: ints.to_vec(), kind: 7 }
}

fn value(name: &str, dims: &[i64]) -> ValueInfoProto {
    let dim = dims.iter().map(|dim| DimensionProto { dim_value: *dim }).collect();
    let tensor_type = TensorTypeProto { elem_type: FLOAT, shape: Some(TensorShapeProto { dim }) };
    ValueInfoProto { name: name.into(), kind: Some(TypeProto { tensor_type: Some(tensor_type) }) }
}
