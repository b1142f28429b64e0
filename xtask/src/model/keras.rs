//! Reads a Keras layers model: `mobilenet_v2` of the package.

use std::collections::HashMap;

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use super::graph::{Affine, Convolution, Graph, INPUT};
use super::weights::{Tensor, Weights};

/// Converts it; gives the file.
pub fn convert(topology: &Value, weights: &Weights) -> Result<Vec<u8>> {
    let layers = topology["model_config"]["config"]["layers"].as_array().context("there are no layers")?;
    let mut graph = Graph::default();
    // What each layer's output is called in the graph. Layers that are folded into others have their name.
    let mut outputs: HashMap<&str, String> = HashMap::new();
    let mut padded: HashMap<&str, [i64; 4]> = HashMap::new();
    for (at, layer) in layers.iter().enumerate() {
        let config = &layer["config"];
        let name = config["name"].as_str().context("a layer without a name")?;
        let inputs: Vec<&str> =
            layer["inbound_nodes"][0].as_array().into_iter().flatten().filter_map(|node| node[0].as_str()).collect();
        let input = |at: usize| {
            let input = inputs.get(at).with_context(|| format!("{name} has no input"))?;
            outputs.get(input).cloned().with_context(|| format!("{name} comes before {input}"))
        };
        let class = layer["class_name"].as_str().unwrap_or_default();
        let output = match class {
            "InputLayer" => INPUT.to_owned(),
            "ZeroPadding2D" => {
                let side = |axis: usize, end: usize| config["padding"][axis][end].as_i64().context("padding");
                padded.insert(name, [side(0, 0)?, side(1, 0)?, side(0, 1)?, side(1, 1)?]);
                input(0)?
            }
            "Conv2D" | "DepthwiseConv2D" => {
                let depthwise = class == "DepthwiseConv2D";
                let kernel =
                    weights.get(&format!("{name}/{}", if depthwise { "depthwise_kernel" } else { "kernel" }))?;
                let following = |distance: usize| layers.get(at + distance).unwrap_or(&Value::Null);
                let affine = batch_normalisation(following(1), name, weights)?;
                let relu6 = following(2)["class_name"] == "ReLU";
                if relu6 && following(2)["config"]["max_value"].as_f64() != Some(6.0) {
                    bail!("{name}: another kind of ReLU");
                }
                if config["use_bias"] != false || config["activation"] != "linear" || config["dilation_rate"][0] != 1 {
                    bail!("{name}: another kind of convolution");
                }
                let stride = config["strides"][0].as_i64().context("strides")?;
                let before = inputs.first().and_then(|input| padded.get(input)).copied();
                let pads = pads(config, kernel, stride, before).with_context(|| name.to_owned())?;
                let shape = Convolution { stride, depthwise, pads, relu6 };
                graph.convolution(name, &input(0)?, kernel, &affine, shape)?;
                name.to_owned()
            }
            "Add" => {
                graph.add(name, &input(0)?, &input(1)?);
                name.to_owned()
            }
            "AveragePooling2D" => {
                // 7 x 7 of the 7 x 7 that are left.
                if config["pool_size"] != serde_json::json!([7, 7]) {
                    bail!("{name}: another pool");
                }
                graph.pool(name, &input(0)?);
                name.to_owned()
            }
            "Dense" => {
                let kernel = weights.get(&format!("{name}/kernel"))?;
                let bias = weights.get(&format!("{name}/bias"))?.values();
                match config["activation"].as_str() {
                    Some("relu") => graph.dense(name, &input(0)?, kernel, &bias, true)?,
                    Some("softmax") => {
                        graph.dense(name, &input(0)?, kernel, &bias, false)?;
                        return Ok(graph.softmax(name, 224));
                    }
                    other => bail!("{name}: activation {other:?}"),
                }
                name.to_owned()
            }
            // Folded into the convolution before; nothing to do; only for training.
            "BatchNormalization" | "ReLU" | "Flatten" | "Dropout" => input(0)?,
            other => bail!("{name}: {other} is not known"),
        };
        outputs.insert(name, output);
    }
    bail!("there is no softmax at the end")
}

/// The batch normalisation that follows every convolution of this model.
fn batch_normalisation(layer: &Value, convolution: &str, weights: &Weights) -> Result<Affine> {
    if layer["class_name"] != "BatchNormalization" || layer["inbound_nodes"][0][0][0] != convolution {
        bail!("{convolution}: no batch normalisation follows");
    }
    let name = layer["config"]["name"].as_str().unwrap_or_default();
    let epsilon = layer["config"]["epsilon"].as_f64().context("epsilon")?;
    let values = |part: &str| weights.get(&format!("{name}/{part}")).map(Tensor::values);
    let (gamma, beta) = (values("gamma")?, values("beta")?);
    let (mean, variance) = (values("moving_mean")?, values("moving_variance")?);
    let factor: Vec<f64> = gamma.iter().zip(&variance).map(|(gamma, v)| gamma / (v + epsilon).sqrt()).collect();
    let addend = beta.iter().zip(mean.iter().zip(&factor)).map(|(beta, (mean, factor))| beta - mean * factor).collect();
    Ok(Affine { factor, addend })
}

fn pads(config: &Value, kernel: &Tensor, stride: i64, before: Option<[i64; 4]>) -> Result<[i64; 4]> {
    let side = kernel.shape[0] as i64;
    match (config["padding"].as_str(), before) {
        (Some("valid"), padded) => Ok(padded.unwrap_or([0; 4])),
        (Some("same"), None) if stride == 1 => Ok([side / 2; 4]),
        (padding, _) => bail!("padding {padding:?} with stride {stride}"),
    }
}
