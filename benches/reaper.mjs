// How fast what is due leaves: natively, with calls that take their time and the platform's limits enforced (tests/core/reaper_bench.rs);
// and in the real runtime, what a run costs it in processor time.

import { spawn } from "node:child_process";
import { root } from "../scripts/process.mjs";
import { cpuOfRuntime, plantDue } from "../tests/worker/planted.mjs";
import { tintypeIn } from "./runtime.mjs";
import { markdown } from "./table.mjs";

/** Objects that are due in the real runtime: some batches. The local storage deletes names one by one, which takes its time. */
const DUE = 6_000;
/** What the platform allows a run: `limits.cpu_ms` of wrangler.toml. */
const CPU_MS = 30_000;

export async function reaper(bundles) {
  const lines = await native();
  const { d1_ms, r2_ms } = lines.find((line) => line.d1_ms);
  const rows = lines.filter((line) => line.name);
  const slow = rows.find(({ name }) => name === "erase, one by one");
  const fast = rows.find(({ name }) => name === "erase, together");
  const number = (value) => value.toLocaleString("en");
  const table = markdown(
    ["", "objects", "in one invocation", "invocations", "calls", "queries", "longest, s", "minutes"],
    rows.map((row) => [
      row.name, number(row.objects), number(row.per_invocation), number(row.invocations), number(row.calls), number(row.queries),
      row.longest_s.toFixed(1), row.minutes.toFixed(1),
    ]),
  );
  const { cpuMs, wallMs } = await inRuntime(bundles);
  return [
    "The reaper, 100,000 objects that are due",
    `${table}

A call of D1 is taken to last ${d1_ms} ms, one of R2 ${r2_ms} ms, on all lines alike; the limits of an invocation are enforced. Together, ${(fast.per_invocation / slow.per_invocation).toFixed(0)} times as
many objects leave in one invocation, with ${(slow.calls / fast.calls).toFixed(0)} times fewer calls and ${(slow.queries / fast.queries).toFixed(0)} times fewer queries. Moving an object out of public view needs it to be copied, which
takes calls of its own.

In workerd, one run erased ${number(DUE)} objects and rows in ${(wallMs / 1000).toFixed(1)} s; the whole process, storage included, took ${number(cpuMs)} ms of processor time, ${((100 * cpuMs) / CPU_MS).toFixed(0)} % of what a Worker may take by itself.`,
  ];
}

/** Does it once more if the connection was closed while nothing was asked. */
const again = (ask) => ask().catch(ask);

/** The lines that the native measurement prints. */
function native() {
  const args = ["test", "-q", "-p", "tintype", "--test", "core", "--", "--ignored", "--nocapture", "reaper_bench"];
  return new Promise((resolve, reject) => {
    const child = spawn("cargo", args, { cwd: root(), stdio: ["ignore", "pipe", "inherit"] });
    let printed = "";
    child.stdout.on("data", (chunk) => (printed += chunk));
    child.on("close", (code) => {
      const lines = printed.split("\n").filter((line) => line.startsWith("reaper {"));
      if (code === 0) resolve(lines.map((line) => JSON.parse(line.slice("reaper ".length))));
      else reject(new Error(`cargo ${args.join(" ")} failed (${code}): ${printed}`));
    });
  });
}

/** What a run costs the real runtime. */
async function inRuntime(bundles) {
  const tintype = await tintypeIn(bundles);
  try {
    await plantDue(tintype.database, tintype.recovery, DUE);
    const before = cpuOfRuntime();
    const began = performance.now();
    const { outcome } = await tintype.scheduled("*/2 * * * *");
    const measured = { cpuMs: cpuOfRuntime() - before, wallMs: performance.now() - began };
    const left = await again(() => tintype.database.prepare("SELECT count(*) AS n FROM images WHERE state = 'recovery'").first("n"));
    const objects = await again(() => tintype.recovery.list({ prefix: "images/", limit: 1 }));
    if (outcome !== "ok" || left !== 0 || objects.objects.length) throw new Error(`the run ended with ${outcome}, ${left} rows left`);
    return measured;
  } finally {
    await tintype.close();
  }
}
