// `node scripts/setup.mjs [--tests]` brings what is missing on a fresh machine: npm packages, the wasm target, a C
// compiler for it, and for tests a browser and exiftool from Debian, and moto, which stands in for Amazon, from PyPI.
// Each step looks first, so that a second run takes no time.

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { ended, fail, isRunnable, root, run, say, start } from "./process.mjs";

// Debian's packages of what is neither npm's nor cargo's, each with a command that shows that it is there.
const FOR_BUILDS = {
  // Any clang that knows the target does, but not Apple's own.
  clang: [root("scripts", "clang-wasm32"), ["--target=wasm32-unknown-unknown", "-c", "-x", "c", "/dev/null", "-o", "/dev/null"]],
};
const FOR_TESTS = {
  chromium: ["which", ["chromium"]],
  "libimage-exiftool-perl": ["which", ["exiftool"]],
  "python3-venv": ["python3", ["-c", "import ensurepip, venv"]],
};
const MOTO = { folder: root("build", "moto"), pins: root("tests", "worker", "moto", "requirements.txt") };
const isForTests = process.argv.includes("--tests");

await installNpmPackages();
await installRustTarget();
await installDebianPackages(isForTests ? { ...FOR_BUILDS, ...FOR_TESTS } : FOR_BUILDS);
if (isForTests) await installMoto();

async function installNpmPackages() {
  // npm's own check takes seconds; this one asks only whether the lock file changed since the last install.
  const lock = digestOf(root("package-lock.json"));
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

async function installDebianPackages(packages) {
  const missing = [];
  for (const [name, [program, args]] of Object.entries(packages)) {
    if (!(await isRunnable(program, args))) missing.push(name);
  }
  if (missing.length === 0) return;
  const command = `apt-get install -y ${missing.join(" ")}`;
  const isDebian = await isRunnable("which", ["apt-get"]);
  if (!isDebian || process.getuid?.() !== 0) {
    const elsewhere = missing.includes("clang")
      ? "\nOn macOS, whose own clang does not know wasm: brew install llvm, and put it first:\n  export CLANG=$(brew --prefix llvm)/bin/clang"
      : "";
    fail(`Needed and not here: ${missing.join(", ")}. On Debian: sudo ${command}${elsewhere}`);
  }
  say(`installing ${missing.join(", ")}`);
  await run("apt-get", ["update", "-qq"], { quiet: true });
  const env = { DEBIAN_FRONTEND: "noninteractive" };
  await run("apt-get", ["install", "-y", "-qq", "--no-install-recommends", ...missing], { quiet: true, env });
}

// In a virtual environment, each package by its digest: neither the machine's Python nor what a registry says later
// changes what tests run against.
async function installMoto() {
  const { folder, pins } = MOTO;
  const [stamp, digest] = [join(folder, ".tintype-pins"), digestOf(pins)];
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === digest) return;
  say("installing moto");
  await run("python3", ["-m", "venv", "--clear", folder], { quiet: true });
  const install = ["-m", "pip", "install", "--quiet", "--no-deps", "--require-hashes", "--requirement", pins];
  if ((await ended(start(join(folder, "bin", "python"), install))) !== 0) {
    fail("moto could not be installed; what pip says about it is above. The tests of mail need it.");
  }
  writeFileSync(stamp, digest);
}

function digestOf(file) {
  return createHash("sha256").update(readFileSync(file)).digest("hex");
}
