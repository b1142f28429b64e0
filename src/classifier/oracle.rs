//! Our layers against tract's own: random networks through both, and files that are damaged.

use proptest::prelude::*;
use prost::Message as _;
use tract_onnx::pb::tensor_proto::DataType;
use tract_onnx::pb::tensor_shape_proto::{Dimension, dimension};
use tract_onnx::pb::{
    AttributeProto, GraphProto, ModelProto, NodeProto, OperatorSetIdProto, TensorProto, TensorShapeProto, TypeProto,
    ValueInfoProto, attribute_proto, type_proto,
};
use tract_onnx::prelude::{Framework as _, InferenceModelExt as _, IntoRunnable as _, IntoTensor as _, Tensor, tvec};

use super::layers::Shape;
use super::model;

/// Both add in another order.
const TOLERANCE: f32 = 1e-4;

/// A small MobileNet.
#[derive(Clone, Debug)]
struct Plan {
    picture: Shape,
    /// Outputs of the first convolution, in fours, and its stride.
    stem: (usize, usize),
    expanded_fours: usize,
    /// Stride of the depthwise convolution.
    stride: usize,
    /// Whether the end of the block is added to its beginning, where their shapes are the same.
    residual: bool,
    hidden: usize,
    seed: u64,
}

fn plans() -> impl Strategy<Value = Plan> {
    let picture = (5_usize..14, 5_usize..14, 1_usize..5);
    let picture = picture.prop_map(|(height, width, channels)| Shape { height, width, channels });
    (picture, (1_usize..6, 1_usize..3), 1_usize..9, 1_usize..3, any::<bool>(), 1_usize..30, any::<u64>()).prop_map(
        |(picture, stem, expanded_fours, stride, residual, hidden, seed)| Plan {
            picture,
            stem,
            expanded_fours,
            stride,
            residual,
            hidden,
            seed,
        },
    )
}

/// Writes a graph, with numbers from a generator.
struct Writer {
    graph: GraphProto,
    random: u64,
}

impl Writer {
    fn byte(&mut self) -> u8 {
        // The constants of Knuth's MMIX.
        self.random = self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.random >> 56) as u8
    }

    /// -1 to 1.
    fn number(&mut self) -> f32 {
        (f32::from(self.byte()) - 127.5) / 127.5
    }

    fn constant(&mut self, name: &str, kind: DataType, dims: &[usize], raw_data: Vec<u8>) {
        let dims = dims.iter().map(|dim| *dim as i64).collect();
        let tensor =
            TensorProto { name: name.into(), data_type: kind as i32, dims, raw_data, ..TensorProto::default() };
        self.graph.initializer.push(tensor);
    }

    fn floats(&mut self, name: &str, dims: &[usize], values: &[f32]) {
        self.constant(name, DataType::Float, dims, values.iter().flat_map(|value| value.to_le_bytes()).collect());
    }

    fn node(&mut self, operator: &str, output: &str, input: &[&str], attribute: Vec<AttributeProto>) {
        self.graph.node.push(NodeProto {
            op_type: operator.into(),
            name: output.into(),
            input: input.iter().map(|name| (*name).to_owned()).collect(),
            output: vec![output.into()],
            attribute,
            ..NodeProto::default()
        });
    }

    fn weights(&mut self, name: &str, dims: &[usize]) {
        let (outputs, each) = (dims[0], dims[1..].iter().product::<usize>());
        let bytes = (0..outputs * each).map(|_| self.byte()).collect();
        let scales: Vec<f32> = (0..outputs).map(|_| self.number() / 100.0).collect();
        let zeros = (0..outputs).map(|_| self.byte()).collect();
        let biases: Vec<f32> = (0..outputs).map(|_| self.number()).collect();
        self.constant(&format!("{name}.bytes"), DataType::Uint8, dims, bytes);
        self.floats(&format!("{name}.scales"), &[outputs], &scales);
        self.constant(&format!("{name}.zeros"), DataType::Uint8, &[outputs], zeros);
        self.floats(&format!("{name}.bias"), &[outputs], &biases);
        let parts = ["bytes", "scales", "zeros"].map(|part| format!("{name}.{part}"));
        let parts = parts.each_ref().map(String::as_str);
        self.node("DequantizeLinear", &format!("{name}.weights"), &parts, vec![integer("axis", 0)]);
    }

    fn convolution(&mut self, name: &str, input: &str, dims: [usize; 4], stride: usize, pads: [i64; 4], relu6: bool) {
        self.weights(name, &dims);
        let [outputs, inputs, height, width] = dims;
        // In these networks what sees one channel has one channel for each output.
        let group = if inputs == 1 && height > 1 { outputs } else { 1 };
        let attributes = vec![
            integers("kernel_shape", &[height as i64, width as i64]),
            integers("strides", &[stride as i64; 2]),
            integers("pads", &pads),
            integer("group", group as i64),
        ];
        let linear = if relu6 { format!("{name}.linear") } else { name.to_owned() };
        self.node("Conv", &linear, &[input, &format!("{name}.weights"), &format!("{name}.bias")], attributes);
        if relu6 {
            self.node("Clip", name, &[&linear, "zero", "six"], vec![]);
        }
    }

    fn dense(&mut self, name: &str, input: &str, dims: [usize; 2], relu: bool) {
        self.weights(name, &dims);
        let linear = if relu { format!("{name}.linear") } else { name.to_owned() };
        let inputs = [input, &format!("{name}.weights"), &format!("{name}.bias")];
        self.node("Gemm", &linear, &inputs, vec![integer("transB", 1)]);
        if relu {
            self.node("Relu", name, &[&linear], vec![]);
        }
    }
}

fn integer(name: &str, i: i64) -> AttributeProto {
    let r#type = attribute_proto::AttributeType::Int as i32;
    AttributeProto { name: name.into(), i, r#type, ..AttributeProto::default() }
}

fn integers(name: &str, ints: &[i64]) -> AttributeProto {
    let r#type = attribute_proto::AttributeType::Ints as i32;
    AttributeProto { name: name.into(), ints: ints.to_vec(), r#type, ..AttributeProto::default() }
}

fn value(name: &str, dims: &[usize]) -> ValueInfoProto {
    let length = |dim: &usize| Some(dimension::Value::DimValue(*dim as i64));
    let dim = dims.iter().map(|dim| Dimension { value: length(dim), ..Dimension::default() }).collect();
    let shape = Some(TensorShapeProto { dim });
    let tensor = type_proto::Tensor { elem_type: DataType::Float as i32, shape };
    let kind = TypeProto { value: Some(type_proto::Value::TensorType(tensor)), ..TypeProto::default() };
    ValueInfoProto { name: name.into(), r#type: Some(kind), ..ValueInfoProto::default() }
}

/// The network of a plan, and the names of its layers.
fn network(plan: &Plan) -> (GraphProto, Vec<String>) {
    let mut writer = Writer { graph: GraphProto::default(), random: plan.seed };
    let Shape { height, width, channels } = plan.picture;
    writer.graph.input.push(value("pixels", &[1, channels, height, width]));
    for (name, number) in [("zero", 0.0), ("six", 6.0), ("two", 2.0), ("one", -1.0)] {
        writer.floats(name, &[], &[number]);
    }
    let (stem, expanded) = (plan.stem.0 * 4, plan.expanded_fours * 4);
    let pads = |stride: usize| if stride == 1 { [1; 4] } else { [0, 0, 1, 1] };
    writer.node("Mul", "scaled", &["pixels", "two"], vec![]);
    writer.node("Add", "shifted", &["scaled", "one"], vec![]);
    // With one channel it would be depthwise.
    let side = if channels == 1 { 1 } else { 3 };
    let stem_pads = if side == 1 { [0; 4] } else { pads(plan.stem.1) };
    writer.convolution("stem", "shifted", [stem, channels, side, side], plan.stem.1, stem_pads, true);
    writer.convolution("expand", "stem", [expanded, stem, 1, 1], 1, [0; 4], true);
    writer.convolution("depthwise", "expand", [expanded, 1, 3, 3], plan.stride, pads(plan.stride), true);
    writer.convolution("project", "depthwise", [stem, expanded, 1, 1], 1, [0; 4], false);
    let mut last = "project";
    if plan.residual && plan.stride == 1 {
        writer.node("Add", "block", &["stem", "project"], vec![]);
        last = "block";
    }
    writer.node("GlobalAveragePool", "means", &[last], vec![]);
    writer.node("Flatten", "flat", &["means"], vec![integer("axis", 1)]);
    writer.dense("hidden", "flat", [plan.hidden, stem], true);
    writer.dense("answer", "hidden", [5, plan.hidden], false);
    writer.node("Softmax", "scores", &["answer"], vec![integer("axis", 1)]);
    let names =
        ["scaled", "shifted", "stem", "expand", "depthwise", "project", last, "means", "hidden", "answer", "scores"];
    (writer.graph, names.map(str::to_owned).to_vec())
}

/// As a file that ends with the layer called `output`.
fn file(mut graph: GraphProto, output: &str) -> ModelProto {
    let end = graph.node.iter().position(|node| node.output == [output]).unwrap();
    graph.node.truncate(end + 1);
    graph.output = vec![ValueInfoProto { name: output.into(), ..ValueInfoProto::default() }];
    let opset_import = vec![OperatorSetIdProto { version: 13, ..OperatorSetIdProto::default() }];
    ModelProto { ir_version: 7, graph: Some(graph), opset_import, ..ModelProto::default() }
}

fn pixels(shape: Shape) -> Vec<f32> {
    (0..shape.height * shape.width * shape.channels).map(|at| (at * 37 % 101) as f32 / 100.0).collect()
}

/// What ours gives, with channels innermost.
fn ours(file: &[u8], picture: Shape) -> Vec<f32> {
    let plan = model::plan(file, picture).unwrap();
    let input = Tensor::from_shape(&picture.dimensions(), &pixels(picture)).unwrap();
    let output = plan.run(tvec!(input.into())).unwrap();
    output[0].try_as_plain_ram().unwrap().as_slice::<f32>().unwrap().to_vec()
}

/// What tract gives, with channels innermost.
fn stock(file: &ModelProto, picture: Shape) -> Vec<f32> {
    let model = tract_onnx::onnx().model_for_proto_model(file).unwrap();
    let plan = model.into_optimized().unwrap().into_runnable().unwrap();
    let Shape { height, width, channels } = picture;
    let innermost = Tensor::from_shape(&[1, height, width, channels], &pixels(picture)).unwrap();
    let input = innermost.permute_axes(&[0, 3, 1, 2]).unwrap();
    let output = plan.run(tvec!(input.into())).unwrap()[0].clone().into_tensor();
    let output = if output.rank() == 4 { output.permute_axes(&[0, 2, 3, 1]).unwrap() } else { output };
    output.try_as_plain_ram().unwrap().as_slice::<f32>().unwrap().to_vec()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_layer_gives_what_tract_gives(plan in plans()) {
        let (graph, names) = network(&plan);
        for name in names {
            let file = file(graph.clone(), &name);
            let (ours, stock) = (ours(&file.encode_to_vec(), plan.picture), stock(&file, plan.picture));
            prop_assert_eq!(ours.len(), stock.len(), "{}", name);
            for (ours, stock) in ours.iter().zip(&stock) {
                let scale = stock.abs().max(1.0);
                prop_assert!((ours - stock).abs() <= TOLERANCE * scale, "{}: {} is not {}", name, ours, stock);
            }
        }
    }

    #[test]
    fn a_damaged_file_does_no_harm(plan in plans(), places in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
        let mut bytes = file(network(&plan).0, "scores").encode_to_vec();
        for (place, byte) in places {
            let at = place.index(bytes.len());
            bytes[at] = byte;
        }
        // Refused, or run to whatever end: neither a panic nor memory without bounds.
        if let Ok(model) = model::plan(&bytes, plan.picture) {
            let input = Tensor::from_shape(&plan.picture.dimensions(), &pixels(plan.picture)).unwrap();
            drop(model.run(tvec!(input.into())));
        }
    }
}

#[test]
fn what_is_not_known_is_refused() {
    let plan = Plan {
        picture: Shape { height: 4, width: 4, channels: 3 },
        stem: (1, 1),
        expanded_fours: 2,
        stride: 1,
        residual: true,
        hidden: 3,
        seed: 1,
    };
    let (graph, _) = network(&plan);
    let refuses = |change: fn(&mut GraphProto)| {
        let mut file = file(graph.clone(), "scores");
        change(file.graph.as_mut().unwrap());
        assert!(model::plan(&file.encode_to_vec(), plan.picture).is_err());
    };
    refuses(|graph| graph.node[0].op_type = "Div".into());
    refuses(|graph| graph.node[0].input[0] = "nowhere".into());
    refuses(|graph| graph.node.last_mut().unwrap().output.push("second".into()));
    refuses(|graph| graph.output.clear());
    refuses(|graph| graph.input.clear());
    refuses(|graph| graph.initializer.retain(|tensor| tensor.name != "stem.bytes"));
    for (name, values) in
        [("strides", [0, 0].as_slice()), ("strides", &[1, 2]), ("pads", &[9; 4]), ("kernel_shape", &[5, 5])]
    {
        let mut file = file(graph.clone(), "scores");
        let nodes = &mut file.graph.as_mut().unwrap().node;
        let convolution = nodes.iter_mut().find(|node| node.op_type == "Conv").unwrap();
        let attribute = convolution.attribute.iter_mut().find(|attribute| attribute.name == name).unwrap();
        attribute.ints = values.to_vec();
        assert!(model::plan(&file.encode_to_vec(), plan.picture).is_err(), "{name} {values:?}");
    }
    let larger = Shape { channels: 4, ..plan.picture };
    assert!(model::plan(&file(graph, "scores").encode_to_vec(), larger).is_err());
}
