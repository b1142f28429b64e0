// The database and both buckets, on this machine (local.mjs) or of a deployment (deployment.mjs), asked in the same words.
//
// A bucket is
//   list(prefix)            every object under a prefix, in the order of their names: { key, size, etag }
//   head(key)               what is stored beside an object: { httpMetadata, customMetadata }; undefined: there is none
//   get(key)                the same and its bytes, `body`, a stream of Node's
//   add(key, bytes, beside) puts one where none is, and says whether it did; bytes that arrive damaged are refused

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readConfig } from "../dev/config.mjs";
import { root } from "../process.mjs";
import { openDeployment } from "./deployment.mjs";
import { openLocal } from "./local.mjs";
import { WholeDatabase } from "./whole_database.mjs";

/**
 * Opens them. `remote`: a deployment's, as wrangler.toml or the file `config` names it; else those of `npm start`, or of the folder
 * `state` that has a `.wrangler` of its own.
 */
export async function openStores({ remote, state, config: named }) {
  const config = storesOf(readConfig(named));
  const file = writeConfig(config, state);
  const opened = remote ? await openDeployment(config) : await openLocal(file);
  return new Stores(opened, new WholeDatabase(file, remote));
}

class Stores {
  #opened;

  constructor(opened, database) {
    this.#opened = opened;
    this.database = database;
    this.buckets = opened.buckets;
  }

  /** The rows of one statement. */
  rows(sql, ...params) {
    return this.#opened.rows(sql, params);
  }

  /** Names of the database's tables. */
  async tables() {
    const rows = await this.rows("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE '\\_cf%' ESCAPE '\\'");
    return rows.map(({ name }) => name);
  }

  async close() {
    await this.#opened.close();
  }
}

/** Of a configuration, only what is backed up, so that nothing else of the product is started. */
function storesOf({ name, account_id, compatibility_date, d1_databases, r2_buckets }) {
  return {
    name, account_id: account_id || process.env.CLOUDFLARE_ACCOUNT_ID, compatibility_date, r2_buckets,
    d1_databases: d1_databases.map((database) => ({ ...database, migrations_dir: root("migrations") })),
  };
}

function writeConfig(config, state) {
  if (state) mkdirSync(state, { recursive: true });
  const file = state ? join(state, "wrangler.backup.json") : root("wrangler.backup.json");
  writeFileSync(file, JSON.stringify(config, null, 2));
  return file;
}
