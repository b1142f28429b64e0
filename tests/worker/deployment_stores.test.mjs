// The stores of a deployment as `npm run backup -- --remote` reaches them, with wrangler and with a client for S3: what is asked arrives,
// what comes back is whole, and what is refused changes nothing and says what to do. The whole drill is in backup.test.mjs.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { json, text } from "node:stream/consumers";
import { DeleteObjectCommand } from "@aws-sdk/client-s3";
import { fileOf } from "../../scripts/backup/files.mjs";
import { openStores } from "../../scripts/backup/stores.mjs";
import { prepareDeployment } from "./deployment.mjs";
import { runScript } from "./scripts.mjs";

/** Objects in one answer to a listing, by R2's limit. */
const PAGE = 1_000;
const stored = {
  httpMetadata: { contentType: "image/png", cacheControl: "private", contentDisposition: "inline", contentEncoding: "identity", contentLanguage: "en" },
  customMetadata: { sha256: createHash("sha256").update("first").digest("hex"), private: "1", created_at: "1764000000000" },
};
const journal = Array.from({ length: PAGE + 5 }, (_, number) => `journal/${String(number).padStart(13, "0")}-00`);

let deployment;
let stores;
before(async () => {
  deployment = await prepareDeployment();
  await deployment.server.start();
  Object.assign(process.env, deployment.env);
  stores = await openStores({ remote: true, config: deployment.config, state: deployment.server.folder });
});
after(async () => {
  await stores?.close();
  await deployment?.discard();
});

const inFolder = (name) => join(deployment.server.folder, name);
const backup = (folder, env) => runScript("backup", ["--remote", "--config", deployment.config, folder], { ...deployment.env, ...env });

async function listed(bucket, prefix) {
  const objects = [];
  for await (const object of stores.buckets[bucket].list(prefix)) objects.push(object);
  return objects;
}

async function refused(words, env) {
  const folder = inFolder("never");
  const { code, text: said } = await backup(folder, env);
  assert.notEqual(code, 0);
  assert.match(said, words);
  assert.doesNotMatch(said, /^ +at /m, "words, no stack");
  assert.ok(!existsSync(folder) && !existsSync(`${folder}.partial`));
}

test("an object is what was added, with what was stored beside it, and is added once", async () => {
  const bucket = stores.buckets.IMAGES;
  assert.equal(await bucket.head("images/one"), undefined);
  assert.equal(await bucket.get("images/one"), undefined);
  assert.equal(await bucket.add("images/one", Buffer.from("first"), stored), true);
  assert.equal(await bucket.add("images/one", Buffer.from("second"), {}), false);
  assert.deepEqual(await bucket.head("images/one"), stored);
  const { body, ...read } = await bucket.get("images/one");
  assert.deepEqual(read, stored);
  assert.equal(await text(body), "first");
});

test("a bucket of more than a page is listed whole and in order", async () => {
  const bucket = stores.buckets.RECOVERY;
  for (let at = 0; at < journal.length; at += 50) {
    await Promise.all(journal.slice(at, at + 50).map((name) => bucket.add(name, Buffer.from(`["${name}"]`), { customMetadata: {} })));
  }
  const objects = await listed("RECOVERY", "journal/");
  assert.deepEqual(objects.map(({ key }) => key), journal);
  assert.ok(objects.every(({ size, etag }) => size === journal[0].length + 4 && /^[0-9a-f]{32}$/.test(etag)));
  assert.deepEqual(await listed("RECOVERY", "held/"), []);
  assert.deepEqual(await json((await bucket.get(journal.at(-1))).body), [journal.at(-1)]);
});

test("the database is migrated, exported and replaced", async () => {
  const count = async (table) => Number((await stores.rows(`SELECT count(*) AS count FROM ${table}`))[0].count);
  const drops = async () => (await stores.tables()).map((table) => `DROP TABLE IF EXISTS "${table}";\n`).join("");
  const file = inFolder("database.sql");
  const migrations = await count("d1_migrations");
  writeFileSync(file, `PRAGMA defer_foreign_keys = TRUE;\n${await drops()}`);
  await stores.database.execute(file);
  assert.deepEqual(await stores.tables(), []);
  await stores.database.migrate();
  assert.equal(await count("d1_migrations"), migrations);

  await stores.rows("INSERT INTO statistics VALUES (86400000, 'uploads', 'web', 'png', 'safe', '', ?)", 42);
  await stores.database.exportTo(file);
  const sql = readFileSync(file, "utf8");
  assert.match(sql, /INSERT INTO "statistics" .*VALUES\(86400000,'uploads','web','png','safe','',42\);/, "rows and all");
  await stores.rows("DELETE FROM statistics");
  writeFileSync(file, `PRAGMA defer_foreign_keys = TRUE;\n${await drops()}${sql}`);
  await stores.database.execute(file);
  assert.deepEqual(await stores.rows("SELECT day, count FROM statistics WHERE count = ?", 42), [{ day: 86400000, count: 42 }]);
  await stores.database.migrate();
  assert.equal(await count("d1_migrations"), migrations, "it has seen all of them");
  for (const asked of ["export", "import init", "import ingest", "import poll"]) assert.ok(deployment.api.asked.includes(asked), asked);

  writeFileSync(file, "DELETE FROM statistics;\nINSERT INTO no_such_table VALUES (1);\n");
  await assert.rejects(stores.database.execute(file), /no such table: no_such_table/);
  assert.equal(await count("statistics"), 1, "all of it or nothing");
  await assert.rejects(stores.rows("SELECT * FROM no_such_table"), /answers 400 .*no such table/);
});

test("a backup that broke off goes on where it was", async () => {
  const folder = inFolder("broken-off");
  await stores.buckets.RECOVERY.add("held/damaged", Buffer.from("damaged"), { customMetadata: { sha256: "of something else" } });
  assert.match((await backup(folder)).text, /held\/damaged is not what was stored[^]*the same command goes on/);
  assert.ok(!existsSync(folder));
  const file = fileOf("IMAGES", "images/one");
  const { mtimeMs, ino } = statSync(join(`${folder}.partial`, file));
  await deployment.s3().send(new DeleteObjectCommand({ Bucket: "tintype-recovery", Key: "held/damaged" }));
  const { code, text: said } = await backup(folder);
  assert.equal(code, 0, said);
  assert.deepEqual({ mtimeMs: statSync(join(folder, file)).mtimeMs, ino: statSync(join(folder, file)).ino }, { mtimeMs, ino }, "not fetched again");
  const manifest = JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8"));
  assert.deepEqual(manifest.objects.map(({ key }) => key), ["images/one", ...journal]);
  assert.deepEqual(manifest.objects[0].customMetadata, stored.customMetadata);
});

test("who may not is told what to do", async () => {
  await refused(/CLOUDFLARE_API_TOKEN is not set/, { CLOUDFLARE_API_TOKEN: "" });
  await refused(/answers 403 .*Authentication error/, { CLOUDFLARE_API_TOKEN: "of-somebody-else" });
  await refused(/API cannot be reached: /, { CLOUDFLARE_API_BASE_URL: "http://127.0.0.1:9" });
  const anonymous = inFolder("anonymous.toml");
  writeFileSync(anonymous, readFileSync(deployment.config, "utf8").replace(/^account_id.*$/m, ""));
  const { text: said } = await runScript("backup", ["--remote", "--config", anonymous, inFolder("never")], { ...deployment.env, CLOUDFLARE_ACCOUNT_ID: "" });
  assert.match(said, /Of which account\?/);

  const inDoubt = await runScript("backup", ["--remote", "--state", inFolder("x"), inFolder("never")], deployment.env);
  assert.match(inDoubt.text, /^\s*npm run backup -- \[where\]/);
  const isForbidden = /R2 answers 40[13] for the bucket tintype-images: .*permission Workers R2 Storage Edit\?/;
  assert.match((await backup(inFolder("forbidden"), deployment.envWithoutBuckets)).text, isForbidden);
  assert.match((await backup(inFolder("unreached"), { AWS_ENDPOINT_URL_S3: "http://127.0.0.1:9" })).text, /R2 cannot be reached: ECONNREFUSED/);
});

test("what cannot be reached is known before anything is replaced", async () => {
  const folder = inFolder("whole");
  const { code, text: said } = await backup(folder);
  assert.equal(code, 0, said);
  const misnamed = inFolder("misnamed.toml");
  writeFileSync(misnamed, readFileSync(deployment.config, "utf8").replace("tintype-images", "tintype-pictures"));
  const asked = deployment.api.asked.length;
  const restored = await runScript("restore", ["--remote", "--config", misnamed, "--replace", folder], deployment.env);
  assert.match(restored.text, /R2 answers 404 for the bucket tintype-pictures: /);
  assert.ok(!deployment.api.asked.slice(asked).includes("import init"));
});
