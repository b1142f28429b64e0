//! Reads a TensorFlow graph model: `mobilenet_v2_mid` of the package. Its batch normalisations are folded.

use std::collections::HashMap;

use anyhow::{Context as _, Result, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::graph::{Affine, Convolution, Graph, INPUT};
use super::weights::{Tensor, Weights};

/// Converts it; gives the file.
pub fn convert(topology: &Value, weights: &Weights) -> Result<Vec<u8>> {
    let nodes = topology["node"].as_array().context("there are no nodes")?;
    let mut graph = Graph::default();
    let mut outputs: HashMap<&str, String> = HashMap::new();
    for (at, node) in nodes.iter().enumerate() {
        let name = node["name"].as_str().context("a node without a name")?;
        let inputs: Vec<&str> = node["input"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let named = |at: usize| inputs.get(at).copied().with_context(|| format!("{name} has no input {at}"));
        let input = |at: usize| {
            let input = named(at)?;
            outputs.get(input).cloned().with_context(|| format!("{name} comes before {input}"))
        };
        // Their own names are paths of 150 letters.
        let short = format!("n{at}");
        let fused = fused(node)?;
        let fused: Vec<&str> = fused.iter().map(String::as_str).collect();
        let kind = node["op"].as_str().unwrap_or_default();
        let output = match kind {
            "Placeholder" => INPUT.to_owned(),
            "Const" => continue,
            "Mul" => {
                graph.with_number("Mul", &short, &input(1)?, constant(weights, named(0)?)?);
                short
            }
            "Sub" => {
                graph.with_number("Add", &short, &input(0)?, -constant(weights, named(1)?)?);
                short
            }
            "_FusedConv2D" | "FusedDepthwiseConv2dNative" => {
                let kernel = weights.get(named(1)?)?;
                let addend = weights.get(named(2)?)?.values();
                let relu6 = match fused.as_slice() {
                    ["BiasAdd", "Relu6"] => true,
                    ["BiasAdd"] => false,
                    other => bail!("{name}: fused with {other:?}"),
                };
                let stride = node["attr"]["strides"]["list"]["i"][1].as_str().context("strides")?.parse()?;
                let pads = same_pads(node, kernel, stride).with_context(|| name.to_owned())?;
                let shape = Convolution { stride, depthwise: kind != "_FusedConv2D", pads, relu6 };
                let affine = Affine { factor: vec![1.0; addend.len()], addend };
                graph.convolution(&short, &input(0)?, kernel, &affine, shape)?;
                short
            }
            "AddV2" => {
                graph.add(&short, &input(0)?, &input(1)?);
                short
            }
            "AvgPool" => {
                if node["attr"]["ksize"]["list"]["i"] != serde_json::json!(["1", "7", "7", "1"]) {
                    bail!("{name}: another pool");
                }
                graph.pool(&short, &input(0)?);
                short
            }
            "Squeeze" => input(0)?,
            "_FusedMatMul" if fused == ["BiasAdd"] => {
                let bias = weights.get(named(2)?)?.values();
                graph.dense(&short, &input(0)?, weights.get(named(1)?)?, &bias, false)?;
                short
            }
            "Softmax" => return Ok(graph.softmax(&input(0)?, 224)),
            other => bail!("{name}: {other} is not known"),
        };
        outputs.insert(name, output);
    }
    bail!("there is no softmax at the end")
}

fn constant(weights: &Weights, name: &str) -> Result<f64> {
    match weights.get(name)?.values().as_slice() {
        &[value] => Ok(value),
        other => bail!("{name}: {} values instead of one", other.len()),
    }
}

/// Names are base64 in this format.
fn fused(node: &Value) -> Result<Vec<String>> {
    let list = node["attr"]["fused_ops"]["list"]["s"].as_array();
    list.into_iter().flatten().map(decoded).collect()
}

fn decoded(text: &Value) -> Result<String> {
    Ok(String::from_utf8(STANDARD.decode(text.as_str().context("not a text")?)?)?)
}

/// TensorFlow's 'same'. With stride 2 on even sides it pads at the end only: all sides here are even where the
/// stride is 2 (224, 112, 56, 28, 14).
fn same_pads(node: &Value, kernel: &Tensor, stride: i64) -> Result<[i64; 4]> {
    if decoded(&node["attr"]["padding"]["s"])? != "SAME" {
        bail!("not padded to the same size");
    }
    match (kernel.shape[0], stride) {
        (1, 1) => Ok([0; 4]),
        (3, 1) => Ok([1; 4]),
        (3, 2) => Ok([0, 0, 1, 1]),
        other => bail!("kernel and stride {other:?}"),
    }
}
