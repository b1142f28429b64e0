//! Makes variants, each once: whoever asks for one that is being made gets it from whoever makes it.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;

use js_sys::Uint8Array;
use wasm_bindgen::JsValue;
use web_sys::{Headers, Request, Response, ResponseInit};
use worker::Delay;

use super::{LOOK_EVERY_MS, Outcome, RETRY_AFTER_S, Received, sha256, take};
use crate::cloudflare::js;
use crate::cloudflare::vision_wire::{FINDINGS_FIELD, MadeVariant, Refusal, VARIANT_FIELD};
use crate::domain::facts::Rejection;
use crate::domain::transform::VariantName;
use crate::imaging;
use crate::policy::limits::{ImageLimits, VISION_QUEUE_MAX, VISION_WAIT_MS};

/// A variant that is being made.
#[derive(Default)]
struct Making {
    /// Requests that wait for it.
    waiting: u32,
    /// It, once it is made, for those who wait.
    made: Option<Rc<Made>>,
}

/// A variant, in the runtime's memory rather than in ours.
struct Made {
    findings: String,
    file: Uint8Array,
}

thread_local! {
    static MAKING: RefCell<HashMap<VariantName, Making>> = RefCell::default();
}

/// Makes the variant that the request names of the image in its body.
pub async fn transform(request: &Request, env: &JsValue, limits: &ImageLimits) -> Result<Response, Outcome> {
    let field = request.headers().get(VARIANT_FIELD)?.ok_or("no variant is named").map_err(JsValue::from)?;
    let name: VariantName = serde_json::from_str(&field).map_err(|error| JsValue::from(error.to_string()))?;
    if let Some(waiter) = Waiter::join(&name) {
        // The image is here already: its bytes need not come once more.
        if let Some(body) = request.body() {
            drop(body.cancel());
        }
        return Ok(answer(&*waiter?.made().await?)?);
    }
    let maker = Maker::begin(name);
    let made = Rc::new(make(request, env, limits, &maker.0).await?);
    maker.finish(&made);
    Ok(answer(&made)?)
}

async fn make(request: &Request, env: &JsValue, limits: &ImageLimits, name: &VariantName) -> Result<Made, Outcome> {
    let Received { bytes, room, limits } = take(request, env, limits).await?;
    let left = room.beside_others(&limits);
    let (facts, file) = imaging::transform(&bytes, &name.transform, &left).map_err(|rejection| match rejection {
        // What would fit alone is asked to come back.
        Rejection::TooManyPixels { .. } | Rejection::OutOfMemory if left != limits => {
            Outcome::Refused(Refusal::Busy { retry_after_s: RETRY_AFTER_S })
        }
        rejection => rejection.into(),
    })?;
    let made = MadeVariant { facts, sha256: sha256(&file).await? };
    let findings = serde_json::to_string(&made).map_err(|error| JsValue::from(error.to_string()))?;
    Ok(Made { findings, file: Uint8Array::from(&file[..]) })
}

fn answer(made: &Made) -> Result<Response, JsValue> {
    let headers = Headers::new()?;
    headers.set(FINDINGS_FIELD, &made.findings)?;
    let init = ResponseInit::new();
    init.set_headers(&headers);
    js::response(&made.file, &init)
}

/// Whoever makes a variant; gives it up when dropped.
struct Maker(VariantName);

impl Maker {
    fn begin(name: VariantName) -> Self {
        MAKING.with_borrow_mut(|making| making.insert(name.clone(), Making::default()));
        Self(name)
    }

    fn finish(&self, made: &Rc<Made>) {
        MAKING.with_borrow_mut(|making| {
            if let Some(making) = making.get_mut(&self.0) {
                making.made = Some(made.clone());
            }
        });
    }
}

impl Drop for Maker {
    fn drop(&mut self) {
        MAKING.with_borrow_mut(|making| {
            // Those who wait take it, the last one away; without it, they learn that there will be none.
            let is_awaited = making.get(&self.0).is_some_and(|making| making.made.is_some() && making.waiting > 0);
            if !is_awaited {
                making.remove(&self.0);
            }
        });
    }
}

/// Whoever waits for a variant.
struct Waiter(VariantName);

impl Waiter {
    /// Waits for the variant if somebody makes it and not too many wait for anything.
    fn join(name: &VariantName) -> Option<Result<Self, Outcome>> {
        MAKING.with_borrow_mut(|making| {
            let waiting: u32 = making.values().map(|making| making.waiting).sum();
            let making = making.get_mut(name)?;
            if waiting >= VARIANT_WAITERS_MAX {
                return Some(Err(busy()));
            }
            making.waiting += 1;
            Some(Ok(Self(name.clone())))
        })
    }

    async fn made(&self) -> Result<Rc<Made>, Outcome> {
        for _ in 0..VISION_WAIT_MS / LOOK_EVERY_MS {
            Delay::from(Duration::from_millis(u64::from(LOOK_EVERY_MS))).await;
            let making = MAKING.with_borrow(|making| making.get(&self.0).map(|making| making.made.clone()));
            match making {
                Some(Some(made)) => return Ok(made),
                Some(None) => {}
                None => break,
            }
        }
        Err(busy())
    }
}

impl Drop for Waiter {
    fn drop(&mut self) {
        MAKING.with_borrow_mut(|making| {
            let Some(found) = making.get_mut(&self.0) else { return };
            found.waiting = found.waiting.saturating_sub(1);
            if found.waiting == 0 && found.made.is_some() {
                making.remove(&self.0);
            }
        });
    }
}

/// Waiting costs next to nothing: these hold no file.
const VARIANT_WAITERS_MAX: u32 = 16 * VISION_QUEUE_MAX;

fn busy() -> Outcome {
    Outcome::Refused(Refusal::Busy { retry_after_s: RETRY_AFTER_S })
}
