//! Work after the answer: `ctx.waitUntil`, which lets it go on for up to 30 seconds.

use js_sys::Promise;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::future_to_promise;
use worker::send::SendWrapper;

use crate::ports::background::{Background, Task};

#[wasm_bindgen]
extern "C" {
    /// The context of an event.
    #[wasm_bindgen(extends = js_sys::Object)]
    #[derive(Clone)]
    pub type EventContext;

    #[wasm_bindgen(method, js_name = waitUntil)]
    fn wait_until(this: &EventContext, promise: &Promise);
}

/// The context of the event that is being answered.
pub struct WaitUntil(pub SendWrapper<EventContext>);

impl Background for WaitUntil {
    fn run(&self, task: Task) {
        self.0.wait_until(&future_to_promise(async move {
            task.await;
            Ok(JsValue::UNDEFINED)
        }));
    }
}
