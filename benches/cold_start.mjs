// From nothing to the first answer: a new process, the code read, the modules compiled and instantiated.

import { performance } from "node:perf_hooks";
import { callers, send } from "./load.mjs";
import { APP_HOST, IMAGE_HOST, peer, product, startRuntime } from "./runtime.mjs";
import { markdown } from "./table.mjs";
import { freshPng } from "../tests/worker/images.mjs";

const RUNS = 5;

export async function coldStart(bundles) {
  const runs = [];
  for (let run = 0; run < RUNS; run++) runs.push({ ...(await ours(bundles)), ...(await theirs()) });
  const median = (name) => `${Math.round(runs.map((run) => run[name]).sort((a, b) => a - b)[RUNS >> 1])} ms`;
  return [
    `Cold start, median of ${RUNS} processes`,
    markdown(["", "Tintype", "a Worker that does nothing"], [
      ["process started; for Tintype with storage, and the database migrated", median("process"), median("helloProcess")],
      ["first answer of the Worker after that", median("first"), median("helloFirst")],
      ["first upload after that, vision included", median("upload"), ""],
      ["next upload, both warm", median("warm"), ""],
    ]),
  ];
}

async function timed(action) {
  const startedAt = performance.now();
  const result = await action();
  return [performance.now() - startedAt, result];
}

async function ours(bundles) {
  const [process, runtime] = await timed(() => startRuntime(product(bundles)));
  const agent = callers(1);
  const post = async () => {
    const headers = { host: APP_HOST, "content-type": "image/png", "cf-connecting-ip": "203.0.113.1" };
    const answer = await send(agent, runtime.addresses.tintype, { method: "POST", path: "/v1/images", headers, body: freshPng() });
    if (answer.status !== 201) throw new Error(`upload: ${answer.status} ${answer.body}`);
  };
  // Not found, which the image host learns from the bucket and the database.
  const view = { path: `/${"0".repeat(24)}.png`, headers: { host: IMAGE_HOST } };
  const [first] = await timed(() => send(agent, runtime.addresses.tintype, view));
  const [upload] = await timed(post);
  const [warm] = await timed(post);
  agent.destroy();
  await runtime.close();
  return { process, first, upload, warm };
}

async function theirs() {
  const [helloProcess, runtime] = await timed(() => startRuntime([peer("hello")]));
  const agent = callers(1);
  const [helloFirst] = await timed(() => send(agent, runtime.addresses.hello));
  agent.destroy();
  await runtime.close();
  return { helloProcess, helloFirst };
}
