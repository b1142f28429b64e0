// The classifier in the real runtime: the model comes from beside the code, is loaded once, fits beside a large file,
// and where it is missing nothing is published.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { root } from "../../scripts/process.mjs";
import { eventually, startTintype } from "./harness.mjs";
import { freshPng, noisePngOf } from "./images.mjs";

// What scores may differ by between processors; the golden file is from x86-64 without wasm.
const TOLERANCE = 1e-3;
const LIMITS = { "x-vision-limits": "{}" };

for (const model of ["mobilenet_v2", "mobilenet_v2_mid"]) {
  describe(model, () => {
    let tintype;
    before(async () => void (tintype = await startTintype({ vision: { entry: "tests/worker/entries/vision.mjs", model } })));
    after(() => tintype?.close());
    const vision = (path, init) => tintype.server.getWorker("tintype-vision").fetch(`https://vision.internal${path}`, init);
    const assessed = async (body) => {
      const answer = await vision("/examine", { method: "POST", headers: LIMITS, body });
      assert.equal(answer.status, 200, await answer.clone().text());
      return JSON.parse(answer.headers.get("x-vision-findings")).assessment;
    };

    test("an image is judged by the configured model, and published if that finds nothing", async () => {
      const assessment = await assessed(readFileSync(root("tests/fixtures/orientation-1.jpg")));
      assert.deepEqual([assessment.kind, assessment.model_id], ["scored", model]);
      assert.equal(assessment.model_sha256, readFileSync(root(`src/policy/models/${model}.sha256`), "utf8").trim());
      const image = await tintype.upload(readFileSync(root("tests/fixtures/orientation-3.jpg")));
      assert.equal(await tintype.state(image.id), "live");
    });

    test("files of the largest size fit beside the model, and leave it loaded", async () => {
      const large = noisePngOf(20_000_000);
      for (let time = 0; time < 3; time += 1) assert.equal((await assessed(large)).kind, "scored");
      const { bytes, instances } = await (await vision("/__test/wasm")).json();
      console.log(`${model}: ${(bytes / 1e6).toFixed(1)} MB of wasm memory after files of 20 MB`);
      assert.equal(instances, 1);
      assert.ok(bytes < 96 * 1024 * 1024);
    });

    test("a trap takes the model with it, and the next instance loads its own", async () => {
      await vision("/__test/mode?is=trap", { method: "POST" });
      await vision("/examine", { method: "POST", headers: LIMITS, body: freshPng() }).catch(() => {});
      await eventually(async () => assert.equal((await assessed(freshPng())).kind, "scored"));
    });
  });
}

test("scores in the runtime are those of the native tests", async () => {
  const { model, files: golden } = JSON.parse(readFileSync(root("tests/golden/scores.json"), "utf8"));
  const tintype = await startTintype({ vision: { model } });
  try {
    const names = readdirSync(root("tests/fixtures")).filter((name) => name in golden);
    assert.ok(names.length > 15);
    for (const name of names) {
      const body = readFileSync(root("tests/fixtures", name));
      const answer = await tintype.server.getWorker("tintype-vision").fetch("https://vision.internal/examine", { method: "POST", headers: LIMITS, body });
      const { frames } = JSON.parse(answer.headers.get("x-vision-findings")).assessment;
      assert.equal(frames.length, golden[name].length, name);
      for (const [at, { scores }] of frames.entries()) {
        const { drawing, hentai, neutral, porn, sexy } = scores;
        for (const [place, value] of [drawing, hentai, neutral, porn, sexy].entries()) {
          assert.ok(Math.abs(value - golden[name][at].scores[place]) <= TOLERANCE, `${name}, look ${at}`);
        }
      }
    }
  } finally {
    await tintype.close();
  }
});

test("a model that is not known publishes nothing", async () => {
  for (const model of ["mobilenet_v3", ""]) {
    const tintype = await startTintype({ vision: { model } });
    try {
      const answer = await tintype.send(freshPng());
      assert.equal(answer.status, 202);
      assert.deepEqual(await tintype.rows("SELECT state, verdict FROM images"), [{ state: "held", verdict: "unscanned" }]);
    } finally {
      await tintype.close();
    }
  }
});
