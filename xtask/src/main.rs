//! `cargo xtask build [app|vision]…`: compiles a Worker, binds it to JavaScript and puts it, with its entry
//! shim, into `build/`. In one process and with crates only, because the usual tools for this download
//! programs, which a build must not have to do. Before vision, it makes the classifier's models (model.rs). Beside
//! that, operators' tools: known_bad.rs; and what a new list of common passwords is made with: common_passwords.rs.

mod common_passwords;
mod known_bad;
mod model;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use anyhow::{Context as _, Result, bail};
use wasm_bindgen_cli_support::Bindgen;

/// The Workers, each a feature and a build profile of the one crate.
const WORKERS: [&str; 2] = ["app", "vision"];
/// The part of a Worker that is JavaScript.
const SHIM: &str = include_str!("shim.js");

fn main() -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("xtask/ lies in the project")?;
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["build", workers @ ..] => build_all(root, workers),
        ["common-passwords", list] => common_passwords::make(root, Path::new(list)),
        ["known-bad", rest @ ..] => known_bad::run(rest),
        ["model"] => model::make(root, false),
        ["model", "--bless"] => model::make(root, true),
        _ => bail!(
            "usage: cargo xtask build [{}]… | model [--bless] | known-bad … | common-passwords LIST",
            WORKERS.join("|")
        ),
    }
}

fn build_all(root: &Path, named: &[&str]) -> Result<()> {
    if let Some(unknown) = named.iter().find(|name| !WORKERS.contains(name)) {
        bail!("there is no Worker '{unknown}'");
    }
    for worker in WORKERS {
        if named.is_empty() || named.contains(&worker) {
            if worker == "vision" {
                model::make(root, false).context("make the classifier's models")?;
            }
            build(root, worker).with_context(|| format!("build the Worker '{worker}'"))?;
        }
    }
    Ok(())
}

fn build(root: &Path, worker: &str) -> Result<()> {
    let wasm = compile(root, worker)?;
    let folder = root.join("build").join(worker);
    // Written beside and moved into place, so that a running dev server never reads half a Worker.
    let fresh = root.join("build").join(format!("{worker}.fresh"));
    remove(&fresh)?;
    bind(&wasm, &fresh)?;
    fs::write(fresh.join("worker.js"), SHIM)?;
    if worker == "vision" {
        model::put(root, &fresh)?;
    }
    remove(&folder)?;
    fs::rename(&fresh, &folder)?;
    let bytes = fs::metadata(folder.join("bindgen_bg.wasm"))?.len();
    println!("built {worker}: {} KB of wasm", bytes / 1_000);
    Ok(())
}

fn compile(root: &Path, worker: &str) -> Result<PathBuf> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .current_dir(root)
        .args(["build", "--package", "tintype", "--lib", "--profile", worker])
        .args(["--target", "wasm32-unknown-unknown", "--no-default-features", "--features", worker])
        .args(["--config", &without_paths(root)])
        // wasm-bindgen's own types are js-sys's then, which the `worker` crate expects.
        .env("WASM_BINDGEN_USE_JS_SYS", "1")
        .status()
        .context("run cargo")?;
    if !status.success() {
        bail!("cargo failed");
    }
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    Ok(target.join("wasm32-unknown-unknown").join(worker).join("tintype.wasm"))
}

/// Where the sources lie on the machine that builds would be in the messages of panics. It is nobody's business, and
/// two machines should build the same bytes.
fn without_paths(root: &Path) -> String {
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(PathBuf::from(env::var_os("HOME")?).join(".cargo"))).unwrap_or_default();
    let registries = fs::read_dir(home.join("registry/src")).into_iter().flatten().flatten();
    let mut prefixes: Vec<(PathBuf, &str)> = registries.map(|registry| (registry.path(), "/crates")).collect();
    prefixes.sort();
    prefixes.push((root.to_owned(), "/tintype"));
    // Joined by cargo with those of .cargo/config.toml. A path in quotes as Rust writes it is a string of TOML, too.
    let flags: Vec<String> = prefixes
        .iter()
        .map(|(from, to)| format!("{:?}", format!("--remap-path-prefix={}={to}", from.display())))
        .collect();
    format!("target.wasm32-unknown-unknown.rustflags=[{}]", flags.join(", "))
}

fn bind(wasm: &Path, folder: &Path) -> Result<()> {
    let mut bindgen = Bindgen::new();
    bindgen.input_path(wasm).out_name("bindgen").typescript(false).remove_name_section(true);
    bindgen.remove_producers_section(true);
    // A panic poisons the instance; these two let the shim make a new one (see shim.js).
    bindgen.reset_state_function(true).force_enable_abort_handler(true);
    bindgen.module(true)?;
    bindgen.generate(folder).context("bind")?;
    // The runtime offers a wasm file as a compiled module by a plain import; the "source phase" import that
    // wasm-bindgen writes is not understood by the bundler.
    let script = folder.join("bindgen.js");
    let text = fs::read_to_string(&script)?;
    if !text.contains("import source ") {
        bail!("wasm-bindgen no longer writes a source phase import: see what it writes now");
    }
    fs::write(&script, text.replace("import source ", "import "))?;
    Ok(())
}

fn remove(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}
