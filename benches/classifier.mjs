// `node benches/classifier.mjs [rounds]`: our classifier against onnxruntime-web and TensorFlow.js, on the same
// weights, one thread, in one process, in turns. Needs Node 22 (its V8 is workerd's), `cargo xtask build vision` and
// `npm ci` in benches/parity. Trust the ratios: machines differ, and other work on them disturbs all three alike.
//
// Ours is measured through the vision Worker's own `fetch`, so it also decodes the PNG, hashes it twice and answers.

import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { root } from "../scripts/process.mjs";

const rounds = Number(process.argv[2] ?? 30);
const SIDE = 224;
const require = createRequire(root("benches", "parity", "package.json"));
const cpuMs = () => { const { user, system } = process.cpuUsage(); return (user + system) / 1_000; };
const noise = Uint8Array.from({ length: SIDE * SIDE * 3 }, (_, at) => (at * 2_654_435_761) >>> 24);

for (const id of ["mobilenet_v2", "mobilenet_v2_mid"]) {
  const engines = [await ours(id), await onnxruntime(id), await tensorflow(id)];
  const times = engines.map(() => []);
  for (let round = 0; round < rounds; round += 1) {
    for (const [at, engine] of engines.entries()) {
      const started = performance.now();
      await engine.run();
      times[at].push(performance.now() - started);
    }
  }
  const median = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];
  const medians = times.map(median);
  console.log(`\n${id}, ${rounds} rounds\n| engine | ms | ratio | cold load and first run, CPU ms | linear memory, MB |\n|---|---|---|---|---|`);
  engines.forEach(({ name, coldMs, memoryMb }, at) =>
    console.log(`| ${name} | ${medians[at].toFixed(1)} | ${(medians[at] / medians[1]).toFixed(2)} | ${coldMs.toFixed(0)} | ${memoryMb()} |`));
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
  const bindings = await import(pathToFileURL(join(folder, "bindgen.mjs")).href);
  WebAssembly.Instance = Instance;
  const sharp = require("sharp");
  const png = await sharp(noise, { raw: { width: SIDE, height: SIDE, channels: 3 } }).png().toBuffer();
  const run = async () => {
    const request = new Request("https://vision.internal/examine", { method: "POST", body: png, headers: { "x-vision-limits": "{}", "x-vision-length": String(png.length) } });
    const answer = await bindings.fetch(request, { MODEL: id }, {});
    const findings = JSON.parse(answer.headers.get("x-vision-findings") ?? "null");
    if (findings?.assessment.kind !== "scored") throw new Error(`ours: ${answer.status} ${await answer.text()}`);
    return findings.assessment;
  };
  const before = cpuMs();
  await run();
  const memory = () => instances.at(-1).exports.memory.buffer.byteLength;
  return { name: "ours, whole examination", run, coldMs: cpuMs() - before, memoryMb: () => (memory() / 1e6).toFixed(1) };
}

async function onnxruntime(id) {
  const memories = watchMemories();
  const before = cpuMs();
  const ort = await import(pathToFileURL(require.resolve("onnxruntime-web")).href);
  ort.env.wasm.numThreads = 1;
  const session = await ort.InferenceSession.create(readFileSync(root("build", "model", `${id}.onnx`)));
  const planes = Float32Array.from({ length: noise.length }, (_, at) => noise[(at % (SIDE * SIDE)) * 3 + Math.floor(at / (SIDE * SIDE))] / 255);
  const run = () => session.run({ pixels: new ort.Tensor("float32", planes, [1, 3, SIDE, SIDE]) });
  await run();
  return { name: "onnxruntime-web 1.30", run, coldMs: cpuMs() - before, memoryMb: once(memories) };
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
  const run = async () => {
    const input = tf.tensor3d(noise, [SIDE, SIDE, 3], "int32");
    const output = model.infer(input);
    await output.data();
    tf.dispose([input, output]);
  };
  await run();
  return { name: "tfjs-wasm 4.22 + nsfwjs", run, coldMs: cpuMs() - before, memoryMb: once(memories) };
}

// The linear memory that is made while a library loads; a library that is loaded already made it before.
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
    const bytes = made.reduce((sum, memory) => sum + memory.buffer.byteLength, 0);
    return bytes ? (bytes / 1e6).toFixed(1) : "as above";
  };
}

/** Asked once, now; answered whenever. */
function once(ask) {
  const answer = ask();
  return () => answer;
}
