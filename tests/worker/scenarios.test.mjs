// The transcripts of tests/scenarios/, which also run natively: one story, two runtimes, the same answers.

import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { after, before, test } from "node:test";
import { root } from "../../scripts/process.mjs";
import { startTintype } from "./harness.mjs";
import { runScenario } from "./scenario.mjs";

const files = globSync(root("tests", "scenarios", "*.http")).sort();
let tintype;
before(async () => void (tintype = await startTintype({ app: { entry: "tests/worker/entries/still_app.mjs" } })));
after(() => tintype?.close());

test("there are transcripts", () => assert.ok(files.length > 0));

for (const [index, file] of files.entries()) {
  test(`it happens as written in ${basename(file)}`, async () => {
    // Each story begins with nothing stored, at the present time.
    if (index > 0) await tintype.reset();
    await runScenario(tintype, readFileSync(file, "utf8"));
    await tintype.settle();
    assert.deepEqual(await tintype.disorder(), []);
  });
}
