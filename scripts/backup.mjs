// `npm run backup -- [--remote] DIR`: the database and the pictures, in a new folder (docs/backup.md).
// `npm run backup -- [--remote] --keys DIR`: the keys of personal data, which never lie beside the database.

import { chmodSync, existsSync, mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { readArguments, WHERE } from "./backup/arguments.mjs";
import { digest, fileOf, finish, isSaved, save } from "./backup/files.mjs";
import { BACKUP_DAYS_MAX, KEYS_DAYS_MAX } from "./backup/policy.mjs";
import { openStores } from "./backup/stores.mjs";
import { fail, say } from "./process.mjs";

const USAGE = `npm run backup -- [where] DIR          the database, the pictures and the journal
npm run backup -- [where] --keys DIR   the keys of personal data

${WHERE}`;
/** What is backed up: neither the salts, which are there to be destroyed, nor variants, which are made again. */
const PLACES = [["IMAGES", "images/"], ["RECOVERY", "images/"], ["RECOVERY", "held/"], ["RECOVERY", "journal/"]];
const KEYS = [["RECOVERY", "personal-keys/"]];
/** Objects fetched at once. */
const AT_ONCE = 8;

const asked = readArguments(USAGE, { switches: ["keys"] });
const folder = resolve(asked.words[0]);
if (existsSync(folder)) fail(`${folder} is there already. A backup is a folder of its own.`);
const stores = await openStores(asked).catch((error) => fail(error.message));
const partial = `${folder}.partial`;
mkdirSync(partial, { recursive: true, mode: 0o700 });
chmodSync(partial, 0o700);

try {
  const madeAt = new Date().toISOString();
  const database = asked.keys ? undefined : await saveDatabase();
  // After the database: what it knows of is there, or the journal, which comes last, says why it is not.
  const objects = [];
  for (const [bucket, prefix] of asked.keys ? KEYS : PLACES) objects.push(...(await saveObjects(bucket, prefix)));
  finish(partial, folder, { kind: asked.keys ? "keys" : "data", made_at: madeAt, database, objects });
  const days = asked.keys ? KEYS_DAYS_MAX : BACKUP_DAYS_MAX;
  const what = asked.keys ? `${objects.length} keys` : `the database and ${objects.length} objects`;
  console.log(`${folder}: ${what}. Destroy it after ${days} days: it cannot be restored then.`);
} catch (error) {
  fail(`${error.message}\nWhat was saved so far is in ${partial}; the same command goes on from there.`);
} finally {
  await stores.close();
}

async function saveDatabase() {
  if (!(await stores.tables()).includes("journal_state")) throw new Error("The database is not migrated to this edition.");
  say("saving the database");
  const file = join(partial, "database.sql");
  await stores.database.exportTo(file);
  chmodSync(file, 0o600);
  return { file: "database.sql", sha256: await digest(file) };
}

async function saveObjects(bucket, prefix) {
  say(`saving ${bucket.toLowerCase()}/${prefix}`);
  const saved = [];
  const waiting = [];
  const saveWaiting = async () => saved.push(...(await Promise.all(waiting.splice(0).map((object) => saveObject(bucket, object)))));
  for await (const object of stores.buckets[bucket].list(prefix)) {
    if (waiting.push(object) === AT_ONCE) await saveWaiting();
  }
  await saveWaiting();
  return saved.filter(Boolean);
}

async function saveObject(bucket, { key, size, etag }) {
  const file = fileOf(bucket, key);
  const isThere = await isSaved(join(partial, file), { size, etag });
  const object = await (isThere ? stores.buckets[bucket].head(key) : stores.buckets[bucket].get(key));
  // It left meanwhile; the journal says so.
  if (!object) return undefined;
  const { body, httpMetadata, customMetadata } = object;
  if (!isThere) await save(body, join(partial, file));
  const sha256 = await digest(join(partial, file));
  if (customMetadata?.sha256 && customMetadata.sha256 !== sha256) throw new Error(`${key} is not what was stored.`);
  return { bucket, key, file, sha256, httpMetadata, customMetadata };
}
