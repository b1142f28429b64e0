//! The weights as the package has them: 8 bits each, and for every tensor a scale and a minimum.

use std::collections::HashMap;

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;

#[derive(Deserialize)]
pub struct Group {
    weights: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    name: String,
    shape: Vec<usize>,
    quantization: Quantization,
}

#[derive(Deserialize)]
struct Quantization {
    min: f64,
    scale: f64,
    dtype: String,
}

/// One tensor: a weight is `byte * scale + min`.
pub struct Tensor {
    pub shape: Vec<usize>,
    pub bytes: Vec<u8>,
    pub scale: f64,
    min: f64,
}

impl Tensor {
    /// The weights themselves.
    pub fn values(&self) -> Vec<f64> {
        self.bytes.iter().map(|byte| f64::from(*byte) * self.scale + self.min).collect()
    }

    /// The byte that means zero. The quantiser of TensorFlow.js moves its grid so that there is one, if the
    /// weights are on both sides of zero.
    pub fn zero(&self) -> Result<u8> {
        let zero = -self.min / self.scale;
        if (zero - zero.round()).abs() > 1e-6 || !(0.0..=255.0).contains(&zero) {
            bail!("no byte means zero: {zero}");
        }
        Ok(zero.round() as u8)
    }
}

/// All tensors, by name.
pub struct Weights(HashMap<String, Tensor>);

impl Weights {
    /// Cuts the file into tensors: they follow each other in the order of the manifest.
    pub fn read(groups: &[Group], file: &[u8]) -> Result<Self> {
        let mut rest = file;
        let mut tensors = HashMap::new();
        for entry in groups.iter().flat_map(|group| &group.weights) {
            if entry.quantization.dtype != "uint8" {
                bail!("'{}' is {}, not uint8", entry.name, entry.quantization.dtype);
            }
            let length: usize = entry.shape.iter().product();
            let (bytes, after) = rest.split_at_checked(length).context("the weights are cut short")?;
            rest = after;
            let Quantization { min, scale, .. } = entry.quantization;
            let tensor = Tensor { shape: entry.shape.clone(), bytes: bytes.to_vec(), scale, min };
            tensors.insert(entry.name.clone(), tensor);
        }
        if !rest.is_empty() {
            bail!("{} bytes of weights belong to nothing", rest.len());
        }
        Ok(Self(tensors))
    }

    /// One of them.
    pub fn get(&self, name: &str) -> Result<&Tensor> {
        self.0.get(name).with_context(|| format!("there are no weights '{name}'"))
    }
}
