// One workerd with both Workers as they are deployed and the peers beside them, each on a socket of its own:
// nothing of the local tools stands between the load and what is measured.

import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nodeForWrangler, root, run } from "../scripts/process.mjs";

const require = createRequire(root("node_modules", "wrangler", "package.json"));
const { Miniflare, convertV4MiniflareOptions } = require("miniflare");
const wrangler = require("wrangler");

export const APP_HOST = "tintype.example";
export const IMAGE_HOST = "tintype-images.example";

/** Bundles both Workers as a deployment would; answers the folder, with one folder for each. */
export async function bundle() {
  const folder = mkdtempSync(join(tmpdir(), "tintype-bench-"));
  for (const name of ["wrangler", "wrangler.vision"]) {
    await run(nodeForWrangler(), [
      root("node_modules", "wrangler", "bin", "wrangler.js"), "deploy", "--dry-run",
      "--config", root(`${name}.toml`), "--outdir", join(folder, name),
    ], { quiet: true });
  }
  return { folder, discard: () => rmSync(folder, { recursive: true, force: true }) };
}

// The caller's address is a header here, which the load chooses.
const directly = { unsafeDirectSockets: [{ host: "127.0.0.1", port: 0 }], stripCfConnectingIp: false };

function deployed(bundles, name, bindings) {
  const { workerOptions } = wrangler.unstable_getMiniflareWorkerOptions(root(`${name}.toml`));
  const folder = join(bundles.folder, name);
  const wasm = readdirSync(folder).filter((file) => file.endsWith(".wasm"));
  return {
    ...workerOptions,
    ...directly,
    name: name === "wrangler" ? "tintype" : "tintype-vision",
    bindings: { ...workerOptions.bindings, ...bindings },
    modulesRoot: folder,
    modules: [
      { type: "ESModule", path: join(folder, "worker.js") },
      ...wasm.map((file) => ({ type: "CompiledWasm", path: join(folder, file) })),
    ],
  };
}

/** The two Workers of the product. */
export const product = (bundles) => [
  deployed(bundles, "wrangler", { DELETE_TOKEN_KEY: "ab".repeat(32), MASTER_KEYS: `main:${"cd".repeat(32)}` }),
  deployed(bundles, "wrangler.vision", {}),
];

/** A peer of benches/peers/. */
export function peer(name) {
  const [modulesRoot, path] = [root("benches", "peers"), root("benches", "peers", `${name}.mjs`)];
  return {
    ...directly,
    name,
    compatibilityDate: "2026-10-01",
    modulesRoot,
    modules: [{ type: "ESModule", path }],
    r2Buckets: { IMAGES: { id: "tintype-images" } },
  };
}

/** Starts Workers in one process, the database migrated. */
export async function startRuntime(workers) {
  const runtime = new Miniflare(convertV4MiniflareOptions({ workers, cf: false, logRequests: false }));
  await runtime.ready;
  if (workers.some(({ name }) => name === "tintype")) await migrate(await runtime.getD1Database("DB", "tintype"));
  const addresses = {};
  for (const { name } of workers) addresses[name] = await runtime.unsafeGetDirectURL(name);
  return { addresses, close: () => runtime.dispose() };
}

/** The product alone, with its storage, and its triggers to fire. */
export async function tintypeIn(bundles) {
  const runtime = new Miniflare(convertV4MiniflareOptions({ workers: product(bundles), cf: false, logRequests: false }));
  await runtime.ready;
  const database = await runtime.getD1Database("DB", "tintype");
  await migrate(database);
  const worker = await runtime.getWorker("tintype");
  return {
    database,
    recovery: await runtime.getR2Bucket("RECOVERY", "tintype"),
    scheduled: (cron) => worker.scheduled({ cron, scheduledTime: new Date() }),
    close: () => runtime.dispose(),
  };
}

async function migrate(database) {
  const files = readdirSync(root("migrations")).filter((file) => /^\d+.*\.sql$/.test(file)).sort();
  for (const file of files) {
    const statements = wrangler.unstable_splitSqlQuery(readFileSync(root("migrations", file), "utf8"));
    await database.batch(statements.map((sql) => database.prepare(sql)));
  }
}

/** Whether the Workers are built. */
export const areBuilt = () => ["app", "vision"].every((name) => existsSync(root("build", name, "bindgen_bg.wasm")));
