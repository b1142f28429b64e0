//! `cargo xtask model [--bless]`: makes the classifier's ONNX files, `build/model/<model>.onnx`, from the weights of a
//! pinned npm package. The same package gives the same bytes; their SHA-256 is in `src/policy/models/`, and other
//! bytes are not written.

mod graph;
mod keras;
mod onnx;
mod tensorflow;
mod weights;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use weights::{Group, Weights};

const MODELS: [&str; 2] = ["mobilenet_v2", "mobilenet_v2_mid"];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Package {
    model_topology: Value,
    weights_manifest: Vec<Group>,
}

/// Makes what is missing or not what it should be. With `bless`, makes all and records what came out.
pub fn make(root: &Path, bless: bool) -> Result<()> {
    let built = root.join("build/model");
    let recorded = |model: &str| root.join("src/policy/models").join(format!("{model}.sha256"));
    let is_there = |model: &&str| {
        let made = fs::read(built.join(format!("{model}.onnx"))).map(|file| sha256(&file)).ok();
        made.is_some() && made == fs::read_to_string(recorded(model)).ok().map(|text| text.trim().to_owned())
    };
    if !bless && MODELS.iter().all(is_there) {
        return Ok(());
    }
    extract(root)?;
    for model in MODELS {
        let file = convert(&built.join(model)).with_context(|| format!("convert {model}"))?;
        let digest = sha256(&file);
        if bless {
            fs::write(recorded(model), format!("{digest}\n"))?;
        } else if fs::read_to_string(recorded(model))?.trim() != digest {
            bail!("{model}.onnx is not the model of this version: its SHA-256 is {digest}");
        }
        fs::write(built.join(format!("{model}.onnx")), &file)?;
        println!("made {model}.onnx: {} KB", file.len() / 1_000);
    }
    Ok(())
}

/// Puts the files beside a Worker's code, with the module that finds them. They are imported when they are asked for:
/// an isolate holds only the one that it uses.
pub fn put(root: &Path, folder: &Path) -> Result<()> {
    let mut script = String::from("const files = {\n");
    for model in MODELS {
        fs::copy(root.join(format!("build/model/{model}.onnx")), folder.join(format!("{model}.onnx")))?;
        let _ = writeln!(script, "  {model}: () => import(\"./{model}.onnx\"),");
    }
    script += "};\n\nexport async function modelFile(id) {\n  if (!Object.hasOwn(files, id)) throw new Error(`there is no model \"${id}\"`);\n  return (await files[id]()).default;\n}\n";
    Ok(fs::write(folder.join("models.js"), script)?)
}

fn extract(root: &Path) -> Result<()> {
    let script = root.join("scripts/model/extract.mjs");
    let status = Command::new("node").arg(script).status().context("run node")?;
    if !status.success() {
        bail!("the weights were not extracted (are the npm packages installed?)");
    }
    Ok(())
}

fn convert(folder: &Path) -> Result<Vec<u8>> {
    let package: Package = serde_json::from_str(&fs::read_to_string(folder.join("model.json"))?)?;
    let weights = Weights::read(&package.weights_manifest, &fs::read(folder.join("weights.bin"))?)?;
    if package.model_topology.get("model_config").is_some() {
        keras::convert(&package.model_topology, &weights)
    } else {
        tensorflow::convert(&package.model_topology, &weights)
    }
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
