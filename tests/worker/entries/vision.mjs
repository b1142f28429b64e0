// Vision as it is built, which breaks or errs when told to: POST /__test/mode?is=… sets what the next examination does.
//
//   restricts  a file is judged as one that needs a warning, whatever it shows
//   flags      a file is judged as one that a person should see
//   unscanned  a file that its model cannot judge
//   trap       a trap in the wasm module while others are in flight
//   throw      an error of the runtime that nothing in the module expects
//   slow       the file arrives six seconds late
//
// POST /__test/poison makes the next examination meet a fresh instance. POST /__test/timed makes a
// variant and says in `x-test-ms` how long that took once the image was here.

import { currentInstance, instanceCount, memoryBytes } from "./wasm_probe.mjs";
import vision from "../../../build/vision/worker.js";

const SLOW_MS = 6_000;
let waiting = 0;
// Requests for variants, and, from the first question on, those of them whose image was read to its end: to see that slows
// a stream down.
const variants = { asked: 0, received: 0 };
let counts = false;
let mode;

export default {
  async fetch(request, env, ctx) {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === "/__test/wasm") return Response.json({ bytes: memoryBytes(), instances: instanceCount(), waiting });
    if (pathname === "/__test/variants") {
      counts = true;
      return Response.json(variants);
    }
    if (pathname === "/__test/mode") {
      mode = searchParams.get("is");
      return Response.json({ mode });
    }
    if (pathname === "/__test/timed") return timed(request, env, ctx);
    if (pathname === "/__test/poison") {
      globalThis.__worker_init_state.criticalError = true;
      return Response.json({});
    }
    // Whether it is there is no examination.
    if (pathname === "/readiness") return vision.fetch(request, env, ctx);
    if (pathname === "/transform") {
      variants.asked += 1;
      if (counts) request = counted(request);
    }
    const chosen = mode;
    mode = undefined;
    if (chosen === "trap") {
      // More memory than there is, asked for where nobody can be told that there is none.
      queueMicrotask(() => currentInstance().exports.__wbindgen_malloc(2 ** 31 - 8, 8));
    }
    if (chosen === "throw") return vision.fetch(withoutHeaders(request), env, ctx);
    if (chosen in ASSESSMENTS) return assessed(await vision.fetch(request, env, ctx), ASSESSMENTS[chosen]);
    if (chosen === "slow") return vision.fetch(slowly(request), env, ctx);
    return vision.fetch(request, env, ctx);
  },
};

const scored = (scores) => ({
  kind: "scored", frames: [{ frame: 0, scores }], model_id: "test", model_sha256: "00".repeat(32),
});
const ASSESSMENTS = {
  restricts: scored({ drawing: 0, hentai: 0, neutral: 0.25, porn: 0.25, sexy: 0.5 }),
  flags: scored({ drawing: 0, hentai: 0, neutral: 0.45, porn: 0.3, sexy: 0.25 }),
  unscanned: { kind: "unscanned", reason: "model_failed" },
};

function assessed(answer, assessment) {
  const findings = { ...JSON.parse(answer.headers.get("x-vision-findings")), assessment };
  const changed = new Response(answer.body, answer);
  changed.headers.set("x-vision-findings", JSON.stringify(findings));
  return changed;
}

function withoutHeaders(request) {
  return new Proxy(request, {
    get(target, property) {
      if (property === "headers") throw new TypeError("injected: no headers");
      const value = Reflect.get(target, property);
      return typeof value === "function" && property !== "constructor" ? value.bind(target) : value;
    },
  });
}

async function timed({ headers, body }, env, ctx) {
  const request = { method: "POST", headers, body: await new Response(body).arrayBuffer() };
  const started = performance.now();
  const answer = await vision.fetch(new Request("https://vision.internal/transform", request), env, ctx);
  const made = await answer.arrayBuffer();
  const took = { "x-test-ms": String(performance.now() - started) };
  return new Response(made, { status: answer.status, headers: took });
}

function counted(request) {
  const body = request.body.pipeThrough(new TransformStream({ flush: () => void (variants.received += 1) }));
  return new Request(request, { body });
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
