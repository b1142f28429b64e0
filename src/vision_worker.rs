//! The Worker `tintype-vision`: bytes in, facts, scores and stripped bytes out. No bindings, no secrets, no network:
//! whatever a file does to a decoder, there is nothing here to lose and nothing to reach.

mod judge;
mod transform;

use std::cell::Cell;
use std::pin::{Pin, pin};
use std::time::Duration;

use futures::future::{Either, select};
use js_sys::Uint8Array;
use wasm_bindgen::prelude::*;
use web_sys::{Headers, Request, Response, ResponseInit};
use worker::Delay;

use crate::cloudflare::chunks::Chunks;
use crate::cloudflare::js;
use crate::cloudflare::vision_wire::{
    FINDINGS_FIELD, Findings, LENGTH_FIELD, LIMITS_FIELD, READINESS_URL, RENDITION_URL, Refusal, TRANSFORM_URL,
};
use crate::domain::facts::Rejection;
use crate::domain::hex;
use crate::imaging::small_jpeg::small_jpeg;
use crate::imaging::{self, Examination};
use crate::policy::limits::{
    ImageLimits, SENDER_BYTES_PER_S_MIN, SENDER_GRACE_MS, VISION_QUEUE_MAX, VISION_RECEIVED_BYTES_MAX, VISION_WAIT_MS,
};

/// How often a waiting request looks for room, in milliseconds. It has to look, because it cannot be woken:
/// the runtime forbids one request to run another's continuation.
const LOOK_EVERY_MS: u32 = 20;
/// How often a sender's pace is looked at, in milliseconds.
const PACE_EVERY_MS: u32 = 500;
/// Seconds a caller is asked to wait when there is no room.
const RETRY_AFTER_S: u32 = 5;

thread_local! {
    /// Bytes of files received and not yet answered.
    static RECEIVED: Cell<u64> = const { Cell::new(0) };
    /// Requests waiting for room.
    static WAITING: Cell<u32> = const { Cell::new(0) };
}

/// Examines the file in the request's body under the limits in its header, or says whether there is room for one.
///
/// # Errors
/// If the caller is not our other Worker, or the runtime refuses the response.
#[wasm_bindgen]
pub async fn fetch(request: Request, env: JsValue, _ctx: JsValue) -> Result<Response, JsValue> {
    if request.url() == READINESS_URL {
        return readiness();
    }
    let limits = request.headers().get(LIMITS_FIELD)?.ok_or("no limits")?;
    let limits: ImageLimits = serde_json::from_str(&limits).map_err(|error| error.to_string())?;
    let url = request.url();
    let outcome = match rendition_frame(&url) {
        Some(frame) => draw(&request, &env, &limits, frame).await,
        None if url == TRANSFORM_URL => transform::transform(&request, &env, &limits).await,
        None => examine(&request, &env, &limits).await,
    };
    match outcome {
        Ok(response) => Ok(response),
        Err(Outcome::Refused(refusal)) => refuse(&refusal),
        Err(Outcome::Broken(error)) => Err(error),
    }
}

/// No room is where a file would not even be let wait.
fn readiness() -> Result<Response, JsValue> {
    let init = ResponseInit::new();
    init.set_status(if WAITING.get() < VISION_QUEUE_MAX { 204 } else { 503 });
    js::response(&JsValue::NULL, &init)
}

/// The frame of which a small JPEG is asked for, if one is.
fn rendition_frame(url: &str) -> Option<u32> {
    url.strip_prefix(RENDITION_URL)?.strip_prefix('?')?.parse().ok()
}

/// Why there are no findings.
enum Outcome {
    Refused(Refusal),
    Broken(JsValue),
}

impl From<Rejection> for Outcome {
    fn from(rejection: Rejection) -> Self {
        Self::Refused(Refusal::Rejected { rejection })
    }
}

impl From<JsValue> for Outcome {
    fn from(error: JsValue) -> Self {
        Self::Broken(error)
    }
}

/// A file that was received, and the room that it takes.
struct Received {
    bytes: Vec<u8>,
    /// Bytes of room, which are given back when this is dropped.
    room: Room,
    /// Under what is left when the model has its memory.
    limits: ImageLimits,
}

async fn take(request: &Request, env: &JsValue, limits: &ImageLimits) -> Result<Received, Outcome> {
    let declared = request.headers().get(LENGTH_FIELD)?.and_then(|text| text.parse::<u64>().ok());
    if declared.is_some_and(|length| length > limits.bytes_max) {
        return Err(Rejection::TooManyBytes { limit_bytes: limits.bytes_max }.into());
    }
    // A body of unknown length may be as long as allowed.
    let bytes_max = declared.unwrap_or(limits.bytes_max);
    let room = Room::wait_for(bytes_max).await.map_err(Outcome::Refused)?;
    let bytes = receive(request, bytes_max).await?;
    let memory_bytes_max = limits.memory_bytes_max.saturating_sub(judge::memory_bytes(env));
    Ok(Received { bytes, room, limits: ImageLimits { memory_bytes_max, ..limits.clone() } })
}

/// Draws a frame, or the first one if that was not looked at, as a small JPEG.
async fn draw(request: &Request, env: &JsValue, limits: &ImageLimits, frame: u32) -> Result<Response, Outcome> {
    let Received { bytes, room, limits } = take(request, env, limits).await?;
    let examination = examine_beside_others(&bytes, &limits, &room)?;
    let looks = &examination.looks;
    let look = looks.iter().find(|look| look.frame == frame).or(looks.first());
    let jpeg = look.and_then(small_jpeg).ok_or_else(|| JsValue::from_str("nothing to draw"))?;
    Ok(js::response(&Uint8Array::from(&jpeg[..]), &ResponseInit::new())?)
}

async fn examine(request: &Request, env: &JsValue, limits: &ImageLimits) -> Result<Response, Outcome> {
    let Received { bytes: received, room, limits } = take(request, env, limits).await?;
    let received_sha256 = sha256(&received).await?;
    let examination = examine_beside_others(&received, &limits, &room)?;
    let stored = examination.stripped.in_place(received);
    let assessment = judge::judge(env, &examination.looks).await;
    let findings = Findings {
        facts: examination.facts,
        received_sha256,
        stored_sha256: sha256(&stored).await?,
        pdq: examination.pdq,
        assessment,
    };
    Ok(answer(&findings, &stored)?)
}

/// Examines in the memory that other files in flight leave. What would fit alone is asked to come back.
fn examine_beside_others(received: &[u8], limits: &ImageLimits, room: &Room) -> Result<Examination, Outcome> {
    let left = room.beside_others(limits);
    match imaging::examine(received, &left) {
        Err(Rejection::TooManyPixels { .. } | Rejection::OutOfMemory) if left != *limits => {
            Err(Outcome::Refused(Refusal::Busy { retry_after_s: RETRY_AFTER_S }))
        }
        examined => Ok(examined?),
    }
}

/// Reads the body into memory that is asked for once, as long as it is no longer than announced.
async fn receive(request: &Request, bytes_max: u64) -> Result<Vec<u8>, Outcome> {
    let capacity = usize::try_from(bytes_max).map_err(|_| Rejection::OutOfMemory)?;
    let mut received = Vec::new();
    received.try_reserve_exact(capacity).map_err(|_| Rejection::OutOfMemory)?;
    let Some(body) = request.body() else { return Ok(received) };
    let chunks = Chunks::of(&body)?;
    let mut pace = Pace::start();
    while let Some(chunk) = next_chunk(&chunks, &mut pace, received.len()).await? {
        let length = received.len();
        let more = chunk.length() as usize;
        if length + more > capacity {
            chunks.cancel();
            return Err(Rejection::TooManyBytes { limit_bytes: bytes_max }.into());
        }
        received.resize(length + more, 0);
        if let Some(free) = received.get_mut(length..) {
            chunk.copy_to(free);
        }
    }
    Ok(received)
}

/// The next chunk of a sender that is not too slow.
async fn next_chunk(chunks: &Chunks, pace: &mut Pace, received: usize) -> Result<Option<Uint8Array>, Outcome> {
    let mut next = pin!(chunks.next());
    loop {
        let chunk = match select(next.as_mut(), pace.look.as_mut()).await {
            Either::Left((chunk, _)) => Some(chunk.map_err(|_| Outcome::Refused(Refusal::Interrupted))?),
            Either::Right(_) => None,
        };
        if pace.keeps_others_out(received) {
            chunks.cancel();
            return Err(Outcome::Refused(Refusal::Busy { retry_after_s: RETRY_AFTER_S }));
        }
        match chunk {
            Some(chunk) => return Ok(chunk),
            None => pace.look = Pace::next_look(),
        }
    }
}

/// How fast a file arrives.
struct Pace {
    started_at_ms: f64,
    /// When to look next. Kept over many chunks, because a large file has thousands.
    look: Pin<Box<Delay>>,
}

impl Pace {
    fn start() -> Self {
        Self { started_at_ms: js_sys::Date::now(), look: Self::next_look() }
    }

    fn next_look() -> Pin<Box<Delay>> {
        Box::pin(Delay::from(Duration::from_millis(u64::from(PACE_EVERY_MS))))
    }

    /// Whether a sender of `received` bytes so far is slow while others wait: it holds room that it does not
    /// use, and two such could close an instance to everybody. Nobody is hurried while nobody waits.
    fn keeps_others_out(&self, received: usize) -> bool {
        let counted_ms = js_sys::Date::now() - self.started_at_ms - f64::from(SENDER_GRACE_MS);
        #[allow(clippy::cast_precision_loss, reason = "lengths are far below 2^53")]
        let received = received as f64;
        WAITING.get() > 0 && received < counted_ms / 1_000.0 * f64::from(SENDER_BYTES_PER_S_MIN)
    }
}

/// Hashed by the platform straight out of our memory, which is several times faster than hashing in wasm.
async fn sha256(bytes: &[u8]) -> Result<String, JsValue> {
    // SAFETY: the view is read before anything can move the memory: the platform takes its copy of the
    // bytes in the call itself.
    #[allow(unsafe_code, reason = "a copy of 20 MB would be the alternative")]
    let view = unsafe { Uint8Array::view(bytes) };
    Ok(hex::encode(&js::sha256_of_bytes(&view).await?))
}

fn answer(findings: &Findings, stored: &[u8]) -> Result<Response, JsValue> {
    let field = serde_json::to_string(findings).map_err(|error| error.to_string())?;
    let headers = Headers::new()?;
    headers.set(FINDINGS_FIELD, &field)?;
    let init = ResponseInit::new();
    init.set_headers(&headers);
    js::response(&Uint8Array::from(stored), &init)
}

fn refuse(refusal: &Refusal) -> Result<Response, JsValue> {
    let text = serde_json::to_string(refusal).map_err(|error| error.to_string())?;
    let init = ResponseInit::new();
    init.set_status(match refusal {
        Refusal::Interrupted => 400,
        Refusal::Rejected { .. } => 422,
        Refusal::Busy { .. } => 503,
    });
    js::response(&JsValue::from_str(&text), &init)
}

/// Room for one file; given back when dropped.
struct Room(u64);

impl Room {
    /// Waits for room for a file of `bytes`, in which time its body stays with its sender.
    async fn wait_for(bytes: u64) -> Result<Self, Refusal> {
        let busy = Refusal::Busy { retry_after_s: RETRY_AFTER_S };
        if let Some(room) = Self::take(bytes) {
            return Ok(room);
        }
        if WAITING.get() >= VISION_QUEUE_MAX {
            return Err(busy);
        }
        WAITING.set(WAITING.get() + 1);
        let mut room = None;
        for _ in 0..VISION_WAIT_MS / LOOK_EVERY_MS {
            Delay::from(Duration::from_millis(u64::from(LOOK_EVERY_MS))).await;
            room = Self::take(bytes);
            if room.is_some() {
                break;
            }
        }
        WAITING.set(WAITING.get().saturating_sub(1));
        room.ok_or(busy)
    }

    /// What the files of others leave of the limits.
    fn beside_others(&self, limits: &ImageLimits) -> ImageLimits {
        let others = RECEIVED.get().saturating_sub(self.0);
        ImageLimits { memory_bytes_max: limits.memory_bytes_max.saturating_sub(others), ..limits.clone() }
    }

    fn take(bytes: u64) -> Option<Self> {
        let taken = RECEIVED.get();
        // One file always has room, however large the limit of a deployment is.
        (taken == 0 || taken + bytes <= VISION_RECEIVED_BYTES_MAX).then(|| {
            RECEIVED.set(taken + bytes);
            Self(bytes)
        })
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        RECEIVED.set(RECEIVED.get().saturating_sub(self.0));
    }
}
