// The database and both buckets, on this machine or of a deployment: through the same bindings that the Worker has, which
// wrangler makes for programs, and through wrangler itself for a whole database at once.

import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { readConfig } from "../dev/config.mjs";
import { fail, root } from "../process.mjs";
import { WholeDatabase } from "./whole_database.mjs";

/**
 * Opens them. `isRemote`: a deployment's, as wrangler.toml names it; else those of `npm start`, or of the folder `state` that
 * has a `.wrangler` of its own.
 */
export async function openStores({ isRemote, state }) {
  const config = writeConfig(isRemote, state);
  // Set before wrangler is loaded: no calls home, no log files, none of its greetings between our lines.
  Object.assign(process.env, { WRANGLER_SEND_METRICS: "false", WRANGLER_WRITE_LOGS: "false", WRANGLER_HIDE_BANNER: "true" });
  if (!isRemote) process.env.CLOUDFLARE_CF_FETCH_ENABLED = "false";
  const { getPlatformProxy } = await import("wrangler");
  const persist = isRemote ? false : { path: join(dirname(config), ".wrangler", "state", "v3") };
  const proxy = await getPlatformProxy({ configPath: config, persist, remoteBindings: isRemote });
  return new Stores(proxy, new WholeDatabase(config, isRemote));
}

class Stores {
  #proxy;

  constructor(proxy, database) {
    this.#proxy = proxy;
    this.database = database;
    this.buckets = { IMAGES: proxy.env.IMAGES, RECOVERY: proxy.env.RECOVERY };
  }

  /** The rows of one statement. */
  async rows(sql, ...params) {
    return (await this.#proxy.env.DB.prepare(sql).bind(...params).all()).results;
  }

  /** Names of the database's tables. */
  async tables() {
    const rows = await this.rows("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE '\\_cf%' ESCAPE '\\'");
    return rows.map(({ name }) => name);
  }

  /** Every object of a bucket under a prefix, with what is stored beside it. */
  async *objects(bucket, prefix) {
    for (let cursor; ; ) {
      const page = await this.buckets[bucket].list({ prefix, cursor, include: ["httpMetadata", "customMetadata"] });
      yield* page.objects;
      if (!page.truncated) return;
      cursor = page.cursor;
    }
  }

  close() {
    return this.#proxy.dispose();
  }
}

/** Writes a configuration that names only what is backed up, so that nothing else of the product is started; answers where. */
export function writeConfig(isRemote, state) {
  const { name, account_id, compatibility_date, d1_databases, r2_buckets } = readConfig();
  const bound = (binding) => (isRemote ? { ...binding, remote: true } : binding);
  const config = {
    name, account_id, compatibility_date,
    d1_databases: d1_databases.map((database) => bound({ ...database, migrations_dir: root("migrations") })),
    r2_buckets: r2_buckets.map(bound),
  };
  if (state) mkdirSync(state, { recursive: true });
  const file = state ? join(state, "wrangler.backup.json") : root("wrangler.backup.json");
  writeFileSync(file, JSON.stringify(config, null, 2));
  return file;
}

/** What a command was asked: words, switches, and options with a value. */
export function readArguments(usage, { switches, options }) {
  const asked = { words: [] };
  const given = process.argv.slice(2);
  while (given.length > 0) {
    const word = given.shift();
    const name = word.replace(/^--/, "");
    if (!word.startsWith("--")) asked.words.push(word);
    else if (switches.includes(name)) asked[name] = true;
    else if (options.includes(name) && given.length > 0) asked[name] = given.shift();
    else fail(usage);
  }
  if (asked.words.length !== 1) fail(usage);
  return asked;
}
