// Python's packages for tests, in a folder of their own (build/python), exactly those of tests/requirements.txt. Looks
// first, so that a second call takes no time.

import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { root, run, say } from "./process.mjs";

const REQUIREMENTS = root("tests", "requirements.txt");
const FOLDER = root("build", "python");

/** Installs what is missing and answers where the interpreter is. */
export async function pythonForTests() {
  const python = root("build", "python", "bin", "python");
  const wanted = createHash("sha256").update(readFileSync(REQUIREMENTS)).digest("hex");
  const stamp = root("build", "python", ".tintype-requirements");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return python;
  say("installing Python packages for tests");
  rmSync(FOLDER, { recursive: true, force: true });
  await run("python3", ["-m", "venv", FOLDER], { quiet: true });
  await run(python, ["-m", "pip", "install", "--quiet", "--require-hashes", "--disable-pip-version-check", "-r", REQUIREMENTS], { quiet: true });
  writeFileSync(stamp, wanted);
  return python;
}

if (process.argv[1] === import.meta.filename) await pythonForTests();
