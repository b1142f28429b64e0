// `npm run deploy`: builds and deploys both Workers, vision first, because the other is bound to it.
// `npm run deploy:dry` does everything but the upload.

import { readConfig } from "./dev/config.mjs";
import { fail, nodeForWrangler, root, run, say } from "./process.mjs";

const dry = process.argv.includes("--dry-run");
const config = readConfig();
const placeholders = [config.vars.APP_ORIGIN, config.vars.IMAGE_ORIGIN].filter((origin) => origin.endsWith(".example"));
if (!dry && (placeholders.length || /^[0-]+$/.test(config.d1_databases[0].database_id))) {
  fail("wrangler.toml still has placeholders: set APP_ORIGIN, IMAGE_ORIGIN and database_id (see docs/deploy.md).");
}

say("building both Workers");
await run("cargo", ["xtask", "build"]);
const wrangler = (...args) => run(nodeForWrangler(), [root("node_modules", "wrangler", "bin", "wrangler.js"), ...args]);
if (!dry) {
  say("migrating the database");
  await wrangler("d1", "migrations", "apply", "DB", "--remote");
}
for (const file of ["wrangler.vision.toml", "wrangler.toml"]) {
  say(file);
  const out = root("build", "deploy", file.replace(".toml", ""));
  await wrangler("deploy", "--config", root(file), ...(dry ? ["--dry-run", "--outdir", out] : []));
}
