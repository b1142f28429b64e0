// `npm run master-key -- begin|status|end`: another master key in place of the present one (docs/deploy.md).
//
// A deployment's secrets cannot be read back, so with --remote the present value of MASTER_KEYS comes in on standard input
// and the one to set goes out on standard output, and nothing else does. Without it, the local product's .dev.vars is
// changed.

import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { SECRETS, writeLocalConfig } from "./dev/config.mjs";
import { ended, fail, nodeForWrangler, root, start } from "./process.mjs";

const USAGE = `npm run master-key -- begin    make a new master key; the present one stays accepted
npm run master-key -- status   how far the job has come that moves everything under it
npm run master-key -- end      let the previous one go, once nothing is left under it

With --remote, of the deployment: begin and end read the present value of MASTER_KEYS from standard input and print the one
to set. Run npm with -s, so that it prints nothing of its own:

  npm run -s master-key -- begin --remote < present > next && npx wrangler secret put MASTER_KEYS < next`;

const isRemote = process.argv.includes("--remote");
const [command] = process.argv.slice(2).filter((word) => !word.startsWith("--"));

switch (command) {
  case "begin": {
    const [current, previous] = present();
    if (previous) fail(`There is a previous key already (${nameOf(previous)}). End its rotation first.`);
    const name = `k${new Date().toISOString().slice(0, 19).replace(/[^0-9]/g, "")}`;
    set(`${name}:${randomBytes(32).toString("hex")},${current}`);
    break;
  }
  case "status":
    console.log(await status());
    break;
  case "end": {
    const [current, previous] = present();
    if (!previous) fail("There is no previous key.");
    const found = await position();
    if (found !== `${nameOf(current)} clean`) fail(`Not yet: ${await status()}`);
    set(current);
    break;
  }
  default:
    fail(USAGE);
}

function nameOf(key) {
  return key.split(":")[0];
}

/** The present keys, the current one first. */
function present() {
  const text = isRemote ? readFileSync(0, "utf8") : localValue();
  const keys = text.trim().split(",").map((key) => key.trim());
  if (keys.length > 2 || !keys.every((key) => /^[\w-]{1,32}:([0-9a-f]{2}){32,}$/.test(key))) {
    fail("That is no value of MASTER_KEYS: name:hex, at least 64 hex digits, once or twice with a comma between.");
  }
  return keys;
}

function localValue() {
  writeLocalConfig();
  return /^MASTER_KEYS=(.*)$/m.exec(readFileSync(SECRETS, "utf8"))[1];
}

function set(value) {
  if (isRemote) {
    process.stdout.write(value);
    return;
  }
  const text = readFileSync(SECRETS, "utf8").replace(/^MASTER_KEYS=.*$/m, `MASTER_KEYS=${value}`);
  writeFileSync(SECRETS, text, { mode: 0o600 });
  console.log(`The current master key is ${nameOf(value)}. Start the product again (npm start) for it to count.`);
}

async function status() {
  const [master, word] = ((await position()) ?? "").split(" ");
  if (!master) return "the job has not run yet: it does within a minute after the new keys are deployed.";
  if (word === "clean") return `everything is under ${master}, and the previous key can go (end).`;
  return `the job is moving everything under ${master}; it looks at 40 accounts a minute, and twice at each.`;
}

/** Where the job has come to (src/jobs/rotate_master_key.rs). */
async function position() {
  const where = isRemote ? ["--remote", "--config", root("wrangler.toml")] : ["--local", "--config", writeLocalConfig()];
  const sql = "SELECT position FROM job_cursors WHERE scan = 'master_key'";
  const wrangler = root("node_modules", "wrangler", "bin", "wrangler.js");
  const args = [wrangler, "d1", "execute", "DB", ...where, "--json", "--command", sql];
  const child = start(nodeForWrangler(), args, { stdio: ["ignore", "pipe", "inherit"] });
  const chunks = [];
  child.stdout.on("data", (chunk) => chunks.push(chunk));
  if ((await ended(child)) !== 0) fail(Buffer.concat(chunks).toString());
  return JSON.parse(Buffer.concat(chunks).toString())[0].results[0]?.position;
}
