// The transcripts of tests/scenarios/, which also run natively: one story, two runtimes, the same answers.

import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { after, before, test } from "node:test";
import { root } from "../../scripts/process.mjs";
import { startTintype } from "./harness.mjs";
import { runScenario } from "./scenario.mjs";

const files = globSync(root("tests", "scenarios", "*.http")).sort();
// Of a deployment on one machine: its letters can be read.
const origins = { app: "http://localhost:8787", images: "http://127.0.0.1:8787" };
const vars = { APP_ORIGIN: origins.app, IMAGE_ORIGIN: origins.images };
let tintype;
before(async () => void (tintype = await startTintype({ app: { entry: "tests/worker/entries/still_app.mjs", vars } })));
after(() => tintype?.close());

test("there are transcripts", () => assert.ok(files.length > 0));

for (const [index, file] of files.entries()) {
  test(`it happens as written in ${basename(file)}`, async () => {
    // Each story begins with nothing stored, at the present time.
    if (index > 0) await tintype.reset();
    await runScenario(tintype, origins, readFileSync(file, "utf8"));
    await tintype.settle();
    assert.deepEqual(await tintype.disorder(), []);
  });
}
