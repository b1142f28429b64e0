// `npm run restore -- [--remote] [--replace] [--keys DIR] DIR`: puts a backup in the place of the database, and back what is
// missing in the buckets, but nothing that was erased, deleted or made private since (docs/backup.md). Then the product replays the
// rest of the journal by itself, and opens its doors.

import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { readArguments, WHERE } from "./backup/arguments.mjs";
import { verified } from "./backup/files.mjs";
import { lastWords, placeOf, rescue } from "./backup/journal.mjs";
import { BACKUP_DAYS_MAX, KEYS_DAYS_MAX } from "./backup/policy.mjs";
import { openStores } from "./backup/stores.mjs";
import { PORT, readConfig } from "./dev/config.mjs";
import { fail, say } from "./process.mjs";

const USAGE = `npm run restore -- [where] [--replace] [--keys DIR] DIR

--replace   also where there is something already: the database is replaced, objects are not
--keys DIR  puts missing keys of personal data back, from a backup that --keys has made

${WHERE}`;
/** Objects put at once. */
const AT_ONCE = 8;
const DAY_MS = 86_400_000;
const REPLAYED_WITHIN_MS = 30 * 60_000;
/**
 * Whatever opened a door is refused from the moment on at which the database is replaced, and no job misses an object that is not
 * back yet (src/domain/journal.rs, Phase).
 */
const CLOSE_DOORS = (now) => `
INSERT INTO restorations (id, noticed_at, phase) VALUES (1, ${now}, 'filling')
ON CONFLICT (id) DO UPDATE SET noticed_at = excluded.noticed_at, phase = 'filling', finished_at = NULL, unknown_images = 0, counts = '{}';
`;
const ALL_IS_BACK = "UPDATE restorations SET phase = 'noticed', noticed_at = ? WHERE id = 1 AND phase = 'filling'";

const asked = readArguments(USAGE, { switches: ["replace"], options: ["keys"] });
const folder = resolve(asked.words[0]);
let stores;
try {
  say("comparing every file with the manifest");
  const backup = await verified(folder, "data");
  refuseOld(backup, BACKUP_DAYS_MAX);
  const keys = asked.keys ? await verified(resolve(asked.keys), "keys") : { objects: [] };
  if (asked.keys) refuseOld(keys, KEYS_DAYS_MAX);
  stores = await openStores(asked);
  const there = await whatIsThere();
  if (there && !asked.replace) throw new Error(`${there} Nothing was changed.`);
  const rescued = await rescue(stores);
  if (rescued > 0) say(`${rescued} changes were not in the journal yet, and are now`);
  const isJournal = ({ key }) => key.startsWith("journal/");
  await putMissing(folder, backup.objects.filter(isJournal), (object) => object);
  const said = await lastWords(stores);
  say("replacing the database");
  await replaceDatabase(backup);
  say("putting objects back that are missing");
  const place = (object) => placeOf(object, said);
  const counts = await putMissing(folder, backup.objects.filter((object) => !isJournal(object)), place);
  const ofKeys = await putMissing(asked.keys && resolve(asked.keys), keys.objects, place);
  await stores.rows(ALL_IS_BACK, Date.now());
  console.log(`put back: ${counts.put} objects and ${ofKeys.put} keys; there already: ${counts.there}; not to come back: ${counts.left + ofKeys.left}`);
  await stores.close();
  await awaitReplay();
} catch (error) {
  await stores?.close();
  fail(error.message);
}

function refuseOld({ made_at }, days) {
  const age = (Date.now() - Date.parse(made_at)) / DAY_MS;
  if (!(age < days)) throw new Error(`This backup is of ${made_at}, and the journal does not reach back so far: after ${days} days nobody knows any more what must not come back. Nothing was changed.`);
}

/** What would be replaced; undefined: nothing. Both buckets are asked in any case: one that has another name is to be known now. */
async function whatIsThere() {
  const areEmpty = [await isEmpty(stores.buckets.IMAGES), await isEmpty(stores.buckets.RECOVERY)];
  const tables = await stores.tables();
  for (const table of ["images", "accounts"].filter((table) => tables.includes(table))) {
    if ((await stores.rows(`SELECT 1 FROM ${table} LIMIT 1`)).length > 0) return "There is a database with something in it. With --replace it is replaced.";
  }
  return areEmpty.includes(false) ? "There is something in the buckets. With --replace it is kept, and what is missing is added." : undefined;
}

async function isEmpty(bucket) {
  for await (const _ of bucket.list()) return false;
  return true;
}

/** One file, so that it is all or nothing; the doors are closed in it. */
async function replaceDatabase({ database }) {
  const drops = (await stores.tables()).map((table) => `DROP TABLE IF EXISTS "${table}";\n`).join("");
  const file = join(tmpdir(), `tintype-restore-${process.pid}.sql`);
  const sql = readFileSync(join(folder, database.file), "utf8");
  writeFileSync(file, `PRAGMA defer_foreign_keys = TRUE;\n${drops}${sql}\n${CLOSE_DOORS(Date.now())}`, { mode: 0o600 });
  try {
    await stores.database.execute(file);
  } finally {
    rmSync(file);
  }
  // Of an earlier edition, perhaps.
  await stores.database.migrate();
}

/** Puts objects where `place` says, unless something is there: what is in a bucket is newer than any backup. */
async function putMissing(from, objects, place) {
  const counts = { put: 0, there: 0, left: 0 };
  for (let at = 0; at < objects.length; at += AT_ONCE) {
    const outcomes = objects.slice(at, at + AT_ONCE).map((object) => putOne(from, object, place(object)));
    for (const outcome of await Promise.all(outcomes)) counts[outcome] += 1;
  }
  return counts;
}

async function putOne(from, { file, httpMetadata }, to) {
  if (!to) return "left";
  const bucket = stores.buckets[to.bucket];
  // An image is in one of the buckets.
  if ((await bucket.head(to.key)) || (to.key.startsWith("images/") && (await isElsewhere(to)))) return "there";
  const { key, customMetadata } = to;
  const isAdded = await bucket.add(key, await readFile(join(from, file)), { httpMetadata, customMetadata });
  return isAdded ? "put" : "there";
}

async function isElsewhere({ bucket, key }) {
  const other = bucket === "IMAGES" ? "RECOVERY" : "IMAGES";
  return (await stores.buckets[other].head(key)) !== undefined;
}

/** Waits until the product says that it has made good what the database had forgotten. */
async function awaitReplay() {
  const origin = asked.remote ? readConfig(asked.config).vars.APP_ORIGIN : `http://localhost:${PORT}`;
  const status = () => fetch(`${origin}/status.json`).then((answer) => answer.json()).catch(() => undefined);
  if (!asked.remote && (asked.state || !(await status()))) {
    console.log("The product does not run here. When it does, it replays the journal within minutes, and then opens its doors.");
    return;
  }
  say(`waiting until ${origin} has replayed the journal: ten minutes, or a little more`);
  for (const deadline = Date.now() + REPLAYED_WITHIN_MS; Date.now() < deadline; ) {
    const now = await status();
    if (now && now.restoring_since === null) {
      console.log("Everything that the journal knows is made good, and the doors are open.");
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 10_000));
  }
  fail(`After half an hour it is not done yet. Its log says why (replay_journal); the doors stay closed until it is.`);
}
