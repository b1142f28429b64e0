// A deployment that can be backed up as any other, on this machine: the product runs, its buckets answer to programs for S3 (the local
// runtime's own implementation of R2's dialect, with signatures), and a stand-in of Cloudflare's API is before its database.

import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { S3Client } from "@aws-sdk/client-s3";
import { stringify } from "smol-toml";
import { WholeDatabase } from "../../scripts/backup/whole_database.mjs";
import { readConfig } from "../../scripts/dev/config.mjs";
import { root } from "../../scripts/process.mjs";
import { startCloudflareApi } from "./cloudflare_api.mjs";
import { prepareServer } from "./dev_server.mjs";

const ACCOUNT = "0123456789abcdef0123456789abcdef";
const TOKEN = { id: "89abcdef012345670123456789abcdef", secret: "a-token-of-nobody" };
/** A person's, who may use the database only. */
const TOKEN_OF_DATABASE = { id: "fedcba98765432107654321001234567", secret: "a-token-of-the-database", isPersonal: true };
/** What R2 takes for the first (developers.cloudflare.com/r2/api/tokens/). */
const ACCESS_KEY = { accessKeyId: TOKEN.id, secretAccessKey: createHash("sha256").update(TOKEN.secret).digest("hex") };

/** Prepares it; its server is not yet running. `discard()` ends it. */
export async function prepareDeployment() {
  const server = await prepareServer("scripts/dev/entry.mjs", { accessKey: ACCESS_KEY });
  const database = new ServersDatabase(server);
  const api = await startCloudflareApi({ account: ACCOUNT, tokens: [TOKEN, TOKEN_OF_DATABASE], database });
  return new Deployment(server, api);
}

class Deployment {
  constructor(server, api) {
    Object.assign(this, { server, api, config: join(server.folder, "deployment.toml") });
    const { vars, ...config } = readConfig();
    writeFileSync(this.config, stringify({ ...config, account_id: ACCOUNT, vars: { ...vars, APP_ORIGIN: server.app } }));
    /** What an operator's shell has. */
    this.env = {
      CLOUDFLARE_API_TOKEN: TOKEN.secret, CLOUDFLARE_API_BASE_URL: api.url, AWS_ENDPOINT_URL_S3: `${server.app}/cdn-cgi/local/r2/s3`,
    };
  }

  /** The same of somebody who may not use its buckets. */
  get envWithoutBuckets() {
    return { ...this.env, CLOUDFLARE_API_TOKEN: TOKEN_OF_DATABASE.secret };
  }

  /** What else speaks to its buckets. */
  s3() {
    return new S3Client({ region: "auto", endpoint: this.env.AWS_ENDPOINT_URL_S3, forcePathStyle: true, credentials: ACCESS_KEY });
  }

  async discard() {
    this.api.close();
    await this.server.discard();
  }
}

/** The database of a running server: statements through its runtime, the whole through wrangler. */
class ServersDatabase {
  #server;
  #whole;

  constructor(server) {
    const { d1_databases: [database] } = readConfig();
    this.id = database.database_id;
    this.#server = server;
    const config = join(server.folder, "database.json");
    writeFileSync(config, JSON.stringify({ name: "database", compatibility_date: "2026-10-01", d1_databases: [{ ...database, migrations_dir: root("migrations") }] }));
    this.#whole = new WholeDatabase(config, false);
  }

  async query(sql, params) {
    const answer = await fetch(`${this.#server.app}/cdn-cgi/local/explorer/api/d1/database/${this.id}/raw`, {
      method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ sql, params }),
    });
    const { success, errors, result } = await answer.json();
    if (!success) throw new Error(errors[0].message);
    const { columns, rows } = result[0].results;
    return rows.map((row) => Object.fromEntries(row.map((value, at) => [columns[at], value])));
  }

  execute(sql) {
    const file = join(this.#server.folder, "imported.sql");
    writeFileSync(file, sql);
    return this.#whole.execute(file);
  }

  async dump() {
    const file = join(this.#server.folder, "exported.sql");
    await this.#whole.exportTo(file);
    return readFileSync(file, "utf8");
  }
}
