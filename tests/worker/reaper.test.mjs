// Many objects that are due leave in one run of the real runtime, within the processor time that the platform allows it.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { parse } from "smol-toml";
import { root } from "../../scripts/process.mjs";
import { startTintype } from "./harness.mjs";
import { cpuOfRuntime, plantDue } from "./planted.mjs";

const DUE = 6_000;
const CPU_MS = parse(readFileSync(root("wrangler.toml"), "utf8")).limits.cpu_ms;

let tintype;
before(async () => void (tintype = await startTintype()));
after(() => tintype?.close());

test("thousands of objects are erased in one run, far within the time it may compute", async () => {
  await plantDue(tintype.env.DB, tintype.env.RECOVERY, DUE);
  const before = cpuOfRuntime();
  const { outcome } = await tintype.worker.scheduled({ cron: "*/2 * * * *", scheduledTime: new Date() });
  // With what the storage takes, which is the same process here and is not counted in production.
  const cpuMs = cpuOfRuntime() - before;
  assert.equal(outcome, "ok");
  const [{ n }] = await tintype.rows("SELECT count(*) AS n FROM images WHERE state = 'gone'");
  assert.equal(n, DUE);
  assert.deepEqual(await tintype.ids("RECOVERY"), []);
  assert.ok(cpuMs < CPU_MS / 2, `${cpuMs} ms of ${CPU_MS}`);
});
