// Our classifier against onnxruntime-web and TensorFlow.js, on the same weights, one thread, in one process of Node 22
// (its V8 is workerd's), in turns; and ours in workerd. Needs `cargo xtask build vision`; the peers come from
// benches/parity, which is installed when it is not.
//
// Processor time, not time on the clock: it stays the same when others use the machine. Ours is a whole examination by
// the vision Worker's own `fetch`, so it also decodes a PNG, hashes it twice and answers. Loading is measured in fresh
// processes, from before the library is read to after the first answer, code compiled and all.

import { execFile } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { root, run } from "../scripts/process.mjs";
import { startTintype } from "../tests/worker/harness.mjs";
import { markdown } from "./table.mjs";

const ROUNDS = 30;
const COLD_RUNS = 3;
const SIDE = 224;
const MODELS = ["mobilenet_v2", "mobilenet_v2_mid"];
const ENGINES = { ours, onnxruntime, tensorflow };
const require = createRequire(root("benches", "parity", "package.json"));
const cpuMs = () => { const { user, system } = process.cpuUsage(); return (user + system) / 1_000; };
const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];
const noise = Uint8Array.from({ length: SIDE * SIDE * 3 }, (_, at) => (at * 2_654_435_761) >>> 24);

/** Measures all of it; answers a title and a table. */
export async function classifier() {
  if (!existsSync(root("benches", "parity", "node_modules"))) await run("npm", ["ci", "--prefix", root("benches", "parity")], { quiet: true });
  const lines = [];
  for (const model of MODELS) {
    const engines = [];
    for (const engine of Object.keys(ENGINES)) engines.push({ ...(await ENGINES[engine](model)), cold: await cold(engine, model) });
    const times = engines.map(() => []);
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const [at, { judge }] of engines.entries()) {
        const startedAt = cpuMs();
        await judge();
        times[at].push(cpuMs() - startedAt);
      }
    }
    engines.forEach(({ name, cold }, at) => {
      const ratio = (median(times[at]) / median(times[1])).toFixed(2);
      lines.push([`${name}, ${model}`, `${median(times[at]).toFixed(1)} ms`, ratio, `${cold.ms.toFixed(0)} ms`, `${(cold.memoryBytes / 1e6).toFixed(1)} MB`]);
    });
    const { firstMs, warmMs, memoryBytes } = await inWorkerd(model);
    lines.push([`ours in workerd (time on the clock), ${model}`, `${warmMs.toFixed(1)} ms`, "", `${firstMs.toFixed(0)} ms`, `${(memoryBytes / 1e6).toFixed(1)} MB`]);
  }
  return [`The classifier, medians of ${ROUNDS} rounds and ${COLD_RUNS} fresh processes`, markdown(["", "one image", "ratio", "load and first image", "linear memory"], lines)];
}

/** What an engine takes in a process of its own. */
async function cold(engine, model) {
  const runs = [];
  for (let at = 0; at < COLD_RUNS; at += 1) {
    const { stdout } = await promisify(execFile)(process.execPath, [fileURLToPath(import.meta.url), engine, model]);
    runs.push(JSON.parse(stdout.trim().split("\n").at(-1)));
  }
  return { ms: median(runs.map(({ ms }) => ms)), memoryBytes: Math.max(...runs.map(({ memoryBytes }) => memoryBytes)) };
}

async function inWorkerd(model) {
  const tintype = await startTintype({ vision: { entry: "tests/worker/entries/vision.mjs", model } });
  try {
    const vision = (path, init) => tintype.server.getWorker("tintype-vision").fetch(`https://vision.internal${path}`, init);
    const body = await picture();
    const examine = async () => {
      const startedAt = performance.now();
      const answer = await vision("/examine", { method: "POST", headers: { "x-vision-limits": "{}", "x-vision-length": String(body.length) }, body });
      if (!(answer.headers.get("x-vision-findings") ?? "").includes('"scored"')) throw new Error(`${answer.status}`);
      return performance.now() - startedAt;
    };
    const [first, warm] = [[], []];
    for (let at = 0; at < COLD_RUNS; at += 1) {
      await vision("/__test/poison");
      first.push(await examine());
      for (let again = 0; again < ROUNDS / COLD_RUNS; again += 1) warm.push(await examine());
    }
    const { bytes } = await (await vision("/__test/wasm")).json();
    return { firstMs: median(first), warmMs: median(warm), memoryBytes: bytes };
  } finally {
    await tintype.close();
  }
}

async function picture() {
  return require("sharp")(noise, { raw: { width: SIDE, height: SIDE, channels: 3 } }).png().toBuffer();
}

// The Worker as it is built, with its two imports of the runtime replaced by what Node has.
async function ours(id) {
  const folder = mkdtempSync(join(tmpdir(), "tintype-bench-"));
  const built = (name) => root("build", "vision", name);
  mkdirSync(folder, { recursive: true });
  const wasm = `import { readFileSync } from "node:fs"; export default new WebAssembly.Module(readFileSync(${JSON.stringify(built("bindgen_bg.wasm"))}));`;
  writeFileSync(join(folder, "wasm.mjs"), wasm);
  const models = `import { readFileSync } from "node:fs"; export async function modelFile(id) { const file = readFileSync(${JSON.stringify(root("build", "model"))} + "/" + id + ".onnx"); return file.buffer.slice(file.byteOffset, file.byteOffset + file.length); }`;
  writeFileSync(join(folder, "models.mjs"), models);
  let script = readFileSync(built("bindgen.js"), "utf8").replace(/(["'])\.\/bindgen_bg\.wasm\1/g, '"./wasm.mjs"').replace(/(["'])\.\/models\.js\1/g, '"./models.mjs"');
  const snippets = [...script.matchAll(/from ["'](\.\/snippets\/[^"']+)["']/g)].map(([, path]) => path);
  for (const path of snippets) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    copyFileSync(built(path), join(folder, path));
  }
  writeFileSync(join(folder, "package.json"), '{"type":"module"}');
  writeFileSync(join(folder, "bindgen.mjs"), script);
  const instances = [];
  const Instance = WebAssembly.Instance;
  WebAssembly.Instance = function (...args) { const instance = new Instance(...args); instances.push(instance); return instance; };
  const png = await picture();
  const before = cpuMs();
  const bindings = await import(pathToFileURL(join(folder, "bindgen.mjs")).href);
  WebAssembly.Instance = Instance;
  rmSync(folder, { recursive: true });
  const judge = async () => {
    const request = new Request("https://vision.internal/examine", { method: "POST", body: png, headers: { "x-vision-limits": "{}", "x-vision-length": String(png.length) } });
    const answer = await bindings.fetch(request, { MODEL: id }, {});
    const findings = JSON.parse(answer.headers.get("x-vision-findings") ?? "null");
    if (findings?.assessment.kind !== "scored") throw new Error(`ours: ${answer.status} ${await answer.text()}`);
    return findings.assessment;
  };
  await judge();
  const memoryBytes = () => instances.at(-1).exports.memory.buffer.byteLength;
  return { name: "ours, a whole examination", judge, ms: cpuMs() - before, memoryBytes };
}

async function onnxruntime(id) {
  const memories = watchMemories();
  const before = cpuMs();
  const ort = await import(pathToFileURL(require.resolve("onnxruntime-web")).href);
  ort.env.wasm.numThreads = 1;
  const session = await ort.InferenceSession.create(readFileSync(root("build", "model", `${id}.onnx`)));
  const planes = Float32Array.from({ length: noise.length }, (_, at) => noise[(at % (SIDE * SIDE)) * 3 + Math.floor(at / (SIDE * SIDE))] / 255);
  const judge = () => session.run({ pixels: new ort.Tensor("float32", planes, [1, 3, SIDE, SIDE]) });
  await judge();
  return { name: "onnxruntime-web 1.30", judge, ms: cpuMs() - before, memoryBytes: memories };
}

async function tensorflow(id) {
  const memories = watchMemories();
  const before = cpuMs();
  const tf = require("@tensorflow/tfjs");
  const { setWasmPaths } = require("@tensorflow/tfjs-backend-wasm");
  setWasmPaths(`${dirname(require.resolve("@tensorflow/tfjs-backend-wasm"))}/`);
  await tf.setBackend("wasm");
  console.info = () => {};
  const { load } = require("nsfwjs/core");
  const definition = Object.values(require(`nsfwjs/models/${id}`))[0];
  const model = await load(definition.name, { modelDefinitions: [definition] });
  const judge = async () => {
    const input = tf.tensor3d(noise, [SIDE, SIDE, 3], "int32");
    const output = model.infer(input);
    await output.data();
    tf.dispose([input, output]);
  };
  await judge();
  return { name: "tfjs-wasm 4.22 + nsfwjs", judge, ms: cpuMs() - before, memoryBytes: memories };
}

// The linear memory that is made while a library loads. In a process where another was loaded before, that is less.
function watchMemories() {
  const made = [];
  const { Memory, instantiate } = WebAssembly;
  WebAssembly.Memory = function (...args) { const memory = new Memory(...args); made.push(memory); return memory; };
  WebAssembly.instantiate = async (...args) => {
    const result = await instantiate.apply(WebAssembly, args);
    for (const value of Object.values((result.instance ?? result).exports)) if (value instanceof Memory) made.push(value);
    return result;
  };
  return () => {
    WebAssembly.Memory = Memory;
    WebAssembly.instantiate = instantiate;
    return made.reduce((sum, memory) => sum + memory.buffer.byteLength, 0);
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [engine, model] = process.argv.slice(2);
  const { ms, memoryBytes } = await ENGINES[engine](model);
  console.log(JSON.stringify({ ms, memoryBytes: memoryBytes() }));
  process.exit(0);
}
