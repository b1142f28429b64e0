// `node benches/parity/compare.mjs FOLDER`: what nsfwjs makes of the pictures that ours has judged.
//
// FOLDER is what the ignored test `write_what_the_model_sees` wrote: ours.json and raw pixels. Two comparisons:
//   numerics      the reference on the very pixels that our model was given: must agree to 0.001
//   preprocessing the reference on the whole file, decoded by another decoder and resized by its own code: how far
//                 our faster way moves the answer, for each class and for what the thresholds look at

import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import * as tf from "@tensorflow/tfjs";
import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import { load } from "nsfwjs/core";
import { MobileNetV2Model } from "nsfwjs/models/mobilenet_v2";
import { MobileNetV2MidModel } from "nsfwjs/models/mobilenet_v2_mid";
import sharp from "sharp";

const NUMERICS_MAX = 1e-3;
const MODELS = { mobilenet_v2: MobileNetV2Model, mobilenet_v2_mid: MobileNetV2MidModel };

const folder = process.argv[2];
const ours = JSON.parse(readFileSync(join(folder, "ours.json"), "utf8"));
const backend = dirname(createRequire(import.meta.url).resolve("@tensorflow/tfjs-backend-wasm"));
setWasmPaths(`${backend}/`);
await tf.setBackend("wasm");

let failed = false;
const report = {};
for (const [id, definition] of Object.entries(MODELS)) {
  console.info = () => {};
  const model = await load(definition.name, { modelDefinitions: [definition] });
  const answer = async (pixels, height, width) => {
    const tensor = tf.tensor3d(new Uint8Array(pixels), [height, width, 3], "int32");
    const output = model.infer(tensor);
    const scores = await output.data();
    tf.dispose([tensor, output]);
    return scores;
  };
  const rows = [];
  for (const look of ours) {
    const mine = look.scores[id];
    const pixels = readFileSync(join(folder, look.pixels));
    const row = { name: look.name, mine, same: difference(mine, await answer(pixels, look.height, look.width)) };
    if (look.whole) {
      const { data, info } = await sharp(look.whole).rotate().flatten({ background: "#fff" }).toColourspace("srgb")
        .removeAlpha().raw().toBuffer({ resolveWithObject: true });
      row.whole = difference(mine, await answer(data, info.height, info.width));
    }
    rows.push(row);
  }
  report[id] = rows;
  const numerics = rows.map(({ same }) => same.worst);
  const whole = rows.filter((row) => row.whole).map((row) => row.whole);
  console.log(`${id}: ${rows.length} looks, numerics max |dp| ${Math.max(...numerics).toExponential(2)}`);
  if (whole.length) {
    for (const key of ["worst", "explicit", "sexual"]) {
      const values = whole.map((difference) => difference[key]).sort((a, b) => a - b);
      const at = (part) => values[Math.min(values.length - 1, Math.floor(part * values.length))].toFixed(4);
      console.log(`  preprocessing, ${key.padEnd(8)} median ${at(0.5)}  p95 ${at(0.95)}  max ${at(1)}`);
    }
  }
  if (!(Math.max(...numerics) <= NUMERICS_MAX)) failed = true;
}
writeFileSync(join(folder, "report.json"), JSON.stringify(report, null, 1));
process.exit(failed ? 1 : 0);

function difference(mine, theirs) {
  const explicit = ([, hentai, , porn]) => hentai + porn;
  const sexual = (scores) => explicit(scores) + scores[4];
  return {
    theirs: [...theirs],
    worst: Math.max(...mine.map((p, at) => Math.abs(p - theirs[at]))),
    explicit: Math.abs(explicit(mine) - explicit(theirs)),
    sexual: Math.abs(sexual(mine) - sexual(theirs)),
  };
}
