// `npm test`: every test, native, in the real runtime and in a browser. `npm test -- core worker` runs some.
// A failing suite does not keep the others from running; the last line counts everything.

import { readdirSync } from "node:fs";
import { ended, fail, nodeForWrangler, root, run, say, start } from "./process.mjs";

const nodeTests = (folder) => () => {
  // One file at a time: each starts a runtime of its own, and there may be two cores.
  const names = readdirSync(root("tests", folder)).filter((name) => name.endsWith(".test.mjs"));
  const files = names.sort().map((name) => `tests/${folder}/${name}`);
  if (files.length === 0) fail(`tests/${folder} has no tests`);
  return [nodeForWrangler(), ["--test", "--test-concurrency=1", "--test-reporter=spec", ...files]];
};

const SUITES = {
  lint: () => ["cargo", ["fmt", "--all", "--check"]],
  core: () => ["cargo", ["test", "--package", "tintype"]],
  // The tools, under the profile in which they are compiled anyway.
  tools: () => ["cargo", ["test", "--profile", "xtask", "--package", "xtask"]],
  worker: nodeTests("worker"),
  browser: nodeTests("browser"),
};
const NEEDS_WORKERS = ["worker", "browser"];
// What cargo and Node print about a finished run.
const COUNTS = [/^test result: \w+\. (\d+) passed; (\d+) failed/gm, /^\S* ?pass (\d+)$[^]*?^\S* ?fail (\d+)$/gm];

const named = process.argv.slice(2);
const unknown = named.find((name) => !(name in SUITES));
if (unknown) fail(`There is no suite '${unknown}'. There are: ${Object.keys(SUITES).join(", ")}.`);
const chosen = named.length ? named : Object.keys(SUITES);

const total = { passed: 0, failed: 0 };
if (chosen.includes("core")) {
  say("making the classifier's models");
  await run("cargo", ["xtask", "model"]);
}
if (chosen.some((name) => NEEDS_WORKERS.includes(name))) {
  say("building both Workers");
  await run("cargo", ["xtask", "build"]);
}
for (const name of chosen) {
  say(`suite: ${name}`);
  const [program, args] = SUITES[name]();
  const started = Date.now();
  const { code, output } = await captured(program, args);
  const counts = count(output);
  // A suite that died before it could count is a failure of its own.
  if (code !== 0 && counts.failed === 0) counts.failed = 1;
  if (code === 0 && counts.passed === 0) counts.passed = 1;
  total.passed += counts.passed;
  total.failed += counts.failed;
  say(`${name}: ${counts.passed} passed, ${counts.failed} failed, ${Math.round((Date.now() - started) / 1_000)} s`);
}
console.log(`\n${total.passed} passed, ${total.failed} failed`);
process.exit(total.failed === 0 ? 0 : 1);

async function captured(program, args) {
  const child = start(program, args, { stdio: ["ignore", "pipe", "inherit"], env: { CI: "1" } });
  const chunks = [];
  child.stdout.on("data", (chunk) => {
    process.stdout.write(chunk);
    chunks.push(chunk);
  });
  const code = await ended(child);
  return { code, output: Buffer.concat(chunks).toString() };
}

function count(output) {
  const counts = { passed: 0, failed: 0 };
  for (const pattern of COUNTS) {
    for (const [, passed, failed] of output.matchAll(pattern)) {
      counts.passed += Number(passed);
      counts.failed += Number(failed);
    }
  }
  return counts;
}
