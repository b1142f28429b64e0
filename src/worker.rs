//! The Worker `tintype`: events in, App out, and nothing else.

use wasm_bindgen::prelude::*;
use worker::worker_sys::{MessageBatch as RawBatch, ScheduledEvent as RawScheduled};
use worker::{Env, MessageBatch, MessageExt as _};

use crate::cloudflare::background::EventContext;
use crate::cloudflare::{app_ports, exchange};
use crate::domain::time::Timestamp;
use crate::error::Fault;
use crate::http;
use crate::jobs;
use crate::ports::queue::Message;
use crate::usecases::work_off::work_off;

/// Answers one request.
///
/// # Errors
/// If a setting or binding is wrong, or the runtime refuses the response; the shim answers for us.
#[wasm_bindgen]
pub async fn fetch(request: web_sys::Request, env: Env, ctx: EventContext) -> Result<web_sys::Response, JsValue> {
    let app = app_ports::app(&env, ctx)?;
    let request = exchange::request_for_router(request)?;
    let response = http::serve(app, request).await;
    Ok(exchange::response_for_runtime(response).await?)
}

/// Runs the jobs of a cron trigger, at the time for which it was scheduled.
///
/// # Errors
/// If a job failed: the platform then records the run as failed.
#[wasm_bindgen]
pub async fn scheduled(event: RawScheduled, env: Env, ctx: EventContext) -> Result<(), JsValue> {
    let app = app_ports::app(&env, ctx)?;
    #[allow(clippy::cast_possible_truncation, reason = "whole milliseconds, far below 2^53")]
    let now = Timestamp(event.scheduled_time()? as i64);
    let outcome = jobs::run_due(&app, &event.cron()?, now).await;
    outcome.map_err(|faults| faults.iter().map(Fault::to_string).collect::<Vec<_>>().join("; ").into())
}

/// Works on messages: one that fails comes again, the others do not.
///
/// # Errors
/// If a setting or binding is wrong; then all come again.
#[wasm_bindgen]
pub async fn queue(batch: RawBatch, env: Env, ctx: EventContext) -> Result<(), JsValue> {
    let app = app_ports::app(&env, ctx)?;
    let batch: MessageBatch<Message> = batch.into();
    let (mut read, mut messages) = (Vec::new(), Vec::new());
    for raw in batch.raw_iter() {
        match serde_wasm_bindgen::from_value::<Message>(raw.body()) {
            Ok(message) => {
                read.push(raw);
                messages.push(message);
            }
            // Retried, it ends in the dead letter queue, where it can be looked at.
            Err(_) => raw.retry(),
        }
    }
    let done = work_off(&app, &messages).await;
    for (raw, done) in read.iter().zip(done) {
        if done { raw.ack() } else { raw.retry() }
    }
    Ok(())
}
