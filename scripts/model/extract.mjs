// `node scripts/model/extract.mjs`: takes the classifier's weights out of the pinned package `nsfwjs` (MIT, see
// docs/licences/nsfwjs.txt), where they are text inside scripts for browsers, and writes them to
// build/model/<model>/{model.json,weights.bin}. The same package gives the same bytes; `cargo xtask model` checks
// them and makes ONNX of them.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createContext, runInContext } from "node:vm";
import { fail, root } from "../process.mjs";

const VERSION = "4.4.0";
const MODELS = ["mobilenet_v2", "mobilenet_v2_mid"];

const packaged = (...parts) => root("node_modules", "nsfwjs", ...parts);

const { version } = JSON.parse(readFileSync(packaged("package.json"), "utf8"));
if (version !== VERSION) fail(`nsfwjs is ${version} here, and the model is made from ${VERSION}: run npm ci.`);

for (const model of MODELS) {
  const { modelTopology, weightsManifest } = exported(model, "model");
  const weights = weightsManifest.flatMap(({ paths }) => paths.map((path) => Buffer.from(exported(model, path), "base64")));
  const folder = root("build", "model", model);
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}/model.json`, JSON.stringify({ modelTopology, weightsManifest }));
  writeFileSync(`${folder}/weights.bin`, Buffer.concat(weights));
}

// Each file is a CommonJS module. It runs in a context of its own, which has nothing but the place for its result.
function exported(model, name) {
  const context = createContext({ module: { exports: {} } });
  const script = readFileSync(packaged("dist", "models", model, `${name}.min.js`), "utf8");
  runInContext(`var exports = module.exports; ${script}`, context);
  return JSON.parse(runInContext("JSON.stringify(module.exports)", context));
}
