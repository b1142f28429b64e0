// Vision as it is built, which breaks when told to: POST /__test/mode?is=… sets what the next examination does.
//
//   trap      a trap in the wasm module while others are in flight
//   throw     an error of the runtime that nothing in the module expects
//   slow      the file arrives six seconds late
//
// POST /__test/poison makes the next examination meet a fresh instance.

import { currentInstance, instanceCount, memoryBytes } from "./wasm_probe.mjs";
import vision from "../../../build/vision/worker.js";

const SLOW_MS = 6_000;
let waiting = 0;
let mode;

export default {
  async fetch(request, env, ctx) {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === "/__test/wasm") return Response.json({ bytes: memoryBytes(), instances: instanceCount(), waiting });
    if (pathname === "/__test/mode") {
      mode = searchParams.get("is");
      return Response.json({ mode });
    }
    if (pathname === "/__test/poison") {
      globalThis.__worker_init_state.criticalError = true;
      return Response.json({});
    }
    const chosen = mode;
    mode = undefined;
    if (chosen === "trap") {
      // More memory than there is, asked for where nobody can be told that there is none.
      queueMicrotask(() => currentInstance().exports.__wbindgen_malloc(2 ** 31 - 8, 8));
    }
    if (chosen === "throw") return vision.fetch(withoutHeaders(request), env, ctx);
    if (chosen === "slow") return vision.fetch(slowly(request), env, ctx);
    return vision.fetch(request, env, ctx);
  },
};

function withoutHeaders(request) {
  return new Proxy(request, {
    get(target, property) {
      if (property === "headers") throw new TypeError("injected: no headers");
      const value = Reflect.get(target, property);
      return typeof value === "function" && property !== "constructor" ? value.bind(target) : value;
    },
  });
}

function slowly(request) {
  const body = request.body.pipeThrough(
    new TransformStream({
      async transform(chunk, controller) {
        waiting += 1;
        await new Promise((resolve) => setTimeout(resolve, SLOW_MS));
        waiting -= 1;
        controller.enqueue(chunk);
      },
    }),
  );
  return new Request(request, { body });
}
