//! The classifier of this instance: loaded when the first image needs it, and kept.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::Reflect;
use wasm_bindgen::JsValue;
use worker::console_error;

use super::sha256;
use crate::classifier::{self, Classifier, ClassifierFault};
use crate::cloudflare::{js, model_file};
use crate::domain::picture::Look;
use crate::domain::verdict::Assessment;
use crate::policy::models::MODELS;

/// The variable that names the model.
const MODEL: &str = "MODEL";
/// Its value in a deployment that wants no classifier, and says so.
const NONE: &str = "none";

thread_local! {
    static CLASSIFIER: RefCell<Option<Rc<Classifier>>> = const { RefCell::new(None) };
}

#[allow(unsafe_code, reason = "there is no other way to name it; it takes nothing and gives nothing")]
unsafe extern "C" {
    /// Runs the constructors of the module, made by the linker, by which tract registers what it has. If nobody named
    /// it, the linker would have every export run them, every time.
    safe fn __wasm_call_ctors();
}

fn configured(env: &JsValue) -> Option<String> {
    Reflect::get(env, &MODEL.into()).ok().and_then(|value| value.as_string())
}

/// What the configured model takes of the memory, loaded or not yet, in bytes.
pub fn memory_bytes(env: &JsValue) -> u64 {
    let id = configured(env);
    let model = MODELS.iter().find(|model| Some(model.id) == id.as_deref());
    model.map_or(0, |model| model.memory_bytes)
}

/// What the configured model makes of these looks.
pub async fn judge(env: &JsValue, looks: &[Look]) -> Assessment {
    let id = configured(env);
    if id.as_deref() == Some(NONE) {
        return Assessment::NotClassified;
    }
    let judged = match loaded(id.as_deref().unwrap_or_default()).await {
        Ok(classifier) => classifier::assess(&classifier, looks),
        Err(fault) => Err(fault),
    };
    judged.unwrap_or_else(|fault| unscanned(&fault))
}

/// Said to the operator here, because the caller learns the reason only.
fn unscanned(fault: &ClassifierFault) -> Assessment {
    let line = serde_json::json!({ "kind": "fault", "attempted": "classify an image", "outcome": fault.to_string() });
    console_error!("{line}");
    Assessment::Unscanned { reason: fault.reason() }
}

async fn loaded(id: &str) -> Result<Rc<Classifier>, ClassifierFault> {
    if let Some(classifier) = CLASSIFIER.with_borrow(Clone::clone) {
        return Ok(classifier);
    }
    let missing = |error: JsValue| ClassifierFault::Load(js::error_text(&error));
    let file = model_file::read(id).await.map_err(missing)?;
    let digest = sha256(&file).await.map_err(missing)?;
    CLASSIFIER.with_borrow_mut(|slot| {
        // Another request may have loaded it while this one waited.
        if let Some(classifier) = slot {
            return Ok(classifier.clone());
        }
        // Idempotent, and a second instance needs it anew.
        __wasm_call_ctors();
        let classifier = Rc::new(Classifier::load(id, &file, &digest)?);
        *slot = Some(classifier.clone());
        Ok(classifier)
    })
}
