// The entry of a Worker: passes events to the wasm module, and keeps one panic from taking other requests
// with it.
//
// The module is built with panic=abort: a panic leaves its instance unusable, and what else was running in
// it would never answer. So the panic hook (in the `worker` crate) sets `criticalError`; here that ends
// every event in flight at once, and the next event gets a fresh instance.

import * as bindings from "./bindgen.js";

const state = bindings.__worker_init_state();
const inFlight = new Set();
let poisoned = false;

function poison(reason) {
  poisoned = true;
  for (const reject of inFlight) reject(reason);
  inFlight.clear();
}

Object.defineProperty(state, "criticalError", {
  get: () => poisoned,
  set: (value) => (value ? poison(new Error("the instance panicked")) : (poisoned = false)),
});

// A trap, a stack overflow, or an error of the runtime that the module did not expect. The promises of
// requests are answered, so what nobody caught went through the module and left it as it was at that point.
addEventListener("error", (event) => poison(event.error));

function guarded(event, subject, env, ctx) {
  if (poisoned) {
    bindings.__wbg_reset_state();
    state.criticalError = false;
    state.instanceId += 1;
  }
  return new Promise((resolve, reject) => {
    inFlight.add(reject);
    const settle = (finish) => (value) => {
      inFlight.delete(reject);
      finish(value);
    };
    try {
      bindings[event](subject, env, ctx).then(settle(resolve), settle(reject));
    } catch (error) {
      // An answer is always a promise: what is thrown instead went through the module, too.
      poison(error);
    }
  });
}

// What is said when nothing else can be said: RFC 9457, and no word of the cause.
const INTERNAL = JSON.stringify({
  type: "about:blank",
  title: "Something of ours went wrong",
  status: 500,
  detail: "It is written down, and not your fault. Try again.",
  code: "internal",
});

function internal() {
  const headers = { "content-type": "application/problem+json", "cache-control": "no-store", "retry-after": "1" };
  return new Response(INTERNAL, { status: 500, headers });
}

const handlers = {
  async fetch(request, env, ctx) {
    try {
      return await guarded("fetch", request, env, ctx);
    } catch (error) {
      console.error(JSON.stringify({ kind: "fault", attempted: "answer a request", outcome: String(error) }));
      return internal();
    }
  },
};

for (const event of ["scheduled", "queue"]) {
  if (event in bindings) handlers[event] = (subject, env, ctx) => guarded(event, subject, env, ctx);
}

export default handlers;
