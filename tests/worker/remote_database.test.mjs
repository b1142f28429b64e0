// A deployment's database as a whole, exported, replaced and migrated by wrangler as `npm run backup -- --remote` has it do, against a
// stand-in of the API: what is asked arrives, what comes back is kept, and what the API refuses changes nothing.

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { writeConfig } from "../../scripts/backup/stores.mjs";
import { WholeDatabase } from "../../scripts/backup/whole_database.mjs";
import { readConfig } from "../../scripts/dev/config.mjs";
import { root } from "../../scripts/process.mjs";
import { startD1Api } from "./d1_api.mjs";

const ACCOUNT = "0123456789abcdef0123456789abcdef";
const TOKEN = "a-token-of-nobody";
const MIGRATIONS = readdirSync(root("migrations")).filter((name) => name.endsWith(".sql")).length;

let api;
let folder;
let database;
before(async () => {
  folder = mkdtempSync(join(tmpdir(), "tintype-remote-"));
  api = await startD1Api({ account: ACCOUNT, database: readConfig().d1_databases[0].database_id, token: TOKEN });
  Object.assign(process.env, { CLOUDFLARE_API_BASE_URL: api.url, CLOUDFLARE_API_TOKEN: TOKEN, CLOUDFLARE_ACCOUNT_ID: ACCOUNT });
  database = new WholeDatabase(writeConfig(true, folder), true);
});
after(() => {
  api?.close();
  rmSync(folder, { recursive: true, force: true });
});

const count = (table) => api.sqlite.prepare(`SELECT count(*) AS count FROM ${table}`).get().count;

test("a deployment's database is migrated, exported and replaced", async () => {
  await database.migrate();
  assert.equal(count("d1_migrations"), MIGRATIONS);
  api.sqlite.exec("INSERT INTO statistics VALUES (86400000, 'uploads', 'web', 'png', 'safe', '', 42)");
  const file = join(folder, "database.sql");
  await database.exportTo(file);
  const sql = readFileSync(file, "utf8");
  assert.ok(sql.includes("INSERT INTO \"statistics\" VALUES(86400000,'uploads','web','png','safe','',42);"), "rows and all");

  api.sqlite.exec("DELETE FROM statistics");
  const tables = api.sqlite.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'").all();
  const drops = tables.map(({ name }) => `DROP TABLE IF EXISTS "${name}";\n`).join("");
  writeFileSync(file, `PRAGMA defer_foreign_keys = TRUE;\n${drops}${sql}`);
  await database.execute(file);
  assert.equal(count("statistics"), 1);
  await database.migrate();
  assert.equal(count("d1_migrations"), MIGRATIONS, "it has seen all of them");
  for (const asked of ["export", "import init", "import ingest", "import poll"]) assert.ok(api.asked.includes(asked), asked);
});

test("what is refused changes nothing and is said", async () => {
  const file = join(folder, "broken.sql");
  writeFileSync(file, "DELETE FROM statistics;\nINSERT INTO no_such_table VALUES (1);\n");
  await assert.rejects(database.execute(file), /no such table: no_such_table/);
  assert.equal(count("statistics"), 1, "all of it or nothing");
  process.env.CLOUDFLARE_API_TOKEN = "of-somebody-else";
  await assert.rejects(database.exportTo(join(folder, "never.sql")), /Authentication error/);
  process.env.CLOUDFLARE_API_TOKEN = TOKEN;
});
