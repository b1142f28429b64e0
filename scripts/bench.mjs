// `npm run bench`: measures this machine's copy of the runtime and prints tables; `-- --write` also writes them
// to docs/performance.md, and `-- serving memory` measures only that. Takes about ten minutes and stops by itself. The
// numbers are for comparing sides and editions, not for predicting Cloudflare: storage here is the local runtime's.

import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { cpus, loadavg, totalmem } from "node:os";
import { nodeForWrangler, root, run, say } from "./process.mjs";

// What people wrote below what is printed.
const BY_HAND = "\n## What was tried";

if (Number(process.versions.node.split(".")[0]) < 22) {
  // The tools that start the runtime need a newer Node than the one npm was started with.
  const child = spawn(nodeForWrangler(), process.argv.slice(1), { stdio: "inherit" });
  child.on("close", (code) => process.exit(code ?? 1));
} else {
  await bench();
}

async function bench() {
  const { areBuilt, bundle, peer, product, startRuntime } = await import("../benches/runtime.mjs");
  const { delivery } = await import("../benches/delivery.mjs");
  const { uploads } = await import("../benches/uploads.mjs");
  const { signIn } = await import("../benches/sign_in.mjs");
  const { sizes } = await import("../benches/sizes.mjs");
  const { coldStart } = await import("../benches/cold_start.mjs");
  const { reaper } = await import("../benches/reaper.mjs");
  const { memory } = await import("../benches/memory.mjs");
  const { variantMemory } = await import("../benches/variant_memory.mjs");
  const { classifier } = await import("../benches/classifier.mjs");
  const { transforms } = await import("../benches/transforms.mjs");
  const { quality } = await import("../benches/quality.mjs");

  if (!process.argv.includes("--no-build") || !areBuilt()) {
    say("building both Workers");
    await run("cargo", ["xtask", "build"]);
  }
  const machine = `${cpus().length} × ${cpus()[0].model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.versions.node}, ${process.platform}`;
  const load = loadavg()[0].toFixed(1);
  const bundles = await bundle();
  const chapters = [];
  const named = process.argv.slice(2).filter((word) => !word.startsWith("--"));
  const chapter = async (name, measure) => {
    if (named.length && !named.includes(name)) return;
    say(name);
    const [title, text] = await measure();
    console.log(`\n### ${title}\n\n${text}\n`);
    const when = `Measured on ${new Date().toISOString().slice(0, 10)}: ${machine}; load average ${load} before it began.`;
    chapters.push({ title, text: `## ${title}\n\n${text}\n\n${when}\n` });
  };
  try {
    await chapter("sizes", () => sizes(bundles));
    await chapter("cold start", () => coldStart(bundles));
    const runtime = await startRuntime([...product(bundles), peer("plain_r2"), peer("hello")]);
    try {
      await chapter("serving", () => delivery(runtime.addresses));
      await chapter("uploading", () => uploads(runtime.addresses));
      await chapter("sign-in", () => signIn(runtime.addresses));
    } finally {
      await runtime.close();
    }
    await chapter("reaper", () => reaper(bundles));
    await chapter("memory", memory);
    await chapter("variant memory", variantMemory);
    await chapter("classifier", classifier);
    await chapter("transforms", transforms);
    await chapter("quality", quality);
  } finally {
    bundles.discard();
  }
  if (process.argv.includes("--write")) write(chapters);
}

/** Writes the chapters that were measured into the page; the others stay as they were printed last. */
function write(chapters) {
  const page = root("docs", "performance.md");
  const [printed, kept] = readFileSync(page, "utf8").split(BY_HAND);
  const before = printed.split(/^(?=## )/m).slice(1).map((text) => ({ title: /^## (.*)$/m.exec(text)[1], text: `${text.trimEnd()}\n` }));
  const now = before.map((old) => chapters.find(({ title }) => title === old.title) ?? old);
  now.push(...chapters.filter(({ title }) => !before.some((old) => old.title === title)));
  const text = `# Performance

Printed by \`npm run bench -- --write\`, chapter by chapter.

All sides of a table ran in one process of the local runtime (workerd), in turns, with the load from the same
machine. Storage is the local runtime's, not Cloudflare's, and the load takes a part of the processor: read
the ratios, not the absolute numbers. The plain host (benches/peers/plain_r2.mjs) keeps none of the promises.

${now.map((chapter) => chapter.text).join("\n")}`;
  writeFileSync(page, kept ? `${text}${BY_HAND}${kept}` : text);
  say("wrote docs/performance.md");
}
