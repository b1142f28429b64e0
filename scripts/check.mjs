// `npm run check`: everything that can be said about the code without running it.

import { isRunnable, root, run, say } from "./process.mjs";

const CARGO_DENY = "0.20.2";

say("formatting");
await run("cargo", ["fmt", "--all", "--check"]);
say("clippy, native");
await run("cargo", ["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]);
for (const worker of ["app", "vision"]) {
  say(`clippy, Worker ${worker}`);
  await run("cargo", [
    "clippy", "--package", "tintype", "--lib", "--profile", worker, "--target", "wasm32-unknown-unknown",
    "--no-default-features", "--features", worker, "--", "-D", "warnings",
  ], { env: { WASM_BINDGEN_USE_JS_SYS: "1" } });
}
say("migrations and statements");
await run("cargo", ["test", "--quiet", "--package", "tintype", "--test", "core", "schema"]);
say("licences and sources of crates");
const tools = root("target", "tools");
const deny = root("target", "tools", "bin", "cargo-deny");
if (!(await isRunnable(deny, ["--version"]))) {
  say("compiling cargo-deny, once");
  await run("cargo", ["install", "--locked", "--quiet", "--root", tools, "--version", CARGO_DENY, "cargo-deny"]);
}
// Advisories need a database that only the internet has; CI on a connected machine adds `advisories`.
await run(deny, ["--all-features", "check", "licenses", "bans", "sources"]);
