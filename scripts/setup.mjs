// `node scripts/setup.mjs [--tests]` brings what is missing on a fresh machine: npm packages, the wasm target,
// and for tests a browser and exiftool from Debian. Each step looks first, so that a second run takes no time.

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createHash } from "node:crypto";
import { fail, isRunnable, root, run, say } from "./process.mjs";

// What tests need besides npm and cargo packages, with the program that shows that it is there.
const DEBIAN_PACKAGES = { chromium: "chromium", "libimage-exiftool-perl": "exiftool" };

await installNpmPackages();
await installRustTarget();
if (process.argv.includes("--tests")) await installDebianPackages();

async function installNpmPackages() {
  // npm's own check takes seconds; this one asks only whether the lock file changed since the last install.
  const lock = createHash("sha256").update(readFileSync(root("package-lock.json"))).digest("hex");
  const stamp = root("node_modules", ".tintype-lock");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === lock) return;
  say("installing npm packages");
  await run("npm", ["ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]);
  writeFileSync(stamp, lock);
}

async function installRustTarget() {
  if (!(await isRunnable("cargo", ["--version"]))) {
    fail("Rust is needed: install rustup (see rustup.rs), then run this again.");
  }
  // rust-toolchain.toml names the toolchain, its parts and the wasm target; this makes rustup read it.
  if (!(await isRunnable("rustup", ["target", "add", "wasm32-unknown-unknown"]))) {
    fail("The wasm target could not be installed. Run `rustup target add wasm32-unknown-unknown` to see why.");
  }
}

async function installDebianPackages() {
  const missing = [];
  for (const [name, program] of Object.entries(DEBIAN_PACKAGES)) {
    if (!(await isRunnable("which", [program]))) missing.push(name);
  }
  if (missing.length === 0) return;
  const command = `apt-get install -y ${missing.join(" ")}`;
  const isDebian = await isRunnable("which", ["apt-get"]);
  if (!isDebian || process.getuid?.() !== 0) {
    fail(`The tests need ${missing.join(" and ")}. On Debian: sudo ${command}`);
  }
  say(`installing ${missing.join(", ")}`);
  await run("apt-get", ["update", "-qq"], { quiet: true });
  const env = { DEBIAN_FRONTEND: "noninteractive" };
  await run("apt-get", ["install", "-y", "-qq", "--no-install-recommends", ...missing], { quiet: true, env });
}
