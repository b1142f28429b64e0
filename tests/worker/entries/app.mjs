// The app as in development, on a platform that fails when told to. A request says so itself:
//
//   x-test-fault: {"call": 3, "mode": "fail"}
//
// counts every call the request makes to the database, the buckets, the queue and vision, and spoils the
// third. An answer says in x-test-calls which calls were made.
//
//   fail    nothing happens, and the caller hears of an error
//   lose    it happens, and the caller hears of an error
//   crash   nothing happens, and the program ends here
//   stop    it happens, and the program ends here
//   slow    it happens six seconds later
//   broken  it happens, and the answer is no object the platform would give: the program panics
//
//   GET  /__test/wasm     memory and count of wasm instances, and how many slow calls wait
//   POST /__test/poison   what the panic hook of the program does

import { instanceCount, memoryBytes } from "./wasm_probe.mjs";
import development from "../../../scripts/dev/entry.mjs";

const CALLS = {
  DB: ["batch"],
  IMAGES: ["head", "get", "put", "delete", "list"],
  RECOVERY: ["head", "get", "put", "delete", "list"],
  VISION: ["fetch"],
  WORK: ["send"],
};
const SLOW_MS = 6_000;
let waiting = 0;

export default {
  async fetch(request, env, ctx) {
    const { pathname } = new URL(request.url);
    if (pathname === "/__test/wasm") return Response.json({ bytes: memoryBytes(), instances: instanceCount(), waiting });
    if (pathname === "/__test/poison") {
      globalThis.__worker_init_state.criticalError = true;
      return Response.json({});
    }
    const field = request.headers.get("x-test-fault");
    if (!field) return development.fetch(request, env, ctx);
    const run = new Run(JSON.parse(field));
    const answer = await Promise.race([development.fetch(request, run.env(env), ctx), run.ended]);
    // Not every answer lets its fields be changed.
    const told = new Response(answer.body, answer);
    told.headers.set("x-test-calls", run.calls.join(" "));
    return told;
  },
  scheduled: (controller, env, ctx) => development.scheduled(controller, env, ctx),
  queue: (batch, env, ctx) => development.queue(batch, env, ctx),
};

class Run {
  calls = [];

  constructor({ call, mode, only }) {
    Object.assign(this, { call, mode, only });
    this.ended = new Promise((resolve) => (this.end = () => resolve(new Response("crashed", { status: 599 }))));
  }

  env(env) {
    const wrapped = Object.entries(CALLS).map(([name, methods]) => [name, this.#binding(name, env[name], methods)]);
    return { ...env, ...Object.fromEntries(wrapped) };
  }

  // The program checks the name of a binding's constructor, which a Proxy passes on.
  #binding(name, binding, methods) {
    const call = (method) => (...args) => this.#call(`${name}.${method}`, () => binding[method](...args));
    return new Proxy(binding, {
      get(target, property) {
        if (methods.includes(property)) return call(property);
        const value = Reflect.get(target, property);
        return typeof value === "function" && property !== "constructor" ? value.bind(target) : value;
      },
    });
  }

  async #call(name, happen) {
    if (!this.only || this.only === name) this.calls.push(name);
    const isChosen = this.calls.length === this.call && (!this.only || this.only === name);
    switch (isChosen && this.mode) {
      case "fail":
        throw new Error("injected: it did not happen");
      case "lose":
        await happen();
        throw new Error("injected: it happened");
      case "crash":
        return this.#crash();
      case "stop":
        await happen();
        return this.#crash();
      case "slow":
        waiting += 1;
        await new Promise((resolve) => setTimeout(resolve, SLOW_MS));
        waiting -= 1;
        return happen();
      case "broken":
        return broken(await happen());
      default:
        return happen();
    }
  }

  #crash() {
    this.end();
    return new Promise(() => {});
  }
}

function broken(object) {
  return new Proxy(object ?? {}, {
    get(target, property) {
      if (property === "size") throw new TypeError("injected: no size");
      const value = Reflect.get(target, property);
      return typeof value === "function" && property !== "constructor" ? value.bind(target) : value;
    },
  });
}
