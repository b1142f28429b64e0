// The configuration of the local product: wrangler.toml with the development entry, local origins and
// secrets. Written anew at each start; nothing of it is ever deployed.

import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { parse } from "smol-toml";
import { root } from "../process.mjs";

export const PORT = 8787;
export const SECRETS = root(".dev.vars");
const CONFIG = root("wrangler.dev.json");

/** Reads wrangler.toml, or another file of its kind. */
export const readConfig = (file = root("wrangler.toml")) => parse(readFileSync(file, "utf8"));

/** The local configuration for a port: two origins on one machine, told apart by name. */
export function localConfig(port) {
  // Crons are fired by scripts/start.mjs, at the time of the clock that can be set; the local runtime never does.
  // Routes would make the runtime pretend to be the deployed hosts.
  const { triggers, routes, route, ...config } = readConfig();
  return {
    ...config,
    main: "scripts/dev/entry.mjs",
    vars: { APP_ORIGIN: `http://localhost:${port}`, IMAGE_ORIGIN: `http://127.0.0.1:${port}` },
  };
}

/** Writes the local configuration and answers where it is. */
export function writeLocalConfig(port = PORT) {
  writeFileSync(CONFIG, JSON.stringify(localConfig(port), null, 2));
  writeLocalSecrets();
  return CONFIG;
}

const LOCAL_SECRETS = {
  DELETE_TOKEN_KEY: () => randomBytes(32).toString("hex"),
  MASTER_KEYS: () => `local:${randomBytes(32).toString("hex")}`,
};

// Kept from start to start, so that delete tokens of local images go on working; what a newer edition needs is added.
function writeLocalSecrets() {
  const there = existsSync(SECRETS)
    ? readFileSync(SECRETS, "utf8")
    : "# Made for this machine by the first start; not a secret of any deployment.\n";
  const missing = Object.entries(LOCAL_SECRETS).filter(([name]) => !there.includes(`${name}=`));
  if (missing.length === 0) return;
  const lines = missing.map(([name, make]) => `${name}=${make()}\n`);
  writeFileSync(SECRETS, there + lines.join(""), { mode: 0o600 });
}
