//! The files of the classifier's models, as they lie beside the Worker's code.

use js_sys::{ArrayBuffer, Uint8Array};
use wasm_bindgen::prelude::*;

#[wasm_bindgen(raw_module = "./models.js")]
extern "C" {
    /// Written by `xtask` beside the bound module.
    #[wasm_bindgen(catch, js_name = modelFile)]
    async fn model_file(id: &str) -> Result<JsValue, JsValue>;
}

/// The file of a model: outside wasm until it is asked for, and never in the memory that every instance starts with.
///
/// # Errors
/// If there is none of that name, or there is no memory for it.
pub async fn read(id: &str) -> Result<Vec<u8>, JsValue> {
    let file: ArrayBuffer = model_file(id).await?.dyn_into()?;
    let file = Uint8Array::new(&file);
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(file.length() as usize).map_err(|error| error.to_string())?;
    bytes.resize(file.length() as usize, 0);
    file.copy_to(&mut bytes);
    Ok(bytes)
}
