// `npm run known-bad -- …`: lists of known material (docs/known-bad-lists.md). `cargo xtask known-bad` reads files and
// writes SQL; wrangler runs it, on the local database or with --remote on the deployment's. There is no way in over
// HTTP: who may deploy may do this.

import { rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeLocalConfig } from "./dev/config.mjs";
import { ended, fail, nodeForWrangler, root, run, start } from "./process.mjs";

const words = process.argv.slice(2).filter((word) => word !== "--remote");
const where = process.argv.includes("--remote")
  ? ["--remote", "--config", root("wrangler.toml")]
  : ["--local", "--config", writeLocalConfig()];
const [command, ...rest] = words;
const execute = [root("node_modules", "wrangler", "bin", "wrangler.js"), "d1", "execute", "DB", ...where, "--yes"];

switch (command) {
  case "import": {
    const file = join(tmpdir(), `tintype-known-bad-${process.pid}.sql`);
    // Made first and as a whole: a file with a mistake changes nothing.
    writeFileSync(file, await xtask([command, ...rest]), { mode: 0o600 });
    try {
      await run(nodeForWrangler(), [...execute, "--file", file], { quiet: true });
    } finally {
      rmSync(file);
    }
    console.log("imported");
    break;
  }
  case "add": {
    const added = await rows([command, ...rest]);
    if (added.length === 0) fail("Nothing was added: there is no such image, its bytes are erased, or it is on the list.");
    for (const { kind, value } of added) console.log(`${kind}  ${value}`);
    await copies(rest[0]);
    break;
  }
  case "remove":
    console.log(`${(await rows([command, ...rest])).length} removed`);
    break;
  case "list":
    console.table(await rows([command]));
    break;
  case "export": {
    // Only the list concerns the question, only the form the answer.
    const { question, form } = split(rest);
    const entries = await pages((after) => ["export", ...question, "--after", String(after)], ({ number }) => number, 0);
    process.stdout.write(await xtask(["print", ...form], JSON.stringify(entries)));
    break;
  }
  case "copies":
    await copies(rest[0]);
    break;
  default:
    // It says how it is used.
    await xtask([]);
}

/** Tells which images are copies of one that is here: they are not touched. */
async function copies(id) {
  const [of] = await rows(["hashes", id]);
  if (!of) fail("There is no such image.");
  const found = [];
  await pages((after) => ["images", "--after", after], ({ id }) => id, "", async (images) => {
    found.push(await xtask(["near"], JSON.stringify({ of, images })));
  });
  console.log(found.join("") ? `copies of it:\n${found.join("")}` : "no copies of it are here");
}

/** Asks page after page, each behind the last one's end. */
async function pages(ask, place, from, each = () => {}) {
  const all = [];
  for (let after = from; ; ) {
    const page = await rows(ask(after));
    if (page.length === 0) return all;
    await each(page);
    all.push(...page);
    after = place(page.at(-1));
  }
}

function split(options) {
  const [question, form] = [[], []];
  for (let at = 0; at < options.length; at += 2) {
    (options[at] === "--list" ? question : form).push(...options.slice(at, at + 2));
  }
  return { question, form };
}

/** The rows of one statement. */
async function rows(command) {
  const sql = await xtask(command);
  const answer = await output(nodeForWrangler(), [...execute, "--json", "--command", sql]);
  return JSON.parse(answer)[0].results;
}

/** What `cargo xtask known-bad` prints. */
function xtask(args, input) {
  return output("cargo", ["xtask", "known-bad", ...args], input);
}

async function output(program, args, input) {
  // A mistake of the operator's is no bug of ours: its place in our code says nothing.
  const env = { RUST_BACKTRACE: "0" };
  const child = start(program, args, { env, stdio: [input === undefined ? "ignore" : "pipe", "pipe", "inherit"] });
  child.stdin?.end(input);
  const chunks = [];
  child.stdout.on("data", (chunk) => chunks.push(chunk));
  const code = await ended(child);
  const text = Buffer.concat(chunks).toString();
  // wrangler says on standard output what went wrong, too.
  if (code !== 0) fail(program === "cargo" ? "" : text);
  return text;
}
